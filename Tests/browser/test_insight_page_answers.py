"""The owner's page: late, incomplete and empty responses."""

import pytest

from insight import ENVIRONMENT, send, settle, visit_events
from test_insight_page import open_page, ready, text
from test_insight_page_queries import card, choose
from waits import wait_for

#: Holds back the answers of addresses that match, until `release()`.
HOLD = """() => {
  const { fetch } = self;
  const held = [];
  self.fetch = (address, options) => {
    const answer = fetch.call(self, address, options);
    answer.catch(() => {});
    return String(address).includes(%r) ? new Promise((resolve) => held.push(() => resolve(answer))) : answer;
  };
  self.heldCount = () => held.length;
  self.release = () => { self.fetch = fetch; held.splice(0).forEach((go) => go()); };
}"""

#: Makes timers run 50 times as fast. The first request for submissions fails, later ones never end.
FAIL_SUBMISSIONS_ONCE = """() => {
  const { fetch, setTimeout } = self;
  self.submissionRequests = 0;
  self.setTimeout = (body, ms, ...values) => setTimeout(body, ms / 50, ...values);
  self.fetch = (address, options) => {
    if (!String(address).includes("api/submissions")) return fetch(address, options);
    self.submissionRequests += 1;
    return self.submissionRequests === 1 ? Promise.reject(new TypeError("no network")) : new Promise(() => {});
  };
}"""
SUBMISSIONS_FAILURE = "[...document.querySelectorAll('.card')].find((card) => card.textContent.startsWith('Dashboard submissions'))?.querySelector('.failed button')"


@pytest.fixture
def shop(sqlite, serve):
    """Visits to two sites without errors; one slow page view has no LCP element."""
    collector = serve(sqlite, environment=ENVIRONMENT)
    slow = visit_events("/slow", lcp=9000)
    vitals = next(event for event in slow if event["event_type"] == "webvitals")["payload"]
    del vitals["attribution"]
    events = [*slow, *visit_events("/other", site="other.example", lcp=9000)]
    for number in range(10):
        events += visit_events(f"/page-{number}", lcp=9000 if number == 0 else 1000)
    settle(collector.port, send(collector.port, events))
    return collector


def pause(engine, ms=300):
    engine.evaluate(f"() => new Promise((resolve) => setTimeout(resolve, {ms}))")


def open_tab(engine, tab):
    engine.evaluate(f"() => [...document.querySelectorAll('.list .segments button')].find((button) => button.textContent === {tab!r}).click()")
    ready(engine)


def view_all(engine):
    engine.evaluate("() => [...document.querySelectorAll('.list')].find((card) => card.querySelector('h2').textContent === 'Pages').querySelector('.all').click()")


def test_a_late_list_does_not_replace_another(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop)
    open_tab(engine, "Exit")
    engine.evaluate(HOLD % "dimensions=exit")
    view_all(engine)
    wait_for(lambda: engine.evaluate("() => heldCount()") == 1, 5, "the list is asked for")
    engine.click("#all [data-close]")
    open_tab(engine, "Entry")
    view_all(engine)
    wait_for(lambda: engine.evaluate("() => document.querySelector('#all tbody')") is not None, 10, "the other list")
    engine.evaluate("() => release()")
    pause(engine)
    assert (text(engine, "#all h2"), text(engine, "#all caption")) == ("Entry pages", "Entry pages")
    assert engine.errors() == []


@pytest.mark.every_engine
def test_an_unknown_time_zone_falls_back_to_utc(engine, sqlite, serve, tmp_path):
    (tmp_path / "zones").mkdir()
    collector = serve(sqlite, environment=ENVIRONMENT | {"TZDIR": str(tmp_path / "zones")})
    settle(collector.port, send(collector.port, visit_events("/page")))
    engine.signed_in_at = None
    open_page(engine, collector, "&zone=Asia/Calcutta")
    wait_for(lambda: "/page" in (card(engine, "Pages") or ""), 10, "figures")
    assert text(engine, "#zone-note") == "The server does not know the time zone Asia/Calcutta. Times are in UTC."
    assert engine.evaluate("() => document.querySelector('#zone-note').checkVisibility?.() ?? true")
    assert engine.evaluate("() => document.querySelector('#zone').value") == "UTC" and text(engine, "#zone-name") == "UTC"
    choose(engine, "#zone", "UTC")
    ready(engine)
    assert engine.evaluate("() => document.querySelector('#zone-note').hidden")


