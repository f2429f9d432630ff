"""Every route answers as Web/openapi.json describes it: empty, populated, filtered, refused; both stores.

`wire.request` checks each response that any test reads. Here each operation is called once at least.
"""

import copy
import json

import pytest

import described
from bodies import make_ids
from insight import ENVIRONMENT, FIREFOX, OWNER, TOKEN, ask, change, cookie, report, send, serve_ready, settle, sign_in, timeline, visit_events
from test_insight_api import streamed
from waits import wait_for
from wire import Wire, get, head, post, request

REPORTS = (
    "overview", "performance", "issues", "fingerprints", "data-quality", "tracking", "events", "submissions", "sites", "live", "status", "shares",
    "segments", "tokens", "audit-log", "sessions",
)
DIMENSIONS = described.DOCUMENT["components"]["parameters"]["dimension"]["schema"]["enum"]


@pytest.fixture
def owned(store, serve):
    return serve_ready(serve, store)


def all_dimensions():
    return described.DOCUMENT["components"]["schemas"]["Breakdowns"]["properties"]["dimensions"]["propertyNames"]["enum"]


def call_every_report(port, **query):
    """Queries each report; `wire` checks the responses."""
    for name in REPORTS[:5]:
        report(port, name, **query if name != "data-quality" else {key: value for key, value in query.items() if key != "bots"})
    report(port, "tracking", **{key: value for key, value in query.items() if key in ("range", "from_", "to", "zone")})
    for name in REPORTS[5:]:
        report(port, name)
    report(port, "breakdowns", dimensions=",".join(all_dimensions()), **query)
    report(port, "breakdowns", dimensions=",".join(all_dimensions()), only="counts", limit=1, **query)
    for name in ("conversions", "retention", "paths"):
        report(port, name, **query)
    report(port, "funnel-report", steps=json.dumps([["page", "/a"], ["event", "signup", "plan", "pro"]]), **query)
    report(port, "breakdowns", dimensions=",".join(all_dimensions()), only="counts", limit=1, compare="previous", **query)
    report(port, "breakdowns", dimensions="path", offset=1, sort="errors", contains="A", format="json", **query)
    assert ask(port, "breakdowns", dimensions="path", format="csv", **query).status == 200
    for dimension in DIMENSIONS:
        report(port, "vitals-by", dimension=dimension, **query)
        report(port, "vitals-by", dimension=dimension, sort="lcp", min=1, **query)
    for vital in ("lcp", "inp", "cls", "fcp", "ttfb"):
        report(port, "slow-pages", vital=vital, min=1, **query)


def populate(port):
    fingerprint = {"hash": "ab", "parts": {"canvas": {"hash": "a", "stable": True}}, "automation": []}
    error = {"kind": "error", "name": "TypeError", "message": "x is null", "count": 3, "frames": [{"function": "buy", "file": "https://shop.example/app.js", "line": 7, "column": 3}]}
    noise = {"kind": "error", "name": "Error", "message": "Script error.", "count": 1, "noise": "script_error"}
    ids = make_ids()
    count = send(port, visit_events("/a", lcp=5000, error=error, fingerprint=fingerprint, ids=ids), ledger=[ids | {"site": "shop.example", "emitted": 9, "dropped": 1, "reasons": {"queue_full": 1}}])
    count += send(port, visit_events("/a", fingerprint=fingerprint, ids=ids | {"pageview_id": make_ids()["pageview_id"]}))
    count += send(port, visit_events("/b", error=noise, fingerprint=fingerprint, extra={"release": "r1"}), FIREFOX)
    resources = {"count": 1, "bytes": 5, "slowest": [{"name": "https://a.test/x", "duration": 5, "transferSize": 5}], "thirdParties": [{"host": "b.test", "count": 1, "duration": 4, "bytes": 3}]}
    more = visit_events("/c")
    more += [more[-1] | {"event_type": name, "seq": 10 + number, "payload": payload} for number, (name, payload) in enumerate((("signup", {"plan": "pro"}), ("resources", resources)))]
    count += send(port, more)
    count += send(port, visit_events("/bot"), "Mozilla/5.0 (compatible; ExampleBot/2.1)")
    assert post(port, "/collect", make_ids() | {"performance": {"webVitals": {"LCP": 1200, "CLS": {"value": 0.1}}}, "errors": [{"message": "m"}], "browser": {"userAgent": FIREFOX}}).status == 200
    settle(port, count)
    return ids


def test_responses_of_an_empty_database_match_their_schemas(owned):
    call_every_report(owned.port)
    assert ask(owned.port, "issues/0000").status == 404
    assert report(owned.port, timeline("nobody"))["sessions"] == []


def test_responses_of_a_populated_database_match_their_schemas(owned):
    ids = populate(owned.port)
    call_every_report(owned.port)
    call_every_report(owned.port, range="7d", bots="include", zone="Asia/Kathmandu")
    call_every_report(owned.port, range="today", browser="Firefox", path="/b")
    call_every_report(owned.port, range="24h", filters=json.dumps([["is", "property:plan", ["pro"]]]))
    call_every_report(owned.port, from_=1_000_000_000, to=1_000_003_600)
    report(owned.port, "overview", range="30d", interval="week", compare="none")
    visitor = ids["visitor_id"]
    for line in streamed(owned.port, f"/api/visitors/{visitor}/export").splitlines():
        described.validate(json.loads(line), {"$ref": "#/components/schemas/VisitorRow"})
    (issue, *_) = report(owned.port, "issues", noise="include")["issues"]
    report(owned.port, f"issues/{issue['issue']}")
    report(owned.port, "issues", state="resolved")
    assert report(owned.port, timeline(ids["visitor_id"]))["sessions"]
    assert report(owned.port, "fingerprint-frequency", signals="canvas:a", site="shop.example")["signals"]["canvas"]["same"] == 2
    for line in streamed(owned.port, "/api/export").splitlines():
        described.validate(json.loads(line), {"$ref": "#/components/schemas/Event"})
    with Wire(owned.port) as wire:
        wire.send(head("GET", "/api/stream?after=0", OWNER))
        wire._until(b"\ndata: ")
        described.validate(json.loads(wire._until(b"\n\n")), {"$ref": "#/components/schemas/Event"})


