"""HTTP over a plain socket: sends exactly the given bytes and parses responses strictly."""

import contextlib
import dataclasses
import json
import socket

import described
from waits import ANSWER_SECONDS_MAX

BODILESS = (204, 304)


class Closed(Exception):
    """The server closed the connection before a complete response."""


@dataclasses.dataclass
class Answer:
    status: int
    fields: list
    body: bytes

    def field(self, name):
        """The value of a header that may occur at most once."""
        values = [value for key, value in self.fields if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    def json(self):
        assert self.field("Content-Type") == "application/json", self.fields
        return json.loads(self.body)


class Wire:
    """One connection, with TLS if it gets a context."""

    def __init__(self, port, host="127.0.0.1", timeout=ANSWER_SECONDS_MAX, tls=None):
        self.socket = socket.create_connection((host, port), timeout)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=host)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        """Sends as much as the server accepts: it may reject a request early and close the connection."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed(self.buffer)
        self.buffer += data

    def _until(self, mark):
        while mark not in self.buffer:
            self._more()
        part, self.buffer = self.buffer.split(mark, 1)
        return part

    def _exactly(self, count):
        while len(self.buffer) < count:
            self._more()
        part, self.buffer = self.buffer[:count], self.buffer[count:]
        return part

    def read(self, method="GET"):
        """Reads the next response, which may be a 100."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, *_ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1", lines[0]
        fields = [tuple(part.strip(" \t") for part in line.split(":", 1)) for line in lines[1:]]
        answer = Answer(int(status), fields, b"")
        if method == "HEAD" or answer.status in BODILESS or answer.status < 200:
            return answer
        length = answer.field("Content-Length")
        assert length is not None and answer.field("Transfer-Encoding") is None, fields
        answer.body = self._exactly(int(length))
        return answer

    def is_closed(self):
        """Waits until the server closes the connection; it must not send anything before that."""
        try:
            self._more()
        except Closed:
            return self.buffer == b""
        except TimeoutError:
            return False
        return False

    def read_all(self):
        """Reads all complete responses until the server closes."""
        answers = []
        while True:
            try:
                answers.append(self.read())
            except Closed as rest:
                assert rest.args[0] == b"", rest
                return answers


def head(method, path, fields=(), version="HTTP/1.1", host="localhost"):
    lines = [f"{method} {path} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunked(body, size=16384):
    """A body in chunks, with the chunk that ends it."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def request(port, method, path, body=None, fields=(), chunk_size=None, host="localhost", address="127.0.0.1", tls=None):
    """One request on a connection of its own, whose response must be as Web/openapi.json describes it."""
    fields = list(fields)
    data = b""
    if body is not None and chunk_size:
        fields.append(("Transfer-Encoding", "chunked"))
        data = chunked(body, chunk_size)
    elif body is not None:
        fields.append(("Content-Length", len(body)))
        data = body
    with Wire(port, address, tls=tls) as wire:
        wire.send(head(method, path, fields, host=host) + data)
        answer = wire.read(method)
    described.check(method, path, answer)
    return answer


def post(port, path, value, fields=(), **options):
    """Posts a value as JSON, or bytes as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return request(port, "POST", path, body, fields, **options)


def get(port, path, fields=(), **options):
    return request(port, "GET", path, None, fields, **options)
