"""The tab "Visitors": the list and its API, and the timeline of a visitor."""

import pytest

from access import check_widths
from bodies import make_ids
from insight import ENVIRONMENT, ask, report, send, settle
from test_insight_page import expand, open_page, ready, text
from waits import wait_for

PANEL = "#panel-visitors"
NAVIGATION = {
    "domainLookupStart": 5, "domainLookupEnd": 25, "connectStart": 25, "secureConnectionStart": 40, "connectEnd": 70, "requestStart": 71, "responseStart": 271,
    "responseEnd": 300, "domComplete": 900,
}
ATTRIBUTION = {
    "LCP": {"target": "img.hero", "timeToFirstByte": 271, "resourceLoadDelay": 10, "resourceLoadDuration": 900, "elementRenderDelay": 3519},
    "INP": {"interactionTarget": "button.buy", "interactionType": "pointer", "inputDelay": 20, "processingDuration": 180, "presentationDelay": 30},
    "CLS": {"largestShiftTarget": "div.banner", "largestShiftValue": 0.28, "largestShiftTime": 900},
}
ERROR = {"kind": "error", "name": "TypeError", "message": "no price", "count": 2, "frames": [{"function": "pay", "file": "https://shop.example/a.js", "line": 1, "column": 2}]}
DETAILS = [
    ("pageview", {"kind": "navigate", "language": "de-DE", "country": "de", "screenResolution": "1920x1080", "campaign": {"utm_campaign": "spring"}}),
    ("navigation", NAVIGATION),
    ("resources", {"count": 34, "bytes": 1_200_000, "slowest": [{"name": "https://shop.example/img/hero.jpg", "startTime": 480, "duration": 900, "transferSize": 183_002}]}),
    ("frames", {"kind": "long-animation-frame", "count": 3, "blocking": 310, "worst": [{"startTime": 700, "duration": 240, "script": {"sourceFunctionName": "render"}}]}),
    ("webvitals", {"navigationType": "navigate", "LCP": 4700, "INP": 230, "CLS": 0.31, "attribution": ATTRIBUTION}),
    None,
    ("add_to_cart", {"sku": "99", "price": 12.5}),
    ("identify", {"id": "customer-7"}),
    ("error", ERROR),
]


@pytest.fixture
def shop(store, serve):
    """A server with a visitor that did much, one with an error less, and 30 others; event 6 of the first one is lost."""
    collector = serve(store, environment=ENVIRONMENT)
    ids = make_ids() | {"site": "shop.example", "path": "/cart", "referrer": "https://news.example/a"}
    events = [ids | {"event_type": one[0], "seq": seq, "payload": one[1]} for seq, one in enumerate(DETAILS, 1) if one]
    second = ids | {"pageview_id": "p_second", "path": "/checkout"}
    events.append(second | {"event_type": "pageview", "seq": 1, "payload": {"kind": "route"}})
    for number in range(30):
        other = make_ids() | {"site": "blog.example" if number % 2 else "shop.example", "path": f"/{number}"}
        events.append(other | {"event_type": "pageview", "seq": 1, "payload": {"language": "en"}})
        if number == 3:
            events.append(other | {"event_type": "error", "seq": 2, "payload": ERROR | {"count": 1}})
            collector.second = other["visitor_id"]
    collector.events = send(collector.port, events)
    settle(collector.port, collector.events)
    collector.visitor = ids["visitor_id"]
    return collector


def links(engine):
    return engine.evaluate(f"() => [...document.querySelectorAll('{PANEL} tbody a')].map((link) => link.title)")


def press(engine, label):
    engine.evaluate(f"() => [...document.querySelectorAll('{PANEL} button')].find((button) => button.textContent === {label!r}).click()")


def test_the_api_lists_searches_and_pages_visitors(shop):
    everyone = report(shop.port, "visitors", range="24h", limit=100)
    assert everyone["count"] == 31 and everyone["next"] is None
    (first, *others) = report(shop.port, "visitors", range="24h", sort="errors")["visitors"]
    assert (first["visitor"], first["name"], first["errors"], first["pageviews"], first["sessions"]) == (shop.visitor, "customer-7", 2, 2, 1)
    expected = {
        "site": "shop.example", "referrer": "news.example", "campaign": "spring", "device": "Desktop", "browser": "Chrome", "system": "Windows",
        "screen": "1920x1080", "language": "de-DE", "country": "DE", "entry": "/cart", "exit": "/checkout", "bot": False,
    }
    assert {name: first[name] for name in expected} == expected
    assert (others[0]["visitor"], others[0]["errors"], others[1]["errors"]) == (shop.second, 1, 0)
    for sort in ("last_seen", "pageviews", "sessions", "errors"):
        found, cursor = [], {}
        while True:
            page = report(shop.port, "visitors", range="24h", sort=sort, limit=7, **cursor)
            found += page["visitors"]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert sorted(one["visitor"] for one in found) == sorted(one["visitor"] for one in everyone["visitors"])
        assert [one[sort] for one in found] == sorted((one[sort] for one in found), reverse=True)
    for find in (shop.visitor, shop.visitor[:-4], shop.visitor[-8:], "customer-7"):
        assert [one["visitor"] for one in report(shop.port, "visitors", range="24h", find=find)["visitors"]] == [shop.visitor]
    assert report(shop.port, "visitors", range="24h", find="nobody")["count"] == 0
    assert report(shop.port, "visitors", range="24h", site="blog.example")["count"] == 15
    assert report(shop.port, "visitors", range="24h", path="/checkout")["count"] == 1
    for wrong in ({"cursor": "x"}, {"cursor": "1.2.3"}, {"sort": "age"}, {"limit": 101}, {"find": "x" * 257}):
        assert ask(shop.port, "visitors", **wrong).status == 400, wrong


