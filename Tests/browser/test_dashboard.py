"""The dashboard in three engines, served by the real program, its rows read back from both stores."""

import gzip
import os
import pathlib
import re

import pytest

import engines
from load import wait_for
from stores import SQLiteStore, count, events, moment, submissions
from wire import get

SCREENSHOTS = pathlib.Path(__file__).resolve().parent / "screenshots"
PAGE_GZIP_BYTES_MAX = 150_000
TABS = ("overview", "performance", "fingerprint", "raw")
UUID7 = r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}"
UNAVAILABLE = "not available in this browser"

# Cards that must have a value in each engine; the others may say that there is none.
EVERYWHERE = {
    "status", "vitals", "browser", "device", "network", "preferences", "load", "navigation", "slowest", "waterfall", "bytes", "fps",
    "canvas", "fonts", "audio", "features",
}
READY = {
    "chromium": EVERYWHERE | {"battery", "heap", "frames", "webgl", "webgl2", "storage", "permissions", "media", "identity"},
    "firefox": EVERYWHERE | {"storage", "permissions", "identity"},
    "webkit": EVERYWHERE | {"webgl", "identity"},
}


@pytest.fixture(scope="session")
def drivers():
    """Engines that have been started, each once."""
    started = {}
    yield started
    for driver in started.values():
        driver.quit()


def driver_of(name, drivers):
    if engines.FINDERS[name]() is None:
        message = f"{name} is not installed here (scripts/setup test; on Ubuntu see docs/troubleshooting.md)"
        # Where the tests decide, nothing may be left out unseen.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    if name not in drivers:
        drivers[name] = engines.start(name)
    return drivers[name]


@pytest.fixture(params=engines.wanted())
def engine(request, drivers):
    return driver_of(request.param, drivers)


@pytest.fixture
def chromium(drivers):
    return driver_of("chromium", drivers)


@pytest.fixture
def sqlite(tmp_path):
    return SQLiteStore(tmp_path)


@pytest.fixture
def visited(engine, store, serve):
    """A page that has collected and delivered everything."""
    collector = serve(store)
    visit(engine, collector)
    return engine, collector, store


@pytest.fixture
def visited_on_sqlite(engine, sqlite, serve):
    collector = serve(sqlite)
    visit(engine, collector)
    return engine, collector, sqlite


def visit(engine, collector, path="/", **options):
    engine.open(collector.url + path, **options)
    wait_for(lambda: engine.evaluate("() => typeof collectorDashboard") == "object", 10, "the script's start")
    engine.evaluate("() => collectorDashboard.ready")
    return engine.evaluate("() => collectorDashboard.delivered")


def show(engine, tab):
    engine.click(f"#tab-{tab}")
    assert engine.evaluate("() => [...document.querySelectorAll('[role=tabpanel]')].filter((panel) => !panel.hidden).map((panel) => panel.id)") == [f"panel-{tab}"]


def cards(engine):
    """States and texts of all cards, by name."""
    found = engine.evaluate(
        "() => [...document.querySelectorAll('[id^=card-]')].map((card) => [card.id.slice(5), card.dataset.state ?? null, card.textContent])"
    )
    return {name: (state, text) for name, state, text in found}


