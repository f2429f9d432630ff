"""A loopback proxy between the program and PostgreSQL, which can cut a connection at the worst moment."""

import socket
import threading

CHUNK_BYTES_MAX = 65_536
# Long enough for a commit, and sometimes too short for it.
COMMIT_SECONDS_MAX = 0.05
CUTS = ("before the statement", "in the statement", "before the answer")


class Proxy:
    """Passes bytes both ways; once armed, it cuts the next connections that send a statement of some size."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.armed = []
        self.cuts = 0
        self.is_closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, source, count):
        with self.lock:
            self.armed += [(source.choice(CUTS), source.random()) for _ in range(count)]

    def disarm(self):
        with self.lock:
            self.armed = []

    def close(self):
        self.is_closed = True
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
        """The last bytes that pass, or None to go on. A bound statement (`B`) is a batch."""
        if not data.startswith(b"B"):
            return None
        with self.lock:
            if not self.armed:
                return None
            place, share = self.armed.pop()
            self.cuts += 1
        if place == "before the statement":
            return b""
        if place == "in the statement":
            return data[: int(len(data) * share)]
        # The server gets all of it, commits, and nobody hears of it.
        muted.set()
        threading.Timer(share * COMMIT_SECONDS_MAX, end, (client, server)).start()
        return None


def end(*sockets):
    """Cuts connections; their descriptors stay until those who read them have noticed."""
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
