"""`POST /events`: many events in one request, each validated separately."""

import datetime
import json
import uuid

import pytest

from bodies import event, make_ids
from contract import LIMITS
from stores import count, events
from wire import post

BATCH_BYTES_MAX = LIMITS["batchBodyBytesMax"]
EVENTS_MAX = LIMITS["batchEventsMax"]


def as_array(items):
    return json.dumps(items).encode()


def as_object(items):
    return json.dumps({"events": items}).encode()


def as_lines(items):
    return "\n".join(json.dumps(item) for item in items).encode() + b"\n"


FORMS = {"array": as_array, "object": as_object, "ndjson": as_lines}


@pytest.fixture(params=FORMS)
def form(request):
    return FORMS[request.param]


def batch(count_of_events, visitor):
    return [event(visitor_id=visitor, seq=number) for number in range(count_of_events)]


def test_all_events_are_stored_in_their_order(service, form):
    visitor = make_ids()["visitor_id"]
    answer = post(service.port, "/events", form(batch(5, visitor)))
    assert (answer.status, answer.json()) == (200, {"status": "ok", "accepted": 5, "rejected": []})
    assert [row["seq"] for row in events(service.store, visitor_id=visitor)] == list(range(5))


def test_each_event_is_validated_independently(service, form):
    visitor = make_ids()["visitor_id"]
    items = batch(5, visitor)
    items[1]["seq"] = "x"
    items[3]["event_type"] = None
    items.append({"payload": {}})
    answer = post(service.port, "/events", form(items))
    body = answer.json()
    assert (answer.status, body["status"], body["accepted"]) == (200, "ok", 3)
    assert [item["index"] for item in body["rejected"]] == [1, 3, 5]
    assert "seq must be an integer" in body["rejected"][0]["message"]
    assert "Missing required fields" in body["rejected"][1]["message"]
    assert [row["seq"] for row in events(service.store, visitor_id=visitor)] == [0, 2, 4]


def test_a_deeply_nested_event_is_rejected_and_the_others_are_stored(service, form):
    visitor = make_ids()["visitor_id"]
    items = batch(3, visitor)
    items[1]["payload"] = json.loads('{"a":' + "[" * 70 + "]" * 70 + "}")
    body = post(service.port, "/events", form(items)).json()
    assert (body["accepted"], [item["index"] for item in body["rejected"]]) == (2, [1])


@pytest.mark.parametrize("item", [1, "text", None, True, [], [1]], ids=str)
def test_a_non_object_element_is_rejected(service, item):
    for form in (as_array, as_object):
        body = post(service.port, "/events", form([event(), item])).json()
        assert body["accepted"] == 1
        assert body["rejected"] == [{"index": 1, "message": "Invalid JSON"}]


def test_an_ndjson_line_with_invalid_json_is_rejected(service):
    lines = as_lines([event()]) + b"nonsense\n\r\n  \n" + as_lines([event()])
    body = post(service.port, "/events", lines).json()
    assert body["accepted"] == 2
    assert body["rejected"] == [{"index": 1, "message": "Invalid JSON"}]


def test_a_single_event_object_is_accepted(service):
    body = event()
    assert post(service.port, "/events", json.dumps(body).encode()).json()["accepted"] == 1
    assert len(events(service.store, visitor_id=body["visitor_id"])) == 1


def test_an_empty_list_of_events_is_accepted(service):
    for raw in (b"[]", b'{"events":[]}'):
        answer = post(service.port, "/events", raw)
        assert (answer.status, answer.json()) == (200, {"status": "ok", "accepted": 0, "rejected": []})


@pytest.mark.parametrize("raw", [b"", b" \n ", b"nonsense", b"[", b"[1", b'[{"a":1},]', b'{"events":', b"1", b'"text"', b"null"])
def test_a_body_in_an_unknown_form_is_rejected(service, raw):
    before = count(service.store, "collector_events")
    answer = post(service.port, "/events", raw)
    assert (answer.status, answer.json()) == (400, {"message": "Invalid JSON"})
    assert count(service.store, "collector_events") == before


