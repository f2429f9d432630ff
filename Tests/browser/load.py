"""Posts events from many threads until stopped, and records which were acknowledged."""

import json
import threading
import uuid

from bodies import event, make_ids
from waits import ANSWER_SECONDS_MAX, END_SECONDS_MAX
from wire import Closed, Wire, head


class Load:
    """Posts numbered events with an `event_id` and records those with a 200 response."""

    def __init__(self, port, threads=8, keep_alive=True):
        self.port = port
        self.visitor = make_ids()["visitor_id"]
        self.keep_alive = keep_alive
        self.acknowledged = set()
        self.refused = 0
        self.unanswered = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join(ANSWER_SECONDS_MAX + END_SECONDS_MAX)
            assert not thread.is_alive(), "a request was never answered"

    def _run(self):
        wire = None
        while not self._stopping.is_set():
            key = str(uuid.uuid4())
            body = json.dumps(event(visitor_id=self.visitor, event_id=key)).encode()
            sent = False
            try:
                wire = wire or Wire(self.port)
                wire.socket.sendall(head("POST", "/event", [("Content-Length", len(body))]) + body)
                sent = True
                answer = wire.read()
            except (Closed, OSError):
                with self._lock:
                    self.unanswered += sent
                if wire:
                    wire.close()
                wire = None
                self._stopping.wait(0.01)
                continue
            with self._lock:
                if answer.status == 200:
                    self.acknowledged.add(key)
                else:
                    self.refused += 1
            if answer.status != 200:
                self._stopping.wait(0.01)
            if not self.keep_alive or answer.field("Connection") == "close":
                wire.close()
                wire = None
        if wire:
            wire.close()

    def stored(self, store):
        """Stored IDs of this load; fails if one is stored twice."""
        rows = store.rows(f"select event_id from collector_events where visitor_id = '{self.visitor}'")
        ids = [row["event_id"] for row in rows]
        assert len(ids) == len(set(ids)), "an event was stored twice"
        return set(ids)

