"""The card of locations on the owner's page: the map, its tooltip and its lists."""

import pytest

from geo import BERLIN, SPRINGFIELD, write_database
from insight import CHROME, ENVIRONMENT, settle, visit_events
from test_insight_page import open_page
from waits import wait_for
from wire import post

CARD = ".card.locations"


@pytest.fixture
def located(serve, sqlite, tmp_path):
    """A server with three page views from Germany, one from the United States, and one by a time zone."""
    path = tmp_path / "geo.mmdb"
    write_database(path, {"203.0.113.0/24": BERLIN, "198.51.100.0/24": SPRINGFIELD})
    collector = serve(sqlite, environment=ENVIRONMENT | {"COLLECTOR_GEOIP": path})
    sent = 0
    for address in ["203.0.113.7"] * 3 + ["198.51.100.1", "8.8.8.8"]:
        events = visit_events(extra={"timeZone": "Asia/Tokyo"})
        fields = [("X-Forwarded-For", address), ("User-Agent", CHROME)]
        assert post(collector.port, "/events", {"events": events}, fields).status == 200
        sent += len(events)
    settle(collector.port, sent)
    return collector


def show_card(engine, collector):
    engine.signed_in_at = None
    open_page(engine, collector)
    engine.evaluate(f"() => document.querySelector('{CARD}').scrollIntoView()")
    wait_for(lambda: engine.evaluate("() => document.querySelectorAll('.world path').length") > 150, 10, "a map")


def texts(engine, selector):
    return engine.evaluate(f"() => [...document.querySelectorAll('{CARD} {selector}')].map((one) => one.textContent)")


def test_countries_are_colored_by_their_share_and_listed_by_name(chromium, located):
    show_card(chromium, located)
    steps = chromium.evaluate("() => Object.fromEntries(['DE', 'US', 'JP', 'FR'].map((code) => [code, document.querySelector(`.world [data-country=${code}]`).getAttribute('class')]))")
    assert steps == {"DE": "step-5", "US": "step-3", "JP": "step-3", "FR": "step-0"}
    assert texts(chromium, ".caption") == ["Country from: IP database 80 % · Time zone 20 %"]


def test_a_tooltip_names_the_country_and_a_click_filters_by_it(chromium, located):
    show_card(chromium, located)
    chromium.evaluate("() => document.querySelector('.world [data-country=DE]').dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: 300, clientY: 300 }))")
    assert texts(chromium, ".map-tooltip")[0].startswith("Germany3 page views, 60")
    chromium.evaluate("() => document.querySelector('.world [data-country=DE]').dispatchEvent(new MouseEvent('click', { bubbles: true }))")
    wait_for(lambda: '["is","country",["DE"]]' in chromium.evaluate("() => decodeURIComponent(location.search)"), 10, "a filter in the address")
    wait_for(lambda: chromium.evaluate("() => document.querySelector('.world .step-5') !== null && document.querySelectorAll('.world path:not(.step-0)').length") == 1, 10, "one country")


def test_the_card_of_a_map_that_is_not_loaded_yet_has_no_text_and_its_later_height(chromium, located):
    chromium.signed_in_at = None
    chromium.resize(1440, 400)
    open_page(chromium, located)
    height = f"() => document.querySelector('{CARD}').offsetHeight"
    before = chromium.evaluate(height)
    assert texts(chromium, ".world path") == [] and texts(chromium, ".caption") == [""]
    chromium.evaluate(f"() => document.querySelector('{CARD}').scrollIntoView()")
    wait_for(lambda: len(texts(chromium, ".world path")) > 150, 10, "a map")
    assert chromium.evaluate(height) == before
    chromium.resize(1440, 900)


def open_tab(engine, text):
    engine.evaluate(f"() => [...document.querySelectorAll('{CARD} .choices button')].find((one) => one.textContent === '{text}').click()")


def test_tabs_list_countries_by_name_regions_and_cities(chromium, located):
    show_card(chromium, located)
    known = "Known for 80 % of page views. A time zone gives the country only."
    for tab, expected, caption in (
        ("Regions", "Land Berlin, DE-BE", known),
        ("Cities", "Berlin, DE-BE", known),
        ("Countries", "Germany", "Country from: IP database 80 % · Time zone 20 %"),
    ):
        open_tab(chromium, tab)
        wait_for(lambda expected=expected: expected in texts(chromium, ".bars .value"), 5, tab)
        assert texts(chromium, ".choices [aria-pressed=true]") == [tab]
        assert texts(chromium, ".caption") == [caption]
    assert texts(chromium, ".bars .value") == ["Germany", "Japan", "United States"]
    open_tab(chromium, "Map")
    wait_for(lambda: chromium.evaluate("() => document.querySelectorAll('.world path').length") > 150, 10, "the map again")


def test_countries_are_found_by_their_names_in_the_dialog(chromium, located):
    show_card(chromium, located)
    chromium.evaluate(f"() => document.querySelector('{CARD} .all').click()")
    rows = "() => [...document.querySelectorAll('#all tbody .value')].map((one) => one.textContent)"
    wait_for(lambda: len(chromium.evaluate(rows)) == 3, 10, "all countries")
    chromium.evaluate("() => { const field = document.querySelector('#all input'); field.value = 'jap'; field.dispatchEvent(new Event('input')); }")
    wait_for(lambda: chromium.evaluate(rows) == ["Japan"], 10, "the country that was searched for")
