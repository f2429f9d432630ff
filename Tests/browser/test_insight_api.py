"""The owner's API: authentication, responses, and reports that match the events."""

import csv
import datetime
import io
import itertools
import json
import time
import zoneinfo

import pytest

import described
from bodies import make_ids
from insight import (
    CHROME,
    ENVIRONMENT,
    FIREFOX,
    OWNER,
    TOKEN,
    ask,
    change,
    cookie,
    found_events,
    report,
    send,
    serve_ready,
    settle,
    sign_in,
    timeline,
    visit_events,
)
from waits import wait_for
from wire import Wire, get, head, post, request

BOUNDARY = {"session", "fingerprint-frequency", "openapi.json"}


@pytest.fixture
def owned(store, serve):
    return serve_ready(serve, store)


def documented(port):
    """All paths of the owner's API with their operations, with values for path parameters."""
    paths = get(port, "/api/openapi.json").json()["paths"]
    return {path.replace("{id}", "x"): methods for path, methods in paths.items() if path.startswith("/api/")}


def required(operation):
    values = {"site": "shop.example", "dimensions": "path", "dimension": "path", "signals": "canvas:1", "steps": '[["page","/"],["event","signup"]]'}
    parameters = [described.resolved(parameter) for parameter in operation.get("parameters", [])]
    return {one["name"]: values[one["name"]] for one in parameters if one.get("required") and one["in"] == "query"}


# Authentication


def test_only_the_owner_can_read_stored_data(owned):
    send(owned.port, visit_events())
    networks = itertools.count()
    for path, methods in documented(owned.port).items():
        name = path.removeprefix("/api/")
        if name in BOUNDARY:
            continue
        for fields in ([], [("Authorization", "Bearer nonsense")], [("Cookie", "collector_session=o.9999999999.x.0")]):
            for method in (name for name, operation in methods.items() if operation.get("security") != described.OPEN):
                # A few failures lock an address out: each request comes from another network.
                address = ("X-Forwarded-For", f"198.18.{next(networks)}.1")
                body = b"{}" if method in ("post", "put") else None
                answer = request(owned.port, method.upper(), path, body, [*fields, address])
                assert (answer.status, answer.field("WWW-Authenticate")) == (401, "Bearer"), (method, path, fields)
    assert get(owned.port, "/insight").status == 200
    assert b"shop.example" not in get(owned.port, "/insight").body


def test_every_documented_route_exists_with_its_methods_and_parameters(owned):
    wait_for(lambda: ask(owned.port, "storage").status == 200, 20, "the first measurement of the database")
    for path, methods in documented(owned.port).items():
        if path.endswith("/stream"):
            continue
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            if method.lower() not in methods:
                answer = request(owned.port, method, path, b"{}" if method != "GET" else None, OWNER)
                assert answer.status == 405, (method, path)
                assert {name.strip().lower() for name in answer.field("Allow").split(",")} - {"head"} == set(methods)
        operation = methods.get("get")
        if not operation or path.endswith("/export"):
            continue
        parameters = required(operation)
        assert ask(owned.port, path.removeprefix("/api/"), **parameters).status in (200, 404), path
        assert ask(owned.port, path.removeprefix("/api/"), **parameters, nonsense="1").status == (200 if path.endswith("openapi.json") else 400), path
        for name in parameters:
            assert ask(owned.port, path.removeprefix("/api/"), **{key: value for key, value in parameters.items() if key != name}).status == 400, (path, name)
    assert get(owned.port, "/api/nonsense", OWNER).status == 404


def test_the_session_cookie_is_httponly_and_samesite(owned):
    answer, value = sign_in(owned.port, token=TOKEN)
    assert (answer.status, answer.json()) == (200, {"access": "owner", "limits": None})
    parts = [part.strip() for part in value.split(";")]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(parts)
    assert TOKEN not in value
    assert get(owned.port, "/api/session", cookie(value)).json() == {"access": "owner", "limits": None}
    assert get(owned.port, "/api/sites", cookie(value)).status == 200
    assert get(owned.port, "/health/details", cookie(value)).status == 200


