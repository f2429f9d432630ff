"""The view of issues: who is hit by an error, and since which release, in at most three clicks."""

import pytest

from access import check_widths
from insight import ENVIRONMENT, send, settle, visit_events
from test_insight_page import open_page, ready, text
from waits import wait_for

FRAMES = [
    {"function": "emit", "file": "https://cdn.example/vue.js", "line": 90, "column": 1},
    {"function": "Shop.buy", "file": "https://shop.example/app.3f9a1c.js", "line": 7, "column": 3},
]


def error(message, **more):
    return {"kind": "error", "name": "Error", "message": message, "count": 1, "frames": FRAMES, "breadcrumbs": ["click button"]} | more


@pytest.fixture
def shop(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT)
    count = 0
    for release, messages in (("1.0", ["no stock", "no stock", "no price"]), ("1.1", ["no stock"])):
        for message in messages:
            count += send(collector.port, visit_events("/cart", error=error(message), extra={"release": release}))
    for number in range(28):
        words = " ".join(["fault", "of", "kind", "abcdefghijklmnopqrstuvwxyzåä"[number]])
        count += send(collector.port, visit_events(error=error(words), extra={"release": "1.1"}))
    settle(collector.port, count)
    return collector


def rows(engine):
    return engine.evaluate("() => [...document.querySelectorAll('.issues-table tbody tr')].map((row) => row.querySelector('.issue b').textContent)")


def press(engine, words, within="main"):
    engine.evaluate(f"() => [...document.querySelectorAll('{within} button, {within} summary, {within} a')].find((one) => one.textContent.trim().startsWith({words!r})).click()")


def shown(engine, *words, selector="#panel-issues"):
    wait_for(lambda: all(word in (text(engine, selector) or "") for word in words), 15, f"{words} on the page")


def test_three_clicks_answer_who_is_hit_since_which_release(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop)
    press(engine, "View all", "#panel-overview .wide")
    wait_for(lambda: engine.evaluate("() => location.hash") == "#issues", 5, "the view of issues")
    wait_for(lambda: "Error: no stock" in rows(engine), 10, "the list")
    press(engine, "Error: no stock", ".issues-table")
    shown(engine, "First seen", "in 1.0", "in 1.1", "Visitors in this period", "buy app.3f9a1c.js:7", "Breadcrumbs (1)")
    figures = engine.evaluate("() => [...document.querySelectorAll('.issue-figures > div')].map((one) => [one.firstChild.textContent, one.lastChild.textContent])")
    assert dict(figures)["Events in this period"] == "3" and dict(figures)["Visitors in this period"] == "3"
    ready(engine)
    # The frame of the library is folded, that of the site is not.
    assert engine.evaluate("() => document.querySelector('.stack-frames .folded details').open") is False
    assert engine.evaluate("() => document.querySelector('.stack-frames > .own').textContent").startswith("Shop.buy")
    assert engine.evaluate("() => document.querySelectorAll('[aria-label=Occurrences] tbody tr').length") == 3
    press(engine, "Older")
    shown(engine, "1 newer in the period")
    engine.evaluate("() => history.back()")
    wait_for(lambda: rows(engine), 10, "the list again")
    assert engine.errors() == []


def test_the_list_has_pages_a_search_an_order_and_states(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, fragment="issues")
    wait_for(lambda: len(rows(engine)) == 25, 10, "a page")
    press(engine, "Next", ".pages")
    wait_for(lambda: len(rows(engine)) == 5, 10, "the last page")
    engine.evaluate("() => { const field = document.querySelector('.issue-tools input'); field.value = 'no'; field.dispatchEvent(new Event('input')); }")
    wait_for(lambda: sorted(rows(engine)) == ["Error: no price", "Error: no stock"], 10, "what was searched")
    assert engine.evaluate("() => new URLSearchParams(location.search).get('search')") == "no"
    press(engine, "First seen", ".issues-table")
    wait_for(lambda: text(engine, "[aria-sort] button") == "First seen", 10, "another order")
    press(engine, "Resolved", ".states")
    shown(engine, "No issue matches")
    assert text(engine, ".states [data-state=all] .number") == "2"
    assert engine.errors() == []


def test_decisions_and_merges(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, "&search=no+", "issues")
    wait_for(lambda: len(rows(engine)) == 2, 10, "two issues")
    press(engine, "Error: no price", ".issues-table")
    shown(engine, "Resolve in")
    press(engine, "The next release", "#panel-issues")
    shown(engine, "Resolved in the release after 1.1", "Reopen")
    press(engine, "Reopen", "#panel-issues")
    shown(engine, "Ignore until")
    press(engine, "100 more events", "#panel-issues")
    shown(engine, "Ignored until 100 more events")
    press(engine, "Merge into", "#panel-issues")
    wait_for(lambda: "no stock" in (text(engine, "dialog.merge") or ""), 10, "the dialog")
    engine.evaluate("() => [...document.querySelectorAll('dialog.merge li')].find((one) => one.textContent.includes('no stock')).querySelector('button').click()")
    shown(engine, "Merged issues", "1 count as this one", "Error: no price")
    press(engine, "Split off", "#panel-issues")
    wait_for(lambda: "Merged issues" not in text(engine, "#panel-issues"), 10, "it is split off")
    assert engine.errors() == []


def test_the_list_an_issue_and_a_menu_are_accessible_and_fit(chromium, shop):
    chromium.signed_in_at = None
    open_page(chromium, shop, fragment="issues")
    wait_for(lambda: rows(chromium), 10, "the list")
    check_widths(chromium, "insight-issues-list")
    press(chromium, "Error: no stock", ".issues-table")
    shown(chromium, "Breadcrumbs")
    ready(chromium)
    chromium.evaluate("() => document.querySelectorAll('#panel-issues details').forEach((one) => one.open = true)")
    check_widths(chromium, "insight-issues-issue")
