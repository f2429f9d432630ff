"""Alerts: each rule begins and ends once, at sinks that are real servers, also after a restart, a kill and a takeover."""

import time

import pytest

from bodies import make_ids
from insight import ENVIRONMENT, OWNER, change, report, send, settle, visit_events
from sinks import HookSink
from stores import PostgresStore, count
from test_demo_data import fine
from waits import wait_for

SECRET = "key-of-the-signatures-0123"
FAST = ENVIRONMENT | {"COLLECTOR_ALERT_SECONDS": "1", "COLLECTOR_ALERT_NETWORKS": "127.0.0.0/8"}
ERROR = {"kind": "error", "name": "TypeError", "message": "x is null", "count": 1}
#: Seconds within which a rule is evaluated and its message sent.
SOON = 30
#: The same after a kill, when the lease of the killed process has to end.
LATER = 75


@pytest.fixture
def sink():
    sink = HookSink()
    yield sink
    sink.close()


def start(serve, store, **more):
    return serve(store, environment=FAST | more)


def add(port, path, **body):
    answer = change(port, "POST", f"/api/{path}", body, OWNER)
    assert answer.status == 200, answer.body
    return answer.json()


def hook(port, sink):
    return add(port, "alert-channels", kind="webhook", name="hook", target=sink.url, secret=SECRET)["id"]


def edit(port, rule, **changes):
    names = ("kind", "site", "name", "vital", "threshold", "minutes", "samples_min", "channels", "enabled")
    body = {name: rule[name] for name in names if rule[name] is not None} | changes
    answer = change(port, "PUT", f"/api/alert-rules/{rule['id']}", body, OWNER)
    assert answer.status == 200, answer.body


def state(port, rule):
    (found,) = [one for one in report(port, "alert-rules")["rules"] if one["id"] == rule["id"]]
    return found["state"]


def wait_state(port, rule, name):
    wait_for(lambda: state(port, rule)["name"] == name, SOON, f"the state {name}")


def visits(number, **more):
    return [event for index in range(number) for event in visit_events(f"/page/{index}", ids=make_ids(), **more)]


def ledger(events, emitted):
    """Delivery reports of the page views among some events."""
    names = ("visitor_id", "session_id", "pageview_id", "site")
    return [{name: one[name] for name in names} | {"emitted": emitted, "dropped": {}} for one in events if one["event_type"] == "pageview"]


def wait_once(sink, event, kind, seconds=SOON):
    """Waits for a message; there must be one."""
    wait_for(lambda: sink.of(event, kind), seconds, f"{event} of {kind}")
    assert len(sink.of(event, kind)) == 1
    return sink.of(event, kind)[0]


