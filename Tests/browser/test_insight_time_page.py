"""The range, charts and annotations of the owner's page."""

import time
import urllib.parse

import pytest

from insight import ENVIRONMENT, OWNER, TOKEN, change, report, send, settle, visit_events
from program import run
from test_insight_page import open_page, ready, text
from test_insight_page_queries import choose
from waits import wait_for

pytestmark = pytest.mark.usefixtures("one_day")

#: Where a bucket of the first chart is in the window.
POINT = """() => {
  const canvas = document.querySelector("#panel-overview canvas");
  canvas.scrollIntoView({ block: "center" });
  const { scales: { x }, chartArea: { top, bottom } } = Chart.getChart(canvas);
  const box = canvas.getBoundingClientRect();
  const index = %d < 0 ? x.max + 1 + %d : %d;
  return [box.left + x.getPixelForValue(index), box.top + (top + bottom) / 2];
}"""
TOOLTIP = """() => {
  const { tooltip } = Chart.getChart(document.querySelector("#panel-overview canvas"));
  return tooltip.opacity ? [...tooltip.title, ...tooltip.body.flatMap(({ lines }) => lines), ...tooltip.footer] : [];
}"""


@pytest.fixture
def shop(sqlite, serve):
    """Visits, the last of which is of a release."""
    collector = serve(sqlite, environment=ENVIRONMENT)
    settle(collector.port, send(collector.port, visit_events("/first")) + send(collector.port, visit_events("/", extra={"release": "2.0"})))
    return collector


@pytest.fixture
def busy_shop(sqlite, serve):
    """A month of generated visits."""
    result = run("demo", "--events", 5000, "--seed", 11, "--data", sqlite.folder / "data", folder=sqlite.folder)
    assert result.returncode == 0, result.stderr
    return serve(sqlite, environment=ENVIRONMENT)


def query(engine):
    return dict(urllib.parse.parse_qsl(engine.evaluate("() => location.search.slice(1)")))


def bounds(engine):
    return {name: value for name, value in query(engine).items() if name in ("range", "from", "to", "interval")}


def point(engine, index):
    return engine.evaluate(POINT % (index, index, index))


def drawn(engine):
    wait_for(lambda: engine.evaluate("() => Boolean(self.Chart?.getChart(document.querySelector('#panel-overview canvas')))"), 10, "the chart")


@pytest.mark.every_engine
def test_a_range_is_chosen_in_a_menu_by_key_and_by_arrow(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, "&zone=UTC&interval=hour")
    assert text(engine, "#range-name") == "Last 24 hours"
    engine.click("#range-open")
    assert engine.evaluate("() => document.activeElement.dataset.range") == "24h"
    for key, focused in (("ArrowDown", "7d"), ("End", "custom"), ("ArrowDown", "realtime"), ("ArrowUp", "custom"), ("Home", "realtime")):
        engine.press(key)
        assert engine.evaluate("() => document.activeElement.dataset.range") == focused, key
    engine.press("Escape")
    assert engine.evaluate("() => [document.querySelector('#range-menu').hidden, document.activeElement.id]") == [True, "range-open"]
    for key, name, label in (("m", "month", "Month to date"), ("p", "last_month", "Last month"), ("r", "realtime", "Realtime"), ("a", "all", "All time"), ("d", "today", "Today")):
        engine.press(key)
        ready(engine)
        # An interval may not suit another range.
        assert (bounds(engine), text(engine, "#range-name")) == ({"range": name}, label)
    assert engine.evaluate("() => document.querySelector('#range-next').disabled")
    engine.press("ArrowLeft")
    ready(engine)
    assert bounds(engine) == {"range": "yesterday"}
    engine.press("ArrowLeft")
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 2 * 86_400))
    assert bounds(engine) == {"from": day, "to": day}
    engine.click("#range-next")
    engine.press("ArrowRight")
    ready(engine)
    assert bounds(engine) == {"range": "today"}
    # Tabs and fields have arrows of their own.
    engine.evaluate("() => document.querySelector('#tab-overview').focus()")
    engine.press("ArrowRight")
    ready(engine)
    assert engine.evaluate("() => location.hash") == "#performance" and bounds(engine) == {"range": "today"}
    assert engine.errors() == []


