#!/usr/bin/env python3
"""Load generator of a round: clients that send records until standard input closes.

Writes the key of each acknowledged record to the file of --acknowledgements and prints counts as JSON at the end.
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
from acknowledgements import Acknowledgements
from waits import ANSWER_SECONDS_MAX
from wire import Closed, Wire, chunked, head

RESPONSE_SECONDS_MAX = ANSWER_SECONDS_MAX
TRIES_MAX = 200
PAUSE_SECONDS = 0.02


class Sender(threading.Thread):
    """A client of one kind; `kind` names the method that it repeats."""

    def __init__(self, kind, number, options, acknowledgements, stopping):
        super().__init__(daemon=True)
        self.name = f"{kind}-{number}"
        self.kind = kind
        self.options = options
        self.acknowledgements = acknowledgements
        self.stopping = stopping
        self.random = random.Random(f"{options.seed} {self.name}")
        self.counts = collections.Counter()
        self.number = 0
        self.wire = None

    def run(self):
        step = getattr(self, self.kind)
        while not self.stopping.is_set():
            step()
            if self.options.pause and self.stopping.wait(self.options.pause * 2 * self.random.random()):
                break
            if self.random.random() < 0.02:
                time.sleep(self.random.random() * 0.02)
        self.close_connection()

    def key(self, word=None):
        self.number += 1
        return f"{word or self.kind}-{self.name}-{self.number}"

    def close_connection(self):
        if self.wire:
            self.wire.close()
        self.wire = None

    def exchange(self, path, body, fields=()):
        """Sends a request. Returns the response, or None if the connection failed."""
        try:
            self.wire = self.wire or Wire(self.options.port, timeout=RESPONSE_SECONDS_MAX)
            self.wire.socket.sendall(head("POST", path, [("Content-Length", len(body)), *fields]) + body)
            response = self.wire.read()
        except TimeoutError:
            self.counts["timed out"] += 1
            self.close_connection()
            return None
        except (Closed, OSError):
            self.close_connection()
            return None
        if response.field("Connection") == "close":
            self.close_connection()
        self.counts[f"status {response.status}"] += 1
        return response

    def send(self, path, value, keys, may_retry, report_keys=()):
        """Sends a request, and retries until it is acknowledged if `may_retry`."""
        body = value if isinstance(value, bytes) else records.as_body(value)
        fields = ()
        if self.random.random() < 0.1:
            body, fields = gzip.compress(body, 1), [("Content-Encoding", "gzip")]
        for _ in range(TRIES_MAX if may_retry else 1):
            self.counts["sent"] += len(keys) + len(report_keys)
            response = self.exchange(path, body, fields)
            if response is not None and response.status == 200:
                self.acknowledge(keys, response, path)
                self.acknowledgements.add(list(report_keys))
                return
            if response is not None and response.status not in (503, 429):
                self.counts[f"unexpected {response.status} for {path}"] += 1
                return
            # Not acknowledged: the record may or may not be stored.
            if self.stopping.wait(PAUSE_SECONDS * (1 + self.random.random())):
                return

    def acknowledge(self, keys, response, path):
        if path == "/events":
            result = response.json()
            rejected = {item["index"] for item in result["rejected"]}
            if result["accepted"] + len(rejected) != len(keys):
                self.counts["miscounted"] += 1
            if rejected != {index for index, key in enumerate(keys) if key is None}:
                self.counts["mismatched rejections"] += 1
        self.acknowledgements.add([key for key in keys if key])
        self.counts["acknowledged"] += sum(key is not None for key in keys)

    # Kinds of clients

    def single(self):
        key = self.key()
        self.send("/event", records.event(self.options.visitor, key), [key], may_retry=True)

    def once(self):
        key = self.key()
        self.send("/event", records.event(self.options.visitor, key), [key], may_retry=False)

    def batch(self):
        keys = [self.key() for _ in range(self.random.randrange(1, 40))]
        values = [records.event(self.options.visitor, key) for key in keys]
        if self.random.random() < 0.3:
            index = self.random.randrange(len(keys) + 1)
            keys.insert(index, None)
            values.insert(index, records.invalid_event(self.options.visitor))
        self.send("/events", self.encoded(values), keys, may_retry=True)

    def page(self):
        """A page view that sends delivery reports, with or without events."""
        self.number += 1
        view, emitted = f"{self.name}-{self.number}", 0
        for _ in range(self.random.randrange(1, 6)):
            keys = [self.key() for _ in range(self.random.choice([0, 1, 1, 3, 8]))]
            emitted += len(keys) + 1
            events = [records.event(self.options.visitor, key) for key in keys]
            value = {"events": events, "ledger": [records.delivery_report(self.options.visitor, view, emitted)]}
            self.send("/events", value, keys, may_retry=True, report_keys=[records.report_key(view, emitted)])

    def encoded(self, values):
        """Encodes a batch as NDJSON, an array or an object."""
        form = self.random.randrange(3)
        if form == 0:
            return b"\n".join(records.as_body(value) for value in values)
        return records.as_body(values if form == 1 else {"events": values})

    def mixed(self):
        """Events with and without an `event_id` in one request, which is not retried."""
        keys = [self.key(self.random.choice(["mixed", "once"])) for _ in range(self.random.randrange(2, 20))]
        self.send("/events", [records.event(self.options.visitor, key) for key in keys], keys, may_retry=False)

    def collect(self):
        key = self.key("once")
        self.send("/collect", records.submission(self.options.visitor, "collect-" + key), ["collect-" + key], may_retry=False)

    def twice(self):
        """The same record on two connections at once, and again after its response."""
        key = self.key()
        value = records.event(self.options.visitor, key)
        body = records.as_body(value)
        try:
            with Wire(self.options.port, timeout=RESPONSE_SECONDS_MAX) as other:
                other.socket.sendall(head("POST", "/event", [("Content-Length", len(body))]) + body)
                self.counts["repeated"] += 1
                self.send("/event", value, [key], may_retry=True)
                if other.read().status == 200:
                    self.acknowledgements.add([key])
        except (Closed, OSError, TimeoutError):
            pass
        if self.random.random() < 0.5:
            self.counts["repeated"] += 1
            self.send("/event", value, [key], may_retry=True)

    def shuffled(self):
        """Events of a visit in random order."""
        keys = [self.key() for _ in range(20)]
        self.random.shuffle(keys)
        for key in keys:
            self.send("/event", records.event(self.options.visitor, key), [key], may_retry=True)

    def cut(self):
        """Closes the connection in the middle of a request: the record must not be stored."""
        path = self.random.choice(["/event", "/events", "/collect"])
        make = records.submission if path == "/collect" else records.event
        values = [make(self.options.visitor, self.key()) for _ in range(5 if path == "/events" else 1)]
        body = self.encoded(values) if path == "/events" else records.as_body(values[0])
        data = head("POST", path, [("Content-Length", len(body))]) + body
        if self.random.random() < 0.3:
            data = head("POST", path, [("Transfer-Encoding", "chunked")]) + chunked(body, 512)
        self.drop(data[: self.random.randrange(1, len(data))])

    def hasty(self):
        """Closes the connection right after the last byte: the record is stored once or not at all."""
        if self.random.random() < 0.3:
            path, value = "/collect", records.submission(self.options.visitor, "collect-" + self.key("once"))
        else:
            path, value = "/event", records.event(self.options.visitor, self.key("once"))
        body = records.as_body(value)
        self.drop(head("POST", path, [("Content-Length", len(body))]) + body)

    def drop(self, data):
        try:
            with Wire(self.options.port, timeout=RESPONSE_SECONDS_MAX) as wire:
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
    parser.add_argument("--acknowledgements", required=True)
    parser.add_argument("--pause", type=float, default=0, help="average pause of a client between two steps, in seconds")
    options = parser.parse_args()
    stopping = threading.Event()
    acknowledgements = Acknowledgements(options.acknowledgements)
    senders = [Sender(kind, number, options, acknowledgements, stopping) for kind, count in KINDS.items() for number in range(count)]
    for sender in senders:
        sender.start()
    sys.stdin.read()
    stopping.set()
    deadline = time.monotonic() + RESPONSE_SECONDS_MAX + 5
    for sender in senders:
        sender.join(max(0, deadline - time.monotonic()))
    acknowledgements.close()
    counts = collections.Counter()
    for sender in senders:
        counts += sender.counts
        counts["unfinished"] += sender.is_alive()
    print(json.dumps(counts), flush=True)
    os._exit(0)


main()