def stays(sink, number, seconds=4):
    """No further message comes in several evaluations."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert len(sink.hooks) == number, [one.body["text"] for one in sink.hooks]
        time.sleep(0.2)


def test_rules_about_pages_fire_once_and_resolve_once(store, serve, sink):
    server = start(serve, store)
    port = server.port
    channel = hook(port, sink)
    new = add(port, "alert-rules", kind="new_issue", channels=[channel])
    returned = add(port, "alert-rules", kind="regressed_issue", channels=[channel])
    rate = add(port, "alert-rules", kind="error_rate", site="shop.example", threshold=10, samples_min=10, channels=[channel])
    vital = add(port, "alert-rules", kind="vital", vital="lcp", samples_min=10, channels=[channel])
    delivery = add(port, "alert-rules", kind="delivery_rate", samples_min=30, channels=[channel])
    off = add(port, "alert-rules", kind="error_rate", threshold=1, samples_min=1, channels=[channel], enabled=False)
    other = add(port, "alert-rules", kind="error_rate", site="other.example", threshold=1, samples_min=1, channels=[channel])
    for rule in (rate, vital, delivery, other):
        wait_state(port, rule, "no_data")
    assert state(port, rate)["reason"] == "0 page views in 60 minutes, 10 are needed"
    assert vital["threshold"] == 2500 and sink.hooks == []

    # Page views with an error each, slow, and with a lost event for four received ones.
    events = visits(12, error=ERROR, lcp=5000)
    sent = send(port, events, ledger=ledger(events, 5))
    for kind in ("new_issue", "error_rate", "vital", "delivery_rate"):
        message = wait_once(sink, "firing", kind)
        assert message.is_signed(SECRET) and not message.is_signed(SECRET + "x")
        assert message.fields["collector-event"] == "firing" and message.fields["collector-delivery"] == message.body["id"]
    texts = sorted(one.body["text"] for one in sink.hooks)
    assert texts == [
        "Alert: Delivery rate 80 %, limit 95 % in 60 minutes", "Alert: Error rate 100 %, limit 10 % on shop.example in 60 minutes",
        "Alert: LCP p75 5000 ms, limit 2500 ms in 60 minutes", "Alert: New issue on shop.example: TypeError: x is null",
    ]
    stays(sink, 4)
    assert state(port, off)["name"] == "waiting" and state(port, other)["name"] == "no_data"

    # The owner resolves the issue, and the figures recover.
    (issue,) = report(port, "issues")["issues"]
    assert change(port, "PUT", f"/api/issues/{issue['issue']}", {"state": "resolved"}, OWNER).status == 200
    good = visits(150, lcp=900)
    sent += send(port, good)
    entries = ledger(good, 3)
    for part in (entries[:75], entries[75:]):
        send(port, visits(1), ledger=part)
        sent += 3
    settle(port, sent)
    for kind in ("new_issue", "error_rate", "vital", "delivery_rate"):
        wait_once(sink, "resolved", kind)
    stays(sink, 8)

    # It occurs again: a regressed issue, and not a new one.
    time.sleep(1.1)
    send(port, visits(1, error=ERROR))
    assert wait_once(sink, "firing", "regressed_issue").body["alert"]["title"] == "Regressed issue on shop.example: TypeError: x is null"
    assert change(port, "PUT", f"/api/issues/{issue['issue']}", {"state": "resolved"}, OWNER).status == 200
    wait_once(sink, "resolved", "regressed_issue")
    stays(sink, 10)
    # A delivery is in the history soon after the sink has it.
    wait_for(lambda: all(d["state"] == "delivered" for one in report(port, "alerts")["alerts"] for d in one["deliveries"]), SOON, "all deliveries in the history")
    entries = report(port, "alerts")["alerts"]
    assert len(entries) == 5 and all(one["resolved_at"] is not None for one in entries)
    assert all(len(one["deliveries"]) == 2 for one in entries)
    assert {one["rule"] for one in entries} == {rule["id"] for rule in (new, returned, rate, vital, delivery)}
    server.stop()
    assert SECRET not in server.log


def backdate(store, days, site):
    """Moves the events of a site into the past, as if they had been received then."""
    # And by some minutes: the current minute does not count.
    earlier = {
        "sqlite": f"strftime('%Y-%m-%dT%H:%M:%f000Z', received_at, '-{days} days', '-5 minutes')",
        "postgres": f"received_at - interval '{days} days 5 minutes'",
    }
    store.execute(f"update collector_events set received_at = {earlier[store.name]}, site = 'shop.example' where site = '{site}'")


def test_traffic_is_compared_with_the_same_hour_of_earlier_weeks(store, serve, sink):
    server = start(serve, store)
    for week in (1, 2, 3):
        settle(server.port, report(server.port, "overview", range="24h", bots="include")["totals"]["events"] + send(server.port, visits(12, site=f"week{week}.example")))
    server.stop()
    for week in (1, 2, 3):
        backdate(store, 7 * week, f"week{week}.example")
    # A page view before them: these weeks are known.
    fine(store, "rebuild")
    server = start(serve, store)
    port = server.port
    channel = hook(port, sink)
    drop = add(port, "alert-rules", kind="traffic_drop", site="shop.example", samples_min=10, channels=[channel])
    spike = add(port, "alert-rules", kind="traffic_spike", site="shop.example", samples_min=10, threshold=100, channels=[channel])
    assert drop["threshold"] == 50
    assert wait_once(sink, "firing", "traffic_drop").body["alert"]["title"].startswith("0 page views in an hour, 12 are usual: 100 % fewer")
    wait_state(port, spike, "no_data")
    stays(sink, 1)
    send(port, visits(30))
    # Only whole minutes count.
    wait_once(sink, "resolved", "traffic_drop", 100)
    assert wait_once(sink, "firing", "traffic_spike", 100).body["alert"]["title"].startswith("30 page views in an hour, 12 are usual: 150 % more")
    edit(port, spike, threshold=1000)
    wait_once(sink, "resolved", "traffic_spike")
    stays(sink, 4)


def test_rules_about_the_server_fire_once_and_resolve_once(store, serve, sink):
    server = start(serve, store)
    port = server.port
    channel = hook(port, sink)
    disk = add(port, "alert-rules", kind="disk", threshold=1_000_000_000, channels=[channel])
    if store.name == "postgres":
        wait_state(port, disk, "no_data")
        return
    wait_once(sink, "firing", "disk")
    stays(sink, 1)
    edit(port, disk, threshold=1)
    wait_once(sink, "resolved", "disk")
    stays(sink, 2)


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_a_journal_in_use_and_lagging_reports_fire_once_and_resolve_once(store, serve, sink):
    server = start(serve, store)
    port = server.port
    channel = hook(port, sink)
    journal = add(port, "alert-rules", kind="journal", channels=[channel])
    wait_state(port, journal, "ok")
    with store.held("collector_events"):
        # The request is answered when the journal has the record.
        send(port, visits(1))
        wait_once(sink, "firing", "journal")
        stays(sink, 1)
    wait_once(sink, "resolved", "journal")
    # On a busy machine records are in the journal now and then.
    edit(port, journal, enabled=False)

    lag = add(port, "alert-rules", kind="rollup_lag", threshold=10, channels=[channel])
    wait_state(port, lag, "ok")
    with store.held("insight_position"):
        send(port, visits(1))
        wait_once(sink, "firing", "rollup_lag", 60)
        stays(sink, 3)
    wait_once(sink, "resolved", "rollup_lag")
    stays(sink, 4)


def test_a_sink_that_fails_is_tried_again_with_the_same_id(store, serve, sink):
    server = start(serve, store)
    sink.statuses = [500, 503, 404]
    # The failure is in the history until the next attempt ends.
    sink.hangs_after = 1
    sink.hangs.set()
    channel = hook(server.port, sink)
    add(server.port, "alert-rules", kind="new_issue", channels=[channel])
    send(server.port, visits(1, error=ERROR))
    wait_for(lambda: sink.attempts, SOON, "an attempt")
    wait_for(lambda: any(d["failure"] == "The webhook responded with 500" for one in report(server.port, "alerts")["alerts"] for d in one["deliveries"]), SOON, "the failure in the history")
    sink.hangs.clear()
    wait_once(sink, "firing", "new_issue", LATER)
    assert len(sink.attempts) == 4 and len({one.body["id"] for one in sink.attempts}) == 1
    assert len({one.raw for one in sink.attempts}) == 1
    wait_for(lambda: report(server.port, "alerts")["alerts"][0]["deliveries"][0]["state"] == "delivered", SOON, "the delivery in the history")
    assert report(server.port, "alerts")["alerts"][0]["deliveries"][0]["attempts"] == 4


def test_a_killed_server_sends_a_detected_alert_after_its_restart(store, serve, sink):
    server = start(serve, store)
    channel = hook(server.port, sink)
    add(server.port, "alert-rules", kind="new_issue", channels=[channel])
    add(server.port, "alert-rules", kind="error_rate", threshold=1, samples_min=1, channels=[channel])
    sink.hangs.set()
    send(server.port, visits(1, error=ERROR))
    wait_for(lambda: sink.attempts and count(store, "alerts") == 2, SOON, "an attempt, and both alerts")
    server.kill()
    server.wait()
    assert sink.hooks == [] and count(store, "alerts") == 2
    # The first attempt ended with the process that made it; its connection is closed before the sink goes on.
    first = sink.attempts[0].body["id"]
    sink.hangs.clear()
    wait_for(lambda: sink.pending == 0, SOON, "the end of the first attempts")
    sink.hooks.clear()
    server = start(serve, store)
    wait_for(lambda: len(sink.hooks) == 2, LATER, "both messages")
    assert first in {one.body["id"] for one in sink.hooks} and len({one.body["id"] for one in sink.hooks}) == 2
    stays(sink, 2)
    assert count(store, "alerts") == 2

    # Once more, and nothing is sent again.
    server.kill()
    server.wait()
    start(serve, store)
    stays(sink, 2, 35)


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_one_of_several_servers_sends_and_another_one_takes_over(store, serve, tmp_path, sink):
    first = start(serve, store)
    second_folder = tmp_path / "second"
    second_folder.mkdir()
    twin = PostgresStore.__new__(PostgresStore)
    twin.__dict__ |= store.__dict__ | {"folder": second_folder}
    second = start(serve, twin)
    channel = hook(first.port, sink)
    add(first.port, "alert-rules", kind="new_issue", channels=[channel])
    send(second.port, visits(1, error=ERROR))
    wait_once(sink, "firing", "new_issue")
    stays(sink, 1)
    (row,) = store.rows("select holder from alert_worker")
    first.kill()
    first.wait()
    send(second.port, visits(1, error=ERROR | {"name": "RangeError", "message": "too long"}))
    wait_for(lambda: len(sink.hooks) == 2, LATER, "the message of the other server")
    stays(sink, 2)
    assert row["holder"]
