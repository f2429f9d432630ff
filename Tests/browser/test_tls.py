"""HTTPS by the server itself: versions, certificates and their renewal, limits, streams, and the owner's cookie."""

import contextlib
import json
import os
import pathlib
import socket
import ssl
import threading
import time
import warnings

import pytest

from bodies import event, make_ids
from insight import CHROME, ENVIRONMENT, OWNER, TOKEN, cookie, visit_events
from program import run
from stores import count
from test_insight_live import Subscriber
from test_time_order import faketime
from tls import make_certificate, trusting, unchecked
from waits import ANSWER_SECONDS_MAX, END_SECONDS_MAX, STOP_SECONDS_MAX, wait_for
from wire import Wire, get, head, post

#: As in Handler.swift and CertificateKeeper.swift.
HEAD_SECONDS, CHECK_SECONDS = 10, 2
HANDSHAKES = 3000
#: Each event loop listens on a socket of its own.
LOOPS = 2


@pytest.fixture
def pair(tmp_path):
    return make_certificate(tmp_path)


def settings(pair, **more):
    certificate, key = pair
    return ENVIRONMENT | {"COLLECTOR_TLS_CERTIFICATE": str(certificate), "COLLECTOR_TLS_KEY": str(key)} | more


def served(port):
    """The certificate that a new connection gets."""
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=ANSWER_SECONDS_MAX).strip()


def problems(collector):
    return {problem["code"]: problem["message"] for problem in get(collector.port, "/api/status", OWNER, tls=unchecked()).json()["problems"]}


def version(number, ciphers=None):
    context = unchecked()
    with warnings.catch_warnings():
        # Python warns of those that the server must refuse.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = number
    context.set_alpn_protocols(["h2", "http/1.1"])
    if ciphers:
        context.set_ciphers(ciphers)
    return context


