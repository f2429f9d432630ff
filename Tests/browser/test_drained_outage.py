"""An outage of an hour, drained from the journal while new events come in: every range has exactly its events (row 9)."""

import contextlib
import datetime
import sqlite3
import threading
import time

import pytest

from bodies import make_ids
from insight import ENVIRONMENT, OWNER, report, send, settle, visit_events
from stores import PostgresStore, SQLiteStore, moment
from test_time_order import explored, exported, faketime
from waits import ANSWER_SECONDS_MAX, END_SECONDS_MAX, WAIT_SECONDS_MIN, wait_for
from wire import get

MINUTE, HOUR = 60, 3600
MINUTES = 60
BATCHES_PER_MINUTE = 4
VISITS_PER_BATCH = 25
SENDERS = 2
NEW_BATCHES_MAX = 4000
#: Between two batches: else a slow start of the database would use up all of them before the journal is drained.
NEW_PAUSE_SECONDS = 0.01


class Clock:
    """Sets the program's clock through a file that libfaketime reads."""

    def __init__(self, path):
        self.path = path
        self.set(0)
        self.environment = {
            "LD_PRELOAD": faketime(),
            "FAKETIME_TIMESTAMP_FILE": str(path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds):
        """Sets the clock to a number of seconds from now. Replaces the file atomically, since the program may read it at any moment."""
        new = self.path.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self.path)


@contextlib.contextmanager
def locked(store):
    """SQLite's outage: another connection holds the database."""
    connection = sqlite3.connect(store.path, timeout=WAIT_SECONDS_MIN, isolation_level=None)
    try:
        connection.execute("begin exclusive")
        yield
    finally:
        connection.close()


@contextlib.contextmanager
def stopped(cluster):
    cluster.stop()
    try:
        yield
    finally:
        cluster.start()


@pytest.fixture(params=["sqlite", "postgres"])
def outage(request, tmp_path):
    """A store, and a function that makes it unavailable."""
    if request.param == "sqlite":
        store = SQLiteStore(tmp_path)
        return store, lambda: locked(store)
    cluster = request.getfixturevalue("own_cluster")
    return PostgresStore(cluster, tmp_path), lambda: stopped(cluster)


def journal(port):
    answer = get(port, "/health/details", OWNER)
    return answer.json()["journal"]


def some_visits():
    """Page views of visitors who return each minute."""
    events = []
    for number in range(VISITS_PER_BATCH):
        events += visit_events(f"/{number}", ids=make_ids() | {"visitor_id": f"v_{number}"})
    return events


class NewVisits:
    """Sends while the journal is drained."""

    def __init__(self, port):
        self.port, self.sent, self.lock, self.done = port, 0, threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def run(self):
        for _ in range(NEW_BATCHES_MAX // SENDERS):
            if self.done.is_set():
                return
            sent = send(self.port, visit_events("/new") + visit_events("/newer"))
            with self.lock:
                self.sent += sent
            self.done.wait(NEW_PAUSE_SECONDS)

    def stop(self):
        self.done.set()
        for thread in self.threads:
            thread.join(ANSWER_SECONDS_MAX + END_SECONDS_MAX)
            assert not thread.is_alive(), "a request was never answered"
        return self.sent


def times_by_id(store):
    """Whole seconds at which events were received, in the order of their ids, read from the database itself."""
    rows = store.rows("select received_at from collector_events order by id")
    return [int(moment(row["received_at"]).timestamp()) for row in rows]


def test_every_minute_and_hour_has_exactly_its_events_after_a_real_outage(outage, serve, tmp_path):
    store, away = outage
    clock = Clock(tmp_path / "clock")
    collector = serve(store, environment=ENVIRONMENT | clock.environment)
    port = collector.port
    sent = 0
    with away():
        for minute in range(MINUTES):
            clock.set((minute - MINUTES) * MINUTE - MINUTE)
            for _ in range(BATCHES_PER_MINUTE):
                sent += send(port, some_visits())
        assert journal(port)["state"] == "taking" and journal(port)["records"] == sent
        clock.set(0)
        new = NewVisits(port)
    wait_for(lambda: journal(port)["records"] == 0 and journal(port)["state"] != "taking", 60, "drained")
    sent += new.stop()
    settle(port, sent)
    times = times_by_id(store)
    assert len(times) == sent
    # Else it is not the outage that this test is about.
    assert times != sorted(times), "nothing new came between what was drained"

    ordered = [row["id"] for row in store.rows("select id from collector_events order by received_at, id")]
    now = int(time.time()) + 1
    first = now // MINUTE * MINUTE - (MINUTES + 2) * MINUTE
    minutes = [(start, start + MINUTE) for start in range(first, now, MINUTE)]
    hours = [(start, start + HOUR) for start in range(first // HOUR * HOUR, now, HOUR)]
    for start, end in [*minutes, *hours, (now - 10 * MINUTE, now), (first, now)]:
        wanted = sum(start <= seconds < end for seconds in times)
        name = str(datetime.datetime.fromtimestamp(start, datetime.UTC)), end - start
        events = exported(port, from_=start, to=end)
        ids = [event["id"] for event in events]
        assert (len(ids), len(set(ids))) == (wanted, wanted), name
        assert all(start * 1000 <= event["t"] < end * 1000 for event in events), name
        found_ids = set(ids)
        # Ordered by microseconds, but the response has milliseconds.
        assert ids == [id for id in ordered if id in found_ids], name
        found = [event["id"] for event in explored(port, from_=start, to=end)]
        assert len(found) == wanted and set(found) == set(ids), name
        totals = report(port, "overview", from_=start, to=end)["totals"]
        views = sum(event["type"] == "pageview" for event in events)
        assert (totals["events"], totals["pageviews"]) == (wanted, views), name
    assert sum(seconds < now - 60 for seconds in times) >= MINUTES * BATCHES_PER_MINUTE * VISITS_PER_BATCH
    wait_for(lambda: report(port, "status")["state"] == "ok", 10, "all is well")
