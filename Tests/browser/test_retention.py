"""Old events are removed while figures, delivery rates and ingest stay as they are."""

import datetime
import signal
import time

import pytest

from insight import ENVIRONMENT, OWNER, ask, report, send, visit_events
from test_demo_data import collector, fine
from waits import wait_for
from wire import get

pytestmark = pytest.mark.usefixtures("one_day")

EVENTS = 12_000
REPORTS = ("overview", "performance", "issues", "data-quality")
RETENTION = {"COLLECTOR_RETENTION_EVENTS": "10d"}


def figures(port):
    """Reports of whole days, which do not depend on the time of the query."""
    today = datetime.datetime.now(datetime.UTC).date()
    days = {"from": str(today - datetime.timedelta(28)), "to": str(today - datetime.timedelta(1))}
    found = {name: report(port, name, **days) for name in REPORTS}
    lists = report(port, "breakdowns", dimensions="path,browser,country,referrer,event", **days)
    found["overview"].pop("updated", None)
    return found | {"lists": lists}


def removed(store):
    return store.rows("select removed_events from insight_position")[0]["removed_events"]


def number(store, sql):
    return next(iter(store.rows(sql)[0].values()))


@pytest.fixture
def demo(store):
    fine(store, "demo", "--events", EVENTS)
    return store


def test_old_events_go_and_figures_stay(demo, serve):
    server = serve(demo, environment=ENVIRONMENT)
    wait_for(lambda: report(server.port, "status")["rollup_lag_seconds"] == 0, 60, "rollups that keep up")
    before, count = figures(server.port), number(demo, "select count(*) as n from collector_events")
    delivery = demo.rows("select sum(received) as r, sum(lost) as l from pageview_delivery")
    server.stop()
    server = serve(demo, environment=ENVIRONMENT | RETENTION)
    # A pass that ends early, for example because the server is busy, is continued by the next one.
    oldest = time.time() - 11 * 86_400
    wait_for(lambda: (ask(server.port, "storage").json().get("oldest_event") or 0) > oldest, 60, "the end of the removal")
    assert figures(server.port) == before
    left = number(demo, "select count(*) as n from collector_events")
    assert 0 < left < count * 0.6 and removed(demo) == count - left
    assert demo.rows("select sum(received) as r, sum(lost) as l from pageview_delivery") == delivery
    storage = report(server.port, "storage")
    assert storage["removed_events"] == count - left and storage["policy"]["events"] == 864_000
    assert storage["removed_before"] > storage["oldest_event"] - 86_400
    metrics = get(server.port, "/metrics", OWNER).body.decode()
    assert f"collector_retention_removed_events_total {count - left}" in metrics
    assert 'collector_storage_bytes{kind="figures"}' in metrics
    # What comes next counts, and filters that need removed events are refused.
    send(server.port, visit_events("/new"))
    new = {"filters": '[["is","path",["/new"]]]', "range": "24h"}
    wait_for(lambda: report(server.port, "overview", **new)["totals"]["pageviews"] == 1, 30, "the new page")
    refused = ask(server.port, "overview", range="30d", filters='[["is","visitor",["v_1"]]]')
    assert refused.status == 400 and "have been removed" in refused.json()["message"]
    server.wait_until_stored()
    server.stop()
    result = fine(demo, "verify")
    assert "were not compared: their events have been removed" in result.stdout
    result = fine(demo, "rebuild")
    assert "were kept: their events have been removed" in result.stdout
    fine(demo, "verify")
    server = serve(demo, environment=ENVIRONMENT)
    assert figures(server.port) == before


def test_a_kill_in_the_middle_loses_nothing(demo, serve):
    server = serve(demo, environment=ENVIRONMENT)
    wait_for(lambda: report(server.port, "status")["rollup_lag_seconds"] == 0, 60, "rollups that keep up")
    before, count = figures(server.port), number(demo, "select count(*) as n from collector_events")
    server.stop()
    # Later ones would find nothing left to remove.
    for attempt in range(2):
        server = serve(demo, environment=ENVIRONMENT | RETENTION)
        start = removed(demo)
        wait_for(lambda: removed(demo) > start, 60, "a step of retention")
        server.send(signal.SIGKILL)
        server.wait()
        # PostgreSQL may still be at its last statement.
        demo.wait_until_left()
        left = number(demo, "select count(*) as n from collector_events")
        assert removed(demo) == count - left
        assert collector(demo, "verify").returncode == 0, attempt
        if attempt == 1:
            fine(demo, "rebuild")
    assert left > count * 0.45
    server = serve(demo, environment=ENVIRONMENT)
    assert figures(server.port) == before

