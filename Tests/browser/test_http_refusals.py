"""Ambiguous or endless requests are rejected, and the connection is closed."""

import concurrent.futures
import re
import select
import time

import pytest

from bodies import event
from program import raise_open_files_limit
from wire import Closed, Wire, chunked, get, head, post

GET = b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"
BODY = b"7\r\n{\"a\":1}\r\n0\r\n\r\n"


def posted(*lines, body=b'{"a":1}'):
    """A request to /event with a pipelined second request, which must not be processed after a rejection."""
    return b"\r\n".join([b"POST /event HTTP/1.1", b"Host: a", *lines, b"", body]) + GET


def got(*lines, first=b"GET /ping HTTP/1.1", host=b"Host: a"):
    return b"\r\n".join([first, *([host] if host else []), *lines, b"", b""])


# Rejected with one of these statuses, then closed; later bytes of the same packet are ignored.
REFUSED = {
    "length and chunked": (posted(b"Content-Length: 7", b"Transfer-Encoding: chunked", body=BODY), {400}),
    "chunked and length": (posted(b"Transfer-Encoding: chunked", b"Content-Length: 7", body=BODY), {400}),
    "two equal lengths": (posted(b"Content-Length: 7", b"Content-Length: 7"), {400}),
    "two lengths": (posted(b"Content-Length: 7", b"Content-Length: 8"), {400}),
    "a list of lengths": (posted(b"Content-Length: 7, 7"), {400}),
    "length with a plus": (posted(b"Content-Length: +7"), {400}),
    "negative length": (posted(b"Content-Length: -1"), {400}),
    "hexadecimal length": (posted(b"Content-Length: 0x7"), {400}),
    "length with a space inside": (posted(b"Content-Length: 7 7"), {400}),
    "empty length": (posted(b"Content-Length: "), {400}),
    "length beyond 64 bits": (posted(b"Content-Length: 18446744073709551623"), {400, 413}),
    "chunked twice": (posted(b"Transfer-Encoding: chunked, chunked", body=BODY), {400, 501}),
    "gzip, chunked": (posted(b"Transfer-Encoding: gzip, chunked", body=BODY), {400, 501}),
    "identity": (posted(b"Transfer-Encoding: identity", b"Content-Length: 7"), {400, 501}),
    "xchunked": (posted(b"Transfer-Encoding: xchunked", b"Content-Length: 7"), {400, 501}),
    "chunked behind a vertical tab": (posted(b"Transfer-Encoding: \x0bchunked", body=BODY), {400, 501}),
    "space before the colon": (posted(b"Transfer-Encoding : chunked", body=BODY), {400}),
    "two transfer encodings": (posted(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=BODY), {400, 501}),
    "chunked in HTTP/1.0": (posted(b"Transfer-Encoding: chunked", body=BODY).replace(b"HTTP/1.1", b"HTTP/1.0", 1), {400}),
    "bare LF everywhere": (GET.replace(b"\r\n", b"\n"), {400}),
    "bare LF after one header": (GET.replace(b"a\r\n", b"a\n"), {400}),
    "bare CR in a value": (got(b"X: a\rb"), {400}),
    "folded header": (got(b"X: a", b" b"), {400}),
    "folded transfer encoding": (posted(b"Transfer-Encoding:", b" chunked", body=BODY), {400, 501}),
    "indented first header": (got(b"X: 1", host=b" Host: a"), {400}),
    "NUL in a value": (got(b"X: a\x00b"), {400}),
    "NUL in a name": (got(b"X\x00: a"), {400}),
    "NUL in the target": (got(first=b"GET /\x00 HTTP/1.1"), {400}),
    "line without a colon": (got(b"nonsense"), {400}),
    "empty name": (got(b": a"), {400}),
    "no Host": (got(host=None), {400}),
    "two Hosts": (got(b"Host: b"), {400}),
    "empty Host twice": (got(b"Host:", host=b"Host:"), {400}),
    "authority form": (got(first=b"GET a:80 HTTP/1.1"), {400}),
    "target without a slash": (got(first=b"GET ping HTTP/1.1"), {400}),
    "raw bytes in the target": (got(first=b"GET /\xff\xc3\xa4 HTTP/1.1"), {400}),
    "two spaces before the target": (got(first=b"GET  /ping HTTP/1.1"), {400}),
    "tab as separator": (got(first=b"GET\t/ping\tHTTP/1.1"), {400}),
    "HTTP/0.9": (b"GET /ping\r\n\r\n", {400}),
    "HTTP/1.2": (got(first=b"GET /ping HTTP/1.2"), {505}),
    "HTTP/2.0": (got(first=b"GET /ping HTTP/2.0"), {505}),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    "lower-case version": (got(first=b"GET /ping http/1.1"), {400}),
    "CONNECT": (got(first=b"CONNECT a:80 HTTP/1.1"), {400}),
    "header of 64 KiB": (got(b"X: " + b"a" * 65536), {431}),
    "headers of 1 MiB": (got(*[b"X%d: " % n + b"a" * 1000 for n in range(1000)]), {431}),
    "1,000 headers": (got(*[b"X%d: a" % n for n in range(1000)]), {431}),
    "target of 64 KiB": (got(first=b"GET /" + b"a" * 65536 + b" HTTP/1.1"), {414}),
    "chunk size with a space": (posted(b"Transfer-Encoding: chunked", body=b"7 \r\n{\"a\":1}\r\n0\r\n\r\n"), {400}),
    "chunk size 0x7": (posted(b"Transfer-Encoding: chunked", body=b"0x7\r\n{\"a\":1}\r\n0\r\n\r\n"), {400}),
    "negative chunk size": (posted(b"Transfer-Encoding: chunked", body=b"-7\r\n{\"a\":1}\r\n0\r\n\r\n"), {400}),
    "empty chunk size": (posted(b"Transfer-Encoding: chunked", body=b"\r\n{\"a\":1}\r\n0\r\n\r\n"), {400}),
    "chunk size of 17 digits": (posted(b"Transfer-Encoding: chunked", body=b"10000000000000007\r\n{\"a\":1}\r\n0\r\n\r\n"), {400, 413}),
    "chunk extension with a bare LF": (posted(b"Transfer-Encoding: chunked", body=b"7;a=\n\r\n{\"a\":1}\r\n0\r\n\r\n"), {400}),
    "bare LF after the chunk size": (posted(b"Transfer-Encoding: chunked", body=b"7\n{\"a\":1}\r\n0\r\n\r\n"), {400}),
    "no CRLF behind a chunk": (posted(b"Transfer-Encoding: chunked", body=b"7\r\n{\"a\":1}0\r\n\r\n"), {400}),
    "two junk bytes behind a chunk": (posted(b"Transfer-Encoding: chunked", body=b"7\r\n{\"a\":1}XX0\r\n\r\n"), {400}),
    "trailer field": (posted(b"Transfer-Encoding: chunked", body=b"7\r\n{\"a\":1}\r\n0\r\nX: a\r\n\r\n"), {400}),
    "another expectation": (posted(b"Expect: 200-ok", b"Content-Length: 7"), {417}),
    "a TLS client": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), {400}),
    "binary nonsense": (bytes(range(256)) * 4, {400}),
    "only line ends": (b"\r\n" * 100, {400}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_ambiguous_requests_are_rejected_and_the_connection_closed(site, name):
    data, statuses = REFUSED[name]
    with Wire(site.port) as wire:
        wire.send(data)
        answers = wire.read_all()
    assert [answer.status for answer in answers] == [answers[0].status], "one answer, and nothing behind it is run"
    assert answers[0].status in statuses
    assert answers[0].field("Connection") == "close"
    assert set(answers[0].json()) == {"message"}
    assert answers[0].field("Content-Security-Policy")


@pytest.mark.parametrize("name", REFUSED)
def test_ambiguous_requests_sent_byte_by_byte_are_rejected(site, name):
    data, statuses = REFUSED[name]
    if len(data) > 2000:
        pytest.skip("too long to send byte by byte")
    with Wire(site.port) as wire:
        wire.socket.setsockopt(6, 1, 1)
        for byte in data:
            wire.send(bytes([byte]))
        assert wire.read().status in statuses


# Unusual but valid.
TAKEN = {
    "absolute form": (got(first=b"GET http://a/ping HTTP/1.1"), [200]),
    "leading line end": (b"\r\n" + GET, [200]),
    "two requests in a packet": (GET + GET, [200, 200]),
    "a body that the method does not expect": (got(b"Content-Length: 7")[:] + b"ignored" + GET, [200, 200]),
    "chunk extension": (posted(b"Transfer-Encoding: chunked", body=b"7;a=b\r\n{\"a\":1}\r\n0\r\n\r\n"), [400, 200]),
    "chunk size in capitals with zeros": (posted(b"Transfer-Encoding: chunked", body=b"0007\r\n{\"a\":1}\r\n000\r\n\r\n"), [400, 200]),
    "coding in capitals": (posted(b"transfer-ENCODING: Chunked", body=BODY), [400, 200]),
    "header of 9 KiB": (got(b"X: " + b"a" * 9216), [200]),
    "an upgrade that is not taken": (got(b"Connection: Upgrade", b"Upgrade: h2c"), [200]),
    "white space around a value": (got(b"X:\t a \t"), [200]),
    "dots in the path": (got(first=b"GET /x/../ping HTTP/1.1"), [404]),
    "encoded path": (got(first=b"GET /%70ing HTTP/1.1"), [404]),
    "an empty query": (got(first=b"GET /ping? HTTP/1.1"), [200]),
}


@pytest.mark.parametrize("name", TAKEN)
def test_valid_requests_are_served_and_the_connection_stays_open(site, name):
    data, statuses = TAKEN[name]
    with Wire(site.port) as wire:
        wire.send(data)
        assert [wire.read().status for _ in statuses] == statuses
        wire.send(GET)
        assert wire.read().status == 200


def test_connection_close_is_honored(site):
    with Wire(site.port) as wire:
        wire.send(got(b"Connection: close"))
        answer = wire.read()
        assert (answer.status, answer.field("Connection")) == (200, "close")
        assert wire.is_closed()


def test_http_1_0_is_served_and_closed(site):
    with Wire(site.port) as wire:
        wire.send(b"GET /ping HTTP/1.0\r\n\r\n")
        assert wire.read().body == b'{"ok":true}'
        assert wire.is_closed()
    with Wire(site.port) as wire:
        wire.send(b"GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + GET)
        assert [wire.read().status for _ in range(2)] == [200, 200]


def test_requests_in_two_packets_cut_anywhere(site):
    body = b'{"visitor_id":"v"}'
    data = b"POST /event HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, 5) + GET
    for offset in range(1, len(data)):
        with Wire(site.port) as wire:
            wire.socket.setsockopt(6, 1, 1)
            wire.send(data[:offset])
            wire.send(data[offset:])
            assert [wire.read().status for _ in range(2)] == [400, 200], offset


# Slow clients: the deadline is counted from the first byte and trickling does not move it.


def trickle(wire, started, data, seconds_max):
    """Sends a request byte by byte until the server responds. Returns the response and the time since the start."""
    wire.socket.settimeout(0.4)
    for byte in data:
        wire.send(bytes([byte]))
        try:
            return wire.read(), time.monotonic() - started
        except TimeoutError:
            if time.monotonic() - started > seconds_max:
                break
        except Closed:
            return None, time.monotonic() - started
    raise AssertionError(f"nothing said within {seconds_max} s")


#: Bytes sent at once, bytes then sent one by one, and the maximum duration in seconds. All bytes of a head take 50 s, and those of a body 200 s.
TRICKLES = {
    "head": (b"", GET + b"X" * 100, 40),
    "body of a known length": (head("POST", "/event", [("Content-Length", 1000)]), b" " * 500, 120),
    "body of chunks": (head("POST", "/event", [("Transfer-Encoding", "chunked")]) + b"400\r\n", b" " * 500, 120),
}


@pytest.fixture(scope="module")
def trickled(site):
    """Response and duration in seconds of each slow client; the clients run concurrently."""

    def send(start, data, seconds_max):
        with Wire(site.port) as wire:
            started = time.monotonic()
            wire.send(start)
            return trickle(wire, started, data, seconds_max)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        yield {name: pool.submit(send, *parts) for name, parts in TRICKLES.items()}


#: The server's limit, and the limit of a busy machine: before all bytes have been sent.
@pytest.mark.parametrize("name, seconds_min, seconds_max", [("head", 9, 25), ("body of a known length", 28, 90), ("body of chunks", 28, 90)])
def test_slow_heads_time_out_after_10_seconds_and_slow_bodies_after_30(site, trickled, name, seconds_min, seconds_max):
    answer, seconds = trickled[name].result()
    assert seconds_min <= seconds <= seconds_max
    assert answer is None or answer.status == 408
    assert get(site.port, "/ping").status == 200


def test_slow_clients_do_not_hold_up_others(site):
    wires = [Wire(site.port) for _ in range(200)]
    try:
        for wire in wires:
            wire.send(b"POST /event HTTP/1.1\r\nHost: a\r\nContent-Le")
        assert get(site.port, "/ping").status == 200
        # It was not held up until they had timed out.
        assert select.select([wires[-1].socket], [], [], 0)[0] == []
        for _ in range(50):
            assert get(site.port, "/ping").status == 200
    finally:
        for wire in wires:
            wire.close()


def test_unread_responses_stop_reading_from_the_connection(site):
    """The server must not buffer responses for a client that never reads them."""
    before = site.collector.resident_kilobytes()
    sent = 0
    with Wire(site.port, timeout=2) as wire:
        request = head("GET", "/bw?bytes=5000000") * 100
        try:
            while sent < 200_000_000:
                sent += wire.socket.send(request)
        except TimeoutError:
            pass
        assert sent < 50_000_000
        assert site.collector.resident_kilobytes() - before < 30_000
    assert get(site.port, "/ping").status == 200


def test_disconnecting_clients_do_not_affect_others(service):
    for _ in range(300):
        body = b'{"visitor_id":"v","session_id":"s","pageview_id":"p","event_type":"left"}'
        with Wire(service.port) as wire:
            wire.send(head("POST", "/event", [("Content-Length", len(body))]) + body)
    assert post(service.port, "/event", event()).status == 200
    assert get(service.port, "/health").status == 200


def test_a_thousand_idle_connections_cost_little(site):
    before = site.collector.resident_kilobytes()
    # Half of a limit of 1,024 open files is this process's own connections' share.
    wires = [Wire(site.port) for _ in range(min(1000, raise_open_files_limit() // 2))]
    try:
        for wire in wires:
            wire.send(GET)
        for wire in wires:
            assert wire.read().status == 200
        assert site.collector.resident_kilobytes() - before < 8_000
    finally:
        for wire in wires:
            wire.close()


def test_no_response_reveals_a_version_or_a_local_path(site):
    for path in ("/", "/nothing", "/health"):
        text = repr(get(site.port, path))
        assert not re.search(r"(?i)swift|/root/|/home/|\.swift\b", text)
