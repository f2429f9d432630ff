"""The owner's page with partial or missing responses: timelines, exports and the live list."""

import pytest

from bodies import make_ids
from insight import ENVIRONMENT, OWNER, settle
from program import connections_max, raise_open_files_limit
from test_insight_page import expand, open_page, text
from test_large_payloads import EVENT_BYTES, EXPORTS_MAX, send
from waits import wait_for
from wire import Wire, head

#: Two pages of a timeline and a few events more; a page ends at 4 MiB.
LARGE_EVENTS = 36
MORE_EVENTS = 80


@pytest.fixture
def large(store, serve):
    """A server with a visitor whose events do not fit into one response; one of them is missing."""
    collector = serve(store, environment=ENVIRONMENT)
    ids = make_ids()
    filler = "x" * (EVENT_BYTES - 300)
    first = ids | {"session_id": "s_before", "pageview_id": "p_before"}
    send(collector.port, first | {"event_type": "pageview", "seq": 1, "path": "/before", "payload": {"language": "en"}})
    for seq in range(1, LARGE_EVENTS + 1):
        if seq != 3:
            send(collector.port, ids | {"event_type": "large", "seq": seq, "path": "/large", "payload": {"text": filler}})
    settle(collector.port, LARGE_EVENTS)
    collector.visitor = ids["visitor_id"]
    return collector


def numbers(engine):
    return engine.evaluate("() => [...document.querySelectorAll('#panel-visitors .view .seq')].map((element) => Number(element.textContent))")


def test_a_timeline_is_loaded_to_its_first_event(engine, large):
    engine.signed_in_at = None
    open_page(engine, large, f"&visitor={large.visitor}", "visitors")
    expand(engine)
    shown = numbers(engine)
    assert 0 < len(shown) < LARGE_EVENTS and shown == sorted(shown) and shown[-1] == LARGE_EVENTS
    assert text(engine, "#panel-visitors p").startswith("Only the latest events are shown: 1 session, ")
    # Events that have not been loaded are not reported as missing.
    assert engine.evaluate("() => document.querySelectorAll('#panel-visitors .hole').length") == 0
    more = "() => [...document.querySelectorAll('#panel-visitors button')].find((button) => button.textContent === 'Load earlier events' && !button.hidden)"
    pages = 1
    while engine.evaluate(f"() => Boolean(({more})())"):
        engine.evaluate(f"() => ({more})().click()")
        wait_for(lambda: len(numbers(engine)) > len(shown), 15, "earlier events")
        shown = numbers(engine)
        pages += 1
        assert pages < 10
    assert pages >= 3
    # A page view stays open when earlier events of it are added.
    expand(engine)
    shown = numbers(engine)
    # Sessions are listed the latest first; the events of each are in order, each once.
    assert shown == [1, 2, *range(4, LARGE_EVENTS + 1), 1]
    assert engine.evaluate("() => [...document.querySelectorAll('#panel-visitors .hole')].map((hole) => hole.textContent)") == ["event 3 is missing"]
    assert engine.evaluate("() => [...document.querySelectorAll('#panel-visitors .session h2')].map((title) => title.textContent)") == ["Session 2", "Session 1"]
    assert text(engine, "#panel-visitors p").startswith("2 sessions, 2 page views, first seen ")
    assert text(engine, "#panel-visitors .bare [role=status]") == "All events of this visitor are shown."
    assert engine.errors() == []


ALERT = "#panel-raw [role=alert]"


def download(chromium, index):
    """The file of an export. Clicks again while the server is busy: the exports of closed connections end one after another."""
    downloads = []

    def record(file):
        downloads.append(file)

    chromium.page.on("download", record)

    def is_downloaded():
        chromium.evaluate(f"() => document.querySelectorAll('#panel-raw .exports a')[{index}].click()")
        wait_for(lambda: downloads or text(chromium, ALERT), 30, "a file or a reason")
        if downloads and downloads[-1].failure():
            downloads.clear()
        return downloads

    wait_for(is_downloaded, 60, lambda: f"a file: {text(chromium, ALERT)}")
    chromium.page.remove_listener("download", record)
    return downloads[0]


def test_a_refused_export_shows_the_reason_and_an_accepted_one_downloads(chromium, large):
    # More than the buffers of eight connections hold, so that none of the exports ends by itself.
    for seq in range(1, MORE_EVENTS + 1):
        send(large.port, make_ids() | {"event_type": "large", "seq": seq, "payload": {"text": "x" * (EVENT_BYTES - 300)}})
    chromium.signed_in_at = None
    open_page(chromium, large, fragment="raw")
    exports = [Wire(large.port) for _ in range(EXPORTS_MAX)]
    try:
        for export in exports:
            export.send(head("GET", "/api/export", OWNER))
            assert b" 200 " in export._until(b"\r\n\r\n")
        chromium.click("#panel-raw .exports a")
        wait_for(lambda: text(chromium, ALERT) == "No export: The server is busy: try again in 10 s.", 10, "it says so")
    finally:
        for export in exports:
            export.close()
    for index, lines in enumerate((LARGE_EVENTS + MORE_EVENTS, None)):
        file = download(chromium, index)
        assert lines is None or file.path().read_bytes().count(b"\n") == lines
        assert file.suggested_filename == ("events.ndjson", "events.csv")[index]
    assert text(chromium, ALERT) == ""


@pytest.mark.every_engine
def test_a_refused_live_stream_is_retried(engine, serve, sqlite):
    collector = serve(sqlite, environment=ENVIRONMENT)
    send(collector.port, make_ids() | {"event_type": "pageview", "seq": 1, "payload": {"language": "en"}})
    settle(collector.port, 1)
    status = "#panel-raw .head [role=status]"
    subscribers = []
    try:
        for _ in range(min(1000, connections_max(raise_open_files_limit()) // 2)):
            subscribers.append(Wire(collector.port))
            subscribers[-1].send(head("GET", "/api/stream", OWNER))
        for subscriber in subscribers:
            subscriber._until(b"retry: 1000\n\n")
        engine.signed_in_at = None
        open_page(engine, collector, fragment="raw")
        wait_for(lambda: text(engine, status) == "The server is busy; next attempt in 10 s", 10, "it says so")
    finally:
        for subscriber in subscribers:
            subscriber.close()
    wait_for(lambda: text(engine, status) == "Connected", 20, "connected")
    send(collector.port, make_ids() | {"event_type": "after", "seq": 1, "payload": {"language": "en"}})
    wait_for(lambda: "after" in engine.evaluate("() => [...document.querySelectorAll('.stream b')].map((type) => type.textContent)"), 30, "the event")
