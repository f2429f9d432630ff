#!/usr/bin/env python3
"""The clients of a round, in a process of their own: they send until their standard input closes.

Each acknowledgement is a line of the ledger, on the disk before it counts. Ends with a line of JSON: what was sent and what came of it.
"""

import argparse
import collections
import gzip
import json
import os
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "browser"))

import records
from ledger import Ledger
from wire import Closed, Wire, chunked, head

ANSWER_SECONDS_MAX = 30
TRIES_MAX = 200
PAUSE_SECONDS = 0.02


class Sender(threading.Thread):
    """One client, which is of one kind."""

    def __init__(self, kind, number, options, ledger, stopping):
        super().__init__(daemon=True)
        self.name = f"{kind}-{number}"
        self.kind = kind
        self.options = options
        self.ledger = ledger
        self.stopping = stopping
        self.random = random.Random(f"{options.seed} {self.name}")
        self.counts = collections.Counter()
        self.number = 0
        self.wire = None

    def run(self):
        step = getattr(self, self.kind)
        while not self.stopping.is_set():
            step()
            if self.random.random() < 0.02:
                time.sleep(self.random.random() * 0.02)
        self.hang_up()

    def key(self, word=None):
        self.number += 1
        return f"{word or self.kind}-{self.name}-{self.number}"

    def hang_up(self):
        if self.wire:
            self.wire.close()
        self.wire = None

    def exchange(self, path, body, fields=()):
        """The answer to one request, or None when it was lost on the way."""
        try:
            self.wire = self.wire or Wire(self.options.port, timeout=ANSWER_SECONDS_MAX)
            self.wire.socket.sendall(head("POST", path, [("Content-Length", len(body)), *fields]) + body)
            answer = self.wire.read()
        except TimeoutError:
            self.counts["never answered"] += 1
            self.hang_up()
            return None
        except (Closed, OSError):
            self.hang_up()
            return None
        if answer.field("Connection") == "close":
            self.hang_up()
        self.counts[f"answered {answer.status}"] += 1
        return answer

    def send(self, path, value, keys, may_repeat, claims=()):
        """Sends until it is acknowledged where that is allowed, otherwise once."""
        body = value if isinstance(value, bytes) else records.as_body(value)
        fields = ()
        if self.random.random() < 0.1:
            body, fields = gzip.compress(body, 1), [("Content-Encoding", "gzip")]
        for _ in range(TRIES_MAX if may_repeat else 1):
            self.counts["sent"] += len(keys) + len(claims)
            answer = self.exchange(path, body, fields)
            if answer is not None and answer.status == 200:
                self.acknowledge(keys, answer, path)
                self.ledger.note(list(claims))
                return
            if answer is not None and answer.status not in (503, 429):
                self.counts[f"unexpected {answer.status} for {path}"] += 1
                return
            # Gives up only between two tries: whether it was taken is then not known, and not claimed.
            if self.stopping.wait(PAUSE_SECONDS * (1 + self.random.random())):
                return

    def acknowledge(self, keys, answer, path):
        if path == "/events":
            told = answer.json()
            rejected = {item["index"] for item in told["rejected"]}
            if told["accepted"] + len(rejected) != len(keys):
                self.counts["miscounted"] += 1
            if rejected != {place for place, key in enumerate(keys) if key is None}:
                self.counts["misjudged"] += 1
        self.ledger.note([key for key in keys if key])
        self.counts["acknowledged"] += sum(key is not None for key in keys)

    # Kinds of clients

    def single(self):
        key = self.key()
        self.send("/event", records.event(self.options.visitor, key), [key], may_repeat=True)

    def once(self):
        key = self.key()
        self.send("/event", records.event(self.options.visitor, key), [key], may_repeat=False)

    def batch(self):
        keys = [self.key() for _ in range(self.random.randrange(1, 40))]
        values = [records.event(self.options.visitor, key) for key in keys]
        if self.random.random() < 0.3:
            place = self.random.randrange(len(keys) + 1)
            keys.insert(place, None)
            values.insert(place, records.invalid_event(self.options.visitor))
        self.send("/events", self.written(values), keys, may_repeat=True)

    def page(self):
        """A page view that says how many events it has emitted and dropped so far, with them or alone."""
        self.number += 1
        view, emitted = f"{self.name}-{self.number}", 0
        for _ in range(self.random.randrange(1, 6)):
            keys = [self.key() for _ in range(self.random.choice([0, 1, 1, 3, 8]))]
            emitted += len(keys) + 1
            value = {"events": [records.event(self.options.visitor, key) for key in keys], "ledger": [records.entry(self.options.visitor, view, emitted)]}
            self.send("/events", value, keys, may_repeat=True, claims=[records.claim(view, emitted)])

    def written(self, values):
        """A batch in one of its three forms."""
        form = self.random.randrange(3)
        if form == 0:
            return b"\n".join(records.as_body(value) for value in values)
        return records.as_body(values if form == 1 else {"events": values})

    def mixed(self):
        """With and without an `event_id` in one request, which is therefore sent once."""
        keys = [self.key(self.random.choice(["mixed", "once"])) for _ in range(self.random.randrange(2, 20))]
        self.send("/events", [records.event(self.options.visitor, key) for key in keys], keys, may_repeat=False)

    def collect(self):
        key = self.key("once")
        self.send("/collect", records.submission(self.options.visitor, "collect-" + key), ["collect-" + key], may_repeat=False)

    def twice(self):
        """The same record on two connections at once, and again after its answer."""
        key = self.key()
        value = records.event(self.options.visitor, key)
        body = records.as_body(value)
        try:
            with Wire(self.options.port, timeout=ANSWER_SECONDS_MAX) as other:
                other.socket.sendall(head("POST", "/event", [("Content-Length", len(body))]) + body)
                self.counts["repeated"] += 1
                self.send("/event", value, [key], may_repeat=True)
                if other.read().status == 200:
                    self.ledger.note([key])
        except (Closed, OSError, TimeoutError):
            pass
        if self.random.random() < 0.5:
            self.counts["repeated"] += 1
            self.send("/event", value, [key], may_repeat=True)

    def shuffled(self):
        """A visit that comes in another order than it happened."""
        keys = [self.key() for _ in range(20)]
        self.random.shuffle(keys)
        for key in keys:
            self.send("/event", records.event(self.options.visitor, key), [key], may_repeat=True)

    def cut(self):
        """Hangs up in the middle of its request: never to be stored."""
        path = self.random.choice(["/event", "/events", "/collect"])
        make = records.submission if path == "/collect" else records.event
        values = [make(self.options.visitor, self.key()) for _ in range(5 if path == "/events" else 1)]
        body = self.written(values) if path == "/events" else records.as_body(values[0])
        data = head("POST", path, [("Content-Length", len(body))]) + body
        if self.random.random() < 0.3:
            data = head("POST", path, [("Transfer-Encoding", "chunked")]) + chunked(body, 512)
        self.drop(data[: self.random.randrange(1, len(data))])

    def hasty(self):
        """Hangs up right after its last byte: stored once or not at all."""
        if self.random.random() < 0.3:
            path, value = "/collect", records.submission(self.options.visitor, "collect-" + self.key("once"))
        else:
            path, value = "/event", records.event(self.options.visitor, self.key("once"))
        body = records.as_body(value)
        self.drop(head("POST", path, [("Content-Length", len(body))]) + body)

    def drop(self, data):
        try:
            with Wire(self.options.port, timeout=ANSWER_SECONDS_MAX) as wire:
                wire.socket.sendall(data)
        except OSError:
            pass
        self.counts["dropped"] += 1
        self.stopping.wait(PAUSE_SECONDS)


KINDS = {"single": 3, "once": 3, "batch": 2, "page": 2, "mixed": 1, "collect": 1, "twice": 1, "shuffled": 1, "cut": 1, "hasty": 1}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--visitor", required=True)
    parser.add_argument("--ledger", required=True)
    options = parser.parse_args()
    stopping = threading.Event()
    ledger = Ledger(options.ledger)
    senders = [Sender(kind, number, options, ledger, stopping) for kind, count in KINDS.items() for number in range(count)]
    for sender in senders:
        sender.start()
    sys.stdin.read()
    stopping.set()
    deadline = time.monotonic() + ANSWER_SECONDS_MAX + 5
    for sender in senders:
        sender.join(max(0, deadline - time.monotonic()))
    ledger.close()
    counts = collections.Counter()
    for sender in senders:
        counts += sender.counts
        counts["still waiting"] += sender.is_alive()
    print(json.dumps(counts), flush=True)
    os._exit(0)


main()
