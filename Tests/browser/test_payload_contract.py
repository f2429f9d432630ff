"""The payload contract: the tracker sends only its keys, and all aggregated keys are available in the owner's API."""

import pytest

from bodies import make_ids
from contract import KEYS, parts, unknown
from insight import report, send, serve_ready, settle
from tracked import visit  # noqa: F401

SLOW = {"LCP": 9000, "INP": 900, "CLS": 0.5}


@pytest.fixture
def owned(store, serve):
    return serve_ready(serve, store)


def page_view(number, kind, payload):
    ids = make_ids() | {"path": "/", "site": "shop.example"}
    return [ids | {"event_type": name, "seq": seq, "payload": one} for seq, (name, one) in enumerate((("pageview", {"kind": "navigate"}), (kind, payload)), 1)]


@pytest.mark.parametrize("is_previous", [False, True], ids=["current names", "previous names"])
@pytest.mark.parametrize("metric", SLOW)
def test_each_part_of_attribution_reaches_the_api(owned, metric, is_previous):
    names, target, previous = parts(metric)
    events = []

    def sent(name, key):
        return key.get("previously", name) if is_previous else name

    for number, longest in enumerate(names or [None]):
        attribution = {sent(name, key): 700 if name == longest else 10 for name, key in names.items()}
        attribution[previous if is_previous else target] = f"#element{number}"
        payload = {"navigationType": "navigate", "why": "pagehide", metric: SLOW[metric], "attribution": {metric: attribution}}
        assert unknown("webvitals", payload) == []
        events += page_view(number, "webvitals", payload)
    settle(owned.port, send(owned.port, events))
    dimensions = [f"{metric.lower()}_element"] + ([f"{metric.lower()}_part"] if names else [])
    rows = report(owned.port, "breakdowns", range="24h", dimensions=",".join(dimensions))["dimensions"]
    assert {row["value"] for row in rows[dimensions[0]]["rows"]} == {f"#element{number}" for number in range(max(1, len(names)))}
    if names:
        # Whatever they were called, the API has the names of the contract.
        assert {row["value"]: row["slow_pageviews"] for row in rows[dimensions[1]]["rows"]} == dict.fromkeys(names, 1)


def test_every_key_that_the_tracker_sends_is_in_the_contract(visit):
    visit = visit(attributes="data-requests data-console data-fingerprint data-release=1.2")
    visit.open("/one?utm_campaign=autumn&utm_source=letter")
    visit.wait_for_details()
    for button in ("slow", "throw", "reject", "image", "request", "console"):
        visit.engine.click(f"#{button}")
    visit.engine.evaluate("() => { collector.identify('u_1', { plan: 'pro' }); collector.error(new Error('outer', { cause: new TypeError('inner') })); }")
    visit.go("/two")
    expected = {"pageview", "webvitals", "navigation", "resources", "engagement", "error", "identify", "fingerprint_ready"}

    def kinds(views):
        return {row["event_type"] for view in views for row in view.rows}

    views = visit.wait_for(lambda views: (visit.flush() or True) and expected <= kinds(views) and views[0].is_complete and views, "an event of each kind")
    rows = [row for view in views for row in view.rows]
    assert {row["event_type"] for row in rows} <= set(KEYS)
    strange = {problem for row in rows for problem in unknown(row["event_type"], row["payload"])}
    assert strange == set()
    # A page load reports all parts of each metric that it reports.
    for payload in (row["payload"] for row in views[0].of("webvitals")):
        for metric, attribution in payload["attribution"].items():
            if payload.get(metric) and metric in ("LCP", "INP") and attribution:
                assert all(name in attribution or key.get("previously") in attribution for name, key in parts(metric)[0].items()), payload


def error(message, **more):
    return {"kind": "error", "name": "Error", "message": message, "count": 1, "frames": [], "breadcrumbs": [], **more}


def test_noise_is_excluded_by_default(owned):
    events = page_view(0, "error", error("broken", count=2))
    for noise in ("extension", "resize_observer", "script_error"):
        events += page_view(0, "error", error(f"noise of {noise}", count=5, noise=noise))
    # An unknown kind of noise hides nothing.
    events += page_view(0, "error", error("not noise", noise="other"))
    assert unknown("error", events[3]["payload"]) == []
    settle(owned.port, send(owned.port, events))
    assert report(owned.port, "overview", range="24h")["totals"]["errors"] == 3
    answer = report(owned.port, "issues", range="24h")
    assert [(issue["message"], issue["errors"], issue["noise"]) for issue in answer["issues"]] == [("broken", 2, None), ("not noise", 1, None)]
    assert answer["count"] == 2
    answer = report(owned.port, "issues", range="24h", noise="include")
    assert answer["count"] == 5
    assert {(issue["message"], issue["errors"], issue["noise"]) for issue in answer["issues"]} == {
        ("broken", 2, None), ("not noise", 1, None), *((f"noise of {noise}", 5, noise) for noise in ("extension", "resize_observer", "script_error")),
    }
    for more, count in (({}, 2), ({"noise": "include"}, 5)):
        filtered = report(owned.port, "issues", range="24h", path="/", **more)
        assert sum(issue["errors"] for issue in filtered["issues"]) == (3 if count == 2 else 18)
        assert all(any(issue["trend"]) for issue in filtered["issues"])
    (noise,) = (issue for issue in answer["issues"] if issue["noise"] == "extension")
    assert report(owned.port, f"issues/{noise['issue']}", range="24h")["errors"] == 5


def test_an_issue_is_shown_with_its_causes_and_inner_errors(owned):
    frames = [{"function": "buy", "file": "https://shop.example/app.js", "line": 7, "column": 3}]
    payload = error(
        "outer",
        frames=frames,
        cause=[{"name": "TypeError", "message": "inner", "frames": frames}],
        errors=[{"name": "RangeError", "message": "one of two", "frames": []}],
    )
    assert unknown("error", payload) == []
    settle(owned.port, send(owned.port, page_view(0, "error", payload)))
    (issue,) = report(owned.port, "issues", range="24h")["issues"]
    (sample,) = report(owned.port, f"issues/{issue['issue']}", range="24h")["samples"]
    assert (sample["payload"]["cause"], sample["payload"]["errors"]) == (payload["cause"], payload["errors"])


def test_the_contract_names_the_parts_in_the_description_of_the_api(owned):
    parameter = report(owned.port, "openapi.json")["components"]["parameters"]["dimensions"]
    for metric in ("LCP", "INP"):
        for name in parts(metric)[0]:
            assert f"`{name}`" in parameter["description"]
