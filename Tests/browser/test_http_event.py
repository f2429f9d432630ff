"""`POST /event`: its full contract, on both stores."""

import hashlib
import json
import uuid

import pytest

from bodies import event, filled, make_ids
from contract import LIMITS
from stores import count, events, moment
from wire import Wire, head, post, request

EVENT_BYTES_MAX = LIMITS["eventBodyBytesMax"]
SALT = "pepper é"
ENVIRONMENT = {"EVENT_IP_HASH_SALT": SALT}


def accepted(service, value, **options):
    """Posts an event that must be accepted. Returns its row."""
    answer = post(service.port, "/event", value, **options)
    assert (answer.status, answer.json()) == (200, {"status": "ok"}), answer
    visitor = json.loads(value)["visitor_id"] if isinstance(value, bytes) else value["visitor_id"]
    (row,) = events(service.store, visitor_id=str(visitor))
    return row


def refused(service, value, status, **options):
    """Posts an event that must be rejected and not stored. Returns the response."""
    before = count(service.store, "collector_events")
    answer = post(service.port, "/event", value, **options)
    assert answer.status == status, answer
    assert count(service.store, "collector_events") == before
    return answer.json()


def test_every_column_is_filled(service):
    body = event(
        event_type="webvitals",
        seq=7,
        path="/a?b=c",
        referrer="https://example.com/ä",
        payload={"LCP": 1286, "emoji": "😀", "nested": {"list": [1, None, True]}},
        event_id=str(uuid.uuid4()),
    )
    row = accepted(service, body, fields=[("User-Agent", "Test/1.0 (X11)"), ("Content-Type", "text/plain")])
    same = ("visitor_id", "session_id", "pageview_id", "event_type", "seq", "path", "referrer", "payload", "event_id")
    assert {key: row[key] for key in same} == {key: body[key] for key in same}
    assert moment(row["client_timestamp"]) == moment("2026-11-23T17:59:41.673Z")
    assert abs((moment(row["received_at"]) - moment(row["client_timestamp"])).days) < 3650
    assert row["user_agent"] == "Test/1.0 (X11)"
    assert row["ip_hash"] == hashlib.sha256(b"127.0.0.1\0" + SALT.encode()).hexdigest()
    assert row["id"] > 0


@pytest.mark.parametrize("kind", ["application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", None])
def test_the_content_type_is_ignored(service, kind):
    accepted(service, event(), fields=[("Content-Type", kind)] if kind else [])


def test_without_a_salt_there_is_no_hash(store, serve):
    collector = serve(store)
    body = event()
    assert post(collector.port, "/event", body).status == 200
    collector.wait_until_stored()
    assert events(store, visitor_id=body["visitor_id"])[0]["ip_hash"] is None


def test_an_empty_salt_is_no_salt(store, serve):
    collector = serve(store, environment={"EVENT_IP_HASH_SALT": ""})
    body = event()
    assert post(collector.port, "/event", body).status == 200
    collector.wait_until_stored()
    assert events(store, visitor_id=body["visitor_id"])[0]["ip_hash"] is None


# Limits


@pytest.mark.parametrize("chunk_size", [None, 1000, 65536, EVENT_BYTES_MAX])
def test_a_body_at_the_size_limit_is_accepted(service, chunk_size):
    body = filled(EVENT_BYTES_MAX)
    assert len(body) == EVENT_BYTES_MAX
    accepted(service, body, chunk_size=chunk_size)


@pytest.mark.parametrize("chunk_size", [None, 1000, 65536, EVENT_BYTES_MAX + 1])
def test_a_body_over_the_limit_is_rejected(service, chunk_size):
    body = filled(EVENT_BYTES_MAX + 1)
    assert refused(service, body, 413, chunk_size=chunk_size) == {"message": "Payload too large"}


def test_a_body_over_the_limit_is_rejected_before_it_is_sent(service):
    with Wire(service.port) as wire:
        wire.send(head("POST", "/event", [("Content-Length", EVENT_BYTES_MAX + 1)]))
        answer = wire.read()
        assert (answer.status, answer.json()) == (413, {"message": "Payload too large"})
        assert answer.field("Connection") == "close"
        assert wire.is_closed()


