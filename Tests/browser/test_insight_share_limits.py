"""The page of the guest of a limited share link, and the form that creates such a link."""

import pytest

from access import check_access, check_widths
from insight import OWNER, TOKEN, change
from test_insight_page import open_page, ready, text
from test_insight_shares import open_dialog, rows
from test_share_limits import OTHER, SITE, WORD, Filled
from waits import wait_for


@pytest.fixture
def filled(store, serve):
    return Filled(store, serve)



def shown_ranges(engine):
    engine.click("#range-open")
    found = engine.evaluate("() => [...document.querySelectorAll('#range-menu [role=menuitemradio] > span')].map((item) => item.textContent)")
    engine.evaluate("() => document.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))")
    return found


def open_as_guest(engine, url, **options):
    engine.open(url, **options)
    engine.signed_in_at = None
    wait_for(lambda: engine.evaluate("() => self.collectorInsight?.access()") == "reader", 15, "a guest")
    ready(engine)


def visible(engine, selector):
    return engine.evaluate(f"() => [...document.querySelectorAll({selector!r})].filter((one) => one.getClientRects().length).map((one) => one.dataset.tab ?? one.textContent.trim())")


def test_the_form_creates_a_limited_link_and_the_list_shows_its_limits(engine, filled):
    engine.signed_in_at = None
    open_page(engine, filled, period="90d")
    wait_for(lambda: engine.evaluate("() => document.querySelector('#site').options.length") > 2, 10, "the sites")
    open_dialog(engine)
    engine.evaluate(
        """() => {
          const set = (id, value) => {
            const field = document.getElementById(id);
            field.value = value;
            field.dispatchEvent(new Event("change", { bubbles: true }));
          };
          set("share-label", "For the shop");
          set("share-site", "shop.example");
          set("share-range", "days");
          set("share-range-days", "7");
          for (const box of document.querySelectorAll("#share-view-list input")) {
            if (!["overview", "visitors", "raw"].includes(box.value)) box.click();
          }
        }"""
    )
    engine.click("#share-form .strong")
    wait_for(lambda: "#share=" in text(engine, "#share-link"), 20, "the link")
    link = text(engine, "#share-link")
    wait_for(lambda: len(rows(engine)) == 1, 10, "the link in the list")
    ((name, notes, _),) = rows(engine)
    assert name == "For the shop" and " · site shop.example · last 7 days · Overview, Visitors, Raw Data · never used" in notes
    open_as_guest(engine, link)
    assert visible(engine, "[role=tab]") == ["overview", "visitors", "raw"]
    assert visible(engine, "#site, #tracking-strip, #share-open") == []
    assert text(engine, "#only-site") == "shop.example"
    assert text(engine, "#range-name") == "Shared period"
    ranges = shown_ranges(engine)
    # The first days of a month and of a year have ranges of their own.
    assert sorted(set(ranges) - {"Month to date", "Year to date"}) == sorted(["Realtime", "Today", "Yesterday", "Last 24 hours", "Last 7 days", "Shared period", "Custom range…"])
    assert "/shown" in text(engine, "#panel-overview") and WORD not in engine.evaluate("() => document.body.innerText")
    assert "Top issues" not in text(engine, "#panel-overview")
    # Keys and addresses of what is hidden do nothing.
    for key in ("3", "n"):
        engine.evaluate(f"() => document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key: {key!r}, bubbles: true }}))")
    assert engine.evaluate("() => document.querySelector('[role=tab][aria-selected=true]').dataset.tab") == "overview"
    assert text(engine, "#range-name") == "Shared period"
    engine.evaluate("() => { location.hash = '#issues'; }")
    for view in ("visitors", "raw"):
        engine.click(f"#tab-{view}")
        ready(engine)
        assert engine.evaluate("() => document.querySelectorAll('main [role=alert]:not(:empty), main .failure').length") == 0, view
        assert WORD not in engine.evaluate("() => document.body.innerText"), view
    assert "Dashboard submissions" not in text(engine, "#panel-raw")
    assert engine.errors() == []
    # The address of another site and range shows the allowed ones.
    engine.leave(f"{filled.url}/insight?site={OTHER}&range=90d&at=x#issues")
    ready(engine)
    assert engine.evaluate("() => document.querySelector('[role=tab][aria-selected=true]').dataset.tab") == "overview"
    assert "/shown" in text(engine, "#panel-overview") and f"site={SITE}" in engine.evaluate("() => location.search")


def test_the_page_of_a_guest_and_the_form_are_accessible(chromium, sqlite, serve):
    filled = Filled(sqlite, serve)
    limits = {"site": SITE, "range_days": 7, "views": ["overview", "visitors", "goals"]}
    share = change(filled.port, "POST", "/api/shares", {"days": 1, "label": "For the shop"} | limits, OWNER).json()["share"]
    open_as_guest(chromium, f"{filled.url}/insight#share={share}")
    check_widths(chromium, "insight-share-limits")
    chromium.open(f"{filled.url}/insight#token={TOKEN}")
    wait_for(lambda: chromium.evaluate("() => self.collectorInsight?.access()") == "owner", 15, "the owner")
    ready(chromium)
    wait_for(lambda: chromium.evaluate("() => document.querySelector('#site').options.length") > 2, 10, "the sites")
    open_dialog(chromium)
    for kind in ("days", "dates"):
        chromium.evaluate(f"() => {{ const field = document.querySelector('#share-range'); field.value = {kind!r}; field.dispatchEvent(new Event('change')); }}")
        for width in (1440, 390):
            chromium.resize(width, 900)
            check_access(chromium, f"insight-share-form-{kind}")
    chromium.resize(1440, 900)