def check_clean(engine, collector):
    """Nothing failed, nothing was blocked, and nothing came from anywhere else."""
    assert engine.evaluate("() => collectorDashboard.errors()") == []
    assert engine.errors() == []
    addresses = engine.evaluate("() => performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert addresses
    for address in addresses + getattr(engine, "requests", []):
        assert address.startswith((collector.url + "/", "data:", "blob:")), address


def test_all_tabs_are_filled_and_rows_are_stored(visited):
    engine, collector, store = visited
    for tab in TABS:
        show(engine, tab)
    found = cards(engine)
    for name, (state, text) in found.items():
        assert state != "pending", name
        if state == "unavailable":
            assert UNAVAILABLE in text.lower(), name
    missing = {name for name in READY[engine.name] if found[name][0] != "ready"}
    assert not missing
    check_clean(engine, collector)

    ids = engine.evaluate("() => collectorDashboard.ids()")
    for key, prefix in (("visitor_id", "v_"), ("session_id", "s_"), ("pageview_id", "p_")):
        assert re.fullmatch(prefix + UUID7, ids[key]), ids
    (row,) = submissions(store)
    assert {key: row[key] for key in ids} == ids
    sent = engine.evaluate("() => JSON.parse(collectorDashboard.sent().find((delivery) => delivery.kind === 'collect').text)")
    columns = {"browser": "browser_info", "performance": "performance_data", "fingerprints": "fingerprints", "errors": "errors", "network": "network", "battery": "battery", "benchmarks": "benchmarks"}
    for key, column in columns.items():
        assert row[column] == pytest.approx(sent[key]) if isinstance(sent[key], (int, float)) else row[column] == sent[key], key
    assert row["browser_info"]["userAgent"] == engine.evaluate("() => navigator.userAgent")
    assert row["client_timestamp"] and row["ip"] == "127.0.0.1"

    wait_for(lambda: {"pageview", "fingerprint_ready", "performance_snapshot", "webvitals"} <= {row["event_type"] for row in events(store)}, 10, "all kinds of events")
    rows = events(store)
    assert sorted(row["seq"] for row in rows) == list(range(1, len(rows) + 1))
    assert next(row for row in rows if row["seq"] == 1)["event_type"] == "pageview"
    for row in rows:
        assert {key: row[key] for key in ids} == ids
        assert re.fullmatch(UUID7, row["event_id"].replace("-", ""))
        assert row["path"] == "/" and row["user_agent"]
        assert abs((moment(row["received_at"]) - moment(row["client_timestamp"])).total_seconds()) < 30
    vitals = {key: value for row in rows if row["event_type"] == "webvitals" for key, value in row["payload"].items()}
    assert vitals["FCP"] > 0 and vitals["TTFB"] >= 0
    # What an engine does not measure is not there, and never zero.
    assert engine.name == "chromium" or vitals.get("CLS") is None


def test_keys_of_the_original_payload_are_all_there(visited_on_sqlite):
    engine, _, store = visited_on_sqlite
    (row,) = submissions(store)
    assert {"userAgent", "language", "cookiesEnabled", "onLine", "platform", "doNotTrack", "deviceMemory", "hardwareConcurrency", "screenResolution", "colorDepth", "orientation"} <= set(row["browser_info"])
    assert {"timing", "memory", "navigation", "resources", "webVitals"} <= set(row["performance_data"])
    assert {"canvas", "fonts", "webgl"} <= set(row["fingerprints"])
    assert {"baselineFps", "gpuTimer"} <= set(row["benchmarks"])
    timing = row["performance_data"]["timing"]
    assert timing["navigationStart"] > 1_700_000_000_000 and timing["loadEventEnd"] >= timing["domInteractive"] >= timing["responseStart"]
    resources = row["performance_data"]["resources"]
    assert resources and {"name", "duration", "size", "type"} <= set(resources[0])
    if engine.name == "chromium":
        assert row["performance_data"]["memory"]["usedJSHeapSize"] > 0


def leave_early(engine, store, serve, delay):
    """Leaves after so many milliseconds; gives the only submission, and the kinds of events."""
    collector = serve(store)
    engine.open(collector.url + "/")
    engine.evaluate(f"() => new Promise((resolve) => setTimeout(resolve, {delay}))")
    ids = engine.evaluate("() => collectorDashboard.ids()")
    engine.leave(collector.url + "/ping")
    wait_for(lambda: count(store, "debug_data") > 0, 10, "a submission")
    # Longer than the page would have waited, had it stayed.
    engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 3500))")
    (row,) = submissions(store)
    assert row["pageview_id"] == ids["pageview_id"]
    return row, [row["event_type"] for row in events(store)]


def test_a_page_that_is_left_early_sends_a_beacon_once(engine, store, serve):
    row, kinds = leave_early(engine, store, serve, 800)
    assert row["browser_info"]["userAgent"]
    assert kinds.count("pageview") == 1


def test_a_page_that_is_left_at_once_sends_what_it_has(engine, sqlite, serve):
    _, kinds = leave_early(engine, sqlite, serve, 0)
    assert kinds.count("pageview") == 1