def test_a_chunked_body_is_refused_without_reading_on(service):
    with Wire(service.port) as wire:
        wire.send(head("POST", "/event", [("Transfer-Encoding", "chunked")]))
        wire.send(b"%x\r\n" % (EVENT_BYTES_MAX + 1))
        assert wire.read().status == 413
        assert wire.is_closed()


def test_an_announced_body_over_the_limit_is_refused_instead_of_100(service):
    with Wire(service.port) as wire:
        wire.send(head("POST", "/event", [("Content-Length", EVENT_BYTES_MAX + 1), ("Expect", "100-continue")]))
        assert wire.read().status == 413


def test_100_continue_is_sent_before_the_body(service):
    body = json.dumps(event()).encode()
    with Wire(service.port) as wire:
        wire.send(head("POST", "/event", [("Content-Length", len(body)), ("Expect", "100-continue")]))
        assert wire.read().status == 100
        wire.send(body)
        assert wire.read().json() == {"status": "ok"}


def test_too_large_comes_before_invalid_json(service):
    assert refused(service, b"{" * (EVENT_BYTES_MAX + 1), 413) == {"message": "Payload too large"}


# Invalid events


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"hello", b"{", b"[]", b"[{}]", b"1", b'"text"', b"null", b"true", b'{"a":1}{"b":2}', b"{'a':1}", b"\xef\xbb\xbf{}"],
)
def test_a_body_that_is_not_a_json_object_is_invalid(service, body):
    assert refused(service, body, 400) == {"message": "Invalid JSON"}


def test_a_post_without_any_body_is_invalid_json(service):
    answer = request(service.port, "POST", "/event")
    assert (answer.status, answer.json()) == (400, {"message": "Invalid JSON"})


REQUIRED = ("visitor_id", "session_id", "pageview_id", "event_type")


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [..., None, ""], ids=["absent", "null", "empty"])
def test_required_fields(service, name, value):
    assert refused(service, event(**{name: value}), 400) == {"message": "Missing required fields", "missing": [name]}


def test_missing_fields_are_named_in_their_order(service):
    assert refused(service, b"{}", 400) == {"message": "Missing required fields", "missing": list(REQUIRED)}
    answer = refused(service, event(event_type="", visitor_id=None), 400)
    assert answer["missing"] == ["visitor_id", "event_type"]


def test_missing_fields_come_before_seq(service):
    assert "missing" in refused(service, event(visitor_id=..., seq="x", client_timestamp="x"), 400)


@pytest.mark.parametrize(
    "seq", ["1.0", "1e0", "true", "false", '"1"', "[]", "{}", "2147483648", "-2147483649", "99999999999999999999", "1.5"]
)
def test_seq_must_be_a_32_bit_integer(service, seq):
    body = json.dumps(event(seq=1, client_timestamp="x", path=5)).replace('"seq": 1', f'"seq": {seq}').encode()
    assert refused(service, body, 400) == {"message": "seq must be an integer"}


@pytest.mark.parametrize("seq", [0, 1, -1, 2147483647, -2147483648])
def test_a_valid_seq_is_stored(service, seq):
    assert accepted(service, event(seq=seq))["seq"] == seq


@pytest.mark.parametrize("seq", [..., None], ids=["absent", "null"])
def test_a_missing_seq_is_zero(service, seq):
    assert accepted(service, event(seq=seq))["seq"] == 0


# Times

GOOD_TIMES = {
    "2026-11-23T17:59:41.673Z": "2026-11-23T17:59:41.673Z",
    "2025-01-01T00:00:00Z": "2025-01-01T00:00:00Z",
    "2026-11-23T18:59:41+01:00": "2026-11-23T17:59:41Z",
    "2026-11-23T12:29:41-05:30": "2026-11-23T17:59:41Z",
    "2024-02-29T23:59:59.999999Z": "2024-02-29T23:59:59.999999Z",
    "1969-12-31T23:59:59.5Z": "1969-12-31T23:59:59.5Z",
}


