"""Issues by the API: decisions under conditions, merges, occurrences, lists."""

import json
import time

import pytest

from insight import ENVIRONMENT, OWNER, ask, report, send, settle, visit_events
from waits import wait_for
from wire import request


def error(message, **more):
    frames = [{"function": "buy", "file": "https://shop.example/app.js", "line": 7, "column": 3}]
    return {"kind": "error", "name": "Error", "message": message, "count": 1, "frames": frames} | more


def change(port, method, path, body=None):
    return request(port, method, f"/api/{path}", b"" if body is None else json.dumps(body).encode(), OWNER)


def later():
    """Waits for a later second, since that is what the rollups know."""
    now = int(time.time())
    wait_for(lambda: time.time() >= now + 1, 2, "a later second")


@pytest.fixture
def shop(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT)
    collector.count = 0

    def visit(*messages, release="1.0", **more):
        for message in messages:
            collector.count += send(collector.port, visit_events(error=error(message, **more), extra={"release": release}))
        settle(collector.port, collector.count)

    collector.visit = visit
    return collector


def ids(port):
    return {issue["message"]: issue["issue"] for issue in report(port, "issues")["issues"]}


def test_an_issue_resolved_in_the_next_release_regresses_there(shop):
    shop.visit("a", "b")
    known = ids(shop.port)
    decision = change(shop.port, "PUT", f"issues/{known['a']}", {"state": "resolved", "in_release": "next"}).json()
    assert (decision["release"], decision["in_next"], decision["state"]) == ("1.0", True, "resolved")
    later()
    shop.visit("a")
    assert report(shop.port, f"issues/{known['a']}")["state"] == "resolved"
    shop.visit("a", release="0.9-hotfix")
    detail = report(shop.port, f"issues/{known['a']}")
    assert (detail["state"], detail["regressed_in"]) == ("regressed", "0.9-hotfix")
    assert (detail["first_release"], detail["last_release"]) == ("1.0", "0.9-hotfix")
    assert [one["release"] for one in detail["release_history"]] == ["0.9-hotfix", "1.0"]
    assert report(shop.port, "issues")["states"] == {"unresolved": 1, "regressed": 1, "resolved": 0, "ignored": 0}


def test_an_ignored_issue_comes_back_after_further_visitors(shop):
    shop.visit("a")
    name = ids(shop.port)["a"]
    assert change(shop.port, "PUT", f"issues/{name}", {"state": "ignored", "until_visitors": 2}).json()["until_visitors"] == 2
    later()
    shop.visit("a", count=40)
    assert report(shop.port, f"issues/{name}")["state"] == "ignored"
    shop.visit("a")
    assert report(shop.port, f"issues/{name}")["state"] == "unresolved"


@pytest.mark.parametrize("body", [
    {"state": "ignored", "in_release": "next"}, {"state": "resolved", "in_release": "1.0"}, {"state": "resolved", "until_errors": 3},
    {"state": "ignored", "until_errors": 0}, {"state": "ignored", "until_visitors": 1.5}, {"state": "regressed"}, {"state": "ignored", "until": 3},
])
def test_a_decision_that_means_nothing_is_refused(shop, body):
    shop.visit("a")
    assert change(shop.port, "PUT", f"issues/{ids(shop.port)['a']}", body).status == 400


def test_merged_issues_count_as_one_until_they_are_split(shop):
    shop.visit("a", "b", "b")
    known = ids(shop.port)
    assert change(shop.port, "PUT", f"issues/{known['b']}/merge", {"into": known["a"]}).json() == {"issue": known["b"], "into": known["a"]}
    (issue,) = report(shop.port, "issues")["issues"]
    assert (issue["issue"], issue["errors"], issue["visitors"], issue["merged"]) == (known["a"], 3, 3, 1)
    detail = report(shop.port, f"issues/{known['b']}")
    assert (detail["issue"], [one["message"] for one in detail["merged"]]) == (known["a"], ["b"])
    assert len(report(shop.port, f"issues/{known['a']}/occurrences")["occurrences"]) == 3
    assert change(shop.port, "PUT", f"issues/{known['a']}/merge", {"into": known["b"]}).status == 400
    assert change(shop.port, "PUT", f"issues/{known['a']}/merge", {}).status == 400
    assert change(shop.port, "PUT", "issues/00/merge", {"into": known["a"]}).status == 404
    assert change(shop.port, "DELETE", f"issues/{known['b']}/merge").json() == {"issue": known["b"], "into": None}
    assert change(shop.port, "DELETE", f"issues/{known['b']}/merge").status == 404
    assert {issue["message"]: issue["errors"] for issue in report(shop.port, "issues")["issues"]} == {"a": 1, "b": 2}


def test_occurrences_have_frames_of_the_sites_own_code_and_pages(shop):
    library = {"function": "emit", "file": "https://cdn.example/vue.js", "line": 9, "column": 1}
    for _ in range(3):
        shop.visit("a", frames=[library, *error("a")["frames"]])
    name = ids(shop.port)["a"]
    first = report(shop.port, f"issues/{name}/occurrences", limit=2)
    assert [frame["in_app"] for frame in first["occurrences"][0]["frames"]] == [False, True]
    second = report(shop.port, f"issues/{name}/occurrences", limit=2, before=first["next"])
    found = [one["event"]["id"] for one in first["occurrences"] + second["occurrences"]]
    assert len(found) == 3 and found == sorted(found, reverse=True) and second["next"] is None
    found = report(shop.port, f"issues/{name}/properties")
    assert found == {"errors": 3, "properties": [{"name": "message", "rows": [{"value": "a", "count": 3}], "count": 1, "rest": 0}]}
    assert ask(shop.port, "issues/00/properties").status == 404
    assert ask(shop.port, f"issues/{name}/occurrences", before=10**9).status == 404
    assert ask(shop.port, "issues/00/occurrences").status == 404
    assert report(shop.port, "issues")["issues"][0]["culprit"] == {"function": "buy", "file": "https://shop.example/app.js", "line": 7}
