"""Share links limited to a site, a range and views: what the API gives to their guests on every route."""

import contextlib
import json
import time
import urllib.parse

import pytest

from bodies import make_ids
from described import DOCUMENT, OPEN
from insight import CHROME, FIREFOX, OWNER, ask, change, cookie, report, send, serve_ready, settle, sign_in, visit_events
from test_alerts import backdate
from test_demo_data import fine
from wire import Wire, get, head, post

DAY = 86_400
SITE = "shop.example"
#: Every text that the guest of `LIMITS` must not read has this word.
WORD = "hidden"
OTHER = f"{WORD}.example"
OLD_DAYS = 20
LIMITS = {"site": SITE, "range_days": 7}
SIGNALS = "canvas:a"
#: Routes that everybody may read.
PUBLIC = {path for path, methods in DOCUMENT["paths"].items() if methods.get("get", {}).get("security") == OPEN}


def error_of(word):
    return {"kind": "error", "name": "TypeError", "message": f"{word} is null", "count": 1, "frames": [{"function": word, "file": f"https://{SITE}/{word}.js", "line": 7, "column": 3}]}


def fingerprint_of(word):
    return {"hash": word, "parts": {"canvas": {"hash": word, "stable": True}}, "automation": []}


def visit(port, word, site, ids, agent=CHROME):
    """A page view whose texts have the word; returns the number of its events."""
    extra = {"release": f"{word}-release", "campaign": {"utm_campaign": word}}
    events = visit_events(f"/{word}", site=site, error=error_of(word), referrer=f"https://{word}-source.example/", fingerprint=fingerprint_of(word), extra=extra, ids=ids)
    events += [events[-1] | {"event_type": f"{word}_event", "seq": 10, "payload": {"plan": word}}]
    return send(port, events, agent)


def definitions(port):
    """The owner's definitions; returns the ids of the funnels."""
    goals = []
    for word, site in (("shown", SITE), (WORD, OTHER)):
        goal = {"site": site, "name": f"{word} goal", "type": "page", "match": f"/{word}"}
        answer = change(port, "POST", "/api/goals", goal, OWNER)
        assert answer.status == 200, answer.body
        goals.append(answer.json()["id"])
        assert change(port, "PUT", f"/api/settings?site={site}", {"time_zone": "Europe/Berlin"}, OWNER).status == 200
        note = {"t": int(time.time()) - 60, "text": f"{word} note", "site": site}
        assert change(port, "POST", "/api/annotations", note, OWNER).status == 200
    old = {"t": int(time.time()) - OLD_DAYS * DAY, "text": f"{WORD} note", "site": SITE}
    assert change(port, "POST", "/api/annotations", old, OWNER).status == 200
    segments = (("shown", '[["is","browser",["Chrome"]]]'), (WORD, f'[["is_not","site",["{OTHER}"]]]'))
    for name, filters in segments:
        assert change(port, "POST", "/api/segments", {"name": name, "filters": filters}, OWNER).status == 200
    funnels = []
    steps = {
        ("shown", SITE): [["page", "/shown"], ["event", "shown_event"]], (WORD, OTHER): [["page", f"/{WORD}"], ["event", f"{WORD}_event"]],
        # Of all sites, with a goal of one that a guest may not read.
        ("common", None): [["goal", goals[0]], ["goal", goals[1]]],
    }
    for (word, site), own in steps.items():
        funnel = {"name": f"{word} funnel", "steps": own} | ({"site": site} if site else {})
        answer = change(port, "POST", "/api/funnels", funnel, OWNER)
        assert answer.status == 200, answer.body
        funnels.append(answer.json()["id"])
    return funnels


