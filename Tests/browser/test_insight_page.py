"""The owner's page: sign-in, content, hostile text, keyboard, links and small screens."""

import collections
import urllib.parse

import pytest

from access import check_access, check_widths, save_screenshot
from bodies import make_ids
from insight import ENVIRONMENT, OWNER, TOKEN, VIEWS, change, report, send, send_until_seen, settle, visit_events
from page import check_layout
from program import run
from waits import wait_for

MARKUP = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror=\"window.hacked=1\">",
    "\"><svg onload=window.hacked=1>",
    "javascript:window.hacked=1",
    "'-window.hacked-'",
    "</td></table></script><iframe src=\"javascript:parent.hacked=1\">",
    "{{constructor.constructor('window.hacked=1')()}}",
    "\u202e\u2066<b>bold</b>\u0007",
]


def open_page(engine, collector, query="", fragment="overview", period="24h"):
    """Opens the page; a first time with a link that signs in."""
    if getattr(engine, "signed_in_at", None) != collector.url or engine.evaluate("() => location.origin") != collector.url:
        engine.open(f"{collector.url}/insight#token={TOKEN}")
        engine.signed_in_at = collector.url
        wait_for(lambda: engine.evaluate("() => self.collectorInsight?.access() === 'owner'"), 15, "signed in")
    engine.leave(f"{collector.url}/insight?range={period}{query}&at={fragment}#{fragment}")
    ready(engine)


def ready(engine):
    wait_for(lambda: engine.evaluate("() => self.collectorInsight !== undefined && collectorInsight.access() !== 'none' && !collectorInsight.isBusy()"), 20, "everything shown")


def show(engine, view):
    engine.click(f"#tab-{view}")
    ready(engine)


def expand(engine):
    """Opens all page views of a timeline."""
    engine.evaluate("() => document.querySelectorAll('details.view').forEach((view) => view.open = true)")
    wait_for(lambda: engine.evaluate("() => [...document.querySelectorAll('details.view')].every((view) => view.querySelector('.opened'))"), 10, "page views are open")


def text(engine, selector):
    return engine.evaluate(f"() => document.querySelector({selector!r})?.textContent ?? null")


def check_inert(engine):
    assert engine.evaluate("() => self.hacked ?? null") is None
    assert engine.evaluate("() => document.querySelectorAll('main script, main iframe, main img, main [onerror], main [onload]').length") == 0
    assert engine.errors() == []


@pytest.fixture
def filled(sqlite, serve):
    """A server with some page views, including hostile ones."""
    collector = serve(sqlite, environment=ENVIRONMENT)
    events = 0
    for number in range(6):
        events += send(collector.port, visit_events(f"/page-{number % 3}", lcp=1000 + 900 * number, referrer="https://search.example/"))
    for hostile in MARKUP:
        error = {"kind": "error", "name": hostile, "message": hostile, "count": 1, "stack": hostile, "source": hostile, "frames": [{"function": hostile, "file": hostile, "line": 1, "column": 2}], "breadcrumbs": [hostile, {"text": hostile}], "cause": [hostile, {"name": hostile, "message": hostile, "frames": [{"function": hostile, "file": hostile}]}], "errors": [hostile, None]}
        fingerprint = {"hash": "h", "parts": {"canvas": {"hash": "a", "stable": True}, hostile: {"hash": hostile, "stable": True}}, "automation": [hostile]}
        extra = {"language": hostile, "screenResolution": hostile, "release": hostile, "connection": hostile, "campaign": {"utm_campaign": hostile}, hostile: hostile}
        events += send(collector.port, visit_events(hostile, error=error, referrer=f"https://{hostile}/", fingerprint=fingerprint, extra=extra), "".join(filter(str.isprintable, hostile.encode("ascii", "ignore").decode())))
        # Such a user agent is a bot's; the same comes from a browser, too.
        events += send(collector.port, visit_events(hostile, error=error))
        events += send(collector.port, [make_ids() | {"event_type": hostile, "seq": 1, "path": hostile, "site": hostile[:60], "payload": {hostile: hostile}}])
    settle(collector.port, events)
    return collector


