"""`POST /collect`: stores a submission in columns and echoes it."""

import json

import pytest

from bodies import filled, make_ids, submission
from contract import LIMITS
from stores import JSON_COLUMNS, count, moment, submissions
from wire import Wire, head, post

COLLECT_BYTES_MAX = LIMITS["collectBodyBytesMax"]

PARTS = {
    "browser": "browser_info",
    "performance": "performance_data",
    "fingerprints": "fingerprints",
    "errors": "errors",
    "network": "network",
    "battery": "battery",
    "benchmarks": "benchmarks",
}


def accepted(service, value, **options):
    """Posts a submission that must be accepted and echoed byte for byte. Returns its row."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    answer = post(service.port, "/collect", raw, **options)
    assert answer.status == 200, answer
    assert answer.body == raw
    assert answer.field("Content-Type") == "application/json"
    (row,) = submissions(service.store, visitor_id=json.loads(raw)["visitor_id"])
    return row


def refused(service, value, status, **options):
    before = count(service.store, "debug_data")
    answer = post(service.port, "/collect", value, **options)
    assert answer.status == status, answer
    assert count(service.store, "debug_data") == before
    return answer.json()


def test_every_part_goes_to_its_column(service):
    body = submission()
    row = accepted(service, body)
    for key, column in PARTS.items():
        assert row[column] == body[key], key
    for key in ("visitor_id", "session_id", "pageview_id"):
        assert row[key] == body[key]
    assert moment(row["client_timestamp"]) == moment("2026-11-23T17:59:41.673Z")
    assert row["ip"] == "127.0.0.1"
    assert moment(row["timestamp"]).year >= 2025


def test_missing_parts_have_their_defaults(service):
    ids = make_ids()
    row = accepted(service, {"visitor_id": ids["visitor_id"]})
    assert [row[column] for column in JSON_COLUMNS] == [{}, {}, {}, [], None, None, None]
    assert (row["client_timestamp"], row["session_id"], row["pageview_id"]) == (None, None, None)


def test_null_parts_have_the_same_defaults(service):
    ids = make_ids()
    row = accepted(service, {"visitor_id": ids["visitor_id"], **dict.fromkeys([*PARTS, "timestamp", "session_id"])})
    assert [row[column] for column in JSON_COLUMNS] == [{}, {}, {}, [], None, None, None]


def test_an_empty_object_is_a_submission(service):
    before = count(service.store, "debug_data")
    answer = post(service.port, "/collect", b"{}")
    assert (answer.status, answer.body) == (200, b"{}")
    assert count(service.store, "debug_data") == before + 1


ECHOED = {
    "order of keys": '{"visitor_id":"@","z":1,"a":2,"m":{"y":1,"b":2}}',
    "spelling of numbers": '{"visitor_id":"@","browser":{"a":1.0,"b":1e2,"c":-0,"d":1E+5,"e":0.10}}',
    "integers of 30 digits": '{"visitor_id":"@","benchmarks":{"n":123456789012345678901234567890}}',
    "emoji as bytes": '{"visitor_id":"@","browser":{"title":"😀 漢字 é"}}',
    "emoji as escapes": '{"visitor_id":"@","browser":{"title":"\\ud83d\\ude00 \\u00e9 \\/"}}',
    "unknown keys": '{"visitor_id":"@","whatever":{"a":[1,2.50,null]},"":0}',
    "white space": ' {\r\n\t"visitor_id" : "@" ,\n "errors" : [ ] }\n',
    "a key that comes twice": '{"visitor_id":"@","browser":{"a":1},"browser":{"a":2}}',
    "parts of other kinds": '{"visitor_id":"@","browser":[1],"errors":{"a":1},"network":"4g","battery":0.5,"benchmarks":true}',
    "an empty list and object": '{"visitor_id":"@","errors":[],"browser":{}}',
}


@pytest.mark.parametrize("name", ECHOED)
def test_the_response_equals_the_submission(service, name):
    row = accepted(service, ECHOED[name].replace("@", make_ids()["visitor_id"]).encode())
    sent = json.loads(ECHOED[name])
    for key, column in PARTS.items():
        if key in sent:
            assert row[column] == sent[key], key


@pytest.mark.parametrize("chunk_size", [None, 60_000, COLLECT_BYTES_MAX])
def test_a_body_at_the_size_limit_is_accepted(service, chunk_size):
    body = filled(COLLECT_BYTES_MAX, submission)
    assert len(body) == COLLECT_BYTES_MAX
    accepted(service, body, chunk_size=chunk_size)


@pytest.mark.parametrize("chunk_size", [None, 60_000])
def test_a_body_over_the_limit_is_rejected(service, chunk_size):
    body = filled(COLLECT_BYTES_MAX + 1, submission)
    assert refused(service, body, 413, chunk_size=chunk_size) == {"message": "Payload too large"}


def test_a_body_over_the_limit_is_rejected_before_it_is_sent(service):
    with Wire(service.port) as wire:
        wire.send(head("POST", "/collect", [("Content-Length", COLLECT_BYTES_MAX + 1)]))
        assert wire.read().status == 413
        assert wire.is_closed()


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"1", b"null", b'{"a":}', b'{"a":1}x', b'{"a":"\xff"}'])
def test_a_body_that_is_not_a_json_object_is_invalid(service, body):
    assert refused(service, body, 400) == {"message": "Invalid JSON"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("timestamp", "yesterday"), ("timestamp", 5), ("visitor_id", "v" * 257), ("session_id", {}), ("pageview_id", [])],
)
def test_the_error_names_a_field_that_cannot_be_stored(service, name, value):
    assert name in refused(service, submission(**{name: value}), 400)["message"]


@pytest.mark.parametrize("key", [*PARTS, "visitor_id", "unknown"])
@pytest.mark.parametrize("escape", ["\\u0000", "\\udead"])
def test_text_with_nul_or_lone_surrogates_is_rejected(service, key, escape):
    value = "x@" if key.endswith("_id") else {"a": ["x@"]}
    body = json.dumps(submission(**{key: value})).replace("x@", "x" + escape).encode()
    assert key in refused(service, body, 400)["message"]


def test_nesting_has_at_most_64_levels(service):
    def deep(levels):
        return json.loads("[" * levels + "]" * levels)

    accepted(service, submission(errors=deep(63)))
    assert "errors" in refused(service, submission(errors=deep(64)), 400)["message"]


def test_a_number_for_an_id_is_its_text(service):
    body = submission(session_id=42)
    assert accepted(service, body)["session_id"] == "42"


def test_the_payload_of_the_original_page_is_taken(service, original_payload):
    row = accepted(service, original_payload)
    sent = json.loads(original_payload)
    for key, column in PARTS.items():
        assert row[column] == sent.get(key, row[column])


@pytest.fixture
def original_payload():
    """A body in the format of the original program, with numbers as browsers serialize them."""
    text = json.dumps(
        submission(
            performance={
                "timing": {"connectStart": 1795456780749, "secureConnectionStart": 0},
                "memory": {},
                "navigation": {"type": 0, "redirectCount": 0},
                "resources": [{"name": "http://localhost/static/base.css", "duration": 51.699999999953434, "size": 8022, "type": "link"}],
                "webVitals": {"LCP": 1286, "CLS": 0.00010299999},
            },
            errors=[],
            battery=None,
        ),
        separators=(",", ":"),
    )
    return text.encode()
