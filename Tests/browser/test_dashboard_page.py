"""The dashboard in use: keyboard, links, themes, small screens, base paths and browsers with missing features."""

import contextlib
import gzip
import json
import pathlib
import re

import pytest

import engines
from access import check_access, save_screenshot
from page import PAGE_GZIP_BYTES_MAX, TABS, UNAVAILABLE, UUID7, cards, check_clean, check_layout, show, visit
from stores import count, events, submissions
from waits import wait_for
from wire import get

# Keyboard


def selected(engine):
    return engine.evaluate("() => [...document.querySelectorAll('[role=tab]')].filter((tab) => tab.getAttribute('aria-selected') === 'true').map((tab) => tab.dataset.tab)")


def test_keyboard_navigation(engine, serve):
    collector = serve()
    visit(engine, collector)
    engine.evaluate("() => document.querySelector('#tab-overview').focus()")
    for key, tab in (("2", "performance"), ("4", "raw"), ("3", "fingerprint"), ("1", "overview"), ("ArrowRight", "performance"), ("End", "raw"), ("ArrowRight", "overview"), ("ArrowLeft", "raw"), ("Home", "overview")):
        engine.press(key)
        wait_for(lambda tab=tab: selected(engine) == [tab], 3, f"{tab} after {key}")
        assert engine.evaluate("() => document.activeElement.dataset.tab") == tab
        assert engine.evaluate("() => [...document.querySelectorAll('[role=tab]')].filter((tab) => tab.tabIndex === 0).length") == 1
        assert engine.evaluate("() => location.hash") == f"#{tab}"
    engine.press("?")
    wait_for(lambda: engine.evaluate("() => document.querySelector('#help').open"), 3, "help")
    engine.press("Escape")
    wait_for(lambda: not engine.evaluate("() => document.querySelector('#help').open"), 3, "closed")


def test_a_tab_can_be_linked(engine, serve):
    collector = serve()
    visit(engine, collector, "/#fingerprint")
    assert selected(engine) == ["fingerprint"]


def test_the_theme_is_remembered(engine, serve):
    collector = serve()
    visit(engine, collector)

    def background():
        return engine.evaluate("() => getComputedStyle(document.body).backgroundColor")

    def theme():
        return engine.evaluate("() => document.documentElement.dataset.theme ?? null")

    engine.click("[data-theme-choice=light]")
    wait_for(lambda: theme() == "light", 10, "the light theme")
    light = background()
    engine.click("[data-theme-choice=dark]")
    wait_for(lambda: theme() == "dark" and background() != light, 10, "the dark theme")
    dark = background()
    engine.leave(collector.url + "/?again")
    wait_for(lambda: background() == dark, 10, "the dark theme again")


# Tests that run in one engine only


def test_the_page_is_accessible(chromium, serve):
    collector = serve()
    visit(chromium, collector)
    # The narrow layout has the same elements: one tab is enough.
    for width, tabs in ((1440, TABS), (390, TABS[:1])):
        chromium.resize(width, 900)
        for tab in tabs:
            show(chromium, tab)
            check_access(chromium, f"dashboard-{tab}")
    chromium.press("?")
    wait_for(lambda: chromium.evaluate("() => document.querySelector('#help').open"), 10, "help")
    check_access(chromium, "dashboard-help")


def test_the_page_does_not_scroll_horizontally(engine, serve):
    collector = serve()
    visit(engine, collector)
    for width in (390, 768, 1440):
        engine.resize(width, 844)
        for tab in TABS:
            show(engine, tab)
            # Charts follow the new width a moment later.
            fits = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            wait_for(lambda: engine.evaluate(fits), 3, f"{tab} no wider than {width}")


def test_cards_are_drawn_without_overlap_in_each_size_and_theme(engine, serve):
    collector = serve()
    schemes = ("light", "dark") if engine.name == "chromium" else ("light",)
    for scheme in schemes:
        visit(engine, collector, **({"color_scheme": scheme} if engine.name == "chromium" else {}))
        for width in (1440, 390):
            engine.resize(width, 900)
            for tab in TABS:
                show(engine, tab)
                check_layout(engine, scheme)
                save_screenshot(engine, f"{engine.name}-{tab}-{scheme}-{width}", full_page=engine.name != "webkit")


def test_the_page_works_under_a_base_path(chromium, serve, sqlite):
    collector = serve(sqlite, environment={"COLLECTOR_BASE_PATH": "/collector"})
    visit(chromium, collector, "/collector/")
    check_clean(chromium, collector)
    assert all("/collector/" in address for address in chromium.requests)
    assert count(sqlite, "debug_data") == 1
    wait_for(lambda: count(sqlite, "collector_events") >= 4, 10, "events")


def test_a_return_from_the_back_forward_cache_is_a_page_view_with_its_own_vitals(chromium, serve, sqlite):
    collector = serve(sqlite)
    visit(chromium, collector)
    chromium.evaluate("() => { self.mark = 1; }")
    chromium.leave(f"{collector.url}/ping")
    chromium.back()

    def is_kept():
        # Between two pages there is nothing to ask.
        with contextlib.suppress(Exception):
            return chromium.evaluate("() => self.mark") == 1

    wait_for(is_kept, 20, "the kept page")
    first, second = (row["pageview_id"] for row in wait_for_rows(sqlite, "pageview", 2))
    assert chromium.evaluate("() => collectorDashboard.ids().pageview_id") == second
    wait_for(lambda: re.search(r"TTFB[^0-9]*0 ms", cards(chromium)["vitals"][1]), 20, f"a page without a request: {cards(chromium)['vitals'][1]}")
    chromium.leave(f"{collector.url}/ping")
    wait_for(lambda: events(sqlite, event_type="webvitals", pageview_id=second), 20, "the vitals of the second page view")
    (vitals,) = [row["payload"] for row in events(sqlite, event_type="webvitals", pageview_id=second)]
    assert vitals["TTFB"] == 0 and vitals["FCP"] > 0
    assert first != second