@pytest.mark.every_engine
def test_visitors_see_the_sign_in_form_and_the_owner_sees_reports(engine, filled):
    engine.open(filled.url + "/insight")
    wait_for(lambda: engine.evaluate("() => document.querySelector('#sign-in')?.hidden === false"), 15, "the form")
    assert engine.evaluate("() => document.querySelector('#content').hidden")
    engine.evaluate("() => { document.querySelector('#token').value = 'wrong'; document.querySelector('#sign-in-form').requestSubmit(); }")
    wait_for(lambda: text(engine, "#sign-in-message") == "Invalid token or link", 10, "it is refused")
    engine.evaluate(f"() => {{ document.querySelector('#token').value = {TOKEN!r}; document.querySelector('#sign-in-form').requestSubmit(); }}")
    wait_for(lambda: engine.evaluate("() => collectorInsight.access()") == "owner", 10, "signed in")
    wait_for(lambda: engine.evaluate("() => document.querySelectorAll('.tiles .tile').length") == 8, 20, "the totals")
    ready(engine)
    # Neither scripts nor the address contain the secret.
    assert engine.evaluate("() => document.cookie") == ""
    engine.click("#sign-out")
    wait_for(lambda: engine.evaluate("() => collectorInsight.access()") == "none", 10, "signed out")
    assert engine.evaluate("() => document.querySelector('#panel-overview').childElementCount") == 0
    engine.leave(filled.url + "/insight?again")
    wait_for(lambda: engine.evaluate("() => document.querySelector('#sign-in')?.hidden === false"), 15, "still signed out")


def test_the_sign_in_link_is_removed_from_the_address_bar(engine, filled):
    engine.open(f"{filled.url}/insight#token={TOKEN}")
    wait_for(lambda: engine.evaluate("() => self.collectorInsight?.access()") == "owner", 15, "signed in")
    assert TOKEN not in engine.evaluate("() => location.href")


def test_stored_markup_is_inert_in_every_view(engine, filled):
    engine.signed_in_at = None
    open_page(engine, filled, "&bots=include")
    for view in VIEWS:
        show(engine, view)
        check_inert(engine)
    shown = engine.evaluate("() => document.querySelector('#panel-raw').textContent")
    assert "<img src=x onerror" in shown or "script" in shown
    engine.evaluate("() => document.querySelectorAll('#panel-raw details').forEach((details) => details.open = true)")
    engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 200))")
    check_inert(engine)
    for issue in report(filled.port, "issues", range="24h", bots="include")["issues"]:
        open_page(engine, filled, f"&bots=include&issue={issue['issue']}", "issues")
        assert engine.evaluate("() => document.querySelectorAll('.errors :is(.stack, .stack-frames)').length") >= 1
        check_inert(engine)
    visitor = report(filled.port, "events", type=MARKUP[0])["events"][0]["visitor"]
    open_page(engine, filled, f"&visitor={visitor}", "visitors")
    assert "Session 1" in engine.evaluate("() => document.querySelector('#panel-visitors').textContent")
    expand(engine)
    check_inert(engine)
    for name in ("path", "referrer", "language"):
        open_page(engine, filled, f"&{name}={urllib.parse.quote(MARKUP[1])}")
        assert MARKUP[1] in engine.evaluate("() => document.querySelector('#filters').textContent")
        check_inert(engine)


def test_figures_filters_and_the_back_button(engine, filled):
    engine.signed_in_at = None
    open_page(engine, filled)
    views = report(filled.port, "overview", range="24h")["totals"]["pageviews"]
    tiles = engine.evaluate("() => [...document.querySelectorAll('.tile')].map((tile) => [tile.querySelector('.label').textContent, tile.querySelector('.value').firstChild.textContent])")
    assert dict(tiles)["Page views"] == str(views)
    engine.evaluate("() => [...document.querySelectorAll('.bars a.value')].find((button) => button.textContent === '/page-1').click()")
    wait_for(lambda: engine.evaluate("() => new URLSearchParams(location.search).get('filters')") == '[["is","path",["/page-1"]]]', 5, "the filter in the address")
    ready(engine)
    assert engine.evaluate("() => [...document.querySelectorAll('.tile')].find((tile) => tile.textContent.startsWith('Page views')).querySelector('.value').firstChild.textContent") == "2"
    engine.evaluate("() => history.back()")
    wait_for(lambda: engine.evaluate("() => document.querySelector('#filters').childElementCount") == 0, 5, "the filter is gone")
    ready(engine)
    show(engine, "issues")
    engine.evaluate("() => document.querySelector('.issue').click()")
    wait_for(lambda: text(engine, ".actions button") == "Resolve", 10, "an issue")
    engine.click(".actions button")
    wait_for(lambda: "Resolved" in (text(engine, "#panel-issues .badge") or ""), 10, "it is resolved")