def test_a_batch_of_1000_events_is_accepted(service, form):
    visitor = make_ids()["visitor_id"]
    body = post(service.port, "/events", form(batch(EVENTS_MAX, visitor))).json()
    assert (body["accepted"], body["rejected"]) == (EVENTS_MAX, [])
    assert [row["seq"] for row in events(service.store, visitor_id=visitor)] == list(range(EVENTS_MAX))


def test_a_batch_of_more_than_1000_events_is_rejected(service, form):
    before = count(service.store, "collector_events")
    answer = post(service.port, "/events", form(batch(EVENTS_MAX + 1, make_ids()["visitor_id"])))
    assert answer.status in (400, 413)
    assert "1000" in answer.json()["message"]
    assert count(service.store, "collector_events") == before


def test_a_body_at_the_size_limit_is_accepted_and_a_larger_one_rejected(service):
    items = [event(payload={"filler": ""}) for _ in range(10)]
    raw = json.dumps(items)
    raw = raw.replace('"filler": ""', '"filler": "' + "x" * (BATCH_BYTES_MAX - len(raw)) + '"', 1).encode()
    assert len(raw) == BATCH_BYTES_MAX
    answer = post(service.port, "/events", raw)
    assert answer.status == 200
    # The first of them is over the limit of one event.
    assert answer.json()["accepted"] in (9, 10)
    refused = post(service.port, "/events", raw + b" ")
    assert (refused.status, refused.json()) == (413, {"message": "Payload too large"})
    assert post(service.port, "/events", raw + b" ", chunk_size=50_000).status == 413


def test_an_event_in_a_batch_has_the_size_limit_of_a_single_event(service):
    small, large = event(), event(payload={"filler": "x" * 262_145})
    body = post(service.port, "/events", as_array([small, large])).json()
    assert body["accepted"] == 1
    assert [item["index"] for item in body["rejected"]] == [1]


def test_resent_events_are_accepted_and_stored_once(service, form):
    visitor = make_ids()["visitor_id"]
    items = [event(visitor_id=visitor, event_id=str(uuid.uuid4())) for _ in range(3)]
    for _ in range(2):
        assert post(service.port, "/events", form(items)).json()["accepted"] == 3
    assert len(events(service.store, visitor_id=visitor)) == 3


def test_every_event_of_a_batch_has_the_user_agent(service, form):
    visitor = make_ids()["visitor_id"]
    post(service.port, "/events", form(batch(3, visitor)), fields=[("User-Agent", "Batch/1.0")])
    assert {row["user_agent"] for row in events(service.store, visitor_id=visitor)} == {"Batch/1.0"}


# The envelope of the tracker


def envelope(items, ledger=(), **more):
    return json.dumps({"v": 1, "ledger": list(ledger), "events": items, **more}).encode()


def entry(visitor, **changes):
    ids = make_ids() | {"visitor_id": visitor}
    return {**ids, "site": "shop.example", "emitted": 3, "dropped": {"queue_full": 1}, **changes}


def ledger_of(store, visitor):
    columns = "pageview_id, session_id, site, emitted, dropped, drop_reasons"
    return store.rows(f"select {columns} from delivery_reports where visitor_id = '{visitor}' order by pageview_id")


def test_a_delivery_report_is_committed_with_its_events_before_the_response(service):
    visitor = make_ids()["visitor_id"]
    said = entry(visitor)
    answer = post(service.port, "/events", envelope(batch(2, visitor), [said]))
    assert (answer.status, answer.json()) == (200, {"status": "ok", "accepted": 2, "rejected": []})
    (row,) = ledger_of(service.store, visitor)
    assert (row["pageview_id"], row["session_id"], row["site"]) == (said["pageview_id"], said["session_id"], "shop.example")
    assert (row["emitted"], row["dropped"]) == (3, 1)
    assert (json.loads(row["drop_reasons"]) if isinstance(row["drop_reasons"], str) else row["drop_reasons"]) == {"queue_full": 1}