def test_buckets_are_opened_and_zoomed_into_by_keyboard(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, "&zone=UTC", period="30d")
    drawn(engine)
    engine.evaluate("() => document.querySelector('#panel-overview .chart').focus()")
    engine.press("End")
    status = text(engine, "#panel-overview .chart [role=status]")
    assert "(partial), Visitors 2" in status
    engine.press("Enter")
    ready(engine)
    assert bounds(engine) == {"range": "today"} and text(engine, "#panel-overview h2") == "Visitors per hour"
    engine.evaluate("() => history.back()")
    ready(engine)
    drawn(engine)
    engine.evaluate("() => document.querySelector('#panel-overview .chart').focus()")
    engine.press("Home")
    # Arrows choose buckets here, and do not move the range.
    engine.press("ArrowRight")
    assert bounds(engine) == {"range": "30d"}
    engine.press("Enter")
    ready(engine)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 28 * 86_400))
    assert bounds(engine) == {"from": day, "to": day}
    assert engine.errors() == []


def test_a_click_opens_a_bucket_and_a_drag_zooms(chromium, busy_shop):
    chromium.signed_in_at = None
    open_page(chromium, busy_shop, "&zone=UTC", period="30d")
    drawn(chromium)
    days = [time.strftime("%Y-%m-%d", time.gmtime(time.time() - age * 86_400)) for age in range(30)]
    start, y = point(chromium, -8)
    end, _ = point(chromium, -4)
    mouse = chromium.page.mouse
    mouse.move(start, y)
    mouse.down()
    mouse.move(end, y, steps=4)
    assert not chromium.evaluate("() => document.querySelector('.selection').hidden")
    mouse.up()
    ready(chromium)
    assert bounds(chromium) == {"from": days[7], "to": days[3]}
    drawn(chromium)
    # Escape ends a drag.
    x, y = point(chromium, 1)
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 200, y)
    chromium.press("Escape")
    mouse.up()
    assert bounds(chromium) == {"from": days[7], "to": days[3]}
    mouse.click(x, y)
    ready(chromium)
    assert bounds(chromium) == {"from": days[6], "to": days[6]}
    drawn(chromium)
    # The generated visits end now, so which hours have visits depends on the time of day.
    hours = report(busy_shop.port, "overview", **{"from": days[6], "to": days[6]}, zone="UTC")["series"]
    busiest = max(range(23), key=lambda hour: hours[hour]["visitors"])
    hour = {"from": f"{days[6]}T{busiest:02}:00", "to": f"{days[6]}T{busiest + 1:02}:00"}
    mouse.click(*point(chromium, busiest))
    ready(chromium)
    assert bounds(chromium) == hour
    assert text(chromium, "#panel-overview h2") == "Visitors per minute"
    drawn(chromium)
    mouse.click(*point(chromium, 10))
    assert bounds(chromium) == hour
    assert chromium.errors() == []


def test_the_tooltip_has_both_periods_the_change_and_annotations(chromium, busy_shop):
    chromium.signed_in_at = None
    open_page(chromium, busy_shop, "&zone=UTC", period="7d")
    drawn(chromium)
    answer = report(busy_shop.port, "overview", range="7d", zone="UTC")
    (current, previous) = (answer[name][2] for name in ("series", "previous_series"))
    chromium.page.mouse.move(*point(chromium, 2))
    wait_for(lambda: chromium.evaluate(TOOLTIP), 5, "the tooltip")
    title, own, before, changed, *_ = chromium.evaluate(TOOLTIP)
    day = "%a, %-d %b %Y"
    assert title == time.strftime(day, time.gmtime(current["t"]))
    assert own == f"Visitors: {current['visitors']}"
    assert before == f"{time.strftime(day, time.gmtime(previous['t']))}: {previous['visitors']}"
    assert changed.startswith("Change: ")
    ticks = chromium.evaluate("() => Chart.getChart(document.querySelector('#panel-overview canvas')).scales.x.ticks.map(({ label }) => label[0])")
    assert ticks == [time.strftime("%a %-d", time.gmtime(one["t"])) for one in answer["series"]]
    # The last day is not over: its part of a sparkline is dashed, if the day has a value yet.
    tiles = ("visitors", "sessions", "pageviews", "bounce_rate", "engaged_ms", "lcp_p75", "inp_p75", "errors")
    dashed = [name for name in tiles if answer["series"][-1][name] is not None]
    assert {"visitors", "errors"} <= set(dashed)
    assert chromium.evaluate("() => document.querySelectorAll('.tiles .sparkline .partial').length") == len(dashed)
    assert chromium.errors() == []