def test_the_live_count_is_of_the_selected_site(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop)
    wait_for(lambda: text(engine, "#live") == "12 here now", 15, "all visitors")
    choose(engine, "#site", "other.example")
    wait_for(lambda: text(engine, "#live") == "1 here now", 5, "visitors of the site")
    engine.evaluate(HOLD % "site=shop.example")
    choose(engine, "#site", "shop.example")
    wait_for(lambda: engine.evaluate("() => heldCount()") > 0, 5, "the number is asked for")
    assert text(engine, "#live") == "…"
    choose(engine, "#site", "other.example")
    wait_for(lambda: text(engine, "#live") == "1 here now", 5, "visitors of the site")
    engine.evaluate("() => release()")
    pause(engine)
    assert text(engine, "#live") == "1 here now"


def test_the_live_count_opens_the_last_half_hour(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, "&range=30d", "performance")
    engine.click("#live")
    ready(engine)
    assert text(engine, "#range-name") == "Realtime"
    assert engine.evaluate("() => [new URLSearchParams(location.search).get('range'), location.hash]") == ["realtime", "#overview"]


def test_a_new_site_can_be_selected_without_a_reload(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop)
    send(shop.port, visit_events("/", site="new.example"))
    sites = "() => { const site = document.querySelector('#site'); site.blur(); site.focus(); return [...site.options].map(({ value }) => value); }"
    wait_for(lambda: "new.example" in engine.evaluate(sites), 20, "the new site")
    choose(engine, "#site", "new.example")
    wait_for(lambda: "/" in (card(engine, "Pages") or ""), 10, "its figures")


def test_the_tag_of_another_site_is_shown_until_its_first_event(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop)
    engine.evaluate("() => { const site = document.querySelector('#site'); [...site.options].at(-1).selected = true; site.dispatchEvent(new Event('change')); }")
    assert engine.evaluate("() => [document.querySelector('#add-site').open, document.querySelector('#site').value]") == [True, ""]
    assert text(engine, "#add-site-tag").startswith("<script defer src=") and "Waiting" in text(engine, "#add-site-light")
    send(shop.port, visit_events("/", site="third.example"))
    wait_for(lambda: text(engine, "#add-site-light").strip() == "First event of third.example received", 20, "the first event")
    engine.click("#add-site-show")
    wait_for(lambda: "site=third.example" in engine.evaluate("() => location.search"), 5, "the site")
    assert engine.evaluate("() => !document.querySelector('#add-site').open && document.querySelector('#site').value") == "third.example"


def test_a_period_without_errors_is_a_line_at_zero(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, "&chart=errors")
    assert "No data" not in card(engine, "Errors per hour")
    open_page(engine, shop, "&chart=errors&site=none.example")
    assert "No data for this period" in card(engine, "Errors per hour")


def test_root_causes_show_the_number_of_slow_page_views_with_an_element(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, fragment="performance")
    assert "LCP: 2 page views over 2.5 s with a known element" in card(engine, "Root causes")


def test_try_again_does_not_start_a_second_polling_loop(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop)
    engine.evaluate(FAIL_SUBMISSIONS_ONCE)
    engine.click("#tab-raw")
    wait_for(lambda: engine.evaluate(f"() => Boolean({SUBMISSIONS_FAILURE})"), 10, "the failure")
    engine.evaluate(f"() => {SUBMISSIONS_FAILURE}.click()")
    wait_for(lambda: engine.evaluate("() => submissionRequests") > 1, 5, "the next request")
    # Several times as long as the time between two requests.
    pause(engine, 500 * 50)
    assert engine.evaluate("() => submissionRequests") == 2
