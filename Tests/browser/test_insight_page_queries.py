"""Queries of the owner's page: filters, ranges, time zones, small samples and rejected queries."""

import json
import urllib.parse

import pytest

from bodies import make_ids
from insight import CHROME, ENVIRONMENT, FIREFOX, report, send, settle, visit_events
from test_insight_page import open_page, ready, show, text
from waits import wait_for

#: Thirteen hours from UTC all year round: its days are others than those of UTC for most of the time.
FAR = "Pacific/Tongatapu"


@pytest.fixture
def shop(sqlite, serve):
    """Visits with two browsers to three pages; one session has two page views, and one an event of its own."""
    collector = serve(sqlite, environment=ENVIRONMENT)
    events = 0
    for number in range(6):
        agent = FIREFOX if number % 2 else CHROME
        events += send(collector.port, visit_events(f"/page-{number % 3}", lcp=1000 + 100 * number, referrer="https://search.example/"), agent)
    first = make_ids()
    events += send(collector.port, visit_events("/page-0", ids=first, error={"kind": "error", "name": "Error", "message": "broken", "count": 1, "frames": []}))
    second = make_ids() | {name: first[name] for name in ("visitor_id", "session_id")}
    events += send(collector.port, visit_events("/thanks", ids=second))
    events += send(collector.port, [second | {"event_type": "signup", "seq": 9, "path": "/thanks", "site": "shop.example", "payload": {"plan": "pro"}}])
    settle(collector.port, events)
    collector.visitor = first["visitor_id"]
    return collector


def filters(engine):
    return json.loads(engine.evaluate("() => new URLSearchParams(location.search).get('filters') ?? '[]'"))


def filtered(*list_):
    return "&filters=" + urllib.parse.quote(json.dumps(list_))


def chips(engine):
    return engine.evaluate("() => [...document.querySelectorAll('#filters .edit')].map((chip) => chip.textContent)")


def choose(engine, selector, value):
    engine.evaluate(f"() => {{ const field = document.querySelector('{selector}'); field.value = {value!r}; field.dispatchEvent(new Event('change', {{bubbles: true}})); }}")


def type_value(engine, value):
    engine.evaluate(f"() => {{ const field = document.querySelector('#filter-value'); field.value = {value!r}; field.dispatchEvent(new Event('input')); }}")
    engine.click("#filter-add")


def tile(engine, label):
    return engine.evaluate(f"() => [...document.querySelectorAll('.tile')].find((tile) => tile.querySelector('.label').textContent === {label!r})?.querySelector('.value').firstChild.textContent")


def card(engine, title):
    """The text of a card."""
    return engine.evaluate(f"() => [...document.querySelectorAll('.card')].find((card) => card.querySelector('h2')?.textContent.startsWith({title!r}) && card.getClientRects().length)?.textContent ?? null")


def test_filters_of_several_values_and_operators_are_added_edited_and_removed(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop)
    assert tile(engine, "Page views") == "8"
    engine.click("#filter-open")
    choose(engine, "#filter-dimension", "browser")
    wait_for(lambda: engine.evaluate("() => document.querySelectorAll('#filter-list label').length") == 2, 10, "suggestions")
    engine.evaluate("() => [...document.querySelectorAll('#filter-list label')].find((label) => label.textContent.includes('Firefox')).querySelector('input').click()")
    engine.click("#filter-form .strong")
    ready(engine)
    assert (filters(engine), chips(engine), tile(engine, "Page views")) == ([["is", "browser", ["Firefox"]]], ["Browser is Firefox"], "3")
    engine.click("#filter-open")
    choose(engine, "#filter-operator", "contains")
    for value in ("page-1", "thanks"):
        type_value(engine, value)
    engine.click("#filter-form .strong")
    ready(engine)
    assert chips(engine) == ["Browser is Firefox", "Page contains page-1 or thanks", "Clear all"]
    assert tile(engine, "Page views") == "1"
    engine.click("#filters .edit")
    choose(engine, "#filter-operator", "is_not")
    engine.click("#filter-form .strong")
    ready(engine)
    assert filters(engine) == [["is_not", "browser", ["Firefox"]], ["contains", "path", ["page-1", "thanks"]]]
    assert tile(engine, "Page views") == "2"
    engine.click("#filters .remove")
    ready(engine)
    assert tile(engine, "Page views") == "3"
    engine.evaluate("() => history.back()")
    wait_for(lambda: len(filters(engine)) == 2, 5, "the filter is back")
    assert engine.errors() == []


