"""Values that no browser can have measured are stored but excluded from reports."""

import re

import pytest

from bodies import make_ids
from insight import ask, found_events, report, send, serve_ready, settle, visit_events
from program import run
from wire import get

HUGE = 999999999999999
DAY_MILLISECONDS = 86_400_000


@pytest.fixture
def owned(store, serve):
    return serve_ready(serve, store)


def claims(kind, payload, count):
    """Events of one type, each from a separate page view."""
    ids = make_ids()
    return [ids | {"pageview_id": f"{ids['pageview_id']}{number}", "event_type": kind, "seq": 1, "path": "/", "site": "shop.example", "payload": payload} for number in range(count)]


def send_claims(port, kind, payload, count, at_once=300):
    return sum(send(port, claims(kind, payload, at_once)) for _ in range(count // at_once))


def invalid_values(port):
    return report(port, "data-quality", range="24h")["invalid_values"]


def check(store, collector):
    """Stops the server; its derived data matches its events, and a rebuild gives the same."""
    collector.wait_until_stored()
    stored = store.rows("select count(*) as n from collector_events")[0]["n"]
    collector.stop()
    for command in ("verify", "rebuild", "verify"):
        result = run(command, "--data", collector.data, folder=store.folder, environment=store.environment, timeout=300)
        # The only output on standard error is the name of the database, and the progress of a command that takes long.
        named = re.fullmatch(r"Database: [^\n]+\n((Verifying|Rebuilding): [^\n]+\n)*", result.stderr)
        assert result.returncode == 0 and named, (command, result.stdout, result.stderr)
        assert f"{stored} events" in result.stdout.replace(",", ""), (command, result.stdout)


def test_an_implausible_engagement_time_is_stored_and_not_counted(store, serve, owned):
    count = 0
    for _ in range(10):
        count += send(owned.port, claims("engagement", {"engagedMs": HUGE}, 1000))
    count += send(owned.port, visit_events())
    settle(owned.port, count)
    totals = report(owned.port, "overview", range="24h")["totals"]
    assert (totals["events"], totals["engaged_ms"]) == (count, 4000)
    assert invalid_values(owned.port) == 10_000
    # Two filters together are answered from the events themselves.
    filtered = ask(owned.port, "overview", range="24h", browser="Chrome", device="Desktop")
    assert filtered.status == 200, filtered.body
    assert filtered.json()["totals"]["engaged_ms"] in (4000, None)
    # The raw payload is unchanged.
    assert found_events(owned.port, count=1, type="engagement", key="engagedMs", value=HUGE)[0]["payload"] == {"engagedMs": HUGE}
    assert get(owned.port, "/health").status == 200
    check(store, owned)


def test_implausible_resource_sizes_are_not_counted(store, serve, owned):
    slowest = [{"name": "https://a.test/x", "duration": HUGE, "transferSize": HUGE}] * 10
    first = send_claims(owned.port, "resources", {"slowest": slowest}, 900)
    settle(owned.port, first)
    # The largest plausible value in each event, and some implausible ones.
    believed = [{"name": "https://a.test/y", "duration": 5, "transferSize": 10_000_000_000}] * 10
    count = first + send_claims(owned.port, "resources", {"slowest": slowest}, 900) + send_claims(owned.port, "resources", {"slowest": believed}, 900)
    count += send(owned.port, visit_events())
    settle(owned.port, count)
    assert invalid_values(owned.port) == 2 * 900 * 20
    rows = report(owned.port, "breakdowns", range="24h", dimensions="resource,invalid")["dimensions"]
    assert [(row["value"], row["events"], row["bytes"]) for row in rows["resource"]["rows"]] == [("https://a.test/y", 9000, 9000 * 10_000_000_000)]
    assert {row["value"]: row["events"] for row in rows["invalid"]["rows"]} == {"resource.duration": 18_000, "resource.bytes": 18_000}
    assert report(owned.port, "overview", range="24h")["totals"]["pageviews"] == 1
    check(store, owned)


def test_implausible_counts_and_durations_do_not_distort_figures(store, serve, owned):
    count = send(owned.port, visit_events(error={"name": "TypeError", "message": "x", "count": 1_000_000}))
    count += send(owned.port, claims("engagement", {"engagedMs": 1e14}, 1) + claims("engagement", {"engagedMs": DAY_MILLISECONDS}, 1) + claims("error", {"message": "y", "count": 10_000}, 1))
    settle(owned.port, count)
    totals = report(owned.port, "overview", range="24h")["totals"]
    assert totals["errors"] == 10_001
    assert totals["engaged_ms"] == (4000 + DAY_MILLISECONDS) / 2
    assert sorted(issue["errors"] for issue in report(owned.port, "issues", range="24h")["issues"]) == [1, 10_000]
    assert invalid_values(owned.port) == 2
    check(store, owned)


@pytest.mark.parametrize("number", [-1, HUGE, 1e300, -1e300, 1e-320, 18446744073709551616, 9223372036854775807, -9223372036854775808])
def test_extreme_numbers_in_payloads_do_not_distort_figures(store, serve, owned, number):
    values = dict.fromkeys(("LCP", "INP", "CLS", "FCP", "TTFB", "engagedMs", "count", "innerWidth"), number)
    part = {"duration": number, "transferSize": number, "bytes": number, "name": "https://a.test/x", "host": "a.test", "line": number, "ttfb": number, "function": "f", "file": "https://a.test/f.js"}
    payload = values | {"slowest": [part], "thirdParties": [part], "frames": [part], "attribution": dict.fromkeys(values, part)}
    count = 0
    for kind in ("pageview", "webvitals", "engagement", "error", "resources", "fingerprint_ready"):
        count += send(owned.port, claims(kind, payload, 2))
    settle(owned.port, count)
    for route in ("overview", "performance", "data-quality", "fingerprints", "issues", "sites", "live"):
        assert ask(owned.port, route, **({} if route in ("sites", "live", "fingerprints") else {"range": "24h"})).status == 200, route
    check(store, owned)


def test_an_implausible_delivery_report_is_not_counted(owned):
    ids = make_ids()
    events = [ids | {"event_type": "pageview", "seq": 1, "path": "/", "site": "shop.example", "payload": {}}]
    count = send(owned.port, events + visit_events(), ledger=[{name: ids[name] for name in ("visitor_id", "session_id", "pageview_id")} | {"emitted": 2_147_483_647, "dropped": {"queue": 2_147_483_647}}])
    settle(owned.port, count)
    quality = report(owned.port, "data-quality", range="24h")
    assert (quality["emitted"], quality["lost"], quality["invalid_values"]) == (0, 0, 1)


def test_query_times_must_be_between_2000_and_tomorrow(owned):
    for name, value in [("from", "0001-01-01"), ("from", "1999-12-31"), ("to", "9999-12-31"), ("to", "9223372036854775807"), ("from", "-9223372036854775808"), ("to", "1e300"), ("before", "-1"), ("before", "9223372036854775808"), ("limit", "0"), ("limit", "99999999999999999999"), ("limit", "1.5")]:
        answer = ask(owned.port, "events", **{f"{name}_": value})
        assert answer.status == 400, (name, value, answer.body)
        assert name in answer.json()["message"]


def test_an_implausible_client_time_is_stored_and_not_used_for_correction(store, owned):
    ids = make_ids()
    event = ids | {"event_type": "pageview", "seq": 1, "path": "/", "payload": {}}
    events = [event | {"client_timestamp": time} for time in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2020-06-01T00:00:00Z")]
    for sent_at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"):
        send(owned.port, events, sent_at=sent_at)
    owned.wait_until_stored()
    rows = store.rows("select client_timestamp_original as original from collector_events")
    # The clock that was sent as its own time is the one that can be right after a correction.
    assert len(rows) == 6
    assert len([row for row in rows if row["original"] is not None]) == 2
