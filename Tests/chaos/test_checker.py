"""The checker finds each kind of error: tests change the stored rows and expect a report."""

import datetime
import json

import pytest

import checker
import records
from program import Collector
from stores import SQLiteStore
from wire import post

VISITOR = "v_checker"
KEYS = [f"single-{number}" for number in range(6)] + [f"once-{number}" for number in range(3)]
VIEWS = {"page-0-1": 7, "page-0-2": 1}
ALL = {*KEYS, "collect-once-1", *(records.report_key(view, emitted) for view, emitted in VIEWS.items()), records.report_key("page-0-1", 3)}


@pytest.fixture
def store(tmp_path):
    store = SQLiteStore(tmp_path)
    collector = Collector(tmp_path)
    try:
        collector.wait_until_ready()
        for key in KEYS:
            assert post(collector.port, "/event", records.event(VISITOR, key)).status == 200
        assert post(collector.port, "/collect", records.submission(VISITOR, "collect-once-1")).status == 200
        reports = [records.delivery_report(VISITOR, view, emitted) for view, emitted in VIEWS.items()]
        assert post(collector.port, "/events", records.as_body({"events": [], "ledger": reports})).status == 200
        collector.wait_until_stored()
        collector.stop()
    finally:
        collector.kill()
    return store


def check(store):
    return checker.check(store, VISITOR, ALL)


def test_intact_rows_are_correct(store):
    result = check(store)
    assert result.is_correct and str(result) == "correct"
    assert (result.acknowledged, result.stored) == (13, 10)


def test_a_lost_record_is_found(store):
    store.execute("delete from collector_events where path in ('/single-3', '/single-3/ä😀'); delete from debug_data")
    assert check(store).lost == ["collect-once-1", "single-3"]


@pytest.mark.parametrize("change", ["delete from delivery_reports", "update delivery_reports set emitted = 6"])
def test_a_delivery_report_older_than_the_acknowledged_one_is_found(store, change):
    store.execute(change + " where pageview_id = 'page-0-1'")
    assert "report:page-0-1:7" in check(store).lost


def test_an_inconsistent_delivery_report_is_found(store):
    store.execute("update delivery_reports set dropped = 1 where pageview_id = 'page-0-1'")
    assert check(store).corrupted == ["delivery report of page-0-1"]


def test_a_duplicate_is_found(store):
    columns = "received_at, visitor_id, session_id, pageview_id, event_type, seq, path, referrer, payload"
    store.execute(f"insert into collector_events ({columns}) select {columns} from collector_events where path in ('/once-1', '/once-1/ä😀')")
    assert check(store).duplicated == ["once-1"]


@pytest.mark.parametrize("change", [
    "seq = 7", "referrer = 'x'", "session_id = 's'", "event_id = null", "client_timestamp = '2020-01-01T00:00:00.000Z'",
    "payload = json_set(payload, '$.number', 1)",
])
def test_a_changed_record_is_found(store, change):
    store.execute(f"update collector_events set {change} where path in ('/single-2', '/single-2/ä😀')")
    assert check(store).corrupted == ["single-2"]


def test_a_record_without_its_key_is_found(store):
    store.execute("update collector_events set payload = '{}' where path in ('/single-2', '/single-2/ä😀')")
    result = check(store)
    assert len(result.corrupted) == 1 and result.lost == ["single-2"]


def test_a_changed_submission_is_found(store):
    store.execute("update debug_data set performance_data = '{}'")
    assert check(store).corrupted == ["collect-once-1"]


def test_a_record_of_a_cut_request_is_found(store):
    value = records.event(VISITOR, "cut-1")
    texts = [value[name] for name in ("visitor_id", "session_id", "pageview_id", "event_type", "path", "event_id")]
    quoted = ", ".join(f"'{text}'" for text in [*texts, json.dumps(value["payload"])])
    referrer = f"'{value['referrer']}'" if value["referrer"] else "null"
    columns = "received_at, visitor_id, session_id, pageview_id, event_type, path, event_id, payload, seq, referrer"
    store.execute(f"insert into collector_events ({columns}) values ('2026-01-01', {quoted}, {value['seq']}, {referrer})")
    assert check(store).unwanted == ["cut-1"]


def test_an_incomplete_line_does_not_count_as_acknowledged(tmp_path):
    path = tmp_path / "acknowledgements"
    path.write_text("single-1\nonce-2\nsingle-1\nsing")
    assert checker.read_acknowledgements(path) == {"single-1", "once-2"}


def test_a_wrong_receive_time_is_found(store):
    now = datetime.datetime.now(datetime.UTC)
    span = (now - datetime.timedelta(minutes=1), now)
    assert checker.check(store, VISITOR, ALL, span).is_correct
    store.execute("update collector_events set received_at = '2020-01-01T00:00:00.000Z' where path like '/once-1%'")
    assert [text.split()[0] for text in checker.check(store, VISITOR, ALL, span).misdated] == ["once-1"]
