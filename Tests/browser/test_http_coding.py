"""Compressed bodies on all ingest routes."""

import gzip
import json
import subprocess
import zlib

import pytest

from bodies import event, filled, make_ids, submission
from contract import LIMITS
from stores import count, events, submissions
from wire import chunked, post, request

EVENT_BYTES_MAX = LIMITS["eventBodyBytesMax"]
BATCH_BYTES_MAX = LIMITS["batchBodyBytesMax"]


def brotli(data):
    return subprocess.run(["brotli", "--stdout", "--quality=5", "-"], input=data, capture_output=True, check=True).stdout


CODINGS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "GZIP": gzip.compress, "br": brotli}


@pytest.fixture(params=CODINGS)
def coding(request):
    return request.param, CODINGS[request.param]


def test_each_route_accepts_a_compressed_body(service, coding):
    name, compress = coding
    ids = make_ids()
    fields = [("Content-Encoding", name)]
    one = event(**ids, path="/größe", payload={"text": "x" * 5000})
    assert post(service.port, "/event", compress(json.dumps(one).encode()), fields).status == 200
    many = [event(**ids, seq=number) for number in range(1, 40)]
    answer = post(service.port, "/events", compress(json.dumps(many).encode()), fields)
    assert (answer.status, answer.json()["accepted"]) == (200, 39)
    body = json.dumps(submission(**ids)).encode()
    answer = post(service.port, "/collect", compress(body), fields)
    assert (answer.status, answer.body) == (200, body)
    rows = events(service.store, visitor_id=ids["visitor_id"])
    assert [row["seq"] for row in rows] == [one.get("seq", 0), *range(1, 40)]
    assert (rows[0]["path"], rows[0]["payload"]) == (one["path"], one["payload"])
    assert rows[0]["user_agent"] == rows[1]["user_agent"]
    assert len(submissions(service.store, visitor_id=ids["visitor_id"])) == 1


def test_a_compressed_body_can_be_chunked(service):
    ids = make_ids()
    body = gzip.compress(json.dumps(event(**ids)).encode())
    answer = request(service.port, "POST", "/event", body, [("Content-Encoding", "gzip")], chunk_size=7)
    assert answer.status == 200
    assert len(events(service.store, visitor_id=ids["visitor_id"])) == 1


def test_the_identity_coding_is_accepted(service):
    for fields in ([("Content-Encoding", "identity")], [("Content-Encoding", "")]):
        assert post(service.port, "/event", event(), fields).status == 200


def test_the_limit_applies_to_the_decompressed_size(service, coding):
    name, compress = coding
    fields = [("Content-Encoding", name)]
    assert post(service.port, "/event", compress(filled(EVENT_BYTES_MAX)), fields).status == 200
    answer = post(service.port, "/event", compress(filled(EVENT_BYTES_MAX + 1)), fields)
    assert (answer.status, answer.json()) == (413, {"message": "Payload too large"})


@pytest.mark.parametrize("path", ["/event", "/events", "/collect"])
def test_a_compression_bomb_is_rejected_cheaply(service, path):
    before = service.collector.resident_kilobytes()
    for compress, name in ((gzip.compress, "gzip"), (brotli, "br")):
        bomb = compress(b" " * 200_000_000)
        assert len(bomb) < BATCH_BYTES_MAX
        for _ in range(3):
            answer = post(service.port, path, bomb, [("Content-Encoding", name)])
            assert answer.status == 413, answer
    assert service.collector.resident_kilobytes() - before < 20_000


BROKEN = {
    "not compressed": json.dumps(event()).encode(),
    "cut short": gzip.compress(json.dumps(event()).encode())[:-4],
    "followed by something": gzip.compress(json.dumps(event()).encode()) + b"x",
    "deflate without its frame": zlib.compress(json.dumps(event()).encode()),
    "empty": b"",
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("name", ["gzip", "br"])
def test_a_damaged_body_is_refused_and_changes_nothing(service, case, name):
    before = count(service.store, "collector_events")
    answer = post(service.port, "/event", BROKEN[case], [("Content-Encoding", name)])
    assert (answer.status, answer.json()) == (400, {"message": "Invalid content encoding"})
    assert count(service.store, "collector_events") == before


@pytest.mark.parametrize("name", ["deflate", "zstd", "gzip, br", "compress", "gzip;q=1"])
def test_an_unsupported_coding_is_rejected(service, name):
    answer = post(service.port, "/event", event(), [("Content-Encoding", name)])
    assert (answer.status, answer.field("Accept-Encoding")) == (415, "gzip, br")
    assert answer.field("Access-Control-Allow-Origin") == "*"


def test_a_decompressed_body_is_validated_like_any_other(service):
    answer = post(service.port, "/event", gzip.compress(b"[]"), [("Content-Encoding", "gzip")])
    assert (answer.status, answer.json()) == (400, {"message": "Invalid JSON"})


def test_the_chunked_encoder_of_the_tests_is_correct():
    assert chunked(b"ab", 1) == b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"


# Gzip without Content-Encoding: a page that compresses by itself cannot send the header to another origin without a preflight


def test_each_route_recognizes_gzip_without_a_header(service):
    ids = make_ids()
    one = event(**ids, payload={"text": "x" * 5000})
    assert post(service.port, "/event", gzip.compress(json.dumps(one).encode())).status == 200
    many = [event(**ids, seq=number) for number in range(1, 40)]
    fields = [("Content-Type", "text/plain")]
    answer = post(service.port, "/events", gzip.compress(json.dumps(many).encode()), fields)
    assert (answer.status, answer.json()["accepted"]) == (200, 39)
    body = json.dumps(submission(**ids)).encode()
    answer = post(service.port, "/collect", gzip.compress(body))
    assert (answer.status, answer.body) == (200, body)
    assert len(events(service.store, visitor_id=ids["visitor_id"])) == 40
    assert len(submissions(service.store, visitor_id=ids["visitor_id"])) == 1


@pytest.mark.parametrize("path", ["/event", "/events", "/collect"])
def test_a_compression_bomb_without_a_header_is_rejected_cheaply(service, path):
    before = service.collector.resident_kilobytes()
    bomb = gzip.compress(b" " * 200_000_000)
    assert len(bomb) < BATCH_BYTES_MAX
    for _ in range(3):
        assert post(service.port, path, bomb).status == 413
    assert service.collector.resident_kilobytes() - before < 20_000


def test_damaged_gzip_without_a_header_is_refused(service):
    before = count(service.store, "collector_events")
    for case in ("cut short", "followed by something"):
        answer = post(service.port, "/event", BROKEN[case])
        assert (answer.status, answer.json()) == (400, {"message": "Invalid content encoding"})
    # A named coding is believed: this one is none.
    answer = post(service.port, "/event", gzip.compress(json.dumps(event()).encode()), [("Content-Encoding", "identity")])
    assert (answer.status, answer.json()) == (400, {"message": "Invalid JSON"})
    assert count(service.store, "collector_events") == before
