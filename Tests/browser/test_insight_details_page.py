"""The owner's page: root causes by the names of web-vitals, noise, causes of errors, frames, and routes beside loads."""

import pytest

from bodies import make_ids
from insight import ENVIRONMENT, send, settle
from test_insight_page import open_page, text
from waits import wait_for

FRAMES = [{"function": "buy", "file": "https://shop.example/app.js", "line": 7, "column": 3}]
ERROR = {
    "kind": "error", "name": "Error", "message": "outer", "count": 1, "frames": FRAMES, "breadcrumbs": [],
    "cause": [{"name": "TypeError", "message": "the cause", "frames": FRAMES}],
    "errors": [{"name": "RangeError", "message": "one of them", "frames": []}],
}
NOISE = {"kind": "error", "name": "Error", "message": "of an extension", "count": 7, "frames": [], "noise": "extension"}


def vitals(kind, lcp):
    attribution = {"LCP": {"target": "#hero", "timeToFirstByte": 10, "resourceLoadDelay": 10, "resourceLoadDuration": lcp - 30, "elementRenderDelay": 10}}
    return {"navigationType": kind, "why": "pagehide", "LCP": lcp, "attribution": attribution}


@pytest.fixture
def shop(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT)
    ids = make_ids() | {"path": "/", "site": "shop.example"}
    payloads = [("pageview", {"kind": "navigate", "frame": True}), ("error", ERROR), ("error", NOISE), ("webvitals", vitals("navigate", 5000))]
    events = [ids | {"event_type": kind, "seq": seq, "payload": payload} for seq, (kind, payload) in enumerate(payloads, 1)]
    # Lists rank values by page views: without its `pageview` event, the route would be in none of them.
    route = make_ids() | {"path": "/route", "site": "shop.example"}
    events.append(route | {"event_type": "pageview", "seq": 1, "payload": {"kind": "route"}})
    events.append(route | {"event_type": "webvitals", "seq": 2, "payload": vitals("route", 6000)})
    # A soft navigation within the first page view does not replace its vitals.
    events.append(ids | {"event_type": "webvitals", "seq": 9, "payload": vitals("soft-navigation", 90)})
    settle(collector.port, send(collector.port, events))
    collector.visitor = ids["visitor_id"]
    return collector


def shown(engine, words):
    wait_for(lambda: all(word in text(engine, "main") for word in words), 15, f"{words} on the page")


def test_root_causes_use_web_vitals_names_and_separate_routes(engine, shop):
    open_page(engine, shop, fragment="performance")
    shown(engine, ["Main cause: Resource load duration (100 %)", "50 % of the values of LCP are from route changes"])
    open_page(engine, shop, "&by=navigation", "performance")
    shown(engine, ["Page load", "Route change"])
    assert "Soft navigation" not in text(engine, "main")
    rows = engine.evaluate("() => [...document.querySelectorAll('main tr')].map((row) => [...row.cells].slice(0, 2).map((cell) => cell.innerText.trim()))")
    assert ["Page load", "1"] in rows and ["Route change", "1"] in rows
    assert engine.errors() == []


def test_noise_is_shown_on_request_and_marked(engine, shop):
    open_page(engine, shop, fragment="issues")
    shown(engine, ["outer"])
    assert "of an extension" not in text(engine, "main")
    engine.evaluate("() => [...document.querySelectorAll('button')].find((one) => one.textContent === 'Include noise').click()")
    shown(engine, ["of an extension", "Browser extension", "outer"])
    assert engine.evaluate("() => new URLSearchParams(location.search).get('noise')") == "include"
    engine.evaluate("() => [...document.querySelectorAll('a.issue')].find((one) => one.textContent.includes('extension')).click()")
    shown(engine, ["Browser extension: not counted in totals"])
    assert engine.errors() == []


def test_an_issue_shows_the_causes_and_inner_errors(engine, shop):
    open_page(engine, shop)
    shown(engine, ["outer"])
    # From the overview: the issues open, and the issue in them.
    engine.evaluate("() => document.querySelector('#panel-overview a.issue').click()")
    shown(engine, ["Caused by (1)", "TypeError: the cause", "Inner errors (1)", "RangeError: one of them"])
    assert engine.errors() == []


def test_a_page_view_inside_a_frame_is_marked_in_the_timeline(engine, shop):
    open_page(engine, shop, f"&visitor={shop.visitor}", "visitors")
    shown(engine, ["In a frame"])
    assert engine.errors() == []