def test_events_properties_and_visitors_are_filters(engine, shop):
    engine.signed_in_at = None
    for chosen, chip in (
        (["is", "event", ["signup"]], "Custom event is signup"),
        (["is", "property:plan", ["pro"]], "Property plan is pro"),
        (["is", "visitor", [shop.visitor]], f"Visitor is …{shop.visitor[-12:]}"),
    ):
        open_page(engine, shop, filtered(chosen))
        assert chips(engine) == [chip]
        assert (tile(engine, "Sessions"), tile(engine, "Page views")) == ("1", "2"), chosen
    open_page(engine, shop, filtered(["is", "property:plan", ["free"]]))
    assert tile(engine, "Sessions") == "0"
    open_page(engine, shop, f"&visitor={shop.visitor}", "visitors")
    engine.evaluate("() => [...document.querySelectorAll('button')].find((button) => button.textContent === 'Filter by this visitor').click()")
    ready(engine)
    assert filters(engine) == [["is", "visitor", [shop.visitor]]]
    assert tile(engine, "Page views") == "2"


def test_addresses_of_earlier_versions_show_the_same_report(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, "&browser=Firefox")
    assert chips(engine) == ["Browser is Firefox"]


@pytest.mark.every_engine
def test_all_dates_use_the_selected_time_zone(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, f"&zone={FAR}", period="7d")
    assert engine.evaluate("() => document.querySelector('#zone').value") == FAR
    assert text(engine, "#zone-name") == FAR
    engine.evaluate("() => document.querySelector('#panel-overview details').open = true")
    wait_for(lambda: f"Day ({FAR})" in (text(engine, "#panel-overview details") or ""), 5, "the table of the chart")
    local = "() => new Intl.DateTimeFormat('en-GB', {timeZone: '%s', weekday: 'short', day: 'numeric', month: 'short', year: 'numeric'}).format(Date.now())"
    assert engine.evaluate(local % FAR) in text(engine, "#panel-overview details tbody tr:last-child")
    assert "(partial)" in text(engine, "#panel-overview details tbody tr:last-child")
    choose(engine, "#zone", "UTC")
    ready(engine)
    assert engine.evaluate("() => new URLSearchParams(location.search).get('zone')") == "UTC"
    show(engine, "raw")
    event = report(shop.port, "events", type="signup")["events"][0]
    clock = "() => new Intl.DateTimeFormat('en-GB', {timeZone: '%s', hour: '2-digit', minute: '2-digit', second: '2-digit'}).format(%d)"
    wait_for(lambda: engine.evaluate(clock % ("UTC", event["t"])) in text(engine, "#panel-raw"), 10, "its time in UTC")
    choose(engine, "#zone", FAR)
    ready(engine)
    wait_for(lambda: engine.evaluate(clock % (FAR, event["t"])) in text(engine, "#panel-raw"), 10, "its time in the zone")


def test_a_custom_range_is_shown_as_selected(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop)
    engine.press("c")

    def fill(**fields):
        for name, value in fields.items():
            engine.evaluate(f"() => document.querySelector('#custom-{name.replace('_', '-')}').value = {value!r}")
        engine.click("#custom-form .strong")

    fill(**{"from": "2026-03-24", "to": "2026-03-23"})
    assert text(engine, "#custom-message") == "The end must be after the start."
    fill(to="2026-03-24")
    ready(engine)
    assert text(engine, "#range-name") == "24 Mar"
    engine.press("c")
    fill(from_time="10:00", to_time="11:30")
    ready(engine)
    assert text(engine, "#range-name") == "24 Mar 10:00 – 11:30"
    assert engine.evaluate("() => new URLSearchParams(location.search).get('to')") == "2026-03-24T11:30"
    assert "No data for this period" in card(engine, "Visitors per")
    assert engine.errors() == []


