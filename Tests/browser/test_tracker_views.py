"""Page views of a visit: their identity and content."""

import re

import pytest

from stores import SQLiteStore
from tracked import Visit, visit  # noqa: F401

ATTEMPTS = 4
#: Counts the formats that a page makes; the first one in a process blocks the page for longer than all of the tracker's code.
COUNT_FORMATS = """<script>
  const { DateTimeFormat } = Intl;
  self.formats = 0;
  Intl.DateTimeFormat = function (...values) { self.formats++; return new DateTimeFormat(...values); };
</script>"""
UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def check_identity(views):
    """Ids have their form and time first, and every view counts its own events from one, without a hole."""
    rows = [row for view in views for row in view.rows]
    assert len({row["visitor_id"] for row in rows}) == 1
    for row in rows:
        assert re.fullmatch(r"v_[0-9a-f]{12}7[0-9a-f]{19}", row["visitor_id"])
        assert re.fullmatch(r"s_[0-9a-f]{12}7[0-9a-f]{19}", row["session_id"])
        assert re.fullmatch(r"p_[0-9a-f]{12}7[0-9a-f]{19}", row["pageview_id"])
        assert re.fullmatch(UUID7, row["event_id"])
        assert row["site"] == "127.0.0.1"
    assert len({row["event_id"] for row in rows}) == len(rows)
    for view in views:
        assert view.has_no_hole, [(row["seq"], row["event_type"]) for row in view.rows]


def test_navigating_away_loses_no_event(visit):
    visit = visit()
    visit.open("/one?utm_source=letter&gclid=click&secret=1")
    visit.wait_for_details()
    visit.go("/two")
    assert visit.flush() is True
    first, second = visit.wait_for(lambda views: len(views) == 2 and views[0].is_complete and views[1].has_no_hole, "a complete first view")
    check_identity([first, second])
    assert (first.path, second.path) == ("/one", "/two")
    assert (first.kind, second.kind) == ("navigate", "navigate")
    assert {row["session_id"] for row in first.rows} == {row["session_id"] for row in second.rows}
    said = first.one("pageview")
    assert said["campaign"] == {"utm_source": "letter", "gclid": "click"}
    assert said["screenResolution"].count("x") == 1 and said["innerWidth"] > 0 and said["language"]
    assert second.of("pageview")[0]["referrer"] == visit.shop.url + "/one" or second.of("pageview")[0]["referrer"] == ""
    engagement = first.one("engagement")
    assert 0 < engagement["scrollDepth"] <= 100 and engagement["title"] == "Page /one"
    assert not any("secret" in str(row) for row in visit.rows)


def test_the_time_zone_is_read_without_intl_where_the_browser_has_temporal(visit):
    visit = visit(head=COUNT_FORMATS)
    visit.open()
    visit.flush()
    (view,) = visit.wait_for(lambda views: views and views[0].of("pageview"), "the page view")
    formats, has_temporal = visit.engine.evaluate("() => [formats, !!self.Temporal]")
    assert formats == (0 if has_temporal else 1)
    assert view.one("pageview")["timeZone"] == visit.engine.evaluate("() => DateTimeFormat().resolvedOptions().timeZone")


def test_closing_a_tab_loses_no_event(visit):
    visit = visit()
    visit.open()
    visit.engine.close_tab()
    (view,) = visit.wait_for(lambda views: views and views[0].is_complete, "a complete view")
    check_identity([view])


def test_the_load_is_reported_once_with_its_resources(visit):
    visit = visit()
    visit.open()
    visit.wait_for(lambda views: (visit.flush() or True) and views and views[0].of("resources"), "the resources")
    visit.go("/two")
    visit.flush()
    first = visit.wait_for(lambda views: len(views) == 2 and views[0].is_complete, "a complete first view")[0]
    navigation = first.one("navigation")
    assert navigation["type"] == "navigate" and navigation["loadEventEnd"] > navigation["responseStart"] >= 0
    resources = first.one("resources")
    names = [resource["name"] for resource in resources["slowest"]]
    assert resources["count"] >= 4 and visit.shop.url + "/hero.png" in names
    assert [party["host"] for party in resources["thirdParties"]] == [visit.collector.url.split("//")[1]]


@pytest.mark.parametrize("button", ["push", "replace"])
def test_a_route_is_a_view_of_its_own(visit, button):
    visit = visit()
    visit.open("/one")
    visit.engine.click(f"#{button}")
    visit.engine.click("#query")
    visit.go("/two")
    visit.flush()
    first, route, _ = visit.wait_for(lambda views: len(views) == 3 and views[0].is_complete and views[1].is_complete, "two complete views and a third")
    check_identity([first, route])
    assert (first.path, route.path, route.kind) == ("/one", f"/{button}ed" if button == "push" else "/replaced", "route")
    assert route.of("pageview")[0]["referrer"] == visit.shop.url + "/one"
    assert first.of("engagement")[-1]["payload"]["reason"] == "route"


