"""A corpus of malformed JSON: all ingest routes give the same result, and none fails."""

import json

import pytest

from bodies import make_ids
from stores import count, events
from wire import get, post

# Values that no JSON text may hold, as they would stand behind a colon.
INVALID_VALUES = [
    b"", b",", b"1,", b"1 2", b"01", b"-01", b"+1", b".5", b"1.", b"-", b"-.5", b"1e", b"1e+", b"1.e1", b"0x1F", b"1_000", b"0b1", b"1f",
    b"NaN", b"nan", b"Infinity", b"-Infinity", b"tru", b"True", b"TRUE", b"nul", b"nulll", b"undefined", b"None", b"'a'", b"`a`", b"a",
    b'"', b'"a', b'"\\', b'"\\"', b'"\\x41"', b'"\\u"', b'"\\u12"', b'"\\u12g4"', b'"\\U0041"', b'"\\0"', b'"a\nb"', b'"a\rb"', b'"a\tb"',
    b'"a\x00b"', b'"a\x1fb"', b"[", b"]", b"[1", b"[1,", b"[1,]", b"[,1]", b"[,]", b"[1 2]", b"[1;2]", b"[1,,2]", b"[1:2]", b"{", b"{}}",
    b'{"a"', b'{"a":', b'{"a":}', b'{"a" 1}', b'{"a":1', b'{"a":1,', b'{"a":1,}', b'{,}', b'{"a":1 "b":2}', b"{a:1}", b"{1:1}", b"{null:1}",
    b"{[]:1}", b'{"a":1;"b":2}', b'{"a"=1}', b"{'a':1}", b"/* */1", b"1 // one", b"# one\n1", b"1 /* one */", b"\x00", b"\x0b1", b"\x0c1",
    b"\xc2\xa01", b"\xe2\x80\xa81", b"[1}", b'{"a":1]', b"(1)", b"<1>", b"1%", b"$1", b"@", b"...",
]

# Bytes inside a string that are not UTF-8.
INVALID_UTF8 = [
    b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc2", b"\xc2A", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xe2\x82", b"\xed\xa0\x80", b"\xed\xbf\xbf",
    b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf0\x9f\x98", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xfe", b"\xff", b"a\xffb",
]

# Values that are right, however odd.
VALID_VALUES = [
    b"0", b"-0", b"0.0", b"-0.0e-0", b"1E+2", b"1e-5", b"123456789012345678901234567890", b"0.000000000000000000001", b"1.0", b"null", b"true",
    b"false", b'""', b'"\\"\\\\\\/\\b\\f\\n\\r\\t"', b'"\\u0041\\u00e9\\uD83D\\uDE00"', b'"\x7f"', "\"é漢😀\U0010ffff\"".encode(), b"[]", b"{}", b"[ ]", b"{ }",
    b"[[],[[]],{}]", b'{"":{"":""}}', b'{"a":1,"a":2}', b" \t\r\n1 \t\r\n", b'{"a":[1,2.5,"x",null,true,{"b":[]}]}', b'"' + b"x" * 70000 + b'"',
    b"[" + b"0," * 20000 + b"0]",
]


def as_event(value):
    """An event whose unknown field and payload are the value."""
    ids = json.dumps(make_ids())[1:-1].encode()
    return b"{" + ids + b',"event_type":"corpus","odd":' + value + b"}"


@pytest.mark.parametrize("value", INVALID_VALUES, ids=repr)
def test_invalid_values(service, value):
    before = count(service.store, "collector_events"), count(service.store, "debug_data")
    bodies = {"/event": as_event(value), "/collect": as_event(value), "/events": b"[" + as_event(value) + b"]"}
    for path, body in bodies.items():
        answer = post(service.port, path, body)
        assert (answer.status, answer.json()) == (400, {"message": "Invalid JSON"}), path
    assert (count(service.store, "collector_events"), count(service.store, "debug_data")) == before


