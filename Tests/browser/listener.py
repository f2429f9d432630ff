"""Serves connections to a port of this machine."""

import http.server
import socket
import threading

from reuse import note_port

#: Connections that may wait to be accepted. With the library's five, a busy machine makes a browser connect again after a second.
WAITING_MAX = 128


class Server(http.server.ThreadingHTTPServer):
    """A web server whose threads end with the test run."""

    daemon_threads = True
    request_queue_size = WAITING_MAX

    def server_activate(self):
        super().server_activate()
        note_port(self.server_port)


def listen(serve):
    """Calls `serve` with each connection, on a thread of its own, until the returned socket is closed."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=WAITING_MAX)
    note_port(listener.getsockname()[1])

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                # Closed.
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener
