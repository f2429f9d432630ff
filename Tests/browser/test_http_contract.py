"""Rules of the HTTP contract for all routes: order of errors, repeated IDs, headers of all responses."""

import json
import threading
import uuid
from typing import Any

import pytest

from bodies import event, make_ids, submission
from contract import LIMITS
from stores import count, events, submissions
from test_http_site import check_security, static_paths
from wire import Answer, Wire, get, head, post, request

INGEST_LIMITS = {"/event": LIMITS["eventBodyBytesMax"], "/collect": LIMITS["collectBodyBytesMax"], "/events": LIMITS["batchBodyBytesMax"]}
TOO_LARGE = {"message": "Payload too large"}


# The order of the errors of `POST /event`: each body has one error and all later ones.

LATER_FAULTS = {"client_timestamp": "yesterday", "path": "/" * 3000, "event_id": "no uuid"}
ORDER: dict[str, tuple[bytes, int, dict[str, Any]]] = {
    "size": (b"{" * (INGEST_LIMITS["/event"] + 1), 413, TOO_LARGE),
    "json": (json.dumps(event(visitor_id=..., seq="x", **LATER_FAULTS)).encode()[:-1], 400, {"message": "Invalid JSON"}),
    "missing": (
        json.dumps(event(visitor_id="", event_type=..., seq="x", **LATER_FAULTS)).encode(),
        400,
        {"message": "Missing required fields", "missing": ["visitor_id", "event_type"]},
    ),
    "seq": (json.dumps(event(seq="x", **LATER_FAULTS)).encode(), 400, {"message": "seq must be an integer"}),
}


@pytest.mark.parametrize("name", ORDER)
def test_the_first_error_in_contract_order_is_returned(service, name: str) -> None:
    body, status, expected = ORDER[name]
    before = count(service.store, "collector_events")
    answer = post(service.port, "/event", body)
    assert (answer.status, answer.json()) == (status, expected)
    assert count(service.store, "collector_events") == before


def test_the_timestamp_is_validated_before_lengths_and_ids(service) -> None:
    message = post(service.port, "/event", event(**LATER_FAULTS)).json()["message"]
    assert message.startswith("client_timestamp")


@pytest.mark.parametrize("path", INGEST_LIMITS)
def test_413_is_sent_without_waiting_for_the_body(service, path: str) -> None:
    limit = INGEST_LIMITS[path]
    announced = head("POST", path, [("Content-Length", limit + 1)])
    in_chunks = head("POST", path, [("Transfer-Encoding", "chunked")]) + b"%x\r\n" % (limit + 1)
    for start in (announced, in_chunks):
        with Wire(service.port) as wire:
            wire.send(start)
            answer = wire.read()
            assert (answer.status, answer.json(), answer.field("Connection")) == (413, TOO_LARGE, "close")
            assert wire.is_closed()


# Repeated IDs


def test_the_same_event_id_of_another_visitor_is_another_event(service) -> None:
    key = str(uuid.uuid4())
    visitors = [make_ids()["visitor_id"] for _ in range(2)]
    for visitor in visitors:
        assert post(service.port, "/event", event(visitor_id=visitor, event_id=key)).status == 200
    assert [len(events(service.store, visitor_id=visitor)) for visitor in visitors] == [1, 1]


def test_the_same_event_twice_in_one_batch_is_one_row(service) -> None:
    body = event(event_id=str(uuid.uuid4()))
    answer = post(service.port, "/events", [body, event(), body])
    assert answer.json() == {"status": "ok", "accepted": 3, "rejected": []}
    assert len(events(service.store, visitor_id=body["visitor_id"])) == 1


def test_the_first_of_two_events_with_one_id_is_kept(service) -> None:
    body = event(event_id=str(uuid.uuid4()), payload={"n": 1})
    assert post(service.port, "/event", body).status == 200
    assert post(service.port, "/event", {**body, "payload": {"n": 2}}).status == 200
    (row,) = events(service.store, visitor_id=body["visitor_id"])
    assert row["payload"] == {"n": 1}


