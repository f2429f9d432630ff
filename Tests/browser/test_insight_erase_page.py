"""The owner's page: a visitor is exported and erased from its timeline, after a dialog that says what that means."""

import pytest

from access import check_access
from bodies import make_ids
from insight import ENVIRONMENT, OWNER, change, report, send, settle, visit_events
from page import check_layout
from stores import count
from test_insight_page import open_page, ready, text
from waits import wait_for


@pytest.fixture
def shop(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT)
    ids = make_ids()
    collector.events = sum(send(collector.port, visit_events(f"/page/{number}")) for number in range(3))
    settle(collector.port, collector.events + send(collector.port, visit_events("/account", ids=ids)))
    collector.visitor = ids["visitor_id"]
    return collector


def press(engine, words, within="main"):
    engine.evaluate(f"() => [...document.querySelectorAll('{within} button')].find((one) => one.textContent.trim() === {words!r}).click()")


def open_timeline(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, f"&visitor={shop.visitor}", "visitors")
    wait_for(lambda: "Erase visitor…" in (text(engine, "main") or ""), 15, "the timeline")


def in_dialog(engine, *words):
    wait_for(lambda: all(word in (text(engine, "dialog.erase") or "") for word in words), 60, f"{words} in the dialog")


def test_a_visitor_is_erased_after_a_confirmation(engine, shop, sqlite):
    open_timeline(engine, shop)
    link = engine.evaluate("() => { const link = document.querySelector('a[download=\"visitor.ndjson\"]'); return link && [link.textContent, new URL(link.href).pathname]; }")
    assert link == ["Export", f"/api/visitors/{shop.visitor}/export"]
    press(engine, "Erase visitor…")
    in_dialog(engine, shop.visitor, "Page views and events", "journal", "Backups", "This cannot be undone.")
    # Enter on the focused button must not erase.
    assert engine.evaluate("() => document.activeElement.textContent") == "Cancel"
    press(engine, "Cancel", "dialog.erase")
    wait_for(lambda: text(engine, "dialog.erase") is None, 5, "no dialog")
    assert count(sqlite, "collector_events") == shop.events + 3 and report(shop.port, "erasures") == {"erasures": []}

    press(engine, "Erase visitor…")
    in_dialog(engine, "This cannot be undone.")
    press(engine, "Erase visitor", "dialog.erase")
    in_dialog(engine, "Erased: 3 events.", "Search in all tables and the journal: 0 rows.", "Search for the id in the files: 0 occurrences.")
    assert count(sqlite, f"collector_events where visitor_id = '{shop.visitor}'") == 0
    press(engine, "Close", "dialog.erase")
    wait_for(lambda: engine.evaluate("() => new URLSearchParams(location.search).get('visitor')") is None, 10, "the list of visitors")
    ready(engine)
    assert shop.visitor not in text(engine, "main")
    assert engine.errors() == []


def test_an_erasure_that_is_refused_says_why(engine, shop):
    open_timeline(engine, shop)
    press(engine, "Erase visitor…")
    in_dialog(engine, "This cannot be undone.")
    engine.evaluate("() => { self.realFetch = fetch; self.fetch = async () => new Response('{\"message\":\"Storage is not available\"}', { status: 503 }); }")
    press(engine, "Erase visitor", "dialog.erase")
    in_dialog(engine, "Storage is not available")
    engine.evaluate("() => { self.fetch = self.realFetch; }")
    press(engine, "Erase visitor", "dialog.erase")
    in_dialog(engine, "Erased: 3 events.")
    assert engine.errors() == []


def test_guests_of_a_share_link_cannot_export_or_erase(engine, shop):
    link = change(shop.port, "POST", "/api/shares", {"days": 1, "label": "x"}, OWNER).json()
    engine.signed_in_at = None
    engine.open(f"{shop.url}/insight#share={link['share']}")
    wait_for(lambda: engine.evaluate("() => self.collectorInsight?.access() === 'reader'"), 15, "signed in")
    engine.leave(f"{shop.url}/insight?visitor={shop.visitor}#visitors")
    ready(engine)
    shown = engine.evaluate("() => [...document.querySelectorAll('main .actions .only')].map((one) => getComputedStyle(one).display)")
    assert shown == ["none", "none"]


def test_the_dialog_fits_and_is_accessible(chromium, shop):
    open_timeline(chromium, shop)
    for width, height in ((1440, 900), (390, 844)):
        chromium.resize(width, height)
        press(chromium, "Erase visitor…")
        in_dialog(chromium, "This cannot be undone.")
        left, right, bottom = chromium.evaluate("() => { const box = document.querySelector('dialog.erase').getBoundingClientRect(); return [box.left, innerWidth - box.right, innerHeight - box.bottom]; }")
        assert left >= 0 and right >= 0 and bottom >= 0, (width, left, right, bottom)
        check_access(chromium, "erase", check=check_layout)
        press(chromium, "Cancel", "dialog.erase")
    chromium.resize(1440, 900)
