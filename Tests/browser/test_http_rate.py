"""Rate limits by address."""

import json
import statistics
import subprocess
import threading
import time
import uuid

import pytest

from bodies import event, make_ids
from stores import SQLiteStore, count
from test_drained_outage import HOUR, Clock
from waits import ANSWER_SECONDS_MAX, END_SECONDS_MAX, wait_for
from wire import Wire, get, head, post

ENVIRONMENT = {"COLLECTOR_RATE_LIMIT": "10"}
BURST = 1000
# Bodies that are no JSON, each of two tokens: they empty the bucket of an address whatever time has gone by since the last request.
EMPTYING = 600


def from_address(address):
    return [("X-Forwarded-For", address)]


def batch(size):
    return json.dumps([event(event_id=str(uuid.uuid4())) for _ in range(size)]).encode()


def post_when_empty(port, path, body, fields):
    """The answer to a request that the server reads right behind others which have emptied the address's bucket.

    Between two requests of their own a token would come back after a tenth of a second, which a busy machine needs for less.
    """
    def request(path, body):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return head("POST", path, [*fields, ("Content-Length", len(body))]) + body

    with Wire(port) as wire:
        wire.send(request("/event", b"{") * EMPTYING + request(path, body))
        answers = [wire.read() for _ in range(EMPTYING + 1)]
    assert {answer.status for answer in answers[:-1]} <= {400, 429}
    return answers[-1]


def test_a_client_over_the_rate_limit_gets_429_with_retry_after(service):
    before = count(service.store, "collector_events")
    fields = from_address("203.0.113.7")
    assert post(service.port, "/events", batch(BURST), fields).status == 200
    for path, body in (("/event", event()), ("/events", batch(50)), ("/collect", {})):
        answer = post_when_empty(service.port, path, body, fields)
        assert (answer.status, answer.json()) == (429, {"message": "Too many requests"})
        assert 1 <= int(answer.field("Retry-After")) <= 5
        assert answer.field("Access-Control-Allow-Origin") == "*"
    assert count(service.store, "collector_events") == before + BURST


def brotli_of_a_mebibyte():
    """About 26 bytes that decompress to 1 MiB of invalid JSON."""
    body = b"[" + b"1" * ((1 << 20) - 1)
    return subprocess.run(["brotli", "--stdout", "--best", "-"], input=body, capture_output=True, check=True).stdout