class Filled:
    """A server with a shown visit, one of another site, and one of the same site and visitor that is weeks old."""

    def __init__(self, store, serve):
        server = serve_ready(serve, store)
        ids = make_ids()
        self.visitor = ids["visitor_id"]
        others = [ids | {"pageview_id": make_ids()["pageview_id"], "session_id": make_ids()["session_id"]} for _ in range(2)]
        old = visit(server.port, WORD, "old.example", others[0], FIREFOX)
        settle(server.port, old)
        server.stop()
        backdate(store, OLD_DAYS, "old.example")
        fine(store, "rebuild")
        self.port = (server := serve_ready(serve, store)).port
        self.url = server.url
        count = visit(self.port, WORD, OTHER, others[1], FIREFOX)
        count += visit(self.port, "shown", SITE, ids)
        settle(self.port, count)
        submission = make_ids() | {"errors": [{"message": WORD}], "browser": {"userAgent": FIREFOX}}
        assert post(self.port, "/collect", submission).status == 200
        self.funnels = definitions(self.port)
        issues = report(self.port, "issues", range="90d")["issues"]
        self.issues = {one["message"].split()[0] + (" old" if one["site"] == SITE and WORD in one["message"] else ""): one["issue"] for one in issues}

    def guest(self, **limits):
        """The headers of a guest of a new link."""
        answer = change(self.port, "POST", "/api/shares", {"days": 1, "label": "x"} | limits, OWNER)
        assert answer.status == 200, answer.body
        signed, value = sign_in(self.port, share=answer.json()["share"])
        assert signed.json()["limits"] == answer.json()["limits"]
        return cookie(value)

    def paths(self, path):
        """The path with each id that the guest could know."""
        values = {
            "{visitor}": [self.visitor], "{id}": list(self.issues.values()) if "/issues/" in path else self.funnels if "/funnels/" in path else ["x"],
        }
        for name, some in values.items():
            if name in path:
                return [path.replace(name, urllib.parse.quote(one, safe="")) for one in some]
        return [path]


@pytest.fixture
def filled(store, serve):
    return Filled(store, serve)


def declared(path):
    """The names of the parameters of a route's query."""
    references = DOCUMENT["paths"][path]["get"].get("parameters", [])
    found = [DOCUMENT["components"]["parameters"][one["$ref"].rsplit("/", 1)[1]] for one in references]
    return {one["name"] for one in found if one["in"] == "query"}


def required(path):
    """Values of the parameters without which a route has no response."""
    names = declared(path)
    dimensions = DOCUMENT["components"]["schemas"]["Breakdowns"]["properties"]["dimensions"]["propertyNames"]["enum"]
    values = {
        "dimensions": ",".join(dimensions), "dimension": "path", "signals": SIGNALS, "filters": None,
        "steps": json.dumps([["page", "/shown"], ["event", "shown_event"]]) if path == "/api/funnel-report" else None,
    }
    return {name: value for name, value in values.items() if value is not None and name in names}


def body_of(port, path, fields, **query):
    """The status and the text of a response; of an endless one, what comes at first."""
    target = path + (f"?{urllib.parse.urlencode(query)}" if query else "")
    if path not in ("/api/export", "/api/stream") and not path.endswith("/export"):
        answer = get(port, target, fields)
        return answer.status, answer.body.decode()
    with Wire(port) as wire:
        wire.send(head("GET", target, fields))
        lines = wire._until(b"\r\n\r\n").decode()
        status = int(lines.split()[1])
        if "Transfer-Encoding: chunked" not in lines and path != "/api/stream":
            length = int(lines.lower().split("content-length:")[1].split()[0])
            return status, wire._exactly(length).decode()
        if status != 200:
            return status, wire.buffer.decode()
        if path == "/api/stream":
            return status, wire._until(b"shown_event").decode()
        found = b""
        while size := int(wire._until(b"\r\n"), 16):
            found += wire._exactly(size)
            wire._exactly(2)
        return status, found.decode()


def code(text_):
    with contextlib.suppress(ValueError, AttributeError):
        return json.loads(text_).get("code")
    return None


