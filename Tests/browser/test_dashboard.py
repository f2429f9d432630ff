"""The dashboard in three engines, with the stored rows of both stores."""

import re

import pytest

from page import READY, TABS, UNAVAILABLE, UUID7, cards, check_clean, show, visit, wait_for_script
from stores import count, events, moment, submissions
from waits import wait_for

#: Seconds between an event and its receipt: a busy machine delays requests, and a wrong clock would be off by more.
DELAY_SECONDS_MAX = 120


def vitals_of(rows):
    """The vitals that events report: one event may have some of them, and a later one the others."""
    return {key: value for row in rows if row["event_type"] == "webvitals" for key, value in row["payload"].items()}


def wait_for_kinds(store):
    """The events of a page view with one of each kind, the first vitals, and without a hole, which a request that is overtaken leaves for a moment."""
    rows = []

    def are_there():
        rows[:] = events(store)
        kinds = {row["event_type"] for row in rows}
        has_all = {"pageview", "fingerprint_ready", "performance_snapshot"} <= kinds and {"FCP", "TTFB"} <= set(vitals_of(rows))
        return has_all and max(row["seq"] for row in rows) == len(rows)

    wait_for(are_there, 10, lambda: f"all kinds of events; there are {[(row['seq'], row['event_type']) for row in rows]}")
    return rows


def test_all_tabs_are_filled_and_rows_are_stored(visited):
    engine, collector, store = visited
    for tab in TABS:
        show(engine, tab)
    found = cards(engine)
    for name, (state, text) in found.items():
        assert state != "pending", name
        if state == "unavailable":
            assert UNAVAILABLE in text.lower(), name
    missing = {name for name in READY[engine.name] if found[name][0] != "ready"}
    assert not missing
    check_clean(engine, collector)

    ids = engine.evaluate("() => collectorDashboard.ids()")
    for key, prefix in (("visitor_id", "v_"), ("session_id", "s_"), ("pageview_id", "p_")):
        assert re.fullmatch(prefix + UUID7, ids[key]), ids
    (row,) = submissions(store)
    assert {key: row[key] for key in ids} == ids
    sent = engine.evaluate("() => JSON.parse(collectorDashboard.sent().find((delivery) => delivery.kind === 'collect').text)")
    columns = {"browser": "browser_info", "performance": "performance_data", "fingerprints": "fingerprints", "errors": "errors", "network": "network", "battery": "battery", "benchmarks": "benchmarks"}
    for key, column in columns.items():
        assert row[column] == pytest.approx(sent[key]) if isinstance(sent[key], (int, float)) else row[column] == sent[key], key
    assert row["browser_info"]["userAgent"] == engine.evaluate("() => navigator.userAgent")
    assert row["client_timestamp"] and row["ip"] == "127.0.0.1"

    rows = wait_for_kinds(store)
    assert sorted(row["seq"] for row in rows) == list(range(1, len(rows) + 1))
    assert next(row for row in rows if row["seq"] == 1)["event_type"] == "pageview"
    for row in rows:
        assert {key: row[key] for key in ids} == ids
        assert re.fullmatch(UUID7, row["event_id"].replace("-", ""))
        assert row["path"] == "/" and row["user_agent"]
        assert abs((moment(row["received_at"]) - moment(row["client_timestamp"])).total_seconds()) < DELAY_SECONDS_MAX
    vitals = vitals_of(rows)
    assert vitals["FCP"] > 0 and vitals["TTFB"] >= 0
    # Values that an engine does not measure are missing, never zero.
    assert engine.name == "chromium" or vitals.get("CLS") is None


def test_the_submission_has_all_keys_of_the_original_payload(visited_on_sqlite):
    engine, _, store = visited_on_sqlite
    (row,) = submissions(store)
    assert {"userAgent", "language", "cookiesEnabled", "onLine", "platform", "doNotTrack", "deviceMemory", "hardwareConcurrency", "screenResolution", "colorDepth", "orientation"} <= set(row["browser_info"])
    assert {"timing", "memory", "navigation", "resources", "webVitals"} <= set(row["performance_data"])
    assert {"canvas", "fonts", "webgl"} <= set(row["fingerprints"])
    assert {"baselineFps", "gpuTimer"} <= set(row["benchmarks"])
    timing = row["performance_data"]["timing"]
    assert timing["navigationStart"] > 1_700_000_000_000 and timing["loadEventEnd"] >= timing["domInteractive"] >= timing["responseStart"]
    resources = row["performance_data"]["resources"]
    assert resources and {"name", "duration", "size", "type"} <= set(resources[0])
    if engine.name == "chromium":
        assert row["performance_data"]["memory"]["usedJSHeapSize"] > 0