@pytest.mark.every_engine
def test_keyboard_navigation(engine, filled):
    engine.signed_in_at = None
    open_page(engine, filled)
    engine.evaluate("() => document.querySelector('#tab-overview').focus()")
    for key, view in (("2", "performance"), ("3", "issues"), ("6", "fingerprint"), ("7", "raw"), ("8", "tracking"), ("1", "overview")):
        engine.press(key)
        wait_for(lambda view=view: engine.evaluate("() => location.hash") == f"#{view}", 5, view)
    for key, dialog in (("?", "help"), ("/", "filter")):
        engine.press(key)
        wait_for(lambda dialog=dialog: engine.evaluate(f"() => document.querySelector('#{dialog}').open"), 5, dialog)
        engine.press("Escape")
        wait_for(lambda dialog=dialog: not engine.evaluate(f"() => document.querySelector('#{dialog}').open"), 5, "closed")


@pytest.mark.every_engine
def test_new_events_appear_in_the_live_feed(engine, filled):
    engine.signed_in_at = None
    open_page(engine, filled, fragment="raw")
    status = "#panel-raw .head .note[role=status]"
    wait_for(lambda: any(word in (text(engine, status) or "") for word in ("Connected", "events")), 10, "connected")
    send_until_seen(filled.port, lambda: "/just-now" in text(engine, ".stream"), "/just-now")
    check_inert(engine)


REPORTS = "overview breakdowns issues data-quality performance slow-pages vitals-by visitors conversions retention paths fingerprints tracking".split()


def requested(engine):
    """The reports that the page has requested, with their parameters, in the order of their text: engines sort those of one time differently."""
    addresses = engine.evaluate("() => performance.getEntriesByType('resource').map((entry) => entry.name)")
    parts = [urllib.parse.urlsplit(address) for address in addresses]
    return sorted(f"{part.path}?{part.query}" for part in parts if part.path.removeprefix("/api/") in REPORTS)


def wait_for_reports_ahead(engine):
    """The view that is read last has two reports."""
    wait_for(lambda: sum("/fingerprints" in one for one in requested(engine)) == 2, 20, "all views are read ahead")


@pytest.mark.every_engine
def test_a_view_opens_with_reports_that_were_read_ahead(engine, filled):
    assert change(filled.port, "POST", "/api/goals", {"type": "page", "match": "/page-1", "name": "Checkout"}, OWNER).status == 200
    open_page(engine, filled)
    wait_for_reports_ahead(engine)
    before = requested(engine)
    for view in "issues visitors goals fingerprint tracking overview".split():
        show(engine, view)
        assert requested(engine) == before, view
    show(engine, "performance")
    assert [one for one, count in collections.Counter(requested(engine)).items() if count > 1] == []


def test_raw_data_that_was_read_ahead_has_its_time_and_can_be_refreshed(chromium, filled):
    open_page(chromium, filled)
    asked = "() => performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/events')).length"
    wait_for(lambda: chromium.evaluate(asked) == 1, 20, "the events are read ahead")
    send(filled.port, visit_events("/since-then"))
    show(chromium, "raw")
    assert chromium.evaluate(asked) == 1
    assert text(chromium, "#panel-raw .as-of").startswith("as of ")
    rows = "() => document.querySelector('#panel-raw tbody').textContent"
    assert "/since-then" not in chromium.evaluate(rows)
    chromium.evaluate("() => [...document.querySelectorAll('#panel-raw .head button')].find((button) => button.textContent === 'Refresh').click()")
    wait_for(lambda: "/since-then" in chromium.evaluate(rows), 10, "the newest events")