def wait_for_rows(store, event_type, number):
    """The first events of a type, as soon as there are that many."""

    def rows():
        return [row for row in events(store) if row["event_type"] == event_type]

    wait_for(lambda: len(rows()) >= number, 20, f"{number} events {event_type}")
    return rows()


def test_the_page_works_on_an_insecure_origin(serve, sqlite):
    """Over plain HTTP from another machine many interfaces are absent; ids, hashes and the rest must work all the same."""
    from chromium import Chromium

    path = engines.find_chromium()
    if path is None:
        pytest.skip("chromium is not installed here")
    collector = serve(sqlite)
    driver = Chromium(path, ["--host-resolver-rules=MAP shop.example 127.0.0.1"])
    try:
        driver.open(f"http://shop.example:{collector.port}/")
        assert driver.evaluate("() => [isSecureContext, typeof crypto.subtle]") == [False, "undefined"]
        driver.evaluate("() => collectorDashboard.ready")
        driver.evaluate("() => collectorDashboard.delivered")
        collector.wait_until_stored()
        assert driver.evaluate("() => collectorDashboard.errors()") == []
        (row,) = submissions(sqlite)
        assert re.fullmatch("v_" + UUID7, row["visitor_id"])
        assert re.fullmatch("[0-9a-f]{16}", row["fingerprints"]["hash"])
    finally:
        driver.quit()


SABOTAGE = """
  const broken = () => { throw new Error("broken on purpose"); };
  HTMLCanvasElement.prototype.getContext = broken;
  HTMLCanvasElement.prototype.toDataURL = broken;
  globalThis.OfflineAudioContext = broken;
  navigator.getBattery = () => new Promise(() => {});
  Storage.prototype.getItem = broken;
  Storage.prototype.setItem = broken;
  navigator.permissions.query = broken;
"""


def test_a_failing_signal_does_not_affect_the_others(chromium, serve, sqlite):
    collector = serve(sqlite)
    chromium.new_page()
    chromium.page.add_init_script(SABOTAGE)
    chromium.page.goto(collector.url + "/")
    chromium.evaluate("() => collectorDashboard.delivered")
    chromium.evaluate("() => collectorDashboard.ready")
    collector.wait_until_stored()
    found = cards(chromium)
    for name in ("canvas", "audio", "battery", "webgl"):
        assert found[name][0] == "unavailable" and UNAVAILABLE in found[name][1].lower(), name
    for name in ("status", "vitals", "preferences", "navigation", "fonts", "features"):
        assert found[name][0] == "ready", name
    (row,) = submissions(sqlite)
    assert row["performance_data"]["timing"] and row["battery"] is None


def test_copy_and_download(chromium, serve):
    collector = serve()
    visit(chromium, collector, permissions=["clipboard-read", "clipboard-write"])
    show(chromium, "raw")
    sent = chromium.evaluate("() => JSON.parse(collectorDashboard.sent().find((delivery) => delivery.kind === 'collect').text)")
    chromium.click("#copy-json")
    copied = "() => navigator.clipboard.readText()"
    wait_for(lambda: chromium.evaluate(copied), 10, "a text in the clipboard")
    assert json.loads(chromium.evaluate(copied)) == sent
    with chromium.page.expect_download() as download:
        chromium.click("#download-json")
    assert json.loads(pathlib.Path(download.value.path()).read_text()) == sent
    assert "stored" in cards(chromium)["response"][1]


def test_the_page_is_small(site):
    text = get(site.port, "/").body
    paths = set(re.findall(r"static/[A-Za-z0-9._-]+", text.decode()))
    total = len(gzip.compress(text, 9)) + sum(len(gzip.compress(get(site.port, "/" + path).body, 9)) for path in paths)
    assert total < PAGE_GZIP_BYTES_MAX


def test_only_counts_say_how_many_browsers_have_the_same_fingerprint(engine, serve):
    collector = serve()
    visit(engine, collector, "/#fingerprint")

    def shares():
        return engine.evaluate("() => [...document.querySelectorAll('#card-identity td:last-child, #fingerprint-shared span')].map((cell) => cell.textContent)")

    wait_for(lambda: shares() and "…" not in shares(), 10, "the response is shown")
    # The response may come after the visit itself has been counted, unless it is a bot's.
    assert set(shares()) in ({"not known yet"}, {"1 in 1 of 1"}) and (engine.name != "chromium" or "not known yet" in shares())
    if engine.name == "chromium":
        # Without a window the browser is detected as a bot, and bots are excluded from the population.
        return

    def is_known():
        visit(engine, collector, "/#fingerprint")
        wait_for(lambda: "…" not in shares(), 10, "the response is shown")
        return shares()[0].startswith("1 in 1 of ")

    wait_for(is_known, 30, "the first visit is known to a later one")