def test_no_route_gives_a_guest_what_is_beyond_the_link(filled):
    guest = filled.guest(**LIMITS)
    seen, read = set(), {}
    for path, methods in DOCUMENT["paths"].items():
        if "get" not in methods or path in PUBLIC:
            continue
        names = declared(path)
        for target in filled.paths(path):
            queries = [{}]
            queries += [{"range": "all"}, {"range": "7d", "zone": "Asia/Kathmandu"}] if "range" in names else []
            queries += [{"site": SITE}] if "site" in names else []
            queries += [{"after": 0}] if "after" in names else []
            queries += [{"bots": "include", "range": "all"}] if "bots" in names else []
            queries += [{"compare": "previous", "range": "7d"}] if "compare" in names else []
            queries += [{"noise": "include"}] if "noise" in names else []
            # Only events that come later are in the stream without a position.
            for query in queries if path != "/api/stream" else [{"after": 0}]:
                status, found = body_of(filled.port, target, guest, **required(path), **query)
                assert status in (200, 403, 404), (target, query, status, found)
                assert WORD not in found, (target, query, found)
                if status == 200:
                    seen.add(path)
                    read[path] = read.get(path, "") + found
        refused = [({"site": OTHER}, "share_site")] if "site" in names else []
        refused += [({"range": "30d"}, "share_range"), ({"from": int(time.time()) - OLD_DAYS * DAY}, "share_range")] if "range" in names else []
        for query, wanted in refused:
            target = filled.paths(path)[0]
            status, found = body_of(filled.port, target, guest, **required(path), **query)
            owners = "read-only" in found
            assert status == 403 and (owners or code(found) == wanted), (target, query, status, found)
            assert WORD not in found.replace(OTHER, "")
    reader = {path for path in read if "shown" in read[path]}
    # These have the guest's own page in their responses: they were not empty.
    assert reader >= {
        "/api/breakdowns", "/api/vitals-by", "/api/issues", "/api/issues/{id}", "/api/events", "/api/visitors", "/api/export", "/api/stream", "/api/goals",
        "/api/funnels", "/api/conversions", "/api/annotations", "/api/segments", "/api/visitors/{visitor}/timeline", "/api/issues/{id}/occurrences",
    }, reader
    assert "/api/submissions" not in seen and "/api/erasures" not in seen


def test_what_a_guest_reads_is_exact(filled):
    guest = filled.guest(**LIMITS)

    def read(path, **query):
        answer = ask(filled.port, path, fields=guest, **query)
        assert answer.status == 200, answer.body
        return answer.json()

    for query in ({"range": "all"}, {"range": "7d"}, {"compare": "none"}):
        found = read("overview", **query)
        assert (found["totals"]["pageviews"], found["previous"], found["updated"]) == (1, None, 0), query
    # The day before is within the link.
    assert read("overview")["previous"]["pageviews"] == 0
    assert read("sites") == {"sites": [{"site": SITE, "pageviews": 1}]}
    assert [one["site"] for one in read("settings")["settings"]] == [SITE]
    assert [one["name"] for one in read("segments")["segments"]] == ["shown"]
    assert [one["text"] for one in read("annotations", range="all")["annotations"]] == ["shown note"]
    assert [one["name"] for one in read("goals")["goals"]] == ["shown goal"]
    assert [one["name"] for one in read("funnels")["funnels"]] == ["shown funnel", "common funnel"]
    assert [step["goal"] for step in read(f"funnels/{filled.funnels[2]}")["steps"]] == ["shown goal", "Goal of another site"]
    assert read("status")["events"]["last_received"] is None
    assert read("live")["visitors"] == 1
    assert [len(read(f"visitors/{filled.visitor}/timeline")["sessions"])] == [1]
    assert ask(filled.port, f"funnels/{filled.funnels[1]}", fields=guest).status == 404
    assert ask(filled.port, f"issues/{filled.issues[WORD]}", fields=guest).status == 404
    # The owner still reads everything.
    assert report(filled.port, "overview", range="all")["totals"]["pageviews"] == 3
    assert len(report(filled.port, "sites")["sites"]) == 2


