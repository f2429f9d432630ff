"""Visitors with a Do Not Track or GPC signal: the page at `/` shows everything, and sends nothing before they press Send."""

import contextlib

import pytest

from access import check_access, check_widths
from insight import ENVIRONMENT, TOKEN
from page import READY, TABS, cards, show, wait_for_script
from stores import count, events, submissions
from test_dashboard import wait_for_kinds
from waits import wait_for
from wire import get

HELD = "Your browser asks not to be tracked, so nothing about this visit is sent unless you press Send."
SIGNALS = {
    "gpc": "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true, configurable: true })",
    "dnt": "Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1', configurable: true })",
}
IDENTIFYING = "() => Object.keys(localStorage).filter((key) => key !== 'collector.theme')"


def requests(engine):
    """Requests other than for files, by the engine's own log, which includes beacons."""
    return engine.evaluate("() => performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname).filter((path) => !path.startsWith('/static/'))")


def open_page(chromium, collector, signal, path="/"):
    chromium.new_page()
    chromium.add_start_script(SIGNALS[signal])
    chromium.leave(collector.url + path)
    wait_for_script(chromium)
    chromium.evaluate("() => collectorDashboard.ready")


def notice(engine):
    return engine.evaluate("() => { const notice = document.querySelector('.held'); return notice.getClientRects().length ? notice.querySelector('#held-text').textContent.trim() : null; }")


def status(engine):
    return engine.evaluate("() => document.querySelector('#delivery').textContent")


@pytest.mark.parametrize("signal", SIGNALS)
def test_the_page_shows_everything_and_sends_nothing(chromium, store, serve, signal):
    collector = serve(store)
    open_page(chromium, collector, signal)
    # Longer than the page waits before it sends.
    chromium.evaluate("() => new Promise((resolve) => setTimeout(resolve, 3500))")
    assert (notice(chromium), status(chromium)) == (HELD, "Not sent")
    for tab in TABS:
        show(chromium, tab)
    missing = {name for name in READY["chromium"] if cards(chromium)[name][0] != "ready"}
    assert not missing
    wait_for(lambda: "not sent" in cards(chromium)["payload"][1] and "unsent" in cards(chromium)["events"][1], 5, "what would be sent")
    assert chromium.evaluate("() => collectorDashboard.sent().map((delivery) => delivery.state)").count("unsent") >= 2
    assert chromium.evaluate(IDENTIFYING) == []
    assert chromium.errors() == []
    chromium.evaluate("() => { setTimeout(() => { throw new Error('held'); }); return new Promise((resolve) => setTimeout(resolve, 200)); }")
    assert not [path for path in requests(chromium) if path not in ("/ping", "/bw", "/agent", "/api/session")]
    chromium.leave(collector.url + "/ping")
    chromium.evaluate("() => new Promise((resolve) => setTimeout(resolve, 1000))")
    assert not [url for url in chromium.requests if url.endswith(("/collect", "/event", "/events")) or "/api/fingerprint-frequency" in url]
    assert count(store, "debug_data") == count(store, "collector_events") == 0


@pytest.mark.parametrize("is_early", [True, False])
def test_send_sends_this_visit_once(chromium, store, serve, is_early):
    collector = serve(store)
    open_page(chromium, collector, "gpc")
    if not is_early:
        chromium.evaluate("() => new Promise((resolve) => setTimeout(resolve, 3500))")
    chromium.click("#send")
    chromium.evaluate("() => collectorDashboard.delivered")
    wait_for(lambda: status(chromium) == "Stored", 10, "the response is shown")
    collector.wait_until_stored()
    assert notice(chromium) == "This visit was sent because you pressed Send. Your choice is not remembered."
    assert not chromium.evaluate("() => document.querySelector('#send').getClientRects().length")
    rows = wait_for_kinds(store)
    assert sorted(row["seq"] for row in rows) == list(range(1, len(rows) + 1))
    (row,) = submissions(store)
    assert {key: row[key] for key in ("visitor_id", "session_id", "pageview_id")} == chromium.evaluate("() => collectorDashboard.ids()")
    assert chromium.evaluate(IDENTIFYING) == []
    show(chromium, "fingerprint")
    wait_for(lambda: chromium.evaluate("() => document.querySelector('#fingerprint-shared span').textContent") not in ("–", "…"), 10, "how many share it")
    # The next visit is held again, and is another visitor.
    before = count(store, "collector_events")
    chromium.leave(collector.url + "/?again")
    wait_for_script(chromium)
    chromium.evaluate("() => collectorDashboard.ready")
    assert (notice(chromium), status(chromium)) == (HELD, "Not sent")
    assert chromium.evaluate("() => collectorDashboard.ids().visitor_id") != row["visitor_id"]
    chromium.evaluate("() => new Promise((resolve) => setTimeout(resolve, 3500))")
    collector.wait_until_stored()
    assert count(store, "debug_data") == 1
    left = [event["event_type"] for event in events(store)][before:]
    assert set(left) <= {"webvitals"}, "the first page view reports its last values when it is left"