def test_what_a_visitor_did_takes_two_clicks(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop)
    engine.click("#tab-visitors")
    ready(engine)
    assert text(engine, f"{PANEL} .head [role=status]") == "31 visitors"
    press(engine, "Errors")
    ready(engine)
    assert links(engine)[:2] == [shop.visitor, shop.second]
    assert text(engine, f"{PANEL} tbody a") == "customer-7"
    engine.click(f"{PANEL} tbody a")
    ready(engine)
    shown = text(engine, PANEL)
    for words in ("1 session, 2 page views", "Identified ascustomer-7", "BrowserChrome", "SystemWindows", "Latest sourcenews.example · spring", "CountryGermany"):
        assert words in shown, words
    views = engine.evaluate("() => [...document.querySelectorAll('details.view summary')].map((view) => view.textContent)")
    assert [("/cart" in view, "/checkout" in view) for view in views] == [(True, False), (False, True)]
    assert all(words in views[0] for words in ("2 errors", "Poor LCP", "1 lost", "add_to_cart")) and "Route change" in views[1]
    expand(engine)
    shown = text(engine, "details.view")
    for words in (
        "Waiting200 ms", "DNS20 ms", "TLS30 ms", "34 resources, 1.2 MB", "shop.example/hero.jpg900 ms", "3, blocking for 310 ms", "render", "img.hero", "button.buy",
        "Processing duration 180 ms", "Largest shift 0.28 after 900 ms", "sku: 99, price: 12.5", "event 6 is missing", "TypeError: no price",
    ):
        assert words in shown, words
    (issue,) = report(shop.port, "issues", range="24h")["issues"]
    engine.evaluate("() => [...document.querySelectorAll('details.view a')].find((link) => link.textContent === 'Open issue').click()")
    wait_for(lambda: engine.evaluate("() => [new URLSearchParams(location.search).get('issue'), location.hash]") == [issue["issue"], "#issues"], 10, "the issue")
    assert engine.errors() == []


def test_steps_lead_from_one_visitor_of_the_list_to_the_next(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, "&order=errors", "visitors")
    press(engine, "Load more")
    wait_for(lambda: len(links(engine)) == 31, 10, "all visitors")
    listed = links(engine)
    visitor = "() => new URLSearchParams(location.search).get('visitor')"
    engine.click(f"{PANEL} tbody a")
    ready(engine)
    assert engine.evaluate(visitor) == listed[0]
    assert engine.evaluate(f"() => [...document.querySelectorAll('{PANEL} button')].find((button) => button.textContent === 'Previous visitor').disabled")
    press(engine, "Next visitor")
    ready(engine)
    assert engine.evaluate(visitor) == listed[1] and listed[1] in text(engine, f"{PANEL} h2")
    press(engine, "← All visitors")
    ready(engine)
    assert engine.evaluate(visitor) is None and len(links(engine)) == 25
    # A new event of a visitor is shown when the tab is opened again.
    open_page(engine, shop, f"&visitor={shop.second}", "visitors")
    settle(shop.port, shop.events + send(shop.port, [make_ids() | {"visitor_id": shop.second, "path": "/again", "event_type": "pageview", "seq": 1, "payload": {}}]))
    engine.click("#tab-visitors")
    wait_for(lambda: "/again" in text(engine, PANEL), 10, "the new page view")
    assert engine.errors() == []


def test_the_list_is_searched_and_says_when_nobody_is_found(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, f"&who={shop.visitor[-8:]}", "visitors")
    assert links(engine) == [shop.visitor]
    open_page(engine, shop, "&who=nobody", "visitors")
    assert "No visitor found" in text(engine, PANEL)
    open_page(engine, shop, f"&who={'x' * 300}", "visitors")
    assert "find must have 1 to 256 bytes" in text(engine, PANEL)
    assert [error for error in engine.errors() if "400" not in error] == []


def test_raw_data_links_to_the_timeline(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, f"&find={shop.visitor}", "raw")
    wait_for(lambda: engine.evaluate("() => document.querySelector('#panel-raw td a') !== null"), 10, "events")
    assert "#visitors" in engine.evaluate("() => document.querySelector('#panel-raw td a').href")
    engine.evaluate("() => document.querySelector('#panel-raw td a').click()")
    wait_for(lambda: shop.visitor in (text(engine, f"{PANEL} h2") or ""), 10, "the timeline")
    assert engine.errors() == []


# Elements and colors do not depend on the store.
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_list_and_the_timeline_fit_every_width_and_are_accessible(chromium, shop):
    chromium.signed_in_at = None
    open_page(chromium, shop, "", "visitors")
    check_widths(chromium, "insight-visitors-list")
    open_page(chromium, shop, f"&visitor={shop.visitor}", "visitors")
    expand(chromium)
    check_widths(chromium, "insight-visitors-timeline")
    assert chromium.errors() == []