def test_a_view_that_ignores_a_control_shows_the_reason(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, filtered(["is", "browser", ["Firefox"]]), "fingerprint")
    disabled = "() => [...document.querySelectorAll('.asked :is(button, select):disabled:not(#range-next)')].map((control) => control.id || control.className)"
    assert engine.evaluate(disabled) == ["compare"]
    assert text(engine, "#asked-reason") == "Fingerprints have no comparison with the previous period."
    show(engine, "raw")
    assert sorted(engine.evaluate(disabled)) == ["bots", "compare", "edit", "filter-open", "remove", "segments-open"]
    assert text(engine, "#asked-reason").startswith("Raw data shows ")
    engine.press("/")
    assert not engine.evaluate("() => document.querySelector('#filter').open")
    show(engine, "overview")
    assert not engine.evaluate(disabled) and engine.evaluate("() => document.querySelector('#asked-reason').hidden")


def test_small_samples_are_gray_and_empty_periods_are_not_compared(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop)
    lcp = "() => [...document.querySelectorAll('.tile')].find((tile) => tile.textContent.startsWith('LCP')).querySelector('.value.few')?.textContent"
    assert "n = 8" in engine.evaluate(lcp)
    assert engine.evaluate("() => document.querySelectorAll('.delta').length") == 0
    assert "125 per 1,000 page views" in engine.evaluate("() => document.querySelector('.tile .rate').textContent")
    show(engine, "performance")
    assert engine.evaluate("() => document.querySelectorAll('#panel-performance .cell:not(.few)').length") == 0
    assert "n = 3" in card(engine, "Breakdown")


def test_only_entry_pages_have_a_bounce_rate(engine, shop):
    engine.signed_in_at = None
    # More pages than a card lists.
    settled = report(shop.port, "overview", range="24h")["totals"]["events"]
    settle(shop.port, settled + sum(send(shop.port, visit_events(f"/more-{number}")) for number in range(8)))

    def rates(dimension):
        open_page(engine, shop, f"&lists={dimension}")
        engine.evaluate("() => [...document.querySelectorAll('.list')].find((card) => card.querySelector('h2').textContent === 'Pages').querySelector('.all').click()")
        wait_for(lambda: engine.evaluate("() => document.querySelector('#all tbody')") is not None, 10, "all of them")
        return engine.evaluate("""() => {
            const column = [...document.querySelectorAll('#all th')].findIndex((head) => head.textContent.startsWith('Bounce rate'));
            return column < 0 ? null : [...document.querySelectorAll('#all tbody tr')].map((row) => row.cells[column].textContent);
        }""")

    assert rates("exit") is None
    assert "100 %" in rates("entry")


def test_lists_can_be_expanded_to_all_values(engine, shop):
    engine.signed_in_at = None
    settled = report(shop.port, "overview", range="24h")["totals"]["events"]
    settle(shop.port, settled + sum(send(shop.port, visit_events(f"/more-{number}")) for number in range(8)))
    open_page(engine, shop)
    pages = report(shop.port, "breakdowns", range="24h", dimensions="path", limit=8)["dimensions"]["path"]
    foot = "() => [...document.querySelectorAll('.card')].find((card) => card.querySelector('h2')?.textContent === 'Pages').querySelector('.foot-line')"
    assert engine.evaluate(f"{foot}.querySelector('.note').textContent") == f"{pages['count'] - 8} more values: {pages['rest']}"
    engine.evaluate(f"{foot}.querySelector('.all').click()")
    wait_for(lambda: engine.evaluate("() => document.querySelectorAll('#all tbody tr').length") == pages["count"], 10, "all values")


def test_a_refused_query_shows_its_message_in_the_card(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, "&interval=minute", period="90d")
    assert "Narrow the query" in card(engine, "Over time")
    sentence = text(engine, "#panel-overview .refused span")
    assert "1500" in sentence.replace(",", "") and engine.evaluate("() => document.querySelector('#panel-overview .refused button')") is None
    # Cards that do not ask for it go on.
    assert "/page-0" in card(engine, "Pages") and "broken" in card(engine, "Top issues")
