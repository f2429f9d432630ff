"""Reading the largest accepted payloads: responses and memory are bounded."""

import gzip
import json
import os
import threading

import pytest

from bodies import event, make_ids
from insight import CHROME, ENVIRONMENT, OWNER, timeline
from stores import count, events, submissions
from waits import COMMAND_SECONDS_MAX, wait_for
from wire import Wire, get, head, post

FREE = ENVIRONMENT | {"COLLECTOR_RATE_LIMIT": "0"}
GZIP = [("Content-Encoding", "gzip"), ("User-Agent", CHROME)]
# The limit of one read is 4 MiB; an answer has that and one more event, with its JSON.
ANSWER_BYTES_MAX = 5 << 20
# A release build stays below 150 MB; one for debugging is larger at rest.
MEMORY_KILOBYTES_MAX = 150_000
EVENTS = int(os.environ.get("LARGE_EVENTS", "400"))
EVENT_BYTES = 256_000
# As in ReaderPool.swift.
EXPORTS_MAX = 8


def send(port, body):
    answer = post(port, "/event", gzip.compress(json.dumps(body).encode(), 1), GZIP)
    assert answer.status == 200, answer


def read_chunked(port, path):
    """Reads a streamed response chunk by chunk. Returns the number of bytes and lines."""
    size, lines = 0, 0
    with Wire(port) as wire:
        wire.send(head("GET", path, OWNER))
        assert b" 200 " in wire._until(b"\r\n\r\n")
        while count := int(wire._until(b"\r\n"), 16):
            chunk = wire._exactly(count)
            size, lines = size + count, lines + chunk.count(b"\n")
            wire._exactly(2)
    return size, lines


def pages(port, route, **parameters):
    """Every page of a route that has `next`."""
    before = None
    while True:
        query = "&".join(f"{key}={value}" for key, value in (parameters | ({"before": before} if before else {})).items())
        answer = get(port, f"/api/{route}?{query}", OWNER)
        assert answer.status == 200 and len(answer.body) < ANSWER_BYTES_MAX, (answer.status, len(answer.body))
        page = answer.json()
        yield page
        before = page["next"]
        if before is None:
            return


def events_of(timeline):
    return [one for session in timeline["sessions"] for view in session["pageviews"] for one in view["events"]]


