"""The metrics of the server: their format, their figures, and the documents that name them."""

import json
import pathlib
import re
import uuid

from prometheus_client.parser import text_string_to_metric_families

from insight import ENVIRONMENT, OWNER, send, serve_ready, settle, visit_events
from waits import wait_for
from wire import get, post

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


def scrape(port):
    """The samples of the server: values by name and sorted labels."""
    answer = get(port, "/metrics", OWNER)
    assert answer.status == 200
    assert answer.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    families = list(text_string_to_metric_families(answer.body.decode()))
    assert len({family.name for family in families}) == len(families)
    return {(sample.name, *sorted(sample.labels.items())): sample.value for family in families for sample in family.samples}


def result(name):
    return ("collector_ingest_records_total", ("result", name))


def test_records_and_requests_are_counted(serve, store):
    collector = serve_ready(serve, store)
    port = collector.port
    before = scrape(port)
    events = [event | {"event_id": str(uuid.uuid4())} for event in visit_events()]
    settle(port, send(port, events))
    send(port, events)
    collector.wait_until_stored()
    after = scrape(port)
    assert after[result("stored")] - before[result("stored")] == len(events)
    assert after[result("duplicate")] - before[result("duplicate")] == len(events)
    assert after[("collector_database_up",)] == 1
    assert after[("collector_build_info", ("engine", {"sqlite": "sqlite", "postgres": "postgresql"}[store.name]), ("version", "0.1.0"))] == 1
    count = "collector_http_request_duration_seconds_count"
    assert after[(count, ("kind", "ingest"))] - before[(count, ("kind", "ingest"))] == 2
    assert post(port, "/event", {}).status == 400
    assert scrape(port)[(count, ("kind", "ingest"))] - after[(count, ("kind", "ingest"))] == 1
    wait_for(lambda: scrape(port).get(("collector_rollup_lag_seconds",)) == 0, 20, "rollups that keep up")
    assert after[("process_start_time_seconds",)] == before[("process_start_time_seconds",)]
    assert 10e6 < after[("process_resident_memory_bytes",)] < 400e6
    assert 0 < after[("process_open_fds",)] < after[("process_max_fds",)]
    assert after[("process_cpu_seconds_total",)] > before[("process_cpu_seconds_total",)]


def test_metrics_are_for_the_owner(serve, sqlite):
    port = serve(sqlite, environment=ENVIRONMENT).port
    assert get(port, "/metrics").status == 401
    assert get(port, "/metrics", [("Authorization", "Bearer wrong")]).status == 401


def test_a_server_without_a_database_has_no_metrics_of_one(serve):
    port = serve(None, "--skip-db", environment=ENVIRONMENT).port
    names = {name for name, *_ in scrape(port)}
    assert "process_cpu_seconds_total" in names and not [name for name in names if name.startswith("collector_ingest")]


def test_the_documents_name_the_metrics_of_the_server(serve, sqlite):
    port = serve(sqlite, environment=ENVIRONMENT).port
    settle(port, send(port, visit_events()))
    wait_for(lambda: ("collector_rollup_lag_seconds",) in scrape(port), 20, "a check of the rollups")
    wait_for(lambda: "collector_storage_bytes" in {name for name, *_ in scrape(port)}, 20, "a measurement of the database")
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name, *_ in scrape(port)}
    document = (DOCS / "metrics.md").read_text(encoding="utf-8")
    table = "".join(line for line in document.splitlines() if line.startswith("| `"))
    described = set(re.findall(r"`((?:collector|process)_\w+)`", table)) | {"collector_ingest_queue_bytes", "collector_journal_bytes"}
    # Absent while there is no journal in use, no rebuild, no problem and no growth, and before a measurement with events.
    rare = {"collector_journal_oldest_seconds", "collector_rollup_rebuild_progress", "collector_problems"}
    rare |= {"collector_storage_days_left", "collector_storage_oldest_event_timestamp_seconds"}
    assert families - described == set() and described - families <= rare
    dashboard = json.loads((DOCS / "grafana.json").read_text(encoding="utf-8"))
    used = set(re.findall(r"(?:collector|process)_\w+", json.dumps([panel["targets"] for panel in dashboard["panels"]])))
    alerts = set(re.findall(r"collector_[a-z_]+", document.split("## Alerts")[1]))
    assert {re.sub(r"_(bucket|count)$", "", name) for name in used | alerts} - described == set()
