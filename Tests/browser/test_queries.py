"""The example queries of docs/queries.md run on rows from a real browser."""

import datetime
import re

import pytest

from page import visit, wait_for_script
from program import ROOT
from stores import events
from tracked import Visit
from waits import wait_for

NAMES = [
    "Visitor journey",
    "Session timeline",
    "Pageview reconstruction",
    "Pageviews a day",
    "Visitors a day",
    "Sessions a day",
    "Web vitals by browser family",
]

# The first comment of each query, as the original's documentation has it: these must run as written.
ORIGINAL_TITLES = [
    "-- Visitor journey",
    "-- Session timeline",
    "-- Pageview reconstruction",
    "-- Counts/day (pageviews)",
    "-- Visitors/day (approx via pageview events)",
    "-- Sessions/day (approx via pageview events)",
    "-- Perf by browser (coarse UA family, from webvitals payload)",
]


def queries():
    """Queries by their heading and engine."""
    text = (ROOT / "docs" / "queries.md").read_text()
    found = {}
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        for engine, sql in re.findall(r"<!-- (postgresql|sqlite) -->\n```sql\n(.*?)```", section, flags=re.S):
            found[section.splitlines()[0].strip(), engine] = sql
    return found


def is_complete(rows):
    """Whether there are two page views, each with its vitals and without a hole. A page that is left sends several requests at once."""
    views = [[row for row in rows if row["pageview_id"] == id] for id in {row["pageview_id"] for row in rows}]
    has_vitals = [any(row["event_type"] == "webvitals" for row in view) for view in views]
    return len(views) == 2 and all(has_vitals) and all(max(row["seq"] for row in view) == len(view) for view in views)


@pytest.fixture
def lived_in(store, serve, chromium):
    """A store with the rows of one visitor with two page views."""
    collector = serve(store)
    visit(chromium, collector)
    chromium.click("#tab-performance")
    chromium.leave(collector.url + "/?again")
    wait_for_script(chromium)
    chromium.evaluate("() => collectorDashboard.ready")
    chromium.evaluate("() => collectorDashboard.delivered")
    chromium.leave(collector.url + "/ping")
    wait_for(lambda: is_complete(events(store)), 10, "all events of both views")
    collector.wait_until_stored()
    return store


def run(store, name):
    """A query's rows, with the ids of the visitor instead of `v_...`."""
    known = events(store)[0]
    sql = queries()[name, {"postgres": "postgresql", "sqlite": "sqlite"}[store.name]]
    for key, mark in (("visitor_id", "'v_...'"), ("session_id", "'s_...'"), ("pageview_id", "'p_...'")):
        sql = sql.replace(mark, f"'{known[key]}'")
    return store.rows(re.sub(r"^--.*$", "", sql, flags=re.M).strip())


def test_each_query_is_given_for_both_engines():
    found = queries()
    for name, title in zip(NAMES, ORIGINAL_TITLES, strict=True):
        assert found[name, "postgresql"].startswith(title + "\n")
        assert (name, "sqlite") in found


def test_all_documented_queries_run(lived_in):
    store = lived_in
    everything = events(store)
    first = everything[0]
    views = {row["pageview_id"] for row in everything}
    assert len(views) == 2

    journey = run(store, "Visitor journey")
    assert len(journey) == len(everything)
    assert [row["received_at"] for row in journey] == sorted(row["received_at"] for row in journey)
    assert {"pageview", "webvitals", "fingerprint_ready", "performance_snapshot"} <= {row["event_type"] for row in journey}
    assert {row["path"] for row in journey} == {"/"}

    assert len(run(store, "Session timeline")) == len(everything)

    reconstruction = run(store, "Pageview reconstruction")
    numbers = [row["seq"] for row in reconstruction]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == sum(row["pageview_id"] == first["pageview_id"] for row in everything)

    today = datetime.datetime.now(datetime.UTC).date()
    for name, column, expected in (("Pageviews a day", "pageviews", 2), ("Visitors a day", "visitors", 1), ("Sessions a day", "sessions", 1)):
        rows = run(store, name)
        assert sum(row[column] for row in rows) == expected, name
        assert abs(datetime.date.fromisoformat(rows[0]["day"][:10]) - today).days <= 1

    (vitals,) = run(store, "Web vitals by browser family")
    assert vitals["browser_family"] == "Chrome"
    assert vitals["n_events"] == sum(row["event_type"] == "webvitals" for row in everything)
    sent = [row["payload"] for row in everything if row["event_type"] == "webvitals"]
    for key in ("LCP", "FCP", "CLS"):
        values = [payload[key] for payload in sent if payload.get(key) is not None]
        assert vitals["avg_" + key.lower()] == pytest.approx(sum(values) / len(values)), key


def test_page_views_have_their_final_vitals(lived_in):
    (row,) = run(lived_in, "Page views with final vitals")
    last = {}
    for event in events(lived_in):
        if event["event_type"] == "webvitals" and event["payload"].get("LCP") is not None:
            last[event["pageview_id"]] = event["payload"]["LCP"]
    assert (row["path"], row["page_views"], row["lcp_values"], row["errors"]) == ("/", 2, len(last), 0)


def test_queries_find_lost_events_and_slow_pages(store, serve, chromium):
    visit = Visit(chromium, store, serve(store, environment={"COLLECTOR_RATE_LIMIT": 0}))
    try:
        visit.open("/one")
        wait_for(lambda: visit.flush() and visit.views[0].of("resources"), 20, "the load")
        visit.network.decide = lambda body: "drop"
        chromium.evaluate("() => { collector.track('a'); collector.track('b'); const circle = {}; circle.circle = circle; collector.track('c', circle); }")
        visit.flush()
        visit.network.decide = lambda body: "pass"
        visit.go("/two")
        visit.flush()
        # What is sent when a page is left may come after what the next page sends.
        lost = "select sum(lost) as lost from pageview_delivery"
        wait_for(lambda: len(visit.views) == 2 and visit.views[0].of("engagement") and store.rows(lost)[0]["lost"] == 2, 20, "all but the two lost events")
        (row,) = run(store, "Captured, lost, dropped")
        emitted = row["emitted"]
        assert (row["site"], row["page_views"]) == ("127.0.0.1", 2)
        assert float(row["lost_percent"]) == pytest.approx(200 / emitted, abs=0.01)
        assert float(row["dropped_percent"]) == pytest.approx(100 / emitted, abs=0.01)
        assert float(row["captured_percent"]) == pytest.approx(100 * (emitted - 3) / emitted, abs=0.01)
        slow = {row["path"]: row for row in run(store, "Vitals by page")}
        assert slow["/one"]["page_views"] == 1
        assert float(slow["/one"]["p75_lcp"]) == pytest.approx(visit.views[0].vitals["LCP"])
    finally:
        visit.close()
