"""`make bench-tracker` aggregates traces and bodies correctly. These tests need no browser."""

import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "Benchmarks"))

from tracker_bodies import parts
from tracker_site import Post
from tracker_trace import TASK, spent

SITE, SCRIPTS = "http://site", "http://scripts"
MAIN = {"pid": 1, "tid": 1, "ph": "X"}


def event(name, begin, ms, url="", **fields):
    """A trace event whose CPU time is half of its duration."""
    return MAIN | {"name": name, "ts": begin * 1000, "dur": ms * 1000, "tdur": ms * 500, "args": {"data": {"url": url}}} | fields


def measured(*events):
    return spent(json.dumps({"traceEvents": [event("CommitLoad", 0, 0, SITE + "/collector/1"), *events]}), SITE, SCRIPTS)


def test_nested_calls_of_the_scripts_count_once():
    found = measured(
        event(TASK, 10, 40),
        event("EvaluateScript", 10, 20, SCRIPTS + "/a.js"),
        event("FunctionCall", 12, 8, SCRIPTS + "/a.js"),
        event("RunMicrotasks", 25, 4),
        event("FunctionCall", 30, 10, SCRIPTS + "/a.js"),
    )
    assert (found.scripts, found.elapsed, found.tasks) == (15, 30, 20)


def test_page_code_is_not_counted_as_script_time():
    found = measured(event(TASK, 10, 40), event("FunctionCall", 10, 20, SITE + "/shop.js"), event("FunctionCall", 30, 2, SCRIPTS + "/a.js"))
    assert (found.scripts, found.tasks) == (1, 20)


def test_the_longest_task_is_that_with_the_most_time_of_the_scripts():
    found = measured(
        event(TASK, 10, 9),
        event("FunctionCall", 10, 4, SCRIPTS + "/a.js"),
        event("FunctionCall", 14, 4, SCRIPTS + "/b.js"),
        event(TASK, 20, 100),
        event("FunctionCall", 20, 6, SCRIPTS + "/a.js"),
    )
    assert found.longest == 4


def test_other_threads_and_earlier_work_are_not_counted():
    found = measured(
        event("FunctionCall", 10, 4, SCRIPTS + "/a.js", tid=2),
        event("FunctionCall", 10, 4, SCRIPTS + "/a.js", pid=2),
        event("FunctionCall", -10, 4, SCRIPTS + "/a.js"),
    )
    assert found.scripts == 0


def test_bodies_of_both_formats_are_summed_by_type_and_field():
    event_one = {"event_type": "pageview", "path": "/one", "payload": {"kind": "navigate"}}
    bodies = ({"v": 1, "ledger": [{"emitted": 1}], "events": [event_one]}, {"v": 2, "pageviews": [{"emitted": 2}], "events": [event_one]})
    by_type, count, by_field = parts([Post("/events", json.dumps(body).encode()) for body in bodies])
    size = len(json.dumps(event_one, separators=(",", ":")))
    assert by_type == {"ledger": 15, "pageviews": 15, "pageview": 2 * size}
    assert count == {"ledger": 1, "pageviews": 1, "pageview": 2}
    assert by_field["path"] == 2 * len('"path":"/one",') and by_field["pageview.kind"] == 2 * len('"kind":"navigate",')