def test_a_fixed_range_in_the_past_has_its_figures_and_no_present(filled):
    now = int(time.time())
    guest = filled.guest(**{"from": now - 30 * DAY, "to": now - 10 * DAY})
    for query in ({}, {"range": "all"}, {"from": now - 25 * DAY, "to": now - 15 * DAY}):
        answer = ask(filled.port, "overview", fields=guest, **query)
        assert (answer.status, answer.json()["totals"]["pageviews"]) == (200, 1), query
    for path, query in (("live", {}), ("stream", {}), ("submissions", {}), ("overview", {"range": "24h"}), ("events", {"range": "7d"})):
        answer = ask(filled.port, path, fields=guest, **query)
        assert (answer.status, answer.json()["code"]) == (403, "share_range"), path
        assert answer.json()["message"].startswith("This share link shows the time from ")
    events = ask(filled.port, "events", fields=guest).json()["events"]
    assert events and {event["path"] for event in events} == {f"/{WORD}"}
    assert ask(filled.port, "sites", fields=guest).json() == {"sites": [{"site": SITE, "pageviews": 1}]}


def test_a_link_with_views_refuses_the_routes_of_others(filled):
    guest = filled.guest(views=["overview", "visitors"])
    status = {path: body_of(filled.port, filled.paths(path)[0], guest, **required(path)) for path, one in DOCUMENT["paths"].items() if "get" in one and path != "/api/stream"}
    refused = {path for path, (_, found) in status.items() if code(found) == "share_view"}
    assert refused == {
        "/api/performance", "/api/vitals-by", "/api/slow-pages", "/api/issues", "/api/issues/{id}", "/api/issues/{id}/occurrences", "/api/issues/{id}/properties", "/api/goals",
        "/api/conversions", "/api/funnels", "/api/funnels/{id}", "/api/funnel-report", "/api/retention", "/api/paths", "/api/fingerprints", "/api/events", "/api/export",
        "/api/submissions", "/api/tracking",
    }
    assert status["/api/issues"][0] == 403
    assert json.loads(status["/api/issues"][1])["message"] == "This share link shows the views Overview and Visitors only"
    answer = ask(filled.port, "stream", fields=guest)
    assert (answer.status, answer.json()["code"]) == (403, "share_view")


WRONG = (
    {"site": ""}, {"site": "x" * 501}, {"site": 1}, {"range_days": 0}, {"range_days": 3661}, {"range_days": "7"}, {"from": 5}, {"to": 5},
    {"from": 1_790_000_000, "to": 1_790_000_000}, {"range_days": 7, "from": 1_790_000_000}, {"views": []}, {"views": ["nonsense"]},
    {"views": ["overview", "overview"]}, {"views": "overview"}, {"limits": {}},
)


def test_wrong_limits_create_no_link(sqlite, serve):
    port = serve_ready(serve, sqlite).port
    for body in WRONG:
        assert change(port, "POST", "/api/shares", {"days": 1} | body, OWNER).status == 400, body
    assert report(port, "shares") == {"shares": []}


def test_the_list_has_the_limits_of_each_link(store, serve):
    port = serve_ready(serve, store).port
    every = {"site": SITE, "from": 1_790_000_000, "to": 1_790_086_400, "views": ["issues", "overview"]}
    for label, limits in (("all", {}), ("some", every), ("days", {"range_days": 30})):
        assert change(port, "POST", "/api/shares", {"days": 1, "label": label} | limits, OWNER).status == 200
    found = {one["label"]: one["limits"] for one in report(port, "shares")["shares"]}
    assert found == {
        "all": None, "some": every | {"range_days": None, "views": ["overview", "issues"]},
        "days": {"site": None, "from": None, "to": None, "range_days": 30, "views": None},
    }