def test_a_page_that_is_left_late_sends_nothing_twice(visited_on_sqlite):
    engine, collector, store = visited_on_sqlite
    engine.leave(collector.url + "/ping")
    engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 1500))")
    assert count(store, "debug_data") == 1
    rows = events(store)
    assert len({row["seq"] for row in rows}) == len(rows)
    assert [row["event_type"] for row in rows].count("pageview") == 1


def test_events_can_be_turned_off(engine, sqlite, serve):
    collector = serve(sqlite, environment={"COLLECTOR_EVENTS_ENABLED": "off"})
    visit(engine, collector)
    engine.leave(collector.url + "/ping")
    engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 500))")
    assert count(sqlite, "debug_data") == 1
    assert count(sqlite, "collector_events") == 0


def test_a_visitor_who_returns_is_known_and_each_view_is_its_own(engine, serve, sqlite):
    collector = serve(sqlite)
    visit(engine, collector)
    first = engine.evaluate("() => collectorDashboard.ids()")
    engine.leave(collector.url + "/?again")
    second = engine.evaluate("() => collectorDashboard.ids()")
    assert second["visitor_id"] == first["visitor_id"]
    assert second["session_id"] == first["session_id"]
    assert second["pageview_id"] != first["pageview_id"]


def test_errors_are_captured(engine, serve, sqlite):
    collector = serve(sqlite)
    visit(engine, collector)
    engine.evaluate(
        """() => new Promise((resolve) => {
          function inner() { null.missing; }
          setTimeout(inner);
          setTimeout(() => Promise.reject(new TypeError("rejected on purpose")));
          const image = document.createElement("img");
          image.src = "static/missing.png";
          document.body.append(image);
          const script = document.createElement("script");
          script.textContent = "globalThis.intruder = true";
          document.body.append(script);
          const frame = document.createElement("img");
          frame.src = "http://third.example/pixel.png";
          document.body.append(frame);
          setTimeout(resolve, 1500);
        })"""
    )
    assert engine.evaluate("() => globalThis.intruder ?? null") is None, "the policy lets inline scripts run"
    found = engine.evaluate("() => collectorDashboard.errors()")
    kinds = {error["kind"] for error in found}
    assert {"error", "rejection", "resource", "csp"} <= kinds, found
    thrown = next(error for error in found if error["kind"] == "error")
    assert "inner" in thrown["stack"] and thrown["timestamp"] and "missing" in thrown["message"] or "null" in thrown["message"]
    show(engine, "raw")
    shown = cards(engine)["errors"][1]
    assert "rejected on purpose" in shown and "inner" in shown
    wait_for(lambda: len([row for row in events(sqlite) if row["event_type"] == "error"]) >= 3, 10, "error events")
    payloads = [row["payload"] for row in events(sqlite) if row["event_type"] == "error"]
    assert any("rejected on purpose" in payload["message"] for payload in payloads)
    assert all({"message", "source", "lineno", "colno", "stack"} <= set(payload) for payload in payloads)


def test_when_nothing_can_be_stored_the_page_says_so_and_goes_on(engine, serve):
    collector = serve(None, "--skip-db")
    visit(engine, collector)
    wait_for(lambda: engine.evaluate("() => document.querySelector('#delivery').dataset.state") in ("refused", "failed"), 10, "told")
    assert "not stored" in engine.evaluate("() => document.querySelector('#delivery').textContent").lower()
    assert cards(engine)["browser"][0] == "ready"


# Keyboard


def selected(engine):
    return engine.evaluate("() => [...document.querySelectorAll('[role=tab]')].filter((tab) => tab.getAttribute('aria-selected') === 'true').map((tab) => tab.dataset.tab)")


def test_keys(engine, serve):
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

    engine.click("[data-theme-choice=light]")
    light = background()
    engine.click("[data-theme-choice=dark]")
    dark = background()
    assert light != dark
    engine.leave(collector.url + "/?again")
    assert background() == dark