@pytest.mark.parametrize("value", INVALID_UTF8, ids=repr)
def test_strings_that_are_not_utf_8(service, value):
    for body in (as_event(b'"' + value + b'"'), as_event(b'{"' + value + b'":1}')):
        for path in ("/event", "/collect"):
            answer = post(service.port, path, body)
            assert (answer.status, answer.json()) == (400, {"message": "Invalid JSON"}), path


@pytest.mark.parametrize("value", VALID_VALUES, ids=lambda value: repr(value[:40]))
def test_valid_values(service, value):
    body = as_event(b"1").replace(b'"odd":1', b'"odd":' + value + b',"payload":{"value":' + value + b"}")
    visitor = json.loads(body)["visitor_id"]
    assert post(service.port, "/event", body).status == 200
    (row,) = events(service.store, visitor_id=visitor)
    assert row["payload"] == {"value": json.loads(value)}
    assert post(service.port, "/collect", body).body == body


# Right by the grammar of JSON, and more than a database's numeric may hold.
@pytest.mark.parametrize("value", [b"1e400", b"-1e999999", b"1e-999999", b"1" * 200_000, b"1e131073", b"1e99999999999999999999"], ids=lambda value: repr(value[:20]))
def test_numbers_beyond_the_range_of_a_database(service, value):
    """Both stores give the same result, and neither drops the connection or the batch."""
    body = as_event(b"1").replace(b'"odd":1', b'"payload":{"value":' + value + b"}")
    answer = post(service.port, "/event", body)
    assert answer.status in (200, 400)
    STATUSES.setdefault(value, answer.status)
    assert answer.status == STATUSES[value], "two engines, one response"
    assert post(service.port, "/event", as_event(b"1")).status == 200
    assert get(service.port, "/health").status == 200


STATUSES = {}


def test_a_flood_of_quotes_and_brackets_is_parsed_quickly(service):
    for body in (b'"' * 250_000, b"[" * 250_000, b'{"a":' * 40_000, b"\\" * 250_000, b'{"' + b"\\u0041" * 40_000 + b'":1}'):
        assert post(service.port, "/event", body).status == 400


# A valid event cut short at every byte, as by a connection that broke behind a proxy which made it whole again.

WHOLE = (
    '{"visitor_id":"v_cut","session_id":"s","pageview_id":12.50,"event_type":"cut","seq":-12,"client_timestamp":"2026-11-23T17:59:41.673Z",'
    '"path":null,"payload":{"é😀":[1.5e-3,true,false,"\\ud83d\\ude00\\n",{}]}}'
).encode()


@pytest.mark.parametrize("path", ["/event", "/collect", "/events"])
def test_a_valid_event_cut_at_every_byte_is_invalid(service, path):
    assert json.loads(WHOLE)
    before = count(service.store, "collector_events"), count(service.store, "debug_data")
    for length in range(len(WHOLE)):
        answer = post(service.port, path, WHOLE[:length])
        assert (answer.status, answer.json()) == (400, {"message": "Invalid JSON"}), WHOLE[:length]
    assert (count(service.store, "collector_events"), count(service.store, "debug_data")) == before
    assert get(service.port, "/health").status == 200


@pytest.mark.parametrize("path", ["/event", "/collect"])
def test_a_valid_event_with_any_byte_replaced_is_handled(service, path):
    """Whatever comes of it, it is 200 or 400 with a sentence, and the same on both stores."""
    for offset in range(len(WHOLE)):
        for byte in (0x00, 0x22, 0x5C, 0x7B, 0x80, 0xFF):
            body = WHOLE[:offset] + bytes([byte]) + WHOLE[offset + 1 :]
            answer = post(service.port, path, body)
            assert answer.status in (200, 400), body
            if answer.status == 400:
                assert answer.json()["message"], body
            outcome = answer.status, answer.body
            assert REPLACED.setdefault((path, body), outcome) == outcome, "two engines, one response"
    assert get(service.port, "/health").status == 200


REPLACED = {}