@pytest.mark.parametrize("text", GOOD_TIMES)
def test_an_iso_8601_client_timestamp_is_stored(service, text):
    row = accepted(service, event(client_timestamp=text))
    assert moment(row["client_timestamp"]) == moment(GOOD_TIMES[text])


@pytest.mark.parametrize("value", [..., None], ids=["absent", "null"])
def test_a_missing_client_timestamp_is_null(service, value):
    assert accepted(service, event(client_timestamp=value))["client_timestamp"] is None


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-23T24:01:00Z", "23.11.2026", "now", "infinity", 1795456780749, True, {}],
)
def test_a_client_timestamp_must_be_iso_8601(service, value):
    assert "client_timestamp" in refused(service, event(client_timestamp=value), 400)["message"]


# Lengths, characters and depth


@pytest.mark.parametrize("name", REQUIRED)
def test_ids_and_types_have_at_most_256_bytes(service, name):
    mark = make_ids()["visitor_id"]
    longest = mark + "é" * ((256 - len(mark)) // 2)
    assert len(longest.encode()) == 256
    assert accepted(service, event(**{name: longest}))[name] == longest
    assert name in refused(service, event(**{name: longest + "x"}), 400)["message"]


@pytest.mark.parametrize("name", ["path", "referrer"])
def test_locations_have_at_most_2048_bytes(service, name):
    longest = "/" + "é" * 1023 + "x"
    assert len(longest.encode()) == 2048
    assert accepted(service, event(**{name: longest}))[name] == longest
    assert name in refused(service, event(**{name: longest + "x"}), 400)["message"]


@pytest.mark.parametrize("value", [..., None, 5, True, {}, []], ids=str)
@pytest.mark.parametrize("name", ["path", "referrer"])
def test_locations_are_text_or_null(service, name, value):
    assert accepted(service, event(**{name: value}))[name] is None


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\udc00", "\\ud800\\u0041", "\\udc00\\ud800"])
@pytest.mark.parametrize("name", [*REQUIRED, "path", "referrer", "payload", "payload's key", "unknown"])
def test_text_with_nul_or_lone_surrogates_is_rejected(service, name, escape):
    changes = {
        "payload": {"deep": [{"a": "x@"}]},
        "payload's key": {"x@": 1},
        "unknown": {"a": "x@"},
    }
    field = name.removesuffix("'s key")
    body = json.dumps(event(**{field: changes.get(name, "x@")})).replace("x@", "x" + escape).encode()
    assert field in refused(service, body, 400)["message"]


def nested(depth):
    """Arrays so deep that the event has `depth` levels, the event's own object and its payload included."""
    return json.loads('{"a":' + "[" * (depth - 2) + "]" * (depth - 2) + "}")


def test_nesting_has_at_most_64_levels(service):
    assert accepted(service, event(payload=nested(64)))["payload"] == nested(64)
    assert "payload" in refused(service, event(payload=nested(65)), 400)["message"]
    assert "payload" in refused(service, event(payload=nested(600)), 400)["message"]
    assert "more" in refused(service, event(more=nested(65)), 400)["message"]


def test_nesting_of_a_hundred_thousand_levels_is_refused(service):
    body = b'{"payload":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    refused(service, body, 400)


# Ids


@pytest.mark.parametrize("text", ["12345", "-7", "1.50", "1e2", "123456789012345678901234567890"])
def test_a_number_for_an_id_is_its_text(service, text):
    body = event(session_id="@")
    raw = json.dumps(body).replace('"@"', text).encode()
    assert accepted(service, raw)["session_id"] == text


@pytest.mark.parametrize("value", [True, False, {}, []], ids=str)
def test_an_id_of_another_type_is_rejected(service, value):
    assert "session_id" in refused(service, event(session_id=value), 400)["message"]


@pytest.mark.parametrize("value", ["", "x", "v_7a71f45864aa145ffd2800dc9f268a61", "0190f5e3-0000-7000-8000-00000000000g", 5, True, {}], ids=str)
def test_an_event_id_must_be_a_uuid(service, value):
    assert "event_id" in refused(service, event(event_id=value), 400)["message"]


def test_an_event_with_a_known_id_is_stored_once(service):
    body = event(event_id=str(uuid.uuid4()))
    for _ in range(3):
        accepted(service, body)
    same_in_capitals = {**body, "event_id": body["event_id"].upper()}
    accepted(service, same_in_capitals)


def test_an_event_without_an_id_is_always_appended(service):
    body = event()
    for _ in range(3):
        assert post(service.port, "/event", body).status == 200
    assert len(events(service.store, visitor_id=body["visitor_id"])) == 3
    nulls = event(event_id=None)
    for _ in range(2):
        assert post(service.port, "/event", nulls).status == 200
    assert len(events(service.store, visitor_id=nulls["visitor_id"])) == 2


# Payloads and keys


@pytest.mark.parametrize("payload", [..., None, [], [1], "text", 5, True], ids=str)
def test_a_payload_that_is_not_an_object_becomes_an_empty_object(service, payload):
    assert accepted(service, event(payload=payload))["payload"] == {}


def test_unknown_keys_are_ignored_and_server_columns_cannot_be_set(service):
    row = accepted(
        service,
        event(id=1, received_at="2001-01-01T00:00:00Z", ip_hash="forged", user_agent="forged", ip="192.0.2.1", whatever={"a": [1]}),
        fields=[("User-Agent", "real")],
    )
    assert row["user_agent"] == "real"
    assert row["ip_hash"] != "forged"
    assert moment(row["received_at"]).year > 2001


def test_without_a_user_agent_the_column_is_null(service):
    assert accepted(service, event())["user_agent"] is None


def test_an_event_with_a_very_long_user_agent_is_stored(service):
    row = accepted(service, event(), fields=[("User-Agent", "A" * 8000)])
    assert row["user_agent"].startswith("A" * 256)


def test_fields_with_escapes_in_their_names_are_the_same_fields(service):
    body = event(event_type=...)
    raw = json.dumps(body)[:-1] + r', "event\u005ftype": "click\u00e9"}'
    assert accepted(service, raw.encode())["event_type"] == "clické"


@pytest.mark.parametrize("number", ["1.0", "1e2", "-0.0", "123456789012345678901234567890", "0.1234567890123456789", "1E-5"])
def test_numbers_of_a_payload_keep_their_value(service, number):
    body = event(payload={"n": "@"})
    raw = json.dumps(body).replace('"@"', number).encode()
    assert post(service.port, "/event", raw).status == 200
    if service.store.name == "sqlite":
        column = "payload"
        expected = json.dumps(body["payload"]).replace('"@"', number)
    else:
        column = f"((payload->>'n')::numeric = {number}::numeric)::text as payload"
        expected = "true"
    (row,) = service.store.rows(f"select {column} from collector_events where visitor_id = '{body['visitor_id']}'")
    assert row["payload"] == expected


def test_many_events_on_one_connection(service):
    visitor = make_ids()["visitor_id"]
    with Wire(service.port) as wire:
        for number in range(50):
            body = json.dumps(event(visitor_id=visitor, seq=number)).encode()
            wire.send(head("POST", "/event", [("Content-Length", len(body))]) + body)
            assert wire.read().status == 200
    assert [row["seq"] for row in events(service.store, visitor_id=visitor)] == list(range(50))


def test_pipelined_events_are_answered_in_their_order(service):
    visitor = make_ids()["visitor_id"]
    good = json.dumps(event(visitor_id=visitor)).encode()
    with Wire(service.port) as wire:
        for body in (good, b"nonsense", good):
            wire.send(head("POST", "/event", [("Content-Length", len(body))]) + body)
        assert [wire.read().status for _ in range(3)] == [200, 400, 200]
    assert len(events(service.store, visitor_id=visitor)) == 2