# What only one engine needs to show


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility(chromium, serve, scheme):
    from axe_playwright_python.sync_playwright import Axe

    collector = serve()
    visit(chromium, collector, color_scheme=scheme)
    # The narrow form has the same elements: one tab of it will do.
    for width, tabs in ((1440, TABS), (390, TABS[:1])):
        chromium.resize(width, 900)
        for tab in tabs:
            show(chromium, tab)
            result = Axe().run(chromium.page)
            faults = [(fault["id"], fault["impact"], [node["target"] for node in fault["nodes"]][:5]) for fault in result.response["violations"]]
            assert not faults, (tab, width, faults)
    chromium.press("?")
    assert not Axe().run(chromium.page).response["violations"]


def test_nothing_is_wider_than_the_screen(engine, serve):
    collector = serve()
    visit(engine, collector)
    for width in (390, 768, 1440):
        engine.resize(width, 844)
        for tab in TABS:
            show(engine, tab)
            # Charts follow the new width a moment later.
            fits = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            wait_for(lambda: engine.evaluate(fits), 3, f"{tab} no wider than {width}")


def test_pictures(engine, serve):
    """To be looked at: they are kept in Tests/browser/screenshots."""
    SCREENSHOTS.mkdir(exist_ok=True)
    collector = serve()
    schemes = ("light", "dark") if engine.name == "chromium" else ("light",)
    for scheme in schemes:
        visit(engine, collector, **({"color_scheme": scheme} if engine.name == "chromium" else {}))
        for width in (1440, 390):
            engine.resize(width, 900)
            for tab in TABS:
                show(engine, tab)
                engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 250))")
                path = SCREENSHOTS / f"{engine.name}-{tab}-{scheme}-{width}.png"
                engine.screenshot(str(path), full_page=engine.name != "webkit")
                assert path.stat().st_size > 5000


def test_under_a_base_path(chromium, serve, sqlite):
    collector = serve(sqlite, environment={"COLLECTOR_BASE_PATH": "/collector"})
    visit(chromium, collector, "/collector/")
    check_clean(chromium, collector)
    assert all("/collector/" in address for address in chromium.requests)
    assert count(sqlite, "debug_data") == 1
    wait_for(lambda: count(sqlite, "collector_events") >= 4, 10, "events")


def test_on_an_origin_that_is_not_secure(serve, sqlite):
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
        assert driver.evaluate("() => collectorDashboard.errors()") == []
        (row,) = submissions(sqlite)
        assert re.fullmatch("v_" + UUID7, row["visitor_id"])
        assert re.fullmatch("[0-9a-f]{64}", row["fingerprints"]["hash"])
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


def test_what_is_broken_harms_nothing_else(chromium, serve, sqlite):
    collector = serve(sqlite)
    chromium.new_page()
    chromium.page.add_init_script(SABOTAGE)
    chromium.page.goto(collector.url + "/")
    chromium.evaluate("() => collectorDashboard.delivered")
    chromium.evaluate("() => collectorDashboard.ready")
    found = cards(chromium)
    for name in ("canvas", "audio", "battery", "webgl"):
        assert found[name][0] == "unavailable" and UNAVAILABLE in found[name][1].lower(), name
    for name in ("status", "vitals", "preferences", "navigation", "fonts", "features"):
        assert found[name][0] == "ready", name
    (row,) = submissions(sqlite)
    assert row["performance_data"]["timing"] and row["battery"] is None


def test_copy_and_download(chromium, serve):
    import json

    collector = serve()
    visit(chromium, collector, permissions=["clipboard-read", "clipboard-write"])
    show(chromium, "raw")
    sent = chromium.evaluate("() => JSON.parse(collectorDashboard.sent().find((delivery) => delivery.kind === 'collect').text)")
    chromium.click("#copy-json")
    assert json.loads(chromium.evaluate("() => navigator.clipboard.readText()")) == sent
    with chromium.page.expect_download() as download:
        chromium.click("#download-json")
    assert json.loads(pathlib.Path(download.value.path()).read_text()) == sent
    assert "stored" in cards(chromium)["answer"][1]


def test_the_page_is_small(site):
    text = get(site.port, "/").body
    paths = set(re.findall(r"static/[A-Za-z0-9._-]+", text.decode()))
    total = len(gzip.compress(text, 9)) + sum(len(gzip.compress(get(site.port, "/" + path).body, 9)) for path in paths)
    assert total < PAGE_GZIP_BYTES_MAX