def test_the_first_report_has_the_time_zone_of_the_site_which_the_page_remembers(chromium, filled):
    stored = change(filled.port, "PUT", "/api/settings", {"time_zone": "Asia/Kathmandu"}, OWNER)
    assert stored.status == 200, stored.body
    chromium.signed_in_at = None
    open_page(chromium, filled)
    assert text(chromium, "#zone-name") == "Asia/Kathmandu"
    chromium.page.reload()
    ready(chromium)
    zones = [urllib.parse.parse_qs(one.partition("?")[2])["zone"] for one in requested(chromium) if one.startswith("/api/overview?")]
    assert zones == [["Asia/Kathmandu"]]
    # A setting that has changed since is not overlooked.
    stored = change(filled.port, "PUT", "/api/settings", {"time_zone": "America/New_York"}, OWNER)
    assert stored.status == 200, stored.body
    chromium.page.reload()
    ready(chromium)
    wait_for(lambda: text(chromium, "#zone-name") == "America/New_York", 10, "the changed time zone")
    ready(chromium)
    zones = [urllib.parse.parse_qs(one.partition("?")[2])["zone"] for one in requested(chromium) if one.startswith("/api/breakdowns?")]
    assert ["America/New_York"] in zones


def test_an_open_view_gets_new_figures_every_minute(chromium, filled):
    open_page(chromium, filled)
    chromium.page.clock.install()
    chromium.page.reload()
    ready(chromium)
    seen = [url for url in chromium.requests if "/api/overview" in url]
    assert seen
    # The strip and a pointer on a tab request reports as well.
    chromium.page.hover("#tab-issues")
    chromium.page.clock.fast_forward(61_000)
    chromium.page.hover("#tab-visitors")

    def is_new():
        chromium.page.clock.run_for(1000)
        return len([url for url in chromium.requests if "/api/overview" in url]) > len(seen)

    wait_for(is_new, 20, "new figures")


def test_a_change_of_the_owner_forgets_reports_that_were_read_ahead(chromium, filled):
    open_page(chromium, filled)
    wait_for_reports_ahead(chromium)
    show(chromium, "goals")
    seen = collections.Counter(requested(chromium))
    chromium.evaluate("""() => {
        document.querySelector('#panel-goals .head .button').click();
        document.querySelector('#goal-match').value = '/page-1';
        document.querySelector('#goal-name').value = 'Checkout';
        document.querySelector('#goal form').requestSubmit();
    }""")
    wait_for(lambda: "Checkout" in (text(chromium, "#panel-goals") or ""), 10, "the goal")
    ready(chromium)
    assert any(one.startswith("/api/conversions") for one in collections.Counter(requested(chromium)) - seen)


@pytest.mark.every_engine
def test_the_page_does_not_scroll_horizontally(engine, filled):
    engine.signed_in_at = None
    open_page(engine, filled)
    for width in (390, 768, 1440):
        engine.resize(width, 844)
        for view in VIEWS:
            show(engine, view)
            fits = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            wait_for(lambda: engine.evaluate(fits), 3, f"{view} no wider than {width}")
    engine.resize(1440, 900)