def leave_early(engine, store, serve, delay):
    """Leaves after a number of milliseconds. Returns the only submission and the event types."""
    collector = serve(store)
    engine.open(collector.url + "/")
    wait_for_script(engine)
    engine.evaluate(f"() => new Promise((resolve) => setTimeout(resolve, {delay}))")
    ids = engine.evaluate("() => collectorDashboard.ids()")
    engine.leave(collector.url + "/ping")
    wait_for(lambda: count(store, "debug_data") > 0 and events(store, event_type="pageview"), 10, "a submission and a page view")
    # Longer than the page would have waited before it sends.
    engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 3500))")
    collector.wait_until_stored()
    (row,) = submissions(store)
    assert row["pageview_id"] == ids["pageview_id"]
    return row, [row["event_type"] for row in events(store)]


def test_leaving_early_sends_one_beacon(engine, store, serve):
    row, kinds = leave_early(engine, store, serve, 800)
    assert row["browser_info"]["userAgent"]
    assert kinds.count("pageview") == 1


def test_leaving_at_once_sends_the_collected_data(engine, sqlite, serve):
    _, kinds = leave_early(engine, sqlite, serve, 0)
    assert kinds.count("pageview") == 1


def test_leaving_late_sends_no_duplicate(visited_on_sqlite):
    engine, collector, store = visited_on_sqlite
    engine.leave(collector.url + "/ping")
    wait_for(lambda: events(store, event_type="pageview"), 10, "the page view")
    engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 1500))")
    collector.wait_until_stored()
    assert count(store, "debug_data") == 1
    rows = events(store)
    assert len({row["seq"] for row in rows}) == len(rows)
    assert [row["event_type"] for row in rows].count("pageview") == 1


def test_events_can_be_turned_off(engine, sqlite, serve):
    collector = serve(sqlite, environment={"COLLECTOR_EVENTS_ENABLED": "off"})
    visit(engine, collector)
    engine.leave(collector.url + "/ping")
    engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 500))")
    collector.wait_until_stored()
    assert count(sqlite, "debug_data") == 1
    assert count(sqlite, "collector_events") == 0


def test_a_returning_visitor_keeps_its_id_and_each_page_view_has_its_own(engine, serve, sqlite):
    collector = serve(sqlite)
    visit(engine, collector)
    first = engine.evaluate("() => collectorDashboard.ids()")
    engine.leave(collector.url + "/?again")
    wait_for_script(engine)
    second = engine.evaluate("() => collectorDashboard.ids()")
    assert second["visitor_id"] == first["visitor_id"]
    assert second["session_id"] == first["session_id"]
    assert second["pageview_id"] != first["pageview_id"]


def test_errors_are_captured(engine, serve, sqlite):
    collector = serve(sqlite)
    visit(engine, collector)
    engine.evaluate(
        """() => new Promise((resolve) => {
          function inner() { null.missing; }
          setTimeout(inner);
          setTimeout(() => Promise.reject(new TypeError("rejected on purpose")));
          const image = document.createElement("img");
          image.src = "static/missing.png";
          document.body.append(image);
          const script = document.createElement("script");
          script.textContent = "globalThis.intruder = true";
          document.body.append(script);
          const frame = document.createElement("img");
          frame.src = "http://third.example/pixel.png";
          document.body.append(frame);
          setTimeout(resolve);
        })"""
    )

    def found():
        return engine.evaluate("() => collectorDashboard.errors()")

    wait_for(lambda: {"error", "rejection", "resource", "csp"} <= {error["kind"] for error in found()}, 10, lambda: f"errors of each kind; there are {found()}")
    assert engine.evaluate("() => globalThis.intruder ?? null") is None, "the policy lets inline scripts run"
    thrown = next(error for error in found() if error["kind"] == "error")
    assert "inner" in thrown["stack"] and thrown["timestamp"]
    # Engines name the property that is missing, or the null that has none.
    assert "missing" in thrown["message"] or "null" in thrown["message"]
    show(engine, "raw")
    wait_for(lambda: all(words in cards(engine)["errors"][1] for words in ("rejected on purpose", "inner")), 10, "the errors in their card")

    def payloads():
        return [row["payload"] for row in events(sqlite, event_type="error")]

    wait_for(lambda: len(payloads()) >= 3 and any("rejected on purpose" in payload["message"] for payload in payloads()), 10, "error events")
    assert all({"message", "source", "lineno", "colno", "stack"} <= set(payload) for payload in payloads())


def test_a_failed_submission_is_shown_and_the_page_keeps_working(engine, serve):
    collector = serve(None, "--skip-db")
    visit(engine, collector)
    wait_for(lambda: engine.evaluate("() => document.querySelector('#delivery').dataset.state") in ("refused", "failed"), 10, "the response is shown")
    assert "not stored" in engine.evaluate("() => document.querySelector('#delivery').textContent").lower()
    assert cards(engine)["browser"][0] == "ready"
