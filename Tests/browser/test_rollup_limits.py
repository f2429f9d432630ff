"""Rollups continue with many dimension values, after database errors, and after events are replaced."""

import itertools

from bodies import make_ids
from insight import ENVIRONMENT, ask, report, send, settle, visit_events
from waits import wait_for

SECONDS_MAX = 30
FINGERPRINTS_BYTES_MAX = 200_000
_numbers = itertools.count(1)


def word():
    """A name that URL templating does not take for an ID."""
    return "".join(chr(97 + int(digit)) for digit in str(next(_numbers)))


def event(kind, payload, **fields):
    return make_ids() | {"event_type": kind, "seq": 1, "path": "/", "site": "shop.example", "payload": payload} | fields


def fingerprint():
    number = next(_numbers)
    parts = {f"s{number}_{part}": {"hash": f"h{number}", "stable": True} for part in range(40)}
    return event("fingerprint_ready", {"fingerprints": {"hash": f"h{number}", "parts": parts}})


def send_all(port, events):
    for start in range(0, len(events), 50):
        send(port, events[start : start + 50])
    return len(events)


def refuse(store, path):
    """Makes the database reject the rollup worker's writes for a path."""
    if store.name == "sqlite":
        store.execute(f"create trigger poison before insert on dimension_values when new.value = '{path}' begin select raise(abort, 'poison'); end")
    else:
        store.execute(f"alter table dimension_values add constraint poison check (value <> '{path}')")


def test_new_signals_and_sites_are_limited(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    events = [fingerprint() for _ in range(500)]
    events += [event("pageview", {"language": word()}, site=f"{word()}.example") for _ in range(700)]
    sent = send_all(collector.port, events)
    settle(collector.port, sent)
    answer = ask(collector.port, "fingerprints")
    assert len(answer.body) < FINGERPRINTS_BYTES_MAX
    signals = answer.json()["signals"]
    assert len(signals) == 101, "100 names, the combined one among them, and what is beyond"
    assert signals["(other)"]["visitors"] > 490
    sites = report(collector.port, "breakdowns", range="24h", dimensions="site", limit=500)["dimensions"]["site"]
    # 499 names beside shop.example, whose fingerprints are no sessions that count, and what is beyond.
    assert (sites["count"], sites["total"]) == (500, 700)
    # Reports of other sites are not delayed.
    send(collector.port, visit_events(path="/others"))
    settle(collector.port, sent + 3)
    assert "(other)" in {row["site"] for row in report(collector.port, "sites")["sites"]}


def test_a_refused_event_goes_to_the_dead_letters_and_the_others_are_aggregated(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    refuse(store, "/poison")
    visits = [visit_events(path="/poison" if number == 3 else "/good") for number in range(10)]
    sent = send(collector.port, [event for visit in visits for event in visit])
    settle(collector.port, sent - 3)
    collector.wait_for_line("events moved to the dead letters", timeout=SECONDS_MAX)
    assert len(store.rows("select event_id from rollup_dead_letters")) == 3
    assert collector.log.count("events moved to the dead letters") == 1


def test_a_replaced_events_table_rebuilds_the_rollups(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    sent = send(collector.port, visit_events() + visit_events())
    settle(collector.port, sent)
    if store.name == "sqlite":
        store.execute("delete from collector_events; delete from sqlite_sequence where name = 'collector_events'")
    else:
        store.execute("truncate collector_events restart identity")
    collector.wait_for_line("rebuilding rollups", timeout=SECONDS_MAX)
    sent = send(collector.port, visit_events())
    settle(collector.port, sent)
    wait_for(lambda: store.rows("select last_event_id from insight_position")[0]["last_event_id"] == sent, SECONDS_MAX, "the position")
