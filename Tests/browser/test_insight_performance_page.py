"""The owner's page: pages that need attention, the breakdown of vitals, distributions, comparisons, and the experience score."""

import json
import urllib.parse

import pytest

from access import check_widths
from insight import CHROME, ENVIRONMENT, report, send, settle, visit_events
from test_insight_page import open_page, text
from waits import wait_for

MOBILE = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
#: Page views with an LCP by page and user agent.
VISITS = [("/product", 31, 1200, CHROME), ("/product", 31, 4500, MOBILE), ("/home", 40, 900, CHROME), ("/rare", 3, 9000, CHROME), *((f"/small-{number}", 1, 1000, CHROME) for number in range(12))]
ROWS = "() => [...document.querySelectorAll('.vitals-table tbody tr')].map((row) => row.cells[0].textContent)"
CARD = "(title) => [...document.querySelectorAll('#panel-performance .card')].find((one) => one.querySelector('h2')?.textContent === title)"
SAVED = "() => { self.saved = []; URL.createObjectURL = (blob) => { blob.text().then((text) => saved.push(text)); return '#saved'; }; HTMLAnchorElement.prototype.click = () => {}; }"


@pytest.fixture
def shop(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT)
    count = sum(send(collector.port, [event for _ in range(number) for event in visit_events(path, lcp=lcp)], agent) for path, number, lcp, agent in VISITS)
    settle(collector.port, count)
    return collector


@pytest.fixture
def page(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, fragment="performance")
    return engine


def card(engine, title):
    return engine.evaluate(f"() => ({CARD})({json.dumps(title)}).innerText")


def rows(engine):
    return engine.evaluate(ROWS)


def address(engine, name):
    return engine.evaluate(f"() => new URLSearchParams(location.search).get({name!r})")


def press(engine, selector):
    engine.evaluate(f"() => document.querySelector({selector!r}).click()")


def test_the_page_that_is_slow_on_mobile_is_at_the_top_with_its_cause_and_opens_its_details(page, shop):
    shown = card(page, "Needs attention")
    for words in ("/product", "Mobile", "4.5 s", "Resource load delay (100 %) of main>img", "31 page views × 2 s"):
        assert words in shown
    assert page.evaluate("() => document.querySelectorAll('.slow-page').length") == 1
    press(page, ".slow-page")
    wait_for(lambda: address(page, "filters") is not None, 5, "a filter")
    assert json.loads(address(page, "filters")) == [["is", "path", ["/product"]], ["is", "device", ["Mobile"]]]
    wait_for(lambda: page.evaluate("() => !collectorInsight.isBusy()"), 15, "the details")
    assert "31 page views over 2.5 s with a known element" in card(page, "Root causes")
    slow = report(shop.port, "slow-pages", range="24h")["rows"]
    assert [(row["path"], row["device"], row["impact"]) for row in slow] == [("/product", "Mobile", 31 * 2000)]
    assert page.errors() == []


def test_a_vital_without_slow_pages_meets_the_target(page):
    press(page, "button.vital:last-child")
    wait_for(lambda: "All pages meet the target" in card(page, "Needs attention"), 15, "the sentence")
    assert address(page, "metric") == "ttfb"


def arrows(page):
    """The arrows of the head of the sorted column, of its text and of its style."""
    return page.evaluate("""() => {
        const button = document.querySelector("th[aria-sort] button");
        const after = getComputedStyle(button, "::after").content;
        return button.textContent.replace(/[^ ↑↓]/g, "") + (after === "none" ? "" : JSON.parse(after));
    }""")


def test_the_breakdown_is_sorted_searched_and_paged(page):
    assert rows(page)[:2] == ["/product", "/home"]
    assert len(rows(page)) == 10
    press(page, "[data-all]")
    wait_for(lambda: len(rows(page)) == 15, 10, "all values")
    assert "1–15 of 15" in card(page, "Breakdown")
    press(page, "[data-key=pageviews]")
    wait_for(lambda: rows(page)[:3] == ["/product", "/home", "/rare"], 10, "the order by page views")
    press(page, "[data-key=lcp]")
    # The three values of /rare are too few for a percentile.
    wait_for(lambda: rows(page)[:2] == ["/product", "/home"] and rows(page)[2] == "/rare", 10, "the order by LCP")
    assert page.evaluate("() => document.querySelector('th[aria-sort]').getAttribute('aria-sort')") == "descending"
    assert arrows(page) == " ↓"
    press(page, "[data-key=lcp]")
    wait_for(lambda: rows(page)[:2] == ["/home", "/product"], 10, "the reverse order")
    assert arrows(page) == " ↑"
    assert address(page, "sort") == "-lcp"
    page.evaluate("() => { const field = document.querySelector('.tools input'); field.value = 'SMALL-1'; field.dispatchEvent(new Event('input')); }")
    wait_for(lambda: sorted(rows(page)) == ["/small-1", "/small-10", "/small-11"], 10, "what is searched for")
    assert page.errors() == []