def test_an_owner_reads_the_largest_payloads_in_bounded_memory(store, serve):
    collector = serve(store, environment=FREE)
    ids = make_ids()
    filler = "x" * (EVENT_BYTES - 300)
    for seq in range(1, EVENTS + 1):
        send(collector.port, ids | {"event_type": "large", "seq": seq, "payload": {"text": filler}})
    collector.wait_until_stored()
    wire = Wire(collector.port)
    wire.send(head("GET", "/api/stream", [*OWNER, ("Last-Event-ID", "0")]))
    failures, exported, timelines = [], [], []

    def do(work):
        try:
            work()
        except BaseException as failure:  # reported by the test's own thread
            failures.append(failure)

    def walk():
        seen = []
        for page in pages(collector.port, timeline(ids["visitor_id"])):
            assert page["cut"] == (page["next"] is not None)
            seen += [one["id"] for one in events_of(page)]
        timelines.append(sorted(seen))

    def explorer():
        found = [one["id"] for page in pages(collector.port, "events", limit=500) for one in page["events"]]
        assert len(set(found)) == len(found) == EVENTS

    work = [walk] * 6 + [explorer, lambda: exported.append(read_chunked(collector.port, "/api/export"))]
    threads = [threading.Thread(target=do, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for _ in range(EVENTS):
        wire._until(b"\n\n")
    wire.close()
    for thread in threads:
        thread.join(COMMAND_SECONDS_MAX)
    assert not failures, failures[0]
    assert [len(set(ids)) for ids in timelines] == [EVENTS] * 6 and all(len(ids) == EVENTS for ids in timelines)
    assert exported[0][1] == EVENTS and exported[0][0] > EVENTS * len(filler)
    exports = []

    def start():
        exports.append(Wire(collector.port))
        exports[-1].send(head("GET", "/api/export", OWNER))
        return exports[-1]._until(b"\r\n\r\n")

    try:
        for _ in range(EXPORTS_MAX):
            # The one that has been read counts until the server has noticed its end.
            wait_for(lambda: b" 200 " in start(), 30, "an export")
        assert b" 503 " in start(), "one more than may run at a time"
    finally:
        for export in exports:
            export.close()
    # The rollups have read them as well.
    wait_for(lambda: store.rows("select last_event_id as id from insight_position")[0]["id"] >= EVENTS, 60, "counted")
    assert (most := collector.memory_kilobytes("VmHWM")) < MEMORY_KILOBYTES_MAX, most


def test_numbers_with_large_exponents_take_no_more_space_than_sent(store, serve):
    """502 bytes of gzip became 370 MB."""
    collector = serve(store, environment=FREE)
    ids = make_ids()
    for number in (b"1e9999", b"-1e-9999"):
        plain = json.dumps(ids | {"event_type": "wide", "payload": {"a": ["N"] * 20_000}}).encode().replace(b'"N"', number)
        for _ in range(4):
            assert post(collector.port, "/event", gzip.compress(plain), GZIP).status == 200
    collector.wait_until_stored()
    listed = [one for page in pages(collector.port, "events", limit=500) for one in page["events"]]
    assert len(listed) == 8
    assert listed[-1]["payload"]["a"] == ["1e9999"] * 20_000 and listed[0]["payload"]["a"] == ["-1e-9999"] * 20_000
    assert (most := collector.memory_kilobytes("VmHWM")) < MEMORY_KILOBYTES_MAX, most


def test_numbers_of_more_than_forty_digits_become_strings_and_others_stay(store, serve):
    collector = serve(store, environment=FREE)
    # Byte for byte in the answer of /collect, whatever is stored.
    numbers = b'{"a":1e21,"b":1e40,"c":5e-324,"d":123456789012345678901234567890,"e":1.2246467991473532e-16,"f":0.000e-41}'
    ids = make_ids()
    body = json.dumps(ids | {"event_type": "numbers", "payload": "P", "battery": "P"}).encode().replace(b'"P"', numbers)
    assert post(collector.port, "/event", body).status == 200
    assert post(collector.port, "/collect", body).body == body
    collector.wait_until_stored()
    expected = json.loads(numbers) | {"b": "1e40", "c": "5e-324", "f": "0.000e-41"}
    assert events(store, visitor_id=ids["visitor_id"])[0]["payload"] == expected
    assert submissions(store, visitor_id=ids["visitor_id"])[0]["battery"] == expected


def test_oversized_rows_of_earlier_versions_are_read_without_payload(cluster, tmp_path, serve):
    from stores import PostgresStore

    store = PostgresStore(cluster, tmp_path)
    collector = serve(store, environment=FREE)
    assert post(collector.port, "/event", event()).status == 200
    collector.wait_until_stored()
    store.execute(
        "update collector_events set payload = (select jsonb_build_object('a', jsonb_agg(1e9999)) from generate_series(1, 2000))"
    )
    assert post(collector.port, "/event", event()).status == 200
    collector.wait_until_stored()
    (page,) = pages(collector.port, "events")
    assert [one["payload"] is None for one in page["events"]] == [False, True]
    assert read_chunked(collector.port, "/api/export")[1] == 2


def test_submissions_are_truncated_at_a_byte_limit_and_marked(store, serve):
    collector = serve(store, environment=FREE)
    large = [{"message": "x" * 1000} for _ in range(900)]
    for _ in range(10):
        answer = post(collector.port, "/collect", make_ids() | {"browser": {"userAgent": "a"}, "errors": large})
        assert answer.status == 200
    collector.wait_until_stored()
    listed = get(collector.port, "/api/submissions", OWNER).json()
    assert listed["cut"] and 1 <= len(listed["submissions"]) < 10
    assert count(store, "debug_data") == 10


def test_samples_of_an_issue_are_searched_in_bounded_memory(store, serve):
    collector = serve(store, environment=FREE)
    frames = [{"function": "f", "file": "/a.js", "line": 1}]
    for _ in range(40):
        payload = {"kind": "error", "name": "E", "message": "m", "frames": frames, "stack": "y" * 200_000}
        send(collector.port, make_ids() | {"event_type": "error", "payload": payload})

    def issues():
        return get(collector.port, "/api/issues", OWNER).json()["issues"]

    wait_for(lambda: [one["errors"] for one in issues()] == [40], 30, "the issue has all errors")
    (issue,) = issues()
    answer = get(collector.port, f"/api/issues/{issue['issue']}", OWNER)
    assert answer.status == 200 and len(answer.json()["samples"]) == 5 and len(answer.body) < ANSWER_BYTES_MAX


@pytest.mark.parametrize("before", ["x", "-1", "0", "1e3"])
def test_an_invalid_page_number_is_rejected(sqlite, serve, before):
    collector = serve(sqlite, environment=ENVIRONMENT)
    assert get(collector.port, f"/api/visitors/v/timeline?before={before}", OWNER).status == 400