def test_delivery_reports_without_events_are_validated_independently(service):
    visitor = make_ids()["visitor_id"]
    entries = [entry(visitor), entry(visitor, emitted=-1), entry(visitor, dropped={"No": 1}), entry(visitor, pageview_id=None)]
    answer = post(service.port, "/events", envelope([], entries))
    body = answer.json()
    assert (answer.status, body["accepted"], body["rejected"]) == (200, 0, [])
    assert [item["index"] for item in body["ledger_rejected"]] == [1, 2, 3]
    assert "emitted must be a non-negative integer" in body["ledger_rejected"][0]["message"]
    assert "pageview_id" in body["ledger_rejected"][2]["message"]
    assert len(ledger_of(service.store, visitor)) == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [({"sent_at": "yesterday"}, "sent_at"), ({"sent_at": 1}, "sent_at"), ({"ledger": {}}, "ledger"), ({"ledger": [{}] * 101}, "ledger")],
)
def test_an_invalid_envelope_rejects_the_whole_batch(service, more, field):
    visitor = make_ids()["visitor_id"]
    answer = post(service.port, "/events", json.dumps({"events": batch(1, visitor), **more}).encode())
    assert answer.status == 400 and field in answer.json()["message"]
    assert events(service.store, visitor_id=visitor) == []


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) if isinstance(text, str) else text


@pytest.mark.parametrize("form", ["batch", "event"])
@pytest.mark.parametrize("hours", [-30, 2])
def test_a_wrong_client_clock_is_corrected_and_the_original_time_kept(service, form, hours):
    visitor = make_ids()["visitor_id"]
    wrong = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=hours)
    said = (wrong - datetime.timedelta(seconds=90)).isoformat(timespec="milliseconds")
    item = event(visitor_id=visitor, client_timestamp=said, site="shop.example")
    if form == "batch":
        answer = post(service.port, "/events", envelope([item], sent_at=wrong.isoformat()))
    else:
        answer = post(service.port, "/event", json.dumps(item | {"sent_at": wrong.isoformat()}).encode())
    assert answer.status == 200
    (row,) = events(service.store, visitor_id=visitor)
    assert row["site"] == "shop.example"
    assert moment(row["client_timestamp_original"]) == moment(said)
    # Ninety seconds before it was sent, by a clock that is right.
    assert abs((moment(row["received_at"]) - moment(row["client_timestamp"])).total_seconds() - 90) < 30


def test_a_correct_client_clock_is_not_corrected(service):
    visitor = make_ids()["visitor_id"]
    now = datetime.datetime.now(datetime.UTC)
    said = (now - datetime.timedelta(days=3)).isoformat(timespec="milliseconds")
    answer = post(service.port, "/events", envelope([event(visitor_id=visitor, client_timestamp=said)], sent_at=now.isoformat()))
    assert answer.status == 200
    (row,) = events(service.store, visitor_id=visitor)
    assert row["client_timestamp_original"] is None and row["site"] is None
    assert moment(row["client_timestamp"]) == moment(said)


# Version 2: events refer to the page views whose fields they share


def version2(items, pageviews, **more):
    return json.dumps({"v": 2, "pageviews": pageviews, "events": items, **more}).encode()


def shared(visitor, **changes):
    return {**make_ids(), "visitor_id": visitor, "site": "shop.example", "path": "/shared", "referrer": "https://a.example/", **changes}


