"""Sites with ages of their own: the settings, what the server removes, what it refuses, and the pages that show it."""

import signal
import time

import pytest

from insight import ENVIRONMENT, OWNER, TOKEN, ask, change, report, send, serve_ready, settle, visit_events
from test_demo_data import collector, fine
from test_retention import figures, number, removed
from waits import wait_for
from wire import get

DAY = 86_400
EVENTS = 12_000
SITE, OTHER = "shop.example", "blog.example"


def put(port, site=SITE, fields=OWNER, **ages):
    return change(port, "PUT", f"/api/settings?site={site}" if site else "/api/settings", ages, fields)


def stored(port, site=SITE):
    return report(port, "storage/site", site=site)


def test_a_site_has_ages_of_its_own(sqlite, serve):
    environment = ENVIRONMENT | {"COLLECTOR_RETENTION_EVENTS": "90d", "COLLECTOR_RETENTION_PAGEVIEWS": "2y"}
    port = serve_ready(serve, sqlite, environment).port
    settle(port, send(port, visit_events()))
    found = stored(port)
    assert (found["events_seconds"], found["pageviews_seconds"]) == (90 * DAY, 730 * DAY)
    assert (found["retention_events"], found["events_removed_before"]) == (None, None)
    assert abs(found["oldest_event"] - time.time()) < 60 and abs(found["oldest_pageview"] - time.time()) < 120
    assert put(port, retention_events="30d").json() == {"site": SITE, "retention_events": "30d", "retention_pageviews": None}
    assert put(port, retention_pageviews="keep").json() == {"site": SITE, "retention_events": "30d", "retention_pageviews": "keep"}
    assert put(port, site="blog.example", retention_events="keep", retention_pageviews="26w").status == 200
    assert put(port, time_zone="Europe/Berlin").json() == {"site": SITE, "time_zone": "Europe/Berlin"}
    assert report(port, "settings") == {
        "settings": [
            {"site": "blog.example", "time_zone": None, "retention_events": "keep", "retention_pageviews": "182d"},
            {"site": SITE, "time_zone": "Europe/Berlin", "retention_events": "30d", "retention_pageviews": "keep"},
        ]
    }
    ages = [(stored(port, site)["events_seconds"], stored(port, site)["pageviews_seconds"]) for site in (SITE, "blog.example", "other.example")]
    # Events are not kept longer than the page views of their figures.
    assert ages == [(30 * DAY, None), (182 * DAY, 182 * DAY), (90 * DAY, 730 * DAY)]
    entries = [(one["action"], one["object"], one["name"]) for one in report(port, "audit-log")["entries"]]
    assert entries[::-1] == [
        ("PUT /api/settings", SITE, "events 30d"),
        ("PUT /api/settings", SITE, "events 30d, page views keep"),
        ("PUT /api/settings", "blog.example", "events keep, page views 182d"),
        ("PUT /api/settings", SITE, "Europe/Berlin"),
    ]
    assert put(port, retention_events="", retention_pageviews="").json() == {"site": SITE, "retention_events": None, "retention_pageviews": None}
    assert stored(port)["events_seconds"] == 90 * DAY


def test_ages_that_cannot_be_are_refused(sqlite, serve):
    port = serve_ready(serve, sqlite).port
    for age in ("23h", "30", "30 d", "101y", "-5d", "forever"):
        answer = put(port, retention_events=age)
        assert answer.status == 400 and answer.json()["message"].startswith("retention_events must be an age of at least one day"), age
    assert put(port, site="", retention_events="30d").json()["message"].startswith("site is missing: COLLECTOR_RETENTION_EVENTS")
    assert put(port, retention_events="30d", time_zone="UTC").status == 400
    assert put(port).json()["message"] == "time_zone, retention_events or retention_pageviews is missing"
    assert put(port, retention_pageviews=30).status == 400
    assert put(port, fields=[], retention_events="30d").status == 401
    assert get(port, "/api/storage/site", OWNER).status == 400 and get(port, "/api/storage/site?site=x").status == 401
    assert report(port, "settings") == {"settings": []}


def test_the_public_page_has_the_ages_of_the_site(engine, sqlite, serve):
    collector = serve_ready(serve, sqlite, ENVIRONMENT | {"COLLECTOR_RETENTION_EVENTS": "90d"})
    put(collector.port, retention_events="30d", retention_pageviews="396d")
    for site, events, pageviews in ((SITE, 30 * DAY, 396 * DAY), ("blog.example", 90 * DAY, None)):
        found = get(collector.port, f"/api/privacy?site={site}").json()
        assert (found["retention_seconds"], found["pageviews_retention_seconds"]) == (events, pageviews)
    for site, text in (
        (SITE, "Events are removed after 30 days. Page views are removed from all totals after 396 days."),
        ("blog.example", "Events are removed after 90 days. Totals computed from them stay."),
    ):
        engine.open(f"{collector.url}/privacy?site={site}")
        wait_for(lambda text=text: text in engine.evaluate("() => document.body.textContent"), 15, "the ages")


@pytest.fixture
def demo(store):
    """Demo data, of which half of the visitors are those of another site."""
    fine(store, "demo", "--events", EVENTS)
    middle = store.rows(f"select visitor_id from collector_events order by visitor_id limit 1 offset {EVENTS // 2}")[0]["visitor_id"]
    store.execute(f"update collector_events set site = '{OTHER}' where visitor_id > '{middle}'")
    fine(store, "rebuild")
    return store