def test_the_page_is_accessible(chromium, filled):
    def check(what):
        check_access(chromium, f"insight-{what}-access")

    chromium.open(filled.url + "/insight")
    wait_for(lambda: chromium.evaluate("() => document.querySelector('#sign-in')?.hidden === false"), 15, "the form")
    check("form")
    chromium.leave(f"{filled.url}/insight?signs-in#token={TOKEN}")
    wait_for(lambda: chromium.evaluate("() => self.collectorInsight?.access()") == "owner", 15, "signed in")
    chromium.signed_in_at = filled.url
    (issue, *_) = report(filled.port, "issues", range="24h")["issues"]
    open_page(chromium, filled, "&path=/page-1&browser=Chrome")
    check_widths(chromium, "insight-filtered-access", (1440, 390))
    open_page(chromium, filled)
    for view in VIEWS:
        show(chromium, view)
        check_widths(chromium, f"insight-{view}-access", (1440, 390))
    open_page(chromium, filled, f"&issue={issue['issue']}", "issues")
    check("issue")
    visitor = report(filled.port, "events", type="pageview")["events"][0]["visitor"]
    open_page(chromium, filled, f"&visitor={visitor}", "visitors")
    expand(chromium)
    check("timeline")
    chromium.press("?")
    wait_for(lambda: chromium.evaluate("() => document.querySelector('#help').open"), 10, "help")
    check("help")
    open_page(chromium, filled)
    chromium.press("/")
    wait_for(lambda: chromium.evaluate("() => document.querySelector('#filter-list label') !== null"), 10, "suggestions")
    check("filter")
    chromium.press("Escape")
    chromium.click("#range-open")
    check("ranges")
    chromium.press("c")
    check("range")
    chromium.press("Escape")
    open_page(chromium, filled)
    chromium.evaluate("() => [...document.querySelectorAll('.controls button')].find((button) => button.checkVisibility()).click()")
    check("annotations")


def test_a_database_outage_is_shown_and_retried(chromium, own_cluster, serve, tmp_path):
    from stores import PostgresStore

    collector = serve(PostgresStore(own_cluster, tmp_path), environment=ENVIRONMENT)
    settle(collector.port, send(collector.port, visit_events()))
    chromium.signed_in_at = None
    open_page(chromium, collector)
    own_cluster.stop()
    # Reports of this range may have been read before.
    chromium.press("w")
    show(chromium, "performance")
    wait_for(lambda: chromium.evaluate("() => document.querySelectorAll('#panel-performance .failed').length > 0"), 20, "it says so")
    own_cluster.start()

    def is_back():
        chromium.evaluate("() => document.querySelector('#panel-performance .failed button')?.click()")
        chromium.evaluate("() => new Promise((resolve) => setTimeout(resolve, 500))")
        return chromium.evaluate("() => document.querySelectorAll('#panel-performance .failed').length === 0 && !collectorInsight.isBusy()")

    wait_for(is_back, 90, "it is back")


def test_a_range_without_events(chromium, serve):
    collector = serve(environment=ENVIRONMENT)
    settle(collector.port, send(collector.port, visit_events()))
    chromium.signed_in_at = None
    open_page(chromium, collector, "&from=2026-01-01&to=2026-01-02")
    for view in VIEWS:
        show(chromium, view)
        if view == "tracking":
            assert text(chromium, "#panel-tracking .conclusion b") in ("Not receiving data", "Not enough data")
            continue
        assert chromium.evaluate(f"() => document.querySelectorAll('#panel-{view} .empty').length") >= {"issues": 1, "visitors": 1}.get(view, 2)
    assert chromium.errors() == []


def test_the_page_works_under_a_base_path(chromium, serve):
    collector = serve(environment=ENVIRONMENT | {"COLLECTOR_BASE_PATH": "/collector"})
    chromium.open(f"{collector.url}/collector/insight#token={TOKEN}")
    wait_for(lambda: chromium.evaluate("() => self.collectorInsight?.access()") == "owner", 15, "signed in")
    ready(chromium)
    assert all("/collector/" in address for address in chromium.requests)


def test_cards_are_drawn_without_overlap_in_each_size_and_theme(chromium, sqlite, serve):
    result = run("demo", "--events", 20_000, "--seed", 11, "--data", sqlite.folder / "data", folder=sqlite.folder)
    assert result.returncode == 0, result.stderr
    collector = serve(sqlite, environment=ENVIRONMENT)
    for scheme in ("light", "dark"):
        chromium.open(f"{collector.url}/insight#token={TOKEN}", color_scheme=scheme)
        wait_for(lambda: chromium.evaluate("() => self.collectorInsight?.access()") == "owner", 15, "signed in")
        chromium.leave(f"{collector.url}/insight?range=30d")
        ready(chromium)
        for width in (1440, 390):
            chromium.resize(width, 900)
            for view in VIEWS:
                show(chromium, view)
                check_layout(chromium, scheme)
                save_screenshot(chromium, f"insight-{view}-{scheme}-{width}", full_page=True)
        assert chromium.errors() == []
    chromium.resize(1440, 900)