def test_the_same_event_from_many_connections_at_once_is_one_row(service) -> None:
    body = event(event_id=str(uuid.uuid4()))
    statuses: list[int] = []
    paths = ["/event", "/events"] * 12

    def send(path: str) -> None:
        statuses.append(post(service.port, path, body if path == "/event" else [body]).status)

    threads = [threading.Thread(target=send, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * len(paths)
    assert len(events(service.store, visitor_id=body["visitor_id"])) == 1


# Duplicate keys, and values that a database may reject.


def test_a_duplicate_id_is_handled_alike_on_both_stores(service) -> None:
    ids = make_ids()
    raw = json.dumps(event(**ids)).encode()[:-1] + b',"seq":3,"seq":4}'
    answer = post(service.port, "/event", raw)
    (row,) = events(service.store, visitor_id=ids["visitor_id"])
    assert (answer.status, row["seq"]) == (200, 4)


QUOTES = ["'); drop table collector_events; --", '"', "\\", "$1", "%s", "\x7f", "‮", "\u2028", "ſ", "e\u0301", "null", "NULL", "{}", "\t\n\r\b\f"]


@pytest.mark.parametrize("text", QUOTES, ids=ascii)
def test_text_of_every_kind_is_stored_unchanged(service, text: str) -> None:
    ids = make_ids()
    happening = event(**ids, event_type="t" + text, path="/" + text, payload={"k" + text: text})
    assert post(service.port, "/event", happening).status == 200
    (row,) = events(service.store, visitor_id=ids["visitor_id"])
    assert [row["event_type"], row["path"], row["payload"]] == ["t" + text, "/" + text, {"k" + text: text}]
    record = submission(**ids, browser={"k" + text: [text]})
    raw = json.dumps(record).encode()
    assert post(service.port, "/collect", raw).body == raw
    assert submissions(service.store, visitor_id=ids["visitor_id"])[0]["browser_info"] == {"k" + text: [text]}


# Headers of all responses


def answers_of_every_kind(port: int) -> dict[str, Answer]:
    path = "/" + static_paths(port)[0]
    tag = get(port, path).field("ETag")
    preflight = [("Origin", "https://shop.example"), ("Access-Control-Request-Method", "POST")]
    return {
        "200 page": get(port, "/"),
        "200 file": get(port, path),
        "200 file in brotli": get(port, path, [("Accept-Encoding", "br")]),
        "200 robots": get(port, "/robots.txt"),
        "200 health": get(port, "/health"),
        "200 ping": get(port, "/ping"),
        "200 bandwidth": get(port, "/bw?bytes=10"),
        "200 event": post(port, "/event", event()),
        "200 events": post(port, "/events", [event()]),
        "200 collect": post(port, "/collect", submission()),
        "200 head": request(port, "HEAD", "/"),
        "204 preflight": request(port, "OPTIONS", "/event", None, preflight),
        "304 file": get(port, path, [("If-None-Match", tag)]),
        "400 event": post(port, "/event", b"x"),
        "400 events": post(port, "/events", b"x"),
        "400 collect": post(port, "/collect", b"x"),
        "400 request": request(port, "GET", "/", host=None),
        "404 path": get(port, "/nothing"),
        "404 file": get(port, "/static/nothing"),
        "405 ingest": get(port, "/event"),
        "405 page": request(port, "DELETE", "/"),
        "413 event": post(port, "/event", b" " * 262_145),
        "413 events": post(port, "/events", b" " * 1_048_577),
        "413 collect": post(port, "/collect", b" " * 1_048_577),
        "414 target": get(port, "/" + "a" * 65_536),
        "417 expectation": request(port, "POST", "/event", None, [("Expect", "200-ok")]),
        "431 header": get(port, "/", [("X", "a" * 65_536)]),
    }


def test_every_response_has_the_security_headers(service) -> None:
    for kind, answer in answers_of_every_kind(service.port).items():
        assert answer.status == int(kind[:3]), kind
        check_security(answer)
        if answer.status >= 400:
            assert answer.json()["message"], kind


def test_without_a_database_ingest_responds_503_with_retry_after(serve) -> None:
    collector = serve(None, "--skip-db")
    for path, body in (("/event", event()), ("/events", [event()]), ("/collect", submission())):
        answer = post(collector.port, path, body)
        assert answer.status == 503, path
        assert int(answer.field("Retry-After")) >= 1
        assert answer.field("Access-Control-Allow-Origin") == "*"
        check_security(answer)
    # Errors of the body are still reported.
    assert post(collector.port, "/event", b"x").status == 400
    assert post(collector.port, "/event", b" " * 262_145).status == 413


def test_a_redirect_to_the_base_path_has_the_security_headers(serve) -> None:
    collector = serve(environment={"COLLECTOR_BASE_PATH": "/collector"})
    answer = get(collector.port, "/collector")
    assert (answer.status, answer.field("Location")) == (308, "/collector/")
    check_security(answer)


def test_concurrent_health_requests_are_all_answered(service) -> None:
    seen: list[tuple[int, Any]] = []

    def ask() -> None:
        answer = get(service.port, "/health")
        seen.append((answer.status, answer.json()))

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [(200, {"status": "healthy", "database": "connected"})] * 40