def test_events_share_the_fields_of_their_page_views(service):
    visitor = make_ids()["visitor_id"]
    pageviews = [shared(visitor), shared(visitor, path="/other", emitted=2, dropped={"queue_full": 1})]
    payload = {"text": "größe", "number": 1}
    items = [
        {"pageview": 0, "event_type": "pageview", "seq": 1, "event_id": str(uuid.uuid4()), "payload": payload},
        {"pageview": 1, "event_type": "click", "seq": 2, "session_id": "s_own", "payload": {}},
        event(visitor_id=visitor, seq=3),
    ]
    answer = post(service.port, "/events", version2(items, pageviews))
    assert (answer.status, answer.json()) == (200, {"status": "ok", "accepted": 3, "rejected": []})
    first, second, third = events(service.store, visitor_id=visitor)
    assert {name: first[name] for name in pageviews[0]} == pageviews[0]
    assert (first["payload"], first["event_type"]) == (payload, "pageview")
    assert (second["session_id"], second["pageview_id"], second["path"]) == ("s_own", pageviews[1]["pageview_id"], "/other")
    assert (third["site"], third["path"]) == (items[2].get("site"), items[2].get("path"))
    # Only the entry with `emitted` is a delivery report.
    (row,) = ledger_of(service.store, visitor)
    assert (row["pageview_id"], row["site"], row["emitted"], row["dropped"]) == (pageviews[1]["pageview_id"], "shop.example", 2, 1)


def test_a_dangling_page_view_reference_rejects_only_its_event(service):
    visitor = make_ids()["visitor_id"]
    pageviews = [shared(visitor), shared(visitor, site=["x"]), 5]
    items = [{"pageview": index, "event_type": "click"} for index in (0, 3, -1, "0", 1.5, 1, 2)]
    body = post(service.port, "/events", version2(items, pageviews)).json()
    assert body["accepted"] == 1 and len(events(service.store, visitor_id=visitor)) == 1
    no_index, no_integer, invalid = "pageview is not an index of pageviews", "pageview must be an integer", "pageview refers to an invalid entry of pageviews"
    assert [(item["index"], item["message"]) for item in body["rejected"]] == list(
        enumerate([no_index, no_index, no_integer, no_integer, invalid, invalid], start=1)
    )
    assert body["pageviews_rejected"] == [{"index": 1, "message": "site must be text"}, {"index": 2, "message": "entry must be an object"}]


def test_an_invalid_delivery_report_rejects_no_event(service):
    visitor = make_ids()["visitor_id"]
    pageviews = [shared(visitor, emitted=-1)]
    body = post(service.port, "/events", version2([{"pageview": 0, "event_type": "click"}], pageviews)).json()
    assert body["accepted"] == 1 and len(events(service.store, visitor_id=visitor)) == 1
    assert body["pageviews_rejected"] == [{"index": 0, "message": "emitted must be a non-negative integer"}]
    assert ledger_of(service.store, visitor) == []


@pytest.mark.parametrize("pageviews", [{}, 1, [{}] * 101], ids=["object", "number", "too many"])
def test_pageviews_must_be_an_array_of_at_most_100_entries(service, pageviews):
    visitor = make_ids()["visitor_id"]
    answer = post(service.port, "/events", version2([event(visitor_id=visitor)], pageviews))
    assert answer.status == 400 and "pageviews" in answer.json()["message"]
    assert events(service.store, visitor_id=visitor) == []


def test_a_reference_without_page_views_is_rejected(service):
    body = post(service.port, "/events", json.dumps({"v": 2, "events": [{"pageview": 0, "event_type": "click"}]}).encode()).json()
    assert body["rejected"] == [{"index": 0, "message": "pageview is not an index of pageviews"}]


def test_a_payload_of_a_shared_event_is_stored_byte_for_byte(service):
    visitor = make_ids()["visitor_id"]
    payload = '{ "b":1.50,  "a":"\\u00fc" }'
    raw = f'{{"v":2,"pageviews":[{json.dumps(shared(visitor))}],"events":[{{"payload":{payload},"pageview":0,"event_type":"click"}}]}}'
    assert post(service.port, "/events", raw.encode()).json()["accepted"] == 1
    (row,) = service.store.rows(f"select payload from collector_events where visitor_id = '{visitor}'")
    if isinstance(row["payload"], str):
        assert row["payload"] == payload
    else:
        assert row["payload"] == json.loads(payload)
