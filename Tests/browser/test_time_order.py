"""Ranges, exports, the explorer and "here now" go by when events were received, not by the order of IDs."""

import datetime
import glob
import json
import os
import random
import time

import pytest

from bodies import make_ids
from insight import CHROME, ENVIRONMENT, OWNER, ask, report, send, settle, timeline, visit_events
from waits import wait_for
from wire import Wire, get, head

HOUR, DAY, YEAR = 3600, 86_400, 31_557_600


def insert(store, rows):
    """Inserts events by (seconds since 1970, visitor), in this order; each is a page view of its own."""
    values = []
    for number, (seconds, visitor) in enumerate(rows):
        moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
        text = moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{number % 1_000_000:06}Z"
        values.append(f"('{text}', '{visitor}', 's_{visitor}', 'p_{number}_{visitor}', 'pageview', '{CHROME}')")
    for start in range(0, len(values), 500):
        part = ", ".join(values[start : start + 500])
        store.execute(f"insert into collector_events (received_at, visitor_id, session_id, pageview_id, event_type, user_agent) values {part}")


def streamed(port, path):
    with Wire(port) as wire:
        wire.send(head("GET", path, OWNER))
        lines = wire._until(b"\r\n\r\n").decode()
        assert lines.startswith("HTTP/1.1 200"), lines
        body = b""
        while size := int(wire._until(b"\r\n"), 16):
            body += wire._exactly(size)
            assert wire._exactly(2) == b"\r\n"
        return body


def exported(port, **parameters):
    query = "&".join(f"{name.rstrip('_')}={value}" for name, value in parameters.items())
    return [json.loads(line) for line in streamed(port, f"/api/export?{query}").decode().splitlines()]


def explored(port, **parameters):
    """All pages of the explorer."""
    events, before = [], None
    while True:
        page = report(port, "events", limit=500, **parameters, **({"before": before} if before else {}))
        events += page["events"]
        before = page["next"]
        if before is None:
            return events