def test_events_come_through_tls_1_2_and_1_3_and_nothing_older(store, serve, pair):
    collector = serve(store, environment=settings(pair))
    for number in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with Wire(collector.port, tls=version(number)) as wire:
            assert wire.socket.version() == number.name.replace("_", ".") and wire.socket.selected_alpn_protocol() == "http/1.1"
            for _ in range(3):
                body = json.dumps(event()).encode()
                wire.send(head("POST", "/event", [("Content-Length", len(body))]) + body)
                assert wire.read().status == 200
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        Wire(collector.port, tls=version(ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"))
    # The certificate is for the address, and the chain is complete.
    assert get(collector.port, "/ping", tls=trusting(pair[0])).status == 200
    collector.wait_until_stored()
    assert count(store, "collector_events") == 6


def test_plain_http_is_answered_with_a_sentence(sqlite, serve, pair):
    collector = serve(sqlite, environment=settings(pair))
    with Wire(collector.port) as wire:
        wire.send(head("GET", "/health"))
        answer = wire.read()
        assert (answer.status, answer.body) == (400, b"This port accepts HTTPS only\n")
        assert answer.field("Content-Type") == "text/plain; charset=utf-8"
        assert wire.is_closed()


class Hands:
    """A client that makes its records without a socket, and sends as much of them as a test wants."""

    def __init__(self, port):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = unchecked().wrap_bio(self.incoming, self.outgoing, server_hostname="127.0.0.1")
        self.socket = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS_MAX)

    def hello(self):
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.outgoing.read()

    def complete(self):
        self.socket.sendall(self.hello())
        while True:
            self.incoming.write(self.socket.recv(65536))
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                continue
        self.socket.sendall(self.outgoing.read())

    def record(self, data):
        self.tls.write(data)
        return self.outgoing.read()

    def read_all(self):
        """What the server still sends; it must end with close_notify."""
        text = b""
        while True:
            try:
                part = self.tls.read()
            except ssl.SSLWantReadError:
                data = self.socket.recv(65536)
                assert data, "cut without close_notify"
                self.incoming.write(data)
                continue
            except ssl.SSLZeroReturnError:
                return text
            if not part:
                return text
            text += part


def seconds_until_closed(connection):
    begin = time.monotonic()
    with contextlib.suppress(ConnectionResetError):
        while connection.recv(65536):
            pass
    return time.monotonic() - begin


def test_half_a_handshake_and_half_a_record_have_the_deadline_of_a_head(sqlite, serve, pair):
    collector = serve(sqlite, environment=settings(pair))
    begun, established, finished = Hands(collector.port), Hands(collector.port), Hands(collector.port)
    begun.socket.sendall(begun.hello()[:-1])
    for hands in (established, finished):
        hands.complete()
    # A header alone, without its body.
    established.socket.sendall(established.record(head("GET", "/ping"))[:5])
    # The parts of a record make a whole one.
    record = finished.record(head("GET", "/ping", [("Connection", "close")]))
    for byte in record:
        finished.socket.sendall(bytes([byte]))
    assert b'{"ok":true}' in finished.read_all()
    assert HEAD_SECONDS - 1 < seconds_until_closed(begun.socket) < HEAD_SECONDS + END_SECONDS_MAX
    assert established.read_all().startswith(b"HTTP/1.1 408 ")


def rename(source, target):
    for name in (0, 1):
        os.replace(source[name], target[name])


def test_a_renewed_certificate_is_for_new_connections_and_old_ones_go_on(sqlite, serve, pair, tmp_path):
    # As certbot does: links that are switched to new files.
    (tmp_path / "live").mkdir()
    links = [tmp_path / "live" / path.name for path in pair]
    for link, path in zip(links, pair, strict=True):
        link.symlink_to(path)
    collector = serve(sqlite, environment=settings(links))
    old = pair[0].read_text().strip()
    assert served(collector.port) == old
    with Wire(collector.port, tls=unchecked()) as wire:
        wire.send(head("GET", "/ping"))
        assert wire.read().status == 200
        (tmp_path / "archive").mkdir()
        second = make_certificate(tmp_path / "archive")
        for link, path in zip(links, second, strict=True):
            new = link.with_suffix(".new")
            new.symlink_to(path)
            os.replace(new, link)
        begin = time.monotonic()
        new = second[0].read_text().strip()
        wait_for(lambda: served(collector.port) == new, 20, "the new certificate")
        assert time.monotonic() - begin < 2 * CHECK_SECONDS + END_SECONDS_MAX
        (tmp_path / "third").mkdir()
        rename(make_certificate(tmp_path / "third"), second)
        wait_for(lambda: served(collector.port) not in (old, new), 20, "the third certificate")
        for _ in range(3):
            wire.send(head("GET", "/ping"))
            assert wire.read().status == 200
    assert collector.log.count("certificate loaded") == 3 and "PRIVATE" not in collector.log


def test_a_broken_pair_is_a_problem_and_the_old_one_stays(store, serve, pair, tmp_path):
    collector = serve(store, environment=settings(pair))
    old = served(collector.port)
    wait_for(lambda: problems(collector) == {}, 20, "a status without problems")
    (tmp_path / "other").mkdir()
    other = make_certificate(tmp_path / "other")
    os.replace(other[1], pair[1])
    wait_for(lambda: "certificate_not_loaded" in problems(collector), 20, "the problem")
    assert "does not belong to the certificate" in problems(collector)["certificate_not_loaded"]
    assert served(collector.port) == old
    assert collector.log.count("certificate not loaded") == 1
    os.replace(other[0], pair[0])
    wait_for(lambda: problems(collector) == {}, 20, "no problem")
    assert served(collector.port) != old


def test_an_expired_certificate_is_served_with_a_problem(sqlite, serve, tmp_path):
    (tmp_path / "expired").mkdir()
    pair = make_certificate(tmp_path / "expired", environment={"LD_PRELOAD": faketime(), "FAKETIME": "-3d"})
    collector = serve(sqlite, environment=settings(pair))
    wait_for(lambda: "certificate_expired" in problems(collector), 20, "the problem")
    assert "certificate has expired" in collector.log


@pytest.mark.parametrize(("name", "other"), [("COLLECTOR_TLS_CERTIFICATE", "COLLECTOR_TLS_KEY"), ("COLLECTOR_TLS_KEY", "COLLECTOR_TLS_CERTIFICATE")])
def test_one_file_needs_the_other(tmp_path, pair, name, other):
    result = run("serve", "--port", "0", folder=tmp_path, environment={name: settings(pair)[name]})
    assert result.returncode == 1
    assert f"{other} must be set, since {name} is" in result.stderr


def test_a_pair_that_cannot_be_used_stops_the_start(tmp_path, pair):
    (tmp_path / "other").mkdir()
    other = make_certificate(tmp_path / "other")
    for certificate, key, reason in (
        (tmp_path / "missing.pem", pair[1], "No such file"),
        (pair[0], other[1], "does not belong"),
        (pair[1], pair[1], "no certificate"),
        (pair[0], pair[0], "no private key"),
    ):
        result = run("serve", "--port", "0", folder=tmp_path, environment=settings((certificate, key)))
        assert result.returncode == 1 and reason in result.stderr, result.stderr
        assert "COLLECTOR_TLS_CERTIFICATE" in result.stderr and "PRIVATE" not in result.stderr


def test_the_stream_has_every_event_in_order(store, serve, pair):
    collector = serve(store, environment=settings(pair))
    tls = unchecked()
    subscribers = [Subscriber(collector.port, tls=tls), Subscriber(collector.port, breaks=0.05, tls=tls)]
    for _ in range(100):
        post(collector.port, "/events", {"v": 1, "sent_at": "2026-11-27T00:00:00.000Z", "ledger": [], "events": visit_events()}, tls=tls)
    collector.wait_until_stored()
    ids = [row["id"] for row in store.rows("select id from collector_events order by id")]
    assert len(ids) == 300
    wait_for(lambda: all(len(subscriber.ids) >= len(ids) for subscriber in subscribers), 30, "all events in both streams")
    for subscriber in subscribers:
        subscriber.stop()
        assert subscriber.ids == ids


def test_twenty_megabytes_go_up_and_come_down_to_a_slow_reader(store, serve, pair):
    collector = serve(store, environment=settings(pair))
    text, batches, events = "x" * 200_000, 26, 4
    with Wire(collector.port, tls=unchecked()) as wire:
        for _ in range(batches):
            sent = [make_ids() | {"event_type": "custom", "seq": 1, "path": "/", "referrer": "", "site": "shop.example", "payload": {"x": text}} for _ in range(events)]
            body = json.dumps({"v": 1, "sent_at": "2026-11-27T00:00:00.000Z", "ledger": [], "events": sent}).encode()
            wire.send(head("POST", "/events", [("Content-Length", len(body)), ("User-Agent", CHROME)]) + body)
            answer = wire.read()
            assert answer.status == 200 and not answer.json().get("rejected"), answer.body
    collector.wait_until_stored()
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.settimeout(ANSWER_SECONDS_MAX)
    plain.connect(("127.0.0.1", collector.port))
    with unchecked().wrap_socket(plain, server_hostname="127.0.0.1") as reader:
        reader.sendall(head("GET", "/api/export?range=24h", [*OWNER, ("Connection", "close")]))
        data = reader.recv(1000)
        # The rest waits in the server, which serves others, in little memory.
        for _ in range(20):
            assert get(collector.port, "/ping", tls=unchecked()).status == 200
        while part := reader.recv(65536):
            data += part
    assert data.startswith(b"HTTP/1.1 200") and data.endswith(b"0\r\n\r\n")
    assert data.count(b'"custom"') == batches * events and len(data) > batches * events * len(text)


def sockets(collector):
    """The number of sockets of a server, with those that it listens on."""
    count = 0
    for file in pathlib.Path(f"/proc/{collector.process.pid}/fd").iterdir():
        # It may have been closed since.
        with contextlib.suppress(FileNotFoundError):
            count += os.readlink(file).startswith("socket:")
    return count


def abandon(port, number):
    """Connects, and leaves at a stage of the handshake or after it."""
    hands = Hands(port)
    with contextlib.suppress(OSError, ssl.SSLError):
        stage = number % 4
        if stage == 1:
            hands.socket.sendall(hands.hello()[: 20 + number % 200])
        elif stage == 2:
            hands.socket.sendall(hands.hello())
        elif stage == 3:
            hands.complete()
            hands.socket.sendall(hands.record(head("GET", "/ping"))[: number % 40])
    if number % 2:
        hands.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    hands.socket.close()


def test_abandoned_handshakes_leave_no_files_and_no_memory(sqlite, serve, pair):
    collector = serve(sqlite, environment=settings(pair))
    wait_for(lambda: sockets(collector) == LOOPS, 20, "no connections")
    for number in range(HANDSHAKES // 3):
        abandon(collector.port, number)
    wait_for(lambda: sockets(collector) == LOOPS, 20, "closed connections")
    before = collector.resident_kilobytes()
    for number in range(HANDSHAKES):
        abandon(collector.port, number)
    wait_for(lambda: sockets(collector) == LOOPS, 20, "closed connections")
    # A leak of one kilobyte for each would be three thousand.
    assert collector.resident_kilobytes() - before < HANDSHAKES // 2
    assert get(collector.port, "/ping", tls=unchecked()).status == 200


def test_a_stop_answers_what_was_received_and_ends_tls_properly(sqlite, serve, pair):
    collector = serve(sqlite, environment=settings(pair))
    idle, busy = Hands(collector.port), Hands(collector.port)
    for hands in (idle, busy):
        hands.complete()
    stream = Hands(collector.port)
    stream.complete()
    stream.socket.sendall(stream.record(head("GET", "/api/stream", OWNER)))
    stream.incoming.write(stream.socket.recv(65536))
    busy.socket.sendall(busy.record(head("GET", "/bw?bytes=5000000")))
    busy.incoming.write(busy.socket.recv(1000))
    stopping = threading.Thread(target=collector.stop)
    stopping.start()
    # These check for close_notify.
    assert stream.read_all().endswith(b"0\r\n\r\n")
    body = busy.read_all()
    assert len(body) > 5_000_000
    assert idle.read_all() == b""
    stopping.join(STOP_SECONDS_MAX)
    assert not collector.is_running


def test_the_cookie_is_secure_unless_a_proxy_in_front_says_http(sqlite, serve, pair):
    collector = serve(sqlite, environment=settings(pair))
    for fields, is_secure in (([], True), ([("X-Forwarded-Proto", "https")], True), ([("X-Forwarded-Proto", "http")], False)):
        answer = post(collector.port, "/api/session", {"token": TOKEN}, fields, tls=collector.tls)
        assert ("; Secure" in answer.field("Set-Cookie")) == is_secure
    origin = [("Origin", f"https://127.0.0.1:{collector.port}")]
    fields = [*cookie(answer.field("Set-Cookie")), *origin]
    assert get(collector.port, "/api/session", fields, host=f"127.0.0.1:{collector.port}", tls=collector.tls).json()["access"] == "owner"


def test_links_and_the_greeting_name_https(sqlite, serve, pair):
    collector = serve(sqlite, environment=settings(pair))
    assert collector.url == f"https://127.0.0.1:{collector.port}"
    result = run("link", "--data", collector.data, folder=sqlite.folder, environment=settings(pair))
    assert result.stdout.startswith(f"https://localhost:{collector.port}/insight#token=") and "COLLECTOR_URL" in result.stderr
    stopped = run("link", "--port", "5001", "--data", collector.data, folder=sqlite.folder, environment=settings(pair))
    assert stopped.stdout.startswith("https://localhost:5001/insight#token=")


def test_the_owner_signs_in_at_https(chromium, sqlite, serve, pair):
    collector = serve(sqlite, environment=settings(pair))
    link = run("link", "--data", collector.data, folder=sqlite.folder, environment=settings(pair)).stdout.strip()
    chromium.open(link)
    wait_for(lambda: "signed-out" not in chromium.evaluate("() => document.documentElement.className"), 20, "the page")

    def session():
        return [entry for entry in chromium.page.context.cookies() if entry["secure"] and entry["httpOnly"]]

    wait_for(lambda: len(session()) == 1, 20, "a secure cookie")
    assert chromium.evaluate("() => fetch('api/session').then((answer) => answer.json())")["access"] == "owner"


def examine(sqlite, environment):
    result = run("doctor", "--json", "--data", sqlite.folder / "data", folder=sqlite.folder, environment=environment)
    return [(check["state"], check["message"]) for check in json.loads(result.stdout)["checks"] if check["check"] in ("certificate", "server")]


def test_the_doctor_checks_the_pair(sqlite, serve, pair, tmp_path):
    os.chmod(pair[1], 0o600)
    collector = serve(sqlite, environment=settings(pair))
    (certificate, server) = examine(sqlite, settings(pair))
    assert certificate[0] == "ok" and certificate[1].startswith(f"{pair[0]} belongs to its key and is valid for ")
    assert server == ("ok", f"https://localhost:{collector.port} is healthy")
    os.chmod(pair[1], 0o644)
    assert ("warning", f"every user of this machine can read the key in {pair[1]}") in examine(sqlite, settings(pair))
    (tmp_path / "other").mkdir()
    other = make_certificate(tmp_path / "other")
    assert ("problem", f"the key in {other[1]} does not belong to the certificate in {pair[0]}") in examine(sqlite, settings((pair[0], other[1])))
