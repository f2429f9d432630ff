"""A loopback proxy: between the program and PostgreSQL, it can cut or stall connections, or deliver statements late; in front of several
servers, it is a balancer."""

import collections
import contextlib
import itertools
import select
import socket
import threading
import time

CHUNK_BYTES_MAX = 65_536
CONNECT_SECONDS_MAX = 30
# Most commits are faster than this, some are not.
COMMIT_SECONDS_MAX = 0.05
CUTS = ("before the statement", "in the statement", "before the response")
LATE = "after the program has given up"
# The program's timeout is shorter than HOLD_SECONDS_MAX. After it, the server gets the statement within LATE_SECONDS_MAX.
HOLD_SECONDS_MAX = 8
LATE_SECONDS_MAX = 2


class Proxy:
    """Forwards bytes in both directions; when armed, it cuts the next connections that send a batch.

    Of several targets, each connection gets the next one that accepts it."""

    def __init__(self, *target_ports):
        self.target_ports = target_ports
        self.turns = itertools.count()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.armed = []
        self.held = 0
        self.cuts = collections.Counter()
        self.flowing = threading.Event()
        self.flowing.set()
        self.is_closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, source, count, points=CUTS):
        with self.lock:
            self.armed += [(source.choice(points), source.random()) for _ in range(count)]

    def disarm(self):
        with self.lock:
            self.armed = []

    @property
    def cut_count(self):
        # A copy, since the threads of connections add new kinds of cuts.
        return self.cuts.copy().total()

    def close(self):
        self.is_closed = True
        self.flowing.set()
        self.listener.close()

    def _accept(self):
        while not self.is_closed:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        server = self._connect()
        if server is None:
            client.close()
            return
        muted = threading.Event()
        threading.Thread(target=self._pass, args=(server, client, lambda _: None, muted), daemon=True).start()
        self._pass(client, server, lambda data: self._cut(data, client, server, muted), threading.Event())

    def _connect(self):
        """A connection to the next target that accepts it, or None."""
        turn = next(self.turns)
        for number in range(len(self.target_ports)):
            port = self.target_ports[(turn + number) % len(self.target_ports)]
            with contextlib.suppress(OSError):
                server = socket.create_connection(("127.0.0.1", port), CONNECT_SECONDS_MAX)
                server.settimeout(None)
                return server
        return None

    def _pass(self, source, target, look, muted):
        """Forwards bytes until a side closes. If `look` returns bytes, they are the last."""
        try:
            while data := source.recv(CHUNK_BYTES_MAX):
                self.flowing.wait()
                last = look(data)
                if not muted.is_set():
                    target.sendall(data if last is None else last)
                if last is not None:
                    break
        except OSError:
            pass
        end(source, target)
        source.close()

    def _cut(self, data, client, server, muted):
        """Returns the last bytes to forward, or None to continue."""
        if not is_of_a_batch(data):
            return None
        with self.lock:
            if not self.armed:
                return None
            point, share = self.armed.pop()
            self.cuts[f"{'commit' if data.startswith(b'Q') else 'statement'}, {point}"] += 1
            self.held += point == LATE
        if point == "before the statement":
            return b""
        if point == "in the statement":
            return data[: int(len(data) * share)]
        if point == LATE:
            try:
                muted.set()
                self._deliver_late(data, client, server, share)
            finally:
                with self.lock:
                    self.held -= 1
            return b""
        # The server commits, but its response is not forwarded.
        muted.set()
        threading.Timer(share * COMMIT_SECONDS_MAX, end, (client, server)).start()
        return None

    def _deliver_late(self, data, client, server, share):
        """Holds a statement until the program has closed the connection, then sends it to PostgreSQL, possibly after the program's retry."""
        deadline = time.monotonic() + HOLD_SECONDS_MAX
        while (left := deadline - time.monotonic()) > 0 and not self.is_closed:
            if not select.select([client], [], [], min(left, 0.2))[0]:
                continue
            try:
                more = client.recv(CHUNK_BYTES_MAX)
            except OSError:
                break
            if not more:
                break
            data += more
        time.sleep(share * LATE_SECONDS_MAX)
        server.sendall(data)
        # Meanwhile, the other thread reads the response.
        time.sleep(1)


def is_of_a_batch(data):
    """Whether a message is a bound statement (`B`), or the `commit` of a transaction of several."""
    return data.startswith(b"B") or (data.startswith(b"Q") and data[5:11].lower() == b"commit")


def end(*sockets):
    """Shuts connections down. Their descriptors stay open until the reading threads end."""
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