def backlog_among_new_events(store):
    """An hour of events, one each second, that are drained while new ones come in."""
    now = int(time.time())
    old = [(now - 2 * HOUR + second, f"v_old_{second % 50}") for second in range(HOUR)]
    new = [(now - 600 + number // 2, f"v_new_{number % 20}") for number in range(1200)]
    rows = []
    generator = random.Random(7)
    while old or new:
        source = old if old and (not new or generator.random() < 0.75) else new
        rows.append(source.pop(0))
    insert(store, rows)
    return now, [seconds for seconds, _ in rows]


def test_range_queries_are_exact_after_a_backlog_is_drained(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    now, times = backlog_among_new_events(store)
    settle(collector.port, len(times))

    def expected(start, end):
        return sum(start <= seconds < end for seconds in times)

    ranges = [(now - 600, now), (now - 2 * HOUR, now - HOUR), (now - 5000, now - 4000), (now - HOUR - 7, now - 300), (now - 3 * HOUR, now + 1), (now - 590, now - 10)]
    ranges += [(start, start + HOUR) for start in range((now - 2 * HOUR) // HOUR * HOUR, now, HOUR)]
    for start, end in ranges:
        wanted = expected(start, end)
        events = exported(collector.port, from_=start, to=end)
        assert (len(events), len({event["id"] for event in events})) == (wanted, wanted), (start - now, end - now)
        assert all(start * 1000 <= event["t"] < end * 1000 for event in events)
        assert [event["t"] for event in events] == sorted(event["t"] for event in events)
        found = explored(collector.port, from_=start, to=end)
        assert {event["id"] for event in found} == {event["id"] for event in events} and len(found) == wanted
        totals = report(collector.port, "overview", from_=start, to=end)["totals"]
        assert (totals["events"], totals["pageviews"]) == (wanted, wanted), (start - now, end - now)
        lists = report(collector.port, "breakdowns", from_=start, to=end, dimensions="path,browser")["dimensions"]
        assert sum(row["pageviews"] for row in lists["path"]["rows"]) == wanted
        assert (lists["browser"]["total"], lists["browser"]["rest"]) == (wanted, 0)
    assert report(collector.port, "live")["visitors"] == 20
    found = report(collector.port, timeline("v_old_3"))
    assert sum(len(view["events"]) for session in found["sessions"] for view in session["pageviews"]) == HOUR // 50
    assert len(exported(collector.port, visitor="v_old_3")) == HOUR // 50 == len(explored(collector.port, visitor="v_old_3"))


def test_event_pages_are_contiguous_and_an_unknown_event_is_reported(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    now = int(time.time())
    insert(store, [(now - number * 37 % 100, "v_one") for number in range(300)])
    seen, before = [], None
    while True:
        page = report(collector.port, "events", limit=7, **({"before": before} if before else {}))
        seen += [(event["t"], event["id"]) for event in page["events"]]
        before = page["next"]
        if before is None:
            break
    assert len(seen) == 300 and seen == sorted(seen, reverse=True) and len(set(seen)) == 300
    assert ask(collector.port, "events", before=10**9).status == 404


@pytest.mark.parametrize("ahead", [DAY, 5 * DAY, 40 * YEAR])
def test_events_received_with_a_fast_clock_are_listed_in_order(store, serve, ahead):
    collector = serve(store, environment=ENVIRONMENT)
    now = int(time.time())
    insert(store, [(now - 60, f"v_before_{number}") for number in range(100)])
    settle(collector.port, 100)
    insert(store, [(now + ahead + number, f"v_ahead_{number}") for number in range(50)])
    insert(store, [(now - 30, f"v_after_{number}") for number in range(100)])
    wait_for(lambda: report(collector.port, "overview", range="24h")["totals"]["events"] == 200, 30, "the rollups are complete")
    assert report(collector.port, "overview", from_=now - 600, to=now + 1)["totals"]["events"] == 200
    assert len(exported(collector.port)) == 250 == len(explored(collector.port))
    assert len(exported(collector.port, from_=now - 600, to=now + 1)) == 200 == len(explored(collector.port, from_=now - 600, to=now + 1))
    assert sum((now + ahead) * 1000 <= event["t"] < (now + ahead + 50) * 1000 for event in exported(collector.port)) == 50
    if ahead <= DAY:
        assert len(exported(collector.port, from_=now + ahead - 1, to=now + ahead + 100)) == 50
    else:
        # Ranges reach to the day after tomorrow; what is dated beyond it is in exports and searches without a range.
        assert ask(collector.port, "export", from_=now + ahead - 1, to=now + ahead + 100).status == 400
    assert report(collector.port, "overview", range="24h")["totals"]["pageviews"] == 200
    assert report(collector.port, "live")["visitors"] == 200
    assert report(collector.port, "overview", range="24h")["updated"] <= now
    wait_for(lambda: report(collector.port, "status")["events"]["last_received"] == now - 30, 10, "the last event by the clock of today")
    wait_for(lambda: report(collector.port, "status")["state"] == "ok", 10, "all is well")


def faketime():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        message = "faketime is not installed here (scripts/setup test)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    return found[0]


def replace(path, text):
    """Replaces the file atomically, since the program may read it at any moment."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


@pytest.mark.parametrize("days", [1, 40 * 365])
def test_the_server_survives_clock_changes(store, serve, tmp_path, days):
    clock = tmp_path / "clock"
    clock.write_text("+0d\n")
    environment = ENVIRONMENT | {
        "LD_PRELOAD": faketime(),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    collector = serve(store, environment=environment)
    count_ = send(collector.port, visit_events("/before"))
    collector.wait_until_stored()
    replace(clock, f"+{days}d\n")
    ahead = 0

    def is_ahead():
        nonlocal ahead
        ahead += send(collector.port, visit_events("/ahead"))
        return report(collector.port, "events", limit=1)["events"][0]["t"] > (time.time() + DAY / 2) * 1000

    wait_for(is_ahead, 10, "the clock is ahead")
    collector.wait_until_stored()
    wait_for(lambda: report(collector.port, "live")["visitors"] >= 1, 30, "a visitor is here by that clock")
    replace(clock, "+0d\n")
    ids = make_ids()
    count_ += send(collector.port, visit_events("/after", ids=ids))
    settle(collector.port, count_)
    assert report(collector.port, "live")["visitors"] == 2
    assert len(exported(collector.port)) == 6 + ahead
    assert len(exported(collector.port, range="24h")) == 6
    assert get(collector.port, "/health").status == 200
    wait_for(lambda: report(collector.port, "status")["state"] == "ok", 10, "all is well")
    collector.stop()