def test_a_compressed_body_costs_tokens_for_its_decompressed_size(service):
    fields = from_address("203.0.113.12") + [("Content-Encoding", "br")]
    body = brotli_of_a_mebibyte()
    assert len(body) < 64
    # 16 tokens for 1 MiB, one for the refusal.
    statuses = [post(service.port, "/events", body, fields).status for _ in range(BURST // 17 + 20)]
    assert statuses[0] == 400 and statuses[-1] == 429
    assert BURST // 17 <= statuses.count(400) <= BURST // 17 + 19


def test_rejected_bodies_cost_tokens(service):
    fields = from_address("203.0.113.13")
    for body, more in ((b"{", []), (b"x", [("Content-Encoding", "gzip")]), (b"x", [("Content-Encoding", "zstd")])):
        address = from_address(f"203.0.113.{20 + len(more) + len(body)}")
        statuses = [post(service.port, "/event", body, address + more).status for _ in range(3)]
        assert set(statuses) <= {400, 415}
    assert post_when_empty(service.port, "/event", event(), fields).status == 429


def test_bodies_rejected_before_they_are_complete_cost_tokens(service):
    def status(address, fields, start):
        with Wire(service.port) as wire:
            wire.send(head("POST", "/event", [*from_address(address), *fields]) + start)
            return wire.read().status

    chunked = [("Transfer-Encoding", "chunked")]
    for last, fields, start, refusal in (
        (30, chunked, b"fffffff\r\n", 413),
        (31, chunked, b"4\r\n{...no end of a chunk", 400),
        (32, [("Content-Length", 100_000_000)], b"", 413),
    ):
        address = f"203.0.113.{last}"
        # Two tokens each, one of which comes back every tenth of a second.
        statuses = [status(address, fields, start) for _ in range(BURST // 2 + 1)]
        while statuses[-1] != 429 and len(statuses) < 2 * BURST:
            statuses.append(status(address, fields, start))
        assert set(statuses[:-1]) <= {refusal, 429} and statuses[0] == refusal and statuses[-1] == 429, (last, set(statuses))
        assert statuses.count(refusal) >= BURST // 2


def test_expensive_invalid_bodies_do_not_delay_other_clients(sqlite, serve):
    """Without a limit, eight connections keep the thread for large bodies busy; small requests of others do not wait for it."""
    collector = serve(sqlite, environment={"COLLECTOR_RATE_LIMIT": "0"})
    body, done, attacks = brotli_of_a_mebibyte(), threading.Event(), []

    def timed(send):
        start = time.monotonic()
        answer = send()
        return answer.status, time.monotonic() - start

    def attack():
        while not done.is_set():
            status, seconds = timed(lambda: post(collector.port, "/events", body, [("Content-Encoding", "br")]))
            assert status in (400, 503)
            attacks.append(seconds)

    threads = [threading.Thread(target=attack) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        times = []
        for _ in range(40):
            status, seconds = timed(lambda: get(collector.port, "/ping"))
            assert status == 200
            times.append(seconds)
        wait_for(lambda: len(attacks) >= len(times), 30, "as many large requests")
    finally:
        done.set()
        for thread in threads:
            thread.join(ANSWER_SECONDS_MAX + END_SECONDS_MAX)
    # One such body waits for the seven others. A small request behind eight of them would take as long, on any machine.
    assert statistics.median(times) < statistics.median(attacks) / 2, (times, attacks)


def test_delivery_reports_without_events_cost_tokens(service):
    fields = from_address("203.0.113.11")
    entries = [make_ids() | {"emitted": 1} for _ in range(100)]
    for _ in range(BURST // 100):
        assert post(service.port, "/events", json.dumps({"events": [], "ledger": entries}).encode(), fields).status == 200
    body = json.dumps({"events": [], "ledger": entries}).encode()
    assert post_when_empty(service.port, "/events", body, fields).status == 429


def test_other_addresses_are_not_limited(service):
    assert post(service.port, "/events", batch(BURST), from_address("203.0.113.8")).status == 200
    assert post_when_empty(service.port, "/event", event(), from_address("203.0.113.8")).status == 429
    assert post(service.port, "/event", event(), from_address("203.0.113.9")).status == 200


def test_an_ipv6_prefix_is_limited_as_one_client(service):
    assert post(service.port, "/events", batch(BURST), from_address("2001:db8:1:2::1")).status == 200
    assert post_when_empty(service.port, "/event", event(), from_address("2001:db8:1:2:ffff::9")).status == 429
    assert post(service.port, "/event", event(), from_address("2001:db8:1:3::1")).status == 200


def test_a_trusted_proxy_itself_has_no_limit(service):
    for _ in range(3):
        assert post(service.port, "/events", batch(BURST)).status == 200


def test_tokens_are_refilled_over_time(service):

    fields = from_address("203.0.113.10")
    assert post_when_empty(service.port, "/event", event(), fields).status == 429
    wait_for(lambda: post(service.port, "/event", event(), fields).status == 200, 10, "taken again")


@pytest.mark.parametrize("value", ["-1", "many", "1.5", "10000000"])
def test_an_invalid_rate_limit_stops_startup(tmp_path, value):
    from program import run

    result = run("serve", "--port", "0", folder=tmp_path, environment={"COLLECTOR_RATE_LIMIT": value})
    assert result.returncode == 1 and "COLLECTOR_RATE_LIMIT" in result.stderr


def test_without_a_limit_no_request_is_refused(serve):
    collector = serve(environment={"COLLECTOR_RATE_LIMIT": "0"})
    for _ in range(3):
        assert post(collector.port, "/events", batch(BURST), from_address("203.0.113.7")).status == 200


# The limit of reports to visitors


def test_setting_the_clock_forward_does_not_refill_tokens(serve, tmp_path):
    """A batch of every address would come with each correction of the time."""
    clock = Clock(tmp_path / "clock")
    collector = serve(SQLiteStore(tmp_path), environment=clock.environment)
    fields = from_address("203.0.113.90")
    path = "/api/fingerprint-frequency?signals=" + ",".join(f"s{number}:1" for number in range(40))

    def use_up():
        for _ in range(BURST // 40 + 20):
            if (answer := get(collector.port, path, fields)).status == 429:
                return int(answer.field("Retry-After"))
        raise AssertionError("no request was refused")

    assert 1 <= use_up() <= 2
    for seconds in (HOUR, 2 * HOUR):
        clock.set(seconds)
        statuses = [get(collector.port, path, fields).status for _ in range(5)]
        assert statuses.count(429) >= 3, statuses