def test_stored_identifiers_are_removed(chromium, serve, sqlite):
    collector = serve(sqlite)
    chromium.open(collector.url + "/")
    wait_for_script(chromium)
    chromium.evaluate("() => collectorDashboard.delivered")
    assert chromium.evaluate(IDENTIFYING) == ["collector.ids"]
    first = chromium.evaluate("() => collectorDashboard.ids().visitor_id")
    assert notice(chromium) is None
    chromium.add_start_script(SIGNALS["gpc"])
    chromium.leave(collector.url + "/?later")
    wait_for_script(chromium)
    assert chromium.evaluate(IDENTIFYING) == []
    assert chromium.evaluate("() => collectorDashboard.ids().visitor_id") != first


@pytest.mark.parametrize("header", ["Sec-GPC", "DNT"])
@pytest.mark.parametrize("events", ["on", "off"])
def test_the_request_header_alone_is_honored(serve, header, events):
    collector = serve(environment={"COLLECTOR_EVENTS_ENABLED": events})
    plain, private = get(collector.port, "/"), get(collector.port, "/", [(header, "1")])
    for answer, privacy in ((plain, "off"), (private, "on"), (get(collector.port, "/", [(header, "0")]), "off")):
        assert f'data-events="{events}" data-privacy="{privacy}"' in answer.body.decode()
        assert {"Sec-GPC", "DNT"} <= set(answer.field("Vary").split(", "))
    assert plain.field("ETag") != private.field("ETag")
    assert get(collector.port, "/", [(header, "1"), ("If-None-Match", plain.field("ETag"))]).status == 200


def test_a_page_requested_with_the_header_sends_nothing(chromium, serve, sqlite):
    collector = serve(sqlite)
    chromium.open(collector.url + "/", extra_http_headers={"Sec-GPC": "1"})
    wait_for_script(chromium)
    chromium.evaluate("() => collectorDashboard.ready")
    chromium.evaluate("() => new Promise((resolve) => setTimeout(resolve, 3500))")
    assert notice(chromium) == HELD
    assert count(sqlite, "debug_data") == count(sqlite, "collector_events") == 0
    chromium.click("#send")
    wait_for(lambda: count(sqlite, "debug_data") == 1, 10, "sent")


def test_a_restored_page_is_held_again(chromium, serve, sqlite):
    collector = serve(sqlite)
    open_page(chromium, collector, "gpc")
    chromium.click("#send")
    chromium.evaluate("() => collectorDashboard.delivered")
    first = chromium.evaluate("() => collectorDashboard.ids().pageview_id")
    chromium.leave(collector.url + "/ping")
    chromium.back()

    def is_another():
        # Between two pages there is nothing to ask.
        with contextlib.suppress(Exception):
            return chromium.evaluate("() => self.collectorDashboard?.ids().pageview_id ?? null") not in (None, first)

    wait_for(is_another, 10, "a page view of its own")
    wait_for(lambda: (notice(chromium), status(chromium)) == (HELD, "Not sent"), 10, "held again")
    chromium.evaluate("() => new Promise((resolve) => setTimeout(resolve, 3500))")
    assert count(sqlite, "debug_data") == 1


def test_only_the_owner_sees_a_link_to_insight(engine, serve):
    collector = serve(environment=ENVIRONMENT)

    def is_linked():
        wait_for(lambda: engine.evaluate("() => performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('/api/session') && entry.responseEnd > 0)"), 10, "who it is")
        return engine.evaluate("() => document.querySelector('#insight').getClientRects().length > 0")

    engine.open(collector.url + "/")
    is_linked()
    engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 100))")
    assert not is_linked()
    engine.leave(f"{collector.url}/insight#token={TOKEN}")
    wait_for(lambda: engine.evaluate("() => self.collectorInsight?.access()") == "owner", 15, "signed in")
    engine.leave(collector.url + "/")
    wait_for(is_linked, 10, "a link to the owner's page")
    engine.click("#insight")
    wait_for(lambda: engine.evaluate("() => self.collectorInsight?.access()") == "owner", 15, "the owner's page")


def test_the_notice_is_accessible_and_fits(chromium, serve):
    collector = serve(environment=ENVIRONMENT)
    chromium.open(f"{collector.url}/insight#token={TOKEN}", extra_http_headers={"Sec-GPC": "1"})
    wait_for(lambda: chromium.evaluate("() => self.collectorInsight?.access()") == "owner", 15, "signed in")
    chromium.leave(collector.url + "/")
    wait_for_script(chromium)
    chromium.evaluate("() => collectorDashboard.ready")
    wait_for(lambda: chromium.evaluate("() => document.querySelector('#insight').getClientRects().length > 0"), 10, "the link")
    assert notice(chromium) == HELD
    check_widths(chromium, "held")
    assert notice(chromium) == HELD
    chromium.resize(390, 900)
    chromium.click("#send")
    check_access(chromium, "sent")
    chromium.resize(1440, 900)
