"""The health of tracking: its API on both stores, the strip and the view of the owner's page."""

import time

import pytest

from bodies import make_ids
from insight import ENVIRONMENT, OWNER, change, cookie, report, send, settle, sign_in, visit_events
from program import ROOT, run
from test_insight_page import open_page, ready, text
from waits import wait_for
from wire import get

PANEL = "#panel-tracking"
STRIP = "() => Object.fromEntries([...document.querySelectorAll('#tracking-strip [data-part]')].map((one) => [one.dataset.part, one.textContent]))"
BLOCKED = {"kind": "csp", "name": "connect-src", "message": "Blocked https://collect.example/collector-details.js", "count": 4, "frames": []}


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def visit(site, emitted=3, dropped=0, **options):
    """The events of a page view and its delivery report."""
    ids = make_ids()
    events = visit_events("/page", site=site, ids=ids, **options)
    return events, ids | {"site": site, "emitted": emitted, "dropped": {"queue_full": dropped}}


@pytest.fixture
def filled(store, serve):
    """Two sites: 40 page views of one have arrived as sent, the other has lost and blocked requests, old versions and a wrong clock."""
    collector = serve(store, environment=ENVIRONMENT)
    visits = [visit("shop.example", extra={"collector": "0.1.0"}) for _ in range(40)]
    count = send(collector.port, [event for events, _ in visits for event in events], ledger=[entry for _, entry in visits], sent_at=utc(time.time()))
    for number in range(20):
        events, entry = visit("blog.example", emitted=6, dropped=1, error=BLOCKED if number == 0 else None, extra={"collector": "0.0.9" if number % 2 else None, "sample": 0.5})
        # The clocks of every fourth browser are two hours fast.
        clock = utc(time.time() + (7200 if number % 4 == 0 else 0))
        events = [event | {"client_timestamp": clock} for event in events]
        count += send(collector.port, events, ledger=[entry], sent_at=clock)
    settle(collector.port, count)
    return collector


def states(answer):
    return {check["check"]: check["state"] for check in answer["checks"]}


def test_the_figures_of_both_sites_and_of_each(filled):
    both = report(filled.port, "tracking", range="24h")
    assert both["conclusion"] == "incomplete"
    assert set(both["reasons"]) == {"delivery", "dropped", "csp"}
    figures = both["figures"]
    # One event of the blog arrived more with the error, which is the fourth event of that page view.
    assert {name: figures[name] for name in ("pageviews", "reported", "emitted", "dropped", "lost", "received")} == {
        "pageviews": 60, "reported": 60, "emitted": 240, "dropped": 20, "lost": 39, "received": 181,
    }
    assert figures["delivery_rate"] == round(181 / 240, 4)
    assert (figures["clocks"], figures["wrong_clocks"], figures["sampled"]) == (20, 5, 20)
    assert abs(figures["median_skew_seconds"] - 7200) <= 5
    assert [(one["version"], one["pageviews"]) for one in figures["versions"]] == [("0.1.0", 40), ("", 10), ("0.0.9", 10)]
    assert both["blocked"]["rows"] == [{"site": "blog.example", "directive": "connect-src", "blocked": "https://collect.example/collector-details.js", "count": 4, "own": True}]
    assert both["server"]["duplicates"] == 0
    assert [(site["site"], site["pageviews"], site["blocked"]) for site in both["sites"]] == [("shop.example", 40, 0), ("blog.example", 20, 4)]
    assert all(0 <= both["now"] - site["last_event"] < 60 for site in both["sites"])

    shop = report(filled.port, "tracking", range="24h", site="shop.example")
    assert (shop["conclusion"], shop["reasons"], shop["figures"]["delivery_rate"]) == ("complete", [], 1)
    assert states(shop) | {"gaps": "unknown", "clock": "unknown", "vitals": "unknown", "consent": "unknown"} == states(shop)
    assert set(states(shop).values()) == {"ok", "unknown"}
    blog = report(filled.port, "tracking", range="24h", site="blog.example")
    assert (blog["figures"]["emitted"], blog["pageviews"], blog["blocked"]["own"]) == (120, 20, 4)
    assert states(blog)["versions"] == "warning"


def test_the_tracker_has_the_version_of_the_program(tmp_path):
    version = run("--version", folder=tmp_path).stdout.split()[-1]
    assert f'VERSION = "{version}"' in (ROOT / "Web" / "tracker" / "version.js").read_text()


