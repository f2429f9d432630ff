"""Shared by tests of the owner's page: a token, visits with known numbers, and API queries."""

import json
import time
import urllib.parse

from bodies import make_ids
from waits import wait_for
from wire import get, post, request

TOKEN = "owner-token-of-the-tests"
ENVIRONMENT = {"COLLECTOR_TOKEN": TOKEN, "COLLECTOR_RATE_LIMIT": "0"}
OWNER = [("Authorization", f"Bearer {TOKEN}")]
#: Between two page views that are sent until the live feed has one.
LOOK_SECONDS = 0.5
VIEWS = ("overview", "performance", "issues", "visitors", "fingerprint", "raw", "tracking")
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def ask(port, route, /, fields=OWNER, **parameters):
    """A response of the API."""
    query = urllib.parse.urlencode({name.rstrip("_"): value for name, value in parameters.items()})
    return get(port, f"/api/{route}" + (f"?{query}" if query else ""), fields)


def report(port, route, /, **parameters):
    """The content of a response of the API."""
    answer = ask(port, route, **parameters)
    assert answer.status == 200, (route, answer.status, answer.body)
    return answer.json()


def timeline(visitor):
    return f"visitors/{urllib.parse.quote(visitor, safe='')}/timeline"


def serve_ready(serve, store, environment=ENVIRONMENT):
    """Starts a server with the token of the tests."""
    return serve(store, environment=environment)


def found_events(port, /, count=None, **search):
    """The events that a search finds, all or at least the first `count`. A response may stop at its time limit; the next request continues
    from there."""
    events = []
    for _ in range(100):
        answer = report(port, "events", **search)
        events += answer["events"]
        if answer["next"] is None or count is not None and len(events) >= count:
            return events
        search = search | {"before": answer["next"]}
    raise AssertionError(f"a search of {search} has no end")


def visit_events(path="/", site="shop.example", lcp=1200, error=None, referrer="", fingerprint=None, extra=None, ids=None):
    """The events of one page view."""
    ids = ids or make_ids()
    events = [("pageview", {"kind": "navigate", "language": "en", "screenResolution": "800x600", "campaign": {}} | (extra or {}))]
    if error:
        events.append(("error", error))
    if fingerprint:
        events.append(("fingerprint_ready", {"fingerprints": fingerprint}))
    events.append(("webvitals", {"navigationType": "navigate", "why": "pagehide", "LCP": lcp, "INP": 80, "CLS": 0.02, "FCP": 700, "TTFB": 200, "attribution": {"LCP": {"target": "main>img", "timeToFirstByte": 200, "resourceLoadDelay": 900, "resourceLoadDuration": 50, "elementRenderDelay": 50}}}))
    events.append(("engagement", {"engagedMs": 4000, "reason": "pagehide"}))
    return [ids | {"event_type": kind, "seq": seq, "path": path, "referrer": referrer, "site": site, "payload": payload} for seq, (kind, payload) in enumerate(events, 1)]


def delivery_report(events):
    """The delivery report of a page view with these events, of which none is lost."""
    return {name: events[0][name] for name in ("pageview_id", "visitor_id", "session_id", "site")} | {"emitted": len(events)}


def send(port, events, agent=CHROME, ledger=(), sent_at="2026-11-27T00:00:00.000Z"):
    body = {"v": 1, "sent_at": sent_at, "ledger": list(ledger), "events": [dict(event.items()) for event in events]}
    answer = post(port, "/events", body, [("User-Agent", agent)])
    assert answer.status == 200, answer.body
    assert not answer.json().get("rejected"), answer.body
    return len(events)


def send_until_seen(port, is_seen, path):
    """Sends page views of a path until one is in the live feed: a stream has what comes after the feed's first look for it, and that is not announced.
    Returns the number of events."""
    sent = 0
    seconds = 0.0

    def is_there():
        nonlocal sent, seconds
        # Rarely, since each look takes longer on a busy machine.
        if time.monotonic() >= seconds:
            sent += send(port, visit_events(path))
            seconds = time.monotonic() + LOOK_SECONDS
        return is_seen()

    wait_for(is_there, 30, f"an event of {path} in the live feed")
    return sent


def settle(port, events):
    """Waits until the rollups contain this number of events."""

    def are_there():
        answer = ask(port, "overview", range="24h", bots="include")
        # A server that has just started may not have its database yet.
        assert answer.status in (200, 503), (answer.status, answer.body)
        return answer.status == 200 and answer.json()["totals"]["events"] == events

    wait_for(are_there, 30, f"rollups of {events} events")
    # The status of a server that has just started may be older than its first events. Until it has them, the page welcomes the owner.
    wait_for(lambda: not events or report(port, "status")["events"]["any"], 30, "the events in the status")


def sign_in(port, **body):
    answer = post(port, "/api/session", body)
    return answer, answer.field("Set-Cookie")


def cookie(value):
    return [("Cookie", value.split(";")[0])]


def change(port, method, path, body, fields):
    return request(port, method, path, json.dumps(body).encode(), fields)