def test_notes_and_releases_are_marked_and_edited(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, "&zone=UTC", period="7d")
    marks = "() => [...document.querySelectorAll('#panel-overview .marks button')].map((mark) => mark.getAttribute('aria-label'))"
    wait_for(lambda: engine.evaluate(marks) == ["Release 2.0"], 10, "the mark of the release")
    engine.evaluate("() => document.querySelector('.controls button').click()")
    wait_for(lambda: "Release 2.0" in text(engine, "#annotation-list"), 5, "the list")
    hostile = "<img src=x onerror=\"window.hacked=1\">"
    engine.evaluate(f"() => {{ document.querySelector('#annotation-text').value = {hostile!r}; document.querySelector('#annotation-form').requestSubmit(); }}")
    wait_for(lambda: hostile in text(engine, "#annotation-list"), 5, "the note")
    wait_for(lambda: engine.evaluate(marks) == [f"Release 2.0; {hostile}"] or engine.evaluate(marks) == [f"{hostile}; Release 2.0"], 5, "its mark")
    engine.evaluate("() => [...document.querySelectorAll('#annotation-list button')].find((button) => button.textContent === 'Edit').click()")
    assert engine.evaluate("() => document.querySelector('#annotation-text').value") == hostile
    engine.evaluate("() => { document.querySelector('#annotation-text').value = 'Sale'; document.querySelector('#annotation-form').requestSubmit(); }")
    wait_for(lambda: "Sale" in text(engine, "#annotation-list") and hostile not in text(engine, "#annotation-list"), 5, "the new text")
    assert [note["text"] for note in report(shop.port, "annotations", range="7d")["annotations"]] == ["Sale"]
    engine.evaluate("() => [...document.querySelectorAll('#annotation-list button')].find((button) => button.textContent === 'Delete').click()")
    wait_for(lambda: "Sale" not in text(engine, "#annotation-list"), 5, "it is deleted")
    wait_for(lambda: engine.evaluate(marks) == ["Release 2.0"], 5, "its mark is gone")
    assert engine.evaluate("() => self.hacked ?? null") is None and engine.errors() == []


def test_guests_see_notes_and_no_form(chromium, shop):
    change(shop.port, "POST", "/api/annotations", {"t": int(time.time()), "text": "Sale"}, OWNER)
    share = change(shop.port, "POST", "/api/shares", {}, OWNER).json()["share"]
    chromium.open(f"{shop.url}/insight?range=7d#share={share}")
    wait_for(lambda: chromium.evaluate("() => self.collectorInsight?.access() === 'reader'"), 15, "signed in")
    ready(chromium)
    chromium.evaluate("() => document.querySelector('.controls button').click()")
    wait_for(lambda: "Sale" in text(chromium, "#annotation-list"), 5, "the list")
    visible = "() => [...document.querySelectorAll('#annotations :is(form, button), #zone-default')].filter((one) => one.checkVisibility()).map((one) => one.textContent.trim())"
    assert chromium.evaluate(visible) == ["Close"]


def test_a_time_zone_is_the_default_of_a_site(engine, shop):
    engine.signed_in_at = None
    far = "Pacific/Tongatapu"
    open_page(engine, shop, "&site=shop.example")
    own = engine.evaluate("() => document.querySelector('#zone').value")
    choose(engine, "#zone", far)
    ready(engine)
    engine.click("#zone-default")
    wait_for(lambda: "zone" not in query(engine), 5, "the zone is the default")
    assert [(one["site"], one["time_zone"]) for one in report(shop.port, "settings")["settings"]] == [("shop.example", far)]
    # Another browser shows the site so, and others in its own zone.
    engine.signed_in_at = None
    engine.open(f"{shop.url}/insight?signs-in#token={TOKEN}")
    open_page(engine, shop, "&site=shop.example")
    assert (text(engine, "#zone-name"), engine.evaluate("() => document.querySelector('#zone-default').ariaPressed")) == (far, "true")
    open_page(engine, shop)
    assert text(engine, "#zone-name") == own
    open_page(engine, shop, "&site=shop.example")
    engine.click("#zone-default")
    wait_for(lambda: report(shop.port, "settings") == {"settings": []}, 5, "it is removed")


def test_weeks_begin_as_the_browser_has_them(chromium, shop):
    chromium.signed_in_at = None
    open_page(chromium, shop, "&zone=UTC&interval=week", period="30d")
    asked = [address for address in chromium.requests if "api/overview" in address][-1]
    # The browser of the tests speaks English of the United States.
    assert "week_start=7" in asked
    table = "() => { const details = document.querySelector('#panel-overview details'); details.open = true; return details.querySelector('tbody tr td')?.textContent ?? null; }"
    wait_for(lambda: chromium.evaluate(table), 5, "the table")
    title = chromium.evaluate(table)
    start = time.strptime(title.removeprefix("Week of ").split(" (")[0], "%d %b %Y")
    assert time.strftime("%a", start) == "Sun", title