def test_the_sum_is_that_of_data_quality(filled):
    for site in ({}, {"site": "shop.example"}, {"site": "blog.example"}):
        figures = report(filled.port, "tracking", range="24h", **site)["figures"]
        quality = report(filled.port, "data-quality", range="24h", **site)
        assert all(figures[name] == quality[name] for name in ("emitted", "received", "dropped", "lost")), site


def test_a_range_without_events_is_not_judged(filled):
    past = report(filled.port, "tracking", from_="2025-01-01", to="2025-01-02")
    assert (past["conclusion"], past["last_event"], past["pageviews"]) == ("unknown", None, 0)
    nothing = report(filled.port, "tracking", range="24h", site="nowhere.example")
    assert (nothing["conclusion"], nothing["reasons"]) == ("unknown", ["delivery"])


def test_guests_do_not_see_counters_of_the_server(filled):
    link = change(filled.port, "POST", "/api/shares", {"days": 1, "label": "x"}, OWNER).json()
    _, value = sign_in(filled.port, share=link["share"])
    shown = get(filled.port, "/api/tracking?range=24h", cookie(value)).json()
    assert shown["server"] is None and states(shown)["storage"] == "unknown"
    own = report(filled.port, "tracking", range="24h")
    assert (shown["conclusion"], shown["reasons"]) == (own["conclusion"], own["reasons"])


def test_the_live_answer_has_the_latest_event_of_the_site(filled):
    now = time.time()
    for site in ({}, {"site": "shop.example"}):
        assert abs(report(filled.port, "live", **site)["last_event"] - now) < 60
    assert report(filled.port, "live", site="nowhere.example")["last_event"] is None


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_view_concludes_and_the_strip_leads_to_it(chromium, filled):
    chromium.signed_in_at = None
    open_page(chromium, filled)
    # The strip has its height before its figures, so they do not shift the view.
    bounds = "() => ['#tracking-strip', '#panel-overview'].map((one) => document.querySelector(one).getBoundingClientRect().top)"
    before = chromium.evaluate(bounds)
    wait_for(lambda: chromium.evaluate(STRIP)["delivery"] == "75 %", 10, "figures in the strip")
    strip = chromium.evaluate(STRIP)
    assert (strip["state"], strip["csp"], strip["clock"]) == ("Probably incomplete", "4", "25 %")
    assert strip["last"].endswith(" ago")
    assert chromium.evaluate(bounds) == before
    # The address of the first view may have no name.
    chromium.evaluate("() => history.replaceState(null, '', location.pathname + location.search)")
    chromium.click("#tracking-strip")
    wait_for(lambda: text(chromium, f"{PANEL} .conclusion b") == "Probably incomplete", 10, "the view")
    chromium.evaluate("() => history.back()")
    wait_for(lambda: chromium.evaluate("() => location.hash === '' && !document.querySelector('#panel-overview').hidden"), 5, "the overview again")
    chromium.click("#tracking-strip")
    ready(chromium)
    assert chromium.evaluate(f"() => document.querySelectorAll('{PANEL} .reasons li').length") == 3
    assert chromium.evaluate(f"() => document.querySelectorAll('{PANEL} .checks li').length") == 14
    assert "https://collect.example/collector-details.js" in text(chromium, PANEL)
    # A site of the list selects it.
    chromium.evaluate(f"() => [...document.querySelectorAll('{PANEL} table button')].find((one) => one.textContent === 'shop.example').click()")
    wait_for(lambda: text(chromium, f"{PANEL} .conclusion b") == "Complete", 10, "the other site")
    ready(chromium)
    wait_for(lambda: chromium.evaluate(STRIP)["state"] == "Complete", 10, "the strip of the other site")
    chromium.press("1")
    chromium.press("8")
    wait_for(lambda: chromium.evaluate("() => location.hash") == "#tracking", 5, "key 8")
    assert chromium.evaluate("() => ['compare', 'bots', 'filter-open'].every((id) => document.getElementById(id).disabled)")
    assert chromium.errors() == []


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_last_event_is_live(chromium, filled):
    chromium.signed_in_at = None
    open_page(chromium, filled, "&site=shop.example", "tracking")
    age = "() => Number.parseInt(document.querySelector('#tracking-strip [data-part=last]').textContent)"
    wait_for(lambda: chromium.evaluate(age) >= 3, 15, "it ages")
    known = time.time() - chromium.evaluate(age)
    send(filled.port, visit_events("/page", site="shop.example"))
    wait_for(lambda: time.time() - chromium.evaluate(age) > known + 2, 20, "a new event")
