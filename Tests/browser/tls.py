"""Certificates that only these tests trust, clients that accept or check them, and a proxy that terminates TLS."""

import contextlib
import os
import pathlib
import socket
import ssl
import subprocess
import threading

from listener import listen


def make_certificate(folder, environment=None):
    """Creates a certificate for this machine, valid for a day. Returns its file and that of its key."""
    certificate, key = pathlib.Path(folder) / "certificate.pem", pathlib.Path(folder) / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, *names, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True, env=os.environ | (environment or {}))
    return certificate, key


def unchecked():
    """A client's context that accepts every certificate."""
    # Without the authorities of the system, which take longer to read than a handshake.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def trusting(certificate):
    """A client's context that accepts this certificate only, for its names."""
    return ssl.create_default_context(cafile=str(certificate))


class TLS:
    """Terminates TLS and forwards to a plain-text port on this machine."""

    def __init__(self, port, certificate, key):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._target = ("127.0.0.1", port)
        self._listener = listen(self._serve)
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self, connection):
        # Browsers may close connections at any time.
        with contextlib.suppress(OSError), self._context.wrap_socket(connection, server_side=True) as client, socket.create_connection(self._target) as server:
            answers = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            answers.start()
            self._pump(client, server)
            answers.join()

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listener.close()