def test_a_value_is_a_link_that_filters(page):
    link = page.evaluate("() => document.querySelector('.vitals-table a.value').href")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)
    assert json.loads(query["filters"][0]) == [["is", "path", ["/product"]]]
    assert urllib.parse.urlsplit(link).fragment == "performance"
    # A click with the middle button, or with a modifier, is left to the browser.
    page.evaluate("() => { const link = document.querySelector('.vitals-table a.value'); link.addEventListener('click', (event) => { self.isLeft = !event.defaultPrevented; event.preventDefault(); }); link.dispatchEvent(new MouseEvent('click', { ctrlKey: true, bubbles: true, cancelable: true })); }")
    assert page.evaluate("() => self.isLeft") is True
    assert address(page, "filters") is None
    press(page, ".vitals-table a.value")
    wait_for(lambda: address(page, "filters") is not None, 5, "a filter")


def test_the_breakdown_is_exported(page):
    page.evaluate(SAVED)
    for button in ("CSV", "JSON"):
        page.evaluate(f"() => [...document.querySelectorAll('.exports button')].find((one) => one.textContent === {button!r}).click()")
    wait_for(lambda: len(page.evaluate("() => self.saved")) == 2, 10, "two files")
    table, content = sorted(page.evaluate("() => self.saved"))
    lines = table.split("\r\n")
    assert lines[0].startswith('"path","pageviews","score","lcp_count"') and lines[1].startswith('"/product",62,')
    assert len(lines) == 17
    assert [row["value"] for row in json.loads(content)["rows"]][:2] == ["/product", "/home"]


def test_a_distribution_has_its_percentiles_and_thresholds(page):
    words = page.evaluate("() => [...document.querySelectorAll('.histogram')][0].textContent")
    for label in ("p50", "p75", "p95", "Good ≤ 2.5 s", "Poor > 4 s", "1 s", "2 s", "5 s"):
        assert label in words
    page.evaluate(f"() => ({CARD})('Distribution').querySelector('summary').click()")
    wait_for(lambda: page.evaluate(f"() => ({CARD})('Distribution').querySelectorAll('tbody tr').length") > 2, 5, "the table")


def test_two_segments_are_compared_and_chance_is_not_a_difference(page):
    shown = card(page, "Compare")
    assert "A: Desktop" in shown and "B: Mobile" in shown
    compared = "() => Object.fromEntries([...document.querySelectorAll('.comparison tbody tr')].map((row) => [row.cells[0].textContent, row.cells[6].textContent]))"
    found = page.evaluate(compared)
    assert found["LCP"] == "Significant" and found["INP"] == "Not significant"
    page.evaluate("() => { const select = document.querySelector('[aria-label=\"Compare by\"]'); select.value = 'path'; select.dispatchEvent(new Event('change')); }")
    wait_for(lambda: "A: /product" in card(page, "Compare") and "B: /home" in card(page, "Compare"), 15, "two pages")
    page.evaluate("() => { const select = document.querySelector('[aria-label=B]'); select.value = '/rare'; select.dispatchEvent(new Event('change')); }")
    wait_for(lambda: "B: /rare" in card(page, "Compare"), 15, "another page")
    assert page.evaluate(compared)["LCP"] == "Too few values"
    assert [address(page, name) for name in ("versus", "a", "b")] == ["path", "/product", "/rare"]
    page.evaluate("() => { const select = document.querySelector('[aria-label=\"Compare by\"]'); select.value = 'period'; select.dispatchEvent(new Event('change')); }")
    wait_for(lambda: "A: Previous period" in card(page, "Compare"), 15, "two periods")
    assert page.errors() == []


def test_the_score_is_that_of_the_formula(page, shop):
    score = report(shop.port, "performance", range="24h")["score"]
    metrics = report(shop.port, "performance", range="24h")["metrics"]
    points = {name: 100 * (metrics[name]["figures"]["good"] + metrics[name]["figures"]["needs_improvement"] / 2) for name in score["weights"]}
    assert sum(score["weights"].values()) == 100
    assert abs(score["value"] - sum(points[name] * weight for name, weight in score["weights"].items()) / 100) < 0.06
    assert f"{round(score['value'])} of 100" in page.evaluate("() => document.querySelector('.score .figure').innerText").replace("\n", " ")
    page.evaluate("() => document.querySelector('.formula summary').click()")
    assert "LCP 30 %, INP 30 %, CLS 25 %, FCP 15 %" in text(page, ".formula .popover")
    open_page(page, shop, "&path=/rare", "performance")
    assert page.evaluate("() => document.querySelector('.score .figure.few') !== null")


def test_the_longest_rating_stays_inside_each_card(chromium, shop):
    chromium.signed_in_at = None
    open_page(chromium, shop, fragment="performance")
    assert chromium.evaluate("() => document.querySelectorAll('.vital .badge').length") > 3
    chromium.evaluate("() => document.querySelectorAll('.vital .badge').forEach((badge) => badge.textContent = 'Needs improvement')")
    overflows = "() => [...document.querySelectorAll('.vital')].filter((one) => one.querySelector('.badge')?.getBoundingClientRect().right > one.getBoundingClientRect().right - 8).length"
    for width in (1440, 1381, 1201, 1024, 701, 390):
        chromium.resize(width, 900)
        assert chromium.evaluate(overflows) == 0, width
    chromium.resize(1440, 900)


def test_the_view_is_accessible_and_fits(chromium, shop):
    chromium.signed_in_at = None
    open_page(chromium, shop, "&versus=path&a=/product&b=/rare", "performance")
    press(chromium, ".formula summary")
    press(chromium, "[data-all]")
    wait_for(lambda: len(rows(chromium)) == 15, 10, "all values")
    check_widths(chromium, "insight-performance-values")