def test_going_back_to_a_route_is_a_page_view(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.click("#push")
    visit.engine.evaluate("() => history.back()")
    visit.wait_for(lambda views: (visit.flush() or True) and len(views) == 3, "three views")
    assert [view.path for view in visit.views] == ["/one", "/pushed", "/one"]


def test_fragments_are_not_routes_by_default(visit):
    plain = visit()
    plain.open("/one")
    plain.engine.click("#hash")
    plain.flush()
    assert [view.path for view in plain.views] == ["/one"]


def test_fragments_are_routes_if_enabled(visit):
    hashed = visit(attributes="data-hash")
    hashed.open("/one")
    hashed.engine.click("#hash")
    hashed.wait_for(lambda views: (hashed.flush() or True) and len(views) == 2, "two views")
    assert [view.path for view in hashed.views] == ["/one", "/one#/part"]


def visit_with_a_page_that_was_kept(visit, folder):
    """A visit from /one to /two and back to the same page; whether it is kept is the browser's choice, and it may choose otherwise now and then."""
    for attempt in range(ATTEMPTS):
        (folder / str(attempt)).mkdir()
        one = visit(SQLiteStore(folder / str(attempt)))
        one.open("/one")
        one.engine.evaluate("() => { self.mark = 1; }")
        # A browser may not keep a page that waits for an answer.
        one.wait_for(lambda views, one=one: (one.flush() or True) and views and views[0].of("resources"), "the first page at rest")
        one.go("/two")
        one.flush()
        one.go_back("/one")
        if one.engine.evaluate("() => self.mark === 1"):
            return one
    raise AssertionError("the browser has kept no page")


def test_a_page_restored_from_the_back_forward_cache_is_a_page_view(visit, tmp_path):
    visit = visit_with_a_page_that_was_kept(visit, tmp_path)
    visit.wait_for(lambda views: (visit.flush() or True) and len(views) == 3, "three views")
    views = visit.views
    assert views[2].path == "/one" and views[2].kind == "bfcache"
    assert len({row["session_id"] for view in views for row in view.rows}) == 1
    visit.go("/three")
    visit.flush()
    again = visit.wait_for(lambda views: len(views) == 4 and views[2].is_complete, "a complete third view")[2]
    assert again.vitals["TTFB"] == 0 and again.vitals["FCP"] > 0
    check_identity([again])


def test_two_tabs_are_one_session_of_one_visitor(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.open_tab(visit.host + "/two")
    visit.wait_for_tracker()
    assert visit.flush() is True
    visit.engine.close_tab()
    # Events that the closed tab's beacon did not deliver are in storage, and the next page sends them.
    visit.go("/three")
    assert visit.flush() is True
    first, second = visit.wait_for(
        lambda views: len(views) == 3 and views[0].has_no_hole and views[1].is_complete, "two views without a hole"
    )[:2]
    check_identity([first, second])
    assert len({row["session_id"] for view in (first, second) for row in view.rows}) == 1


#: Firefox ends a script that runs while the last page of a process is closed, wherever it is. Here the handler ends with the event of a number.
ENDS = """<script>
addEventListener("pagehide", () => {
  let left = %d;
  const draw = crypto.getRandomValues;
  crypto.getRandomValues = function (values) {
    if (!left--) throw new Error("the script has ended");
    return draw.call(this, values);
  };
}, true);
</script>"""


@pytest.mark.parametrize("number", range(4))
def test_events_unsent_at_unload_are_sent_by_the_next_page(visit, number):
    visit = visit(head=ENDS % number)
    visit.open("/one")
    # The part that reports the page load is loaded after the core.
    visit.engine.evaluate(f"() => import('{visit.collector.url}/collector-details.js').then(() => new Promise((resolve) => setTimeout(resolve, 0, true)))")
    visit.go("/two")
    assert visit.flush() is True
    lost = "select lost from pageview_delivery"
    first = visit.wait_for(
        lambda views: len(views) == 2 and views[0].is_complete and [row["lost"] for row in visit.store.rows(lost)] == [0, 0], "a complete first view"
    )[0]
    check_identity([first])
    assert first.one("navigation") and first.one("resources") and first.one("engagement")


def test_events_emitted_during_serialization_have_distinct_numbers(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.evaluate("() => collector.track('outer', { toJSON() { collector.track('inner'); return {}; } })")
    visit.flush()
    (view,) = visit.wait_for(lambda views: views and views[0].of("outer") and views[0].of("inner"), "both events")
    check_identity([view])


def test_outbound_links_and_downloads_are_reported(visit):
    visit = visit()
    visit.open("/one")
    visit.wait_for_details()
    visit.engine.evaluate("() => addEventListener('click', (event) => event.preventDefault())")
    visit.engine.click("#away")
    visit.engine.click("#file")
    visit.engine.click("#next")
    visit.flush()
    (view,) = visit.views
    assert view.one("outbound") == {"url": "http://127.0.0.1:9/away"}
    assert view.one("download") == {"url": visit.shop.url + "/list.csv"}


def test_a_visit_is_stored_alike_on_both_stores(store, chromium, serve):
    visit = Visit(chromium, store, serve(store, environment={"COLLECTOR_RATE_LIMIT": 0}))
    try:
        visit.open("/one?utm_source=letter")
        chromium.click("#throw")
        chromium.click("#push")
        visit.go("/two")
        assert visit.flush() is True

        def are_complete(views):
            rows = store.rows("select emitted, dropped, received, lost from pageview_delivery order by pageview_id")
            is_reported = [(row["received"], row["dropped"], row["lost"]) for row in rows] == [(len(view.rows), 0, 0) for view in views]
            return is_reported and len(views) == 3 and views[0].is_complete and views[1].is_complete and views[2].has_no_hole

        views = visit.wait_for(are_complete, "three views without a hole, and their reports")
        check_identity(views)
        assert [view.path for view in views] == ["/one", "/pushed", "/two"]
    finally:
        visit.close()
