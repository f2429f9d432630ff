"""Receives alerts as the services of an owner do: a web server and a mail server on this machine."""

import base64
import contextlib
import dataclasses
import hashlib
import hmac
import http.server
import json
import re
import ssl
import threading
import time

from listener import Server, listen
from waits import PAUSE_SECONDS

PATH = "/hook"


@dataclasses.dataclass
class Hook:
    """A received request."""

    fields: dict
    raw: bytes

    @property
    def body(self):
        return json.loads(self.raw)

    def is_signed(self, secret):
        """Whether the signature is right, checked as docs/alerts.md shows it."""
        found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", self.fields["collector-signature"])
        expected = hmac.new(secret.encode(), found[1].encode() + b"." + self.raw, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, found[2]) and abs(time.time() - int(found[1])) < 300


class HookSink:
    """A web server that keeps what it gets. `statuses` are those of the next responses; 200 follows.

    While `hangs`, it does not respond, except to the first `hangs_after` requests. `pending` are the requests without a response."""

    def __init__(self, port=0):
        self.hooks = []
        self.attempts = []
        self.statuses = []
        self.location = None
        self.hangs = threading.Event()
        self.hangs_after = 0
        self.pending = 0
        self._lock = threading.Lock()
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                hook = Hook({name.lower(): value for name, value in self.headers.items()}, self.rfile.read(int(self.headers["Content-Length"])))
                if self.path != PATH:
                    # A browser may still send to the server that had this port before.
                    return self.send_error(404)
                with sink._lock:
                    sink.attempts.append(hook)
                    sink.pending += 1
                    may_hang = len(sink.attempts) > sink.hangs_after
                try:
                    while may_hang and sink.hangs.is_set():
                        time.sleep(PAUSE_SECONDS)
                    self.answer(hook)
                finally:
                    with sink._lock:
                        sink.pending -= 1

            def answer(self, hook):
                status = sink.statuses.pop(0) if sink.statuses else 200
                if status == 200:
                    sink.hooks.append(hook)
                # The sender may have been killed.
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    if sink.location:
                        self.send_header("Location", sink.location)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_):
                pass

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}{PATH}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def of(self, event, kind=None):
        return [hook for hook in self.hooks if hook.body["event"] == event and kind in (None, hook.body["rule"]["kind"])]

    def close(self):
        self.hangs.clear()
        self._server.shutdown()
        self._server.server_close()


@dataclasses.dataclass
class Mail:
    """A received message."""

    sender: str
    recipients: list
    raw: bytes
    #: What the client sent to sign in, and whether the connection had TLS.
    user: str | None
    password: str | None
    is_encrypted: bool


class MailSink:
    """A mail server (RFC 5321) that keeps what it gets, with STARTTLS if there is a certificate. `refusals` are responses to the next messages."""

    def __init__(self, certificate=None, key=None):
        self.mails = []
        self.refusals = []
        self.lines = []
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate, key)
        self._listener = listen(self._run)
        self.port = self._listener.getsockname()[1]

    def _run(self, connection):
        with contextlib.suppress(OSError), connection:
            _Session(self, connection, self._context).run()

    def close(self):
        self._listener.close()


class _Session:
    def __init__(self, sink, connection, context):
        self.sink, self.connection, self.context = sink, connection, context
        self.file = connection.makefile("rb")
        self.mail = Mail("", [], b"", None, None, False)

    def say(self, text):
        self.connection.sendall(text.encode() + b"\r\n")

    def run(self):
        self.say("220 sink")
        while line := self.file.readline():
            text = line.decode().rstrip("\r\n")
            self.sink.lines.append(text)
            if not self.handle(text):
                return

    def handle(self, text):
        word = text.split(" ")[0].upper()
        if word == "EHLO":
            offers = ["250-sink", "250-AUTH PLAIN"] + (["250-STARTTLS"] if self.context and not self.mail.is_encrypted else []) + ["250 8BITMIME"]
            self.say("\r\n".join(offers))
        elif word == "STARTTLS" and self.context:
            self.say("220 go on")
            self.connection = self.context.wrap_socket(self.connection, server_side=True)
            self.file = self.connection.makefile("rb")
            self.mail.is_encrypted = True
        elif word == "AUTH":
            self.sign_in(text)
        elif word == "MAIL":
            self.mail.sender = re.search(r"<(.*?)>", text)[1]
            self.mail.recipients = []
            self.say("250 ok")
        elif word == "RCPT":
            self.mail.recipients.append(re.search(r"<(.*?)>", text)[1])
            self.say("250 ok")
        elif word == "DATA":
            self.take()
        elif word == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("502 unknown")
        return True

    def sign_in(self, text):
        given = text.split(" ")[2:]
        if not given:
            self.say("334 ")
            given = [self.file.readline().decode().strip()]
        _, self.mail.user, self.mail.password = base64.b64decode(given[0]).decode().split("\0")
        self.say("235 ok")

    def take(self):
        self.say("354 go on")
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if self.sink.refusals:
            self.say(self.sink.refusals.pop(0))
            return
        self.sink.mails.append(dataclasses.replace(self.mail, raw=b"".join(lines), recipients=list(self.mail.recipients)))
        self.say("250 stored")