def test_changes_sessions_and_the_routes_outside_of_the_api(owned):
    populate(owned.port)
    port = owned.port
    link = change(port, "POST", "/api/shares", {"days": 1, "label": "x"}, OWNER).json()
    answer, value = sign_in(port, share=link["share"])
    assert answer.json() == {"access": "reader", "limits": None}
    report(port, "shares")
    for fields in ([], cookie(value), OWNER):
        get(port, "/api/session", fields)
        get(port, "/api/status", fields)
        get(port, "/health/details", fields)
        get(port, "/api/storage", fields)
        get(port, "/api/storage/site?site=shop.example", fields)
    assert change(port, "PUT", "/api/privacy?site=x", {"mode": "cookieless"}, OWNER).status == get(port, "/api/privacy?site=x").status == 200
    wait_for(lambda: get(port, "/api/storage", OWNER).status == 200, 30, "the size of the data")
    assert request(port, "DELETE", f"/api/shares/{link['id']}", None, OWNER).status == 200
    assert sign_in(port, token=TOKEN)[0].status == 200 and sign_in(port, token="wrong")[0].status == 401
    segment = {"name": "Blog", "filters": '[["contains","path",["/blog"]]]'}
    saved = change(port, "POST", "/api/segments", segment, OWNER).json()
    assert change(port, "POST", "/api/segments", segment, OWNER).status == 409
    assert change(port, "PUT", f"/api/segments/{saved['id']}", segment | {"name": "Posts"}, OWNER).json()["name"] == "Posts"
    assert [one["name"] for one in report(port, "segments")["segments"]] == ["Posts"]
    for wrong in ({"name": "x"}, segment | {"filters": "[]"}, segment | {"filters": "nonsense"}, segment | {"name": ""}):
        assert change(port, "POST", "/api/segments", wrong, OWNER).status == 400, wrong
    for method, body in (("PUT", segment), ("DELETE", None)):
        assert change(port, method, "/api/segments/none", body, OWNER).status == 404
    assert request(port, "DELETE", f"/api/segments/{saved['id']}", None, OWNER).status == 200
    # One without an error, whatever the order of visitors of one moment is.
    visitor = next(one["visitor"] for one in report(port, "visitors")["visitors"] if one["exit"] == "/c")
    erasure = request(port, "DELETE", f"/api/visitors/{visitor}", None, OWNER).json()
    wait_for(lambda: report(port, f"erasures/{erasure['id']}")["step"] == "done", 60, "the end of the erasure")
    assert report(port, "erasures")["erasures"][0]["id"] == erasure["id"]
    settle(port, report(port, "overview", range="24h", bots="include")["totals"]["events"])
    (issue,) = report(port, "issues")["issues"]
    for state in ("resolved", "ignored", "unresolved"):
        assert change(port, "PUT", f"/api/issues/{issue['issue']}", {"state": state}, OWNER).json()["state"] == state
    assert request(port, "DELETE", "/api/session", None, []).status == 200
    assert [get(port, path).status for path in ("/health", "/ping", "/bw?bytes=10", "/bw?bytes=x")] == [200, 200, 200, 400]
    assert post(port, "/event", {}).json()["missing"]
    assert post(port, "/events", [{}, 1]).json()["rejected"]


@pytest.mark.parametrize("path", [*REPORTS, "breakdowns", "vitals-by", "slow-pages", "export", "stream", "issues/x", "visitors/x/timeline", "fingerprint-frequency"])
def test_error_responses_match_their_schemas(sqlite, serve, path):
    port = serve(sqlite, environment=ENVIRONMENT).port
    assert ask(port, path, nonsense="1").status == 400
    assert ask(port, path, fields=[]).status == (400 if path == "fingerprint-frequency" else 401)
    assert request(port, "PATCH", f"/api/{path}", b"{}", OWNER).status == 405
    assert get(port, "/api/nonsense", OWNER).status == 404


def test_responses_without_a_database_match_their_schemas(tmp_path, serve):
    port = serve(None, "--skip-db", environment=ENVIRONMENT).port
    for path in ("/health", "/health/details", *(f"/api/{name}" for name in REPORTS)):
        get(port, path, OWNER)
    assert post(port, "/event", {}).status == 400


# The check itself


def test_undescribed_and_missing_members_are_detected():
    schema = {"$ref": "#/components/schemas/Live"}
    right = {"visitors": None, "minutes": 5, "last_event": None}
    described.validate(right, schema)
    for wrong in (right | {"extra": 1}, {"minutes": 5, "last_event": None}, right | {"visitors": "1"}, right | {"visitors": -1}):
        with pytest.raises(AssertionError):
            described.validate(wrong, schema)


def closed(schema, path):
    """Each object of the responses lists its members or is explicitly open."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            assert schema["additionalProperties"] is False and set(schema.get("required", ())) <= set(schema["properties"]), path
        for name, part in schema.items():
            closed(part, f"{path}/{name}")
    elif isinstance(schema, list):
        for number, part in enumerate(schema):
            closed(part, f"{path}/{number}")


def test_the_schemas_are_valid_and_closed():
    import jsonschema

    for name, schema in described.DOCUMENT["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(copy.deepcopy(schema))
        closed(schema, name)
