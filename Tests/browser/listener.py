"""Serves connections to a port of this machine."""

import socket
import threading


def listen(serve):
    """Calls `serve` with each connection, on a thread of its own, until the returned socket is closed."""
    listener = socket.create_server(("127.0.0.1", 0))

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