@pytest.mark.usefixtures("one_day")
def test_events_of_a_site_go_and_its_figures_stay(demo, serve):
    server = serve(demo, environment=ENVIRONMENT)
    wait_for(lambda: report(server.port, "status")["rollup_lag_seconds"] == 0, 60, "rollups that keep up")
    (site, other), before = (SITE, OTHER), figures(server.port)
    count, oldest = number(demo, f"select count(*) as n from collector_events where site = '{other}'"), stored(server.port, other)["oldest_event"]
    assert put(server.port, site, retention_events="10d").status == 200
    wait_for(lambda: removed(demo) > 0, 60, "a step of retention")
    server.send(signal.SIGKILL)
    server.wait()
    # PostgreSQL may still be at its last statement.
    demo.wait_until_left()
    assert collector(demo, "verify").returncode == 0
    server = serve(demo, environment=ENVIRONMENT)
    wait_for(lambda: stored(server.port, site)["oldest_event"] > time.time() - 11 * DAY, 60, "the end of the removal")
    assert figures(server.port) == before
    assert number(demo, f"select count(*) as n from collector_events where site = '{other}'") == count
    assert (stored(server.port, other)["oldest_event"], stored(server.port, other)["events_removed_before"]) == (oldest, None)
    assert stored(server.port, site)["events_removed_before"] > time.time() - 12 * DAY
    visitor = {"range": "30d", "filters": '[["is","visitor",["v_1"]]]'}
    assert ask(server.port, "overview", site=other, **visitor).status == 200
    for query in ({"site": site}, {}):
        refused = ask(server.port, "overview", **query, **visitor)
        assert refused.status == 400 and "have been removed" in refused.json()["message"]
        assert ("of some sites" in refused.json()["message"]) is (not query)
    server.wait_until_stored()
    server.stop()
    fine(demo, "verify")
    fine(demo, "rebuild")
    fine(demo, "verify")
    server = serve(demo, environment=ENVIRONMENT)
    assert figures(server.port) == before


def test_a_site_keeps_what_the_server_removes(demo, serve):
    server = serve(demo, environment=ENVIRONMENT)
    wait_for(lambda: report(server.port, "status")["rollup_lag_seconds"] == 0, 60, "rollups that keep up")
    site, other = SITE, OTHER
    oldest, views = stored(server.port, site), report(server.port, "overview", range="30d", site=site)["totals"]["pageviews"]
    assert put(server.port, site, retention_events="keep", retention_pageviews="keep").status == 200
    server.stop()
    server = serve(demo, environment=ENVIRONMENT | {"COLLECTOR_RETENTION_PAGEVIEWS": "10d"})
    wait_for(lambda: (stored(server.port, other)["oldest_pageview"] or 0) > time.time() - 12 * DAY, 60, "the removal of page views")
    found = stored(server.port, site)
    assert (found["oldest_event"], found["oldest_pageview"]) == (oldest["oldest_event"], oldest["oldest_pageview"])
    assert report(server.port, "overview", range="30d", site=site)["totals"]["pageviews"] == views
    assert stored(server.port, other)["pageviews_removed_before"] is not None and found["pageviews_removed_before"] is None
    server.wait_until_stored()
    server.stop()
    fine(demo, "verify")


CARD = "[...document.querySelectorAll('section')].find((one) => one.querySelector('h2')?.textContent === 'Retention')"


def choose(engine, name, value):
    engine.evaluate(f"() => {{ const choice = {CARD}.querySelector('[aria-label=\"{name}\"]'); choice.value = '{value}'; choice.dispatchEvent(new Event('change')); }}")


def test_the_owner_confirms_a_shorter_age(engine, sqlite, serve):
    collector = serve_ready(serve, sqlite)
    settle(collector.port, send(collector.port, visit_events()))
    wait_for(lambda: get(collector.port, "/api/storage", OWNER).status == 200, 20, "the first measurement of the database")
    engine.open(f"{collector.url}/insight#token={TOKEN}")
    wait_for(lambda: engine.evaluate("() => document.body.dataset.access") == "owner", 15, "signed in")
    engine.leave(f"{collector.url}/insight?site=shop.example#tracking")
    wait_for(lambda: engine.evaluate(f"() => !!{CARD}"), 20, "the card")
    text = engine.evaluate(f"() => {CARD}.textContent")
    assert "As the server: kept" in text and "less than a day old" in text
    choose(engine, "Age of events", "30d")
    wait_for(lambda: engine.evaluate("() => !!document.querySelector('dialog[open]')"), 5, "the confirmation")
    assert "Events are removed after 30 days" in engine.evaluate("() => document.querySelector('dialog[open]').textContent")
    engine.evaluate("() => [...document.querySelectorAll('dialog[open] button')].find((one) => one.textContent === 'Cancel').click()")
    wait_for(lambda: engine.evaluate(f"() => {CARD}.querySelector('select').value") == "", 5, "the age of before")
    assert report(collector.port, "settings") == {"settings": []}
    choose(engine, "Age of events", "30d")
    wait_for(lambda: engine.evaluate("() => !!document.querySelector('dialog[open]')"), 5, "the confirmation")
    engine.evaluate("() => document.querySelector('dialog[open] .danger').click()")
    wait_for(lambda: stored(collector.port)["retention_events"] == "30d", 10, "the setting")
    wait_for(lambda: "removed after 30 days" in engine.evaluate(f"() => {CARD}.textContent"), 5, "the card")
    # A longer one needs no confirmation.
    choose(engine, "Age of events", "keep")
    wait_for(lambda: stored(collector.port)["retention_events"] == "keep", 10, "the setting")
    assert not engine.evaluate("() => !!document.querySelector('dialog[open]')")
    for width in (390, 1440):
        engine.resize(width, 900)
        assert engine.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), width
    assert engine.errors() == []
