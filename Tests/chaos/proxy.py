"""A loopback proxy between the program and PostgreSQL, which can cut a connection at the worst moment, hold it, or deliver too late."""

import collections
import contextlib
import select
import socket
import threading
import time

CHUNK_BYTES_MAX = 65_536
# Long enough for a commit, and sometimes too short for it.
COMMIT_SECONDS_MAX = 0.05
CUTS = ("before the statement", "in the statement", "before the answer")
LATE = "after the program has given up"
# Longer than the program waits for an answer, after which it hangs up; then up to so long until the server gets the statement.
HOLD_SECONDS_MAX = 8
LATE_SECONDS_MAX = 2


class Proxy:
    """Passes bytes both ways; once armed, it cuts the next connections that send a statement of some size."""

    def __init__(self, target_port):
        self.target_port = target_port
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

    def arm(self, source, count, places=CUTS):
        with self.lock:
            self.armed += [(source.choice(places), source.random()) for _ in range(count)]

    def disarm(self):
        with self.lock:
            self.armed = []

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
        try:
            server = socket.create_connection(("127.0.0.1", self.target_port), 5)
            server.settimeout(None)
        except OSError:
            client.close()
            return
        muted = threading.Event()
        threading.Thread(target=self._pass, args=(server, client, lambda _: None, muted), daemon=True).start()
        self._pass(client, server, lambda data: self._cut(data, client, server, muted), threading.Event())

    def _pass(self, source, target, look, muted):
        """Passes bytes until either side ends; what `look` says to be the last of them ends both."""
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
        """The last bytes that pass, or None to go on."""
        if not is_of_a_batch(data):
            return None
        with self.lock:
            if not self.armed:
                return None
            place, share = self.armed.pop()
            self.cuts[f"{'commit' if data.startswith(b'Q') else 'statement'}, {place}"] += 1
            self.held += place == LATE
        if place == "before the statement":
            return b""
        if place == "in the statement":
            return data[: int(len(data) * share)]
        if place == LATE:
            try:
                muted.set()
                self._deliver_late(data, client, server, share)
            finally:
                with self.lock:
                    self.held -= 1
            return b""
        # The server gets all of it, commits, and nobody hears of it.
        muted.set()
        threading.Timer(share * COMMIT_SECONDS_MAX, end, (client, server)).start()
        return None


    def _deliver_late(self, data, client, server, share):
        """Holds a statement until the program has hung up, and gives it to the server when the program may have sent it again."""
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
        # The other thread reads what the server answers, until we cut.
        time.sleep(1)


def is_of_a_batch(data):
    """A bound statement (`B`), or the `commit` of a transaction of several."""
    return data.startswith(b"B") or (data.startswith(b"Q") and data[5:11].lower() == b"commit")


def end(*sockets):
    """Cuts connections; their descriptors stay until those who read them have noticed."""
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
