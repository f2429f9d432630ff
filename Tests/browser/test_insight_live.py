"""The live stream delivers each committed event once and in order, also after lost connections."""

import json
import random
import threading
import time

import pytest

from insight import ENVIRONMENT, OWNER, send, visit_events
from load import Load
from program import connections_max, raise_open_files_limit
from stores import count
from waits import ANSWER_SECONDS_MAX, END_SECONDS_MAX, wait_for
from wire import Closed, Wire, get, head

#: Pause before a new connection after one that failed.
RECONNECT_SECONDS = 0.02


class Subscriber:
    """Reads the stream on a thread, disconnects when asked to, and resumes as browsers do."""

    def __init__(self, port, breaks=0.0, seed=1, pause=0.0, tls=None):
        self.port, self.breaks, self.pause, self.tls = port, breaks, pause, tls
        self.random = random.Random(seed)
        self.ids, self.times, self.skipped = [], {}, 0
        self.connections = 0
        self.is_ready = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self.is_ready.wait(ANSWER_SECONDS_MAX)

    def stop(self):
        self._stopping.set()
        self._thread.join(END_SECONDS_MAX)
        assert not self._thread.is_alive()

    def _run(self):
        while not self._stopping.is_set():
            fields = OWNER + ([("Last-Event-ID", str(self.ids[-1]))] if self.ids else [("Last-Event-ID", "0")])
            try:
                with Wire(self.port, timeout=1, tls=self.tls) as wire:
                    wire.send(head("GET", "/api/stream", fields))
                    self._read(wire)
            except (Closed, OSError):
                self._stopping.wait(RECONNECT_SECONDS)

    def _read(self, wire):
        lines = wire._until(b"\r\n\r\n")
        if b" 503 " in lines.split(b"\r\n")[0]:
            # A server that has just started, and has no database yet.
            raise Closed
        assert b"200 OK" in lines and b"text/event-stream" in lines, lines
        self.connections += 1
        self.is_ready.set()
        text = b""
        while not self._stopping.is_set():
            try:
                size = int(wire._until(b"\r\n"), 16)
            except TimeoutError:
                continue
            text += wire._exactly(size)
            assert wire._exactly(2) == b"\r\n"
            while b"\n\n" in text:
                frame, text = text.split(b"\n\n", 1)
                self._take(frame.decode())
                if self.random.random() < self.breaks:
                    return
            if self.pause:
                time.sleep(self.pause)

    def _take(self, frame):
        values = dict(line.split(": ", 1) for line in frame.split("\n") if ": " in line)
        if values.get("event") == "skipped":
            self.skipped += json.loads(values["data"])["ids"]
        elif "id" in values:
            self.ids.append(int(values["id"]))
            self.times[self.ids[-1]] = time.time() * 1000 - json.loads(values["data"])["t"]


def committed(collector, store):
    collector.wait_until_stored()
    return [row["id"] for row in store.rows("select id from collector_events order by id")]


def test_subscribers_see_every_event_once_and_in_order_across_reconnects(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    subscribers = [Subscriber(collector.port, breaks=0.002, seed=1), Subscriber(collector.port, breaks=0.02, seed=2), Subscriber(collector.port)]
    load = Load(collector.port, threads=4)
    wait_for(lambda: len(load.acknowledged) > 3000, 150, "3,000 events acknowledged")
    load.stop()
    ids = committed(collector, store)
    wait_for(lambda: all(len(subscriber.ids) >= len(ids) for subscriber in subscribers), 30, f"{len(ids)} events seen; there are {[len(subscriber.ids) for subscriber in subscribers]}")
    for subscriber in subscribers:
        subscriber.stop()
        assert subscriber.ids == ids and subscriber.skipped == 0
    assert subscribers[1].connections > 20


def test_a_subscriber_without_an_id_sees_only_new_events(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    send(collector.port, visit_events())
    collector.wait_until_stored()
    assert count(store, "collector_events") == 3
    with Wire(collector.port) as wire:
        wire.send(head("GET", "/api/stream", OWNER))
        wire._until(b"retry: 1000\n\n")
        send(collector.port, visit_events("/new"))
        wire._until(b"data: ")
        assert json.loads(wire._until(b"\n\n"))["path"] == "/new"


def test_a_slow_subscriber_misses_no_event_and_delays_no_other(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT)
    slow, fast = Subscriber(collector.port, pause=0.2), Subscriber(collector.port)
    load = Load(collector.port, threads=4)
    wait_for(lambda: len(load.acknowledged) > 3000, 150, "3,000 events acknowledged")
    load.stop()
    ids = committed(collector, sqlite)
    wait_for(lambda: len(fast.ids) == len(ids), 10, "the fast one is through")
    wait_for(lambda: len(slow.ids) == len(ids), 60, "the slow one is through")
    fast.stop()
    slow.stop()
    assert fast.ids == slow.ids == ids


def test_more_subscribers_than_the_limit_are_refused(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT)
    subscribers = min(1000, connections_max(raise_open_files_limit()) // 2)
    wires = []
    try:
        for _ in range(subscribers):
            wire = Wire(collector.port)
            wires.append(wire)
            wire.send(head("GET", "/api/stream", OWNER))
        for wire in wires:
            wire._until(b"retry: 1000\n\n")
        assert get(collector.port, "/api/stream", OWNER).status == 503
        send(collector.port, visit_events("/to-all"))
        for wire in wires:
            # A comment that keeps the connection open may come first.
            wire._until(b"/to-all")
    finally:
        for wire in wires:
            wire.close()
    wait_for(lambda: watches(collector.port), 10, "there is room again")


def watches(port):
    with Wire(port) as wire:
        wire.send(head("GET", "/api/stream", OWNER))
        return b"200 OK" in wire._until(b"\r\n\r\n")


@pytest.mark.parametrize("value", ["x", "-1", "1e3"])
def test_an_invalid_event_id_is_rejected(sqlite, serve, value):
    collector = serve(sqlite, environment=ENVIRONMENT)
    assert get(collector.port, f"/api/stream?after={value}", OWNER).status == 400
