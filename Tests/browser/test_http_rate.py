"""How fast one address may send."""

import json
import uuid

import pytest

from bodies import event, make_ids
from stores import count
from wire import post

ENVIRONMENT = {"COLLECTOR_RATE_LIMIT": "10"}
BURST = 1000


def from_address(address):
    return [("X-Forwarded-For", address)]


def batch(size):
    return json.dumps([event(event_id=str(uuid.uuid4())) for _ in range(size)]).encode()


def test_who_is_too_fast_is_told_when_to_come_again(service):
    before = count(service.store, "collector_events")
    fields = from_address("203.0.113.7")
    assert post(service.port, "/events", batch(BURST), fields).status == 200
    for path, body in (("/event", event()), ("/events", batch(50)), ("/collect", {})):
        answer = post(service.port, path, body, fields)
        assert (answer.status, answer.json()) == (429, {"message": "Too many requests"})
        assert 1 <= int(answer.field("Retry-After")) <= 5
        assert answer.field("Access-Control-Allow-Origin") == "*"
    assert count(service.store, "collector_events") == before + BURST


def test_page_views_that_only_say_what_they_have_emitted_count_too(service):
    fields = from_address("203.0.113.11")
    entries = [make_ids() | {"emitted": 1} for _ in range(100)]
    for _ in range(BURST // 100):
        assert post(service.port, "/events", json.dumps({"events": [], "ledger": entries}).encode(), fields).status == 200
    assert post(service.port, "/events", json.dumps({"events": [], "ledger": entries}).encode(), fields).status == 429


def test_other_addresses_are_not_held_back(service):
    assert post(service.port, "/events", batch(BURST), from_address("203.0.113.8")).status == 200
    assert post(service.port, "/event", event(), from_address("203.0.113.8")).status == 429
    assert post(service.port, "/event", event(), from_address("203.0.113.9")).status == 200


def test_an_ipv6_network_is_one_sender(service):
    assert post(service.port, "/events", batch(BURST), from_address("2001:db8:1:2::1")).status == 200
    assert post(service.port, "/event", event(), from_address("2001:db8:1:2:ffff::9")).status == 429
    assert post(service.port, "/event", event(), from_address("2001:db8:1:3::1")).status == 200


def test_a_trusted_proxy_itself_has_no_limit(service):
    for _ in range(3):
        assert post(service.port, "/events", batch(BURST)).status == 200


def test_tokens_come_back_with_time(service):
    from load import wait_for

    fields = from_address("203.0.113.10")
    assert post(service.port, "/events", batch(BURST), fields).status == 200
    assert post(service.port, "/event", event(), fields).status == 429
    wait_for(lambda: post(service.port, "/event", event(), fields).status == 200, 10, "taken again")


@pytest.mark.parametrize("value", ["-1", "many", "1.5", "10000000"])
def test_a_limit_that_is_none_stops_the_start(tmp_path, value):
    from program import run

    result = run("serve", "--port", "0", folder=tmp_path, environment={"COLLECTOR_RATE_LIMIT": value})
    assert result.returncode == 1 and "COLLECTOR_RATE_LIMIT" in result.stderr


def test_without_a_limit_nobody_is_held_back(serve):
    collector = serve(environment={"COLLECTOR_RATE_LIMIT": "0"})
    for _ in range(3):
        assert post(collector.port, "/events", batch(BURST), from_address("203.0.113.7")).status == 200