def test_the_cookie_is_secure_behind_a_tls_proxy(store, serve):
    collector = serve(store, environment=ENVIRONMENT | {"COLLECTOR_TRUSTED_PROXIES": "127.0.0.1"})
    answer = post(collector.port, "/api/session", {"token": TOKEN}, [("X-Forwarded-Proto", "https")])
    assert "Secure" in answer.field("Set-Cookie")
    assert "Secure" not in sign_in(collector.port, token=TOKEN)[1]


def test_signing_out_ends_the_session(owned):
    _, value = sign_in(owned.port, token=TOKEN)
    answer = request(owned.port, "DELETE", "/api/session", None, cookie(value))
    assert answer.status == 200 and "Max-Age=0" in answer.field("Set-Cookie")
    assert get(owned.port, "/api/sites", cookie(value)).status == 401


def test_a_session_outlives_a_restart_and_not_another_token(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    _, value = sign_in(collector.port, token=TOKEN)
    collector.stop()
    again = serve(store, environment=ENVIRONMENT)
    assert get(again.port, "/api/sites", cookie(value)).status == 200
    again.stop()
    other = serve(store, environment=ENVIRONMENT | {"COLLECTOR_TOKEN": "another-token-of-the-tests"})
    assert get(other.port, "/api/sites", cookie(value)).status == 401


def test_a_share_link_is_read_only_and_expires(owned):
    count = send(owned.port, visit_events(error={"kind": "error", "name": "E", "message": "m", "count": 1}))
    settle(owned.port, count)
    share = change(owned.port, "POST", "/api/shares", {"days": 1}, OWNER).json()["share"]
    answer, value = sign_in(owned.port, share=share)
    assert answer.json() == {"access": "reader", "limits": None}
    assert get(owned.port, "/api/overview", cookie(value)).status == 200
    (issue,) = get(owned.port, "/api/issues", cookie(value)).json()["issues"]
    assert change(owned.port, "PUT", f"/api/issues/{issue['issue']}", {"state": "resolved"}, cookie(value)).status == 403
    assert change(owned.port, "POST", "/api/shares", {"days": 1}, cookie(value)).status == 403
    for days in (0, -1, 367, "x"):
        assert change(owned.port, "POST", "/api/shares", {"days": days}, OWNER).status == 400
    assert sign_in(owned.port, share=share[:-1] + ("0" if share[-1] != "0" else "1"))[0].status == 401


@pytest.mark.parametrize("fields", [[("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")], [("Origin", "https://evil.example")], [("Origin", "null")]])
def test_cross_origin_requests_change_nothing(owned, fields):
    _, value = sign_in(owned.port, token=TOKEN)
    for method, path, body in (("POST", "/api/session", {"token": TOKEN}), ("DELETE", "/api/session", None), ("POST", "/api/shares", {"days": 1}), ("PUT", "/api/issues/x", {"state": "resolved"})):
        assert change(owned.port, method, path, body, cookie(value) + fields).status == 403, (method, path)
    answer = get(owned.port, "/api/sites", cookie(value) + fields)
    assert answer.field("Access-Control-Allow-Origin") is None
    assert change(owned.port, "POST", "/api/shares", {"days": 1}, cookie(value) + [("Origin", "http://localhost")]).status == 200


# Responses


def test_figures_match_the_events_on_both_stores(owned):
    ids = make_ids()
    first = ids | {"pageview_id": "p_1" + ids["pageview_id"][3:]}
    second = ids | {"pageview_id": "p_2" + ids["pageview_id"][3:]}
    count = send(owned.port, visit_events("/users/1", lcp=1000, ids=first, referrer="https://www.search.example/q") + visit_events("/users/2", lcp=5000, ids=second))
    count += send(owned.port, visit_events("/", lcp=3000, error={"kind": "error", "name": "TypeError", "message": "x is null", "count": 3, "frames": [{"function": "buy", "file": "https://shop.example/app.js", "line": 7, "column": 3}]}), FIREFOX)
    count += send(owned.port, visit_events("/bot"), "Mozilla/5.0 (compatible; ExampleBot/2.1)")
    settle(owned.port, count)
    answer = report(owned.port, "overview", range="24h")
    totals = answer["totals"]
    assert "sampled" not in answer and answer["range"]["zone"] == "UTC"
    assert {name: totals[name] for name in ("visitors", "sessions", "pageviews", "errors", "bounce_rate", "engaged_ms")} == {"visitors": 2, "sessions": 2, "pageviews": 3, "errors": 3, "bounce_rate": 0.5, "engaged_ms": 4000}
    # Of 1,000, 3,000 and 5,000, as percentile_cont has it.
    assert (totals["lcp_p75"], totals["lcp_count"], totals["errors_per_1000_pageviews"]) == (4000, 3, 1000)
    assert sum(point["pageviews"] for point in answer["series"]) == 3
    rows = report(owned.port, "breakdowns", range="24h", dimensions="path,referrer,browser,entry,lcp_element,lcp_part")["dimensions"]
    assert [(row["value"], row["pageviews"]) for row in rows["path"]["rows"]] == [("/users/:id", 2), ("/", 1)]
    assert {row["value"]: row["sessions"] for row in rows["referrer"]["rows"]} == {"search.example": 1, "(direct)": 1}
    assert (rows["referrer"]["by"], rows["referrer"]["total"], rows["referrer"]["rest"]) == ("sessions", 2, 0)
    assert {row["value"]: row["visitors"] for row in rows["browser"]["rows"]} == {"Chrome": 1, "Firefox": 1}
    assert [(row["value"], row["sessions"]) for row in rows["entry"]["rows"]] == [("/", 1), ("/users/:id", 1)]
    assert [(row["value"], row["slow_pageviews"]) for row in rows["lcp_element"]["rows"]] == [("main>img", 2)]
    assert [(row["value"], row["slow_pageviews"]) for row in rows["lcp_part"]["rows"]] == [("resourceLoadDelay", 2)]
    lcp = report(owned.port, "performance", range="24h")["metrics"]["lcp"]["figures"]
    assert (lcp["count"], lcp["good"], lcp["needs_improvement"], lcp["poor"]) == (3, 0.3333, 0.3333, 0.3333)
    # Filters are parameters of their own, or a list with operators.
    assert report(owned.port, "overview", range="24h", browser="Firefox")["totals"]["pageviews"] == 1
    assert report(owned.port, "overview", range="24h", browser="Chrome", path="/users/:id")["totals"]["pageviews"] == 2
    assert report(owned.port, "overview", range="24h", browser="Firefox", path="/users/:id")["totals"]["pageviews"] == 0
    assert report(owned.port, "breakdowns", range="24h", dimensions="path", browser="Firefox")["dimensions"]["path"]["rows"][0]["value"] == "/"
    filters = json.dumps([["is_not", "browser", ["Firefox"]], ["matches", "path", ["/users/*"]]])
    assert report(owned.port, "overview", range="24h", filters=filters)["totals"]["pageviews"] == 2
    everybody = report(owned.port, "overview", range="24h", bots="include")["totals"]
    assert (everybody["visitors"], everybody["pageviews"]) == (3, 4)
    assert report(owned.port, "fingerprints")["bots"][0]["reasons"] == ["bot user agent"]
    assert report(owned.port, "data-quality", range="24h")["bot_events"] == 3
    assert report(owned.port, "sites")["sites"][0]["site"] == "shop.example"
    assert report(owned.port, "live")["visitors"] == 2


def test_an_issue_is_one_across_engines_and_regresses_when_it_comes_back(owned):
    def error(message, column):
        return {"kind": "error", "name": "TypeError", "message": message, "count": 1, "frames": [{"function": "buy", "file": "https://shop.example/app.0a1b2c3d.js?v=2", "line": 7, "column": column}], "breadcrumbs": ["click button"]}

    count = send(owned.port, visit_events(error=error("Cannot read properties of undefined (reading 'price')", 3)), CHROME)
    count += send(owned.port, visit_events(error=error("t is undefined", 9)), FIREFOX)
    settle(owned.port, count)
    (issue,) = report(owned.port, "issues")["issues"]
    assert (issue["errors"], issue["visitors"], issue["state"]) == (2, 2, "unresolved")
    name = issue["issue"]
    detail = report(owned.port, f"issues/{name}")
    assert {row["value"]: row["count"] for row in detail["browsers"]} == {"Chrome": 1, "Firefox": 1}
    assert (detail["errors"], detail["visitors"], detail["browsers_rest"]) == (2, 2, 0)
    assert len(detail["samples"]) == 2 and detail["samples"][0]["payload"]["breadcrumbs"] == ["click button"]
    assert change(owned.port, "PUT", f"/api/issues/{name}", {"state": "nonsense"}, OWNER).status == 400
    assert change(owned.port, "PUT", "/api/issues/0000", {"state": "resolved"}, OWNER).status == 404
    assert change(owned.port, "PUT", f"/api/issues/{name}", {"state": "resolved"}, OWNER).status == 200
    assert report(owned.port, f"issues/{name}")["state"] == "resolved"
    assert report(owned.port, "issues", state="unresolved")["issues"] == []
    # A later second, since that is what the rollups know.
    resolved_at = int(time.time())
    wait_for(lambda: time.time() >= resolved_at + 1, 10, "a later second")
    count += send(owned.port, visit_events(error=error("undefined is not an object", 1)))
    settle(owned.port, count)
    assert report(owned.port, f"issues/{name}")["state"] == "regressed"


def test_noise_issues_have_their_own_breakdowns_and_count_in_no_other_figure(owned):
    noise = {"kind": "error", "name": "Error", "message": "Script error.", "count": 3, "noise": "script_error"}
    count = send(owned.port, visit_events("/one", error=noise, extra={"release": "r1"}), CHROME)
    count += send(owned.port, visit_events("/two", error={"kind": "error", "name": "Error", "message": "x", "count": 1}), CHROME)
    count += send(owned.port, visit_events("/two", error=noise | {"count": 1}, extra={"release": "r2"}), FIREFOX)
    settle(owned.port, count)
    assert [issue["message"] for issue in report(owned.port, "issues")["issues"]] == ["x"]
    (issue,) = [issue for issue in report(owned.port, "issues", noise="include")["issues"] if issue["noise"]]
    detail = report(owned.port, f"issues/{issue['issue']}")
    assert (issue["errors"], detail["errors"], detail["visitors"], sum(point["errors"] for point in detail["series"])) == (4, 4, 2, 4)
    found = {name: {row["value"]: row["count"] for row in detail[name]} for name in ("browsers", "paths", "releases")}
    assert found == {"browsers": {"Chrome": 3, "Firefox": 1}, "paths": {"/one": 3, "/two": 1}, "releases": {"r1": 3, "r2": 1}}
    assert report(owned.port, "overview", range="24h")["totals"]["errors"] == 1


def test_two_messages_from_one_line_are_two_issues(owned):
    frames = [{"function": name, "file": "https://shop.example/app.js", "line": 7, "column": 3} for name in "abcde"]

    def error(message, **more):
        return {"kind": "error", "name": "Error", "message": message, "count": 1, "frames": frames} | more

    count = send(owned.port, visit_events(error=error("failed for id 17")), CHROME)
    count += send(owned.port, visit_events(error=error("failed for id 18", count=4, frames=frames[:3])), CHROME)
    count += send(owned.port, visit_events(error=error("no such order")), CHROME)
    settle(owned.port, count)
    assert sorted((issue["message"], issue["errors"]) for issue in report(owned.port, "issues")["issues"]) == [("failed for id 17", 5), ("no such order", 1)]


def test_fingerprints_count_each_visitor_once_with_the_latest_fingerprint(owned):
    def fingerprint_of(canvas, fonts):
        return {"hash": canvas + fonts, "parts": {"canvas": {"hash": canvas, "stable": True}, "fonts": {"hash": fonts, "stable": True}}, "automation": []}

    ids = make_ids()
    count = send(owned.port, visit_events(fingerprint=fingerprint_of("a", "x"), ids=ids))
    count += send(owned.port, visit_events(fingerprint=fingerprint_of("a", "y"), ids=ids | {"pageview_id": make_ids()["pageview_id"]}))
    for _ in range(3):
        count += send(owned.port, visit_events(fingerprint=fingerprint_of("a", "y")))
    settle(owned.port, count)
    answer = report(owned.port, "fingerprints")
    canvas, fonts = answer["signals"]["canvas"], answer["signals"]["fonts"]
    assert (canvas["visitors"], canvas["values"], canvas["bits_seen"], canvas["unique_share"]) == (4, 1, 0, 0)
    assert (fonts["visitors"], fonts["values"], fonts["returns"], fonts["changed_share"]) == (4, 1, 1, 1)
    # The population of a range that has all of them is the same; how often they came back is kept for all time.
    within = report(owned.port, "fingerprints", range="24h", bots="include")
    assert (answer["scope"], within["scope"], within["visitors"]) == ("all_time", "range", answer["visitors"])
    for name, signal in answer["signals"].items():
        assert within["signals"][name] == signal | {"returns": None, "changed_share": None}, name
    assert report(owned.port, "fingerprints", from_=1_000_000_000, to=1_000_003_600)["signals"] == {}
    shared = get(owned.port, "/api/fingerprint-frequency?site=shop.example&signals=fonts:y,fonts2:y,canvas:b").json()["signals"]
    assert shared == {"fonts": {"same": 4, "of": 4}, "fonts2": {"same": 0, "of": 0}, "canvas": {"same": 0, "of": 4}}
    assert get(owned.port, "/api/fingerprint-frequency?signals=fonts:y").json()["signals"] == {"fonts": {"same": 0, "of": 0}}
    assert get(owned.port, "/api/fingerprint-frequency?signals=canvas").status == 400


def test_fingerprints_and_data_quality_follow_the_filters(owned):
    def fingerprint(canvas):
        return {"hash": canvas, "parts": {"canvas": {"hash": canvas, "stable": True}}, "automation": []}

    count = send(owned.port, visit_events("/a", fingerprint=fingerprint("a")), CHROME)
    count += send(owned.port, visit_events("/a", fingerprint=fingerprint("b")), CHROME)
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    count += send(owned.port, visit_events("/b", fingerprint=fingerprint("b")), firefox)
    settle(owned.port, count)

    def seen(**filters):
        signals = report(owned.port, "fingerprints", range="24h", **filters)["signals"]
        return signals["canvas"]["visitors"], signals["canvas"]["values"]

    assert (seen(), seen(browser="Chrome"), seen(browser="Firefox"), seen(path="/b")) == ((3, 2), (2, 2), (1, 1), (1, 1))
    whole, part = report(owned.port, "data-quality", range="24h"), report(owned.port, "data-quality", range="24h", browser="Firefox")
    assert (whole["events"], part["events"]) == (count, count // 3)


def test_events_can_be_filtered_by_any_payload_field(owned):
    for number in range(3):
        send(owned.port, visit_events(f"/p/{number}", extra={"deep": {"number": number, "word": "w"}}))
    owned.wait_until_stored()

    def find(**search):
        return [(event["type"], event["path"]) for event in found_events(owned.port, **search)]

    assert find(key="deep.number", value="1") == [("pageview", "/p/1")]
    assert len(find(key="deep.word", value="w")) == 3 == len(find(key="deep"))
    assert find(key="deep.nothing") == [] == find(type="nonsense")
    assert len(find(path="/p/:id")) == 9 and len(find(path="/p/2", type="webvitals")) == 1
    visitor = found_events(owned.port, count=1, limit=1)[0]["visitor"]
    assert len(find(visitor=visitor)) == 3
    first = report(owned.port, "events", limit=4)
    rest = found_events(owned.port, limit=500, before=first["next"])
    ids = [event["id"] for event in first["events"] + rest]
    assert ids == sorted(ids, reverse=True) and len(ids) == 9 and len(first["events"]) == 4


def test_a_timeline_shows_missing_events(owned):
    ids = make_ids()
    events = visit_events(ids=ids)
    events[1]["seq"] = 4
    send(owned.port, [events[2], events[0], events[1]])
    owned.wait_until_stored()
    found = report(owned.port, timeline(ids["visitor_id"]))
    (session,) = found["sessions"]
    (view,) = session["pageviews"]
    assert [event["seq"] for event in view["events"]] == [1, 3, 4] and view["missing"] == [2]
    assert report(owned.port, timeline("nobody"))["sessions"] == []


def streamed(port, path):
    """The body of a chunked response."""
    with Wire(port) as wire:
        wire.send(head("GET", path, OWNER))
        lines = wire._until(b"\r\n\r\n").decode().split("\r\n")
        assert lines[0].startswith("HTTP/1.1 200"), lines
        assert "Transfer-Encoding: chunked" in lines
        body = b""
        while size := int(wire._until(b"\r\n"), 16):
            body += wire._exactly(size)
            assert wire._exactly(2) == b"\r\n"
        assert wire._exactly(2) == b"\r\n"
        return body


def test_an_export_has_every_event_of_the_range_once(owned):
    hostile = '=cmd|"x"!A1'
    count = 0
    for number in range(220):
        count += send(owned.port, visit_events(hostile if number == 0 else f"/{number}"))
    owned.wait_until_stored()
    lines = streamed(owned.port, "/api/export?range=24h&format=ndjson").decode().splitlines()
    events = [json.loads(line) for line in lines]
    assert len(events) == count == len({event["id"] for event in events})
    rows = list(csv.DictReader(io.StringIO(streamed(owned.port, "/api/export?range=24h&format=csv&type=pageview").decode())))
    assert len(rows) == 220 and rows[0]["path"] == "'" + hostile
    assert json.loads(rows[0]["payload"])["kind"] == "navigate"
    assert streamed(owned.port, "/api/export?type=nonsense") == b""
    assert get(owned.port, "/api/export?format=xml", OWNER).status == 400


def test_without_a_database_reports_respond_503(tmp_path, serve):
    collector = serve(None, "--skip-db", environment=ENVIRONMENT)
    assert get(collector.port, "/api/overview", OWNER).status == 503
    assert get(collector.port, "/api/stream", OWNER).status == 503
    assert get(collector.port, "/api/session", OWNER).json() == {"access": "owner", "limits": None}


def test_days_follow_the_time_zone(owned):
    for zone in ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca"):
        answer = report(owned.port, "overview", zone=zone, from_="2025-03-01", to="2025-11-15", interval="day")
        first = datetime.datetime(2025, 3, 1, tzinfo=zoneinfo.ZoneInfo(zone))
        days = [datetime.datetime.combine(first.date() + datetime.timedelta(days=number), datetime.time(), first.tzinfo) for number in range(260)]
        assert [point["t"] for point in answer["series"]] == [int(day.timestamp()) for day in days], zone
        assert answer["range"]["to"] == int(datetime.datetime(2025, 11, 16, tzinfo=first.tzinfo).timestamp())


def test_an_invalid_query_is_rejected_with_a_message(owned):
    for parameters in ({"zone": "Mars/Olympus"}, {"filters": "[1]"}, {"interval": "minute", "range": "90d"}, {"bots": "yes"}, {"range": "7d", "from_": "2025-11-20"}):
        answer = ask(owned.port, "overview", **parameters)
        assert answer.status == 400 and len(answer.json()["message"]) > 15, (parameters, answer.body)
