"""Lists of the owner's page: tabs, changes, links, the dialog of all values, exports, and saved segments."""

import csv
import io
import json

import pytest

from access import check_access
from bodies import make_ids
from insight import ENVIRONMENT, OWNER, ask, change, cookie, report, send, settle, sign_in, visit_events
from test_insight_page import open_page, ready, text
from waits import wait_for

PAGES = 130


@pytest.fixture
def sources(store, serve):
    """Visits from each kind of source, and a missing page."""
    collector = serve(store, environment=ENVIRONMENT)
    events = []
    for referrer, campaign in (
        ("https://www.google.com/", {}),
        ("https://www.google.de/", {"gclid": "x"}),
        ("https://chatgpt.com/", {}),
        ("https://l.facebook.com/", {}),
        ("", {"utm_source": "letter", "utm_medium": "email", "utm_content": "header", "utm_term": "shoes"}),
        ("https://blog.example/", {}),
        ("", {}),
    ):
        events += visit_events("/start", referrer=referrer, extra={"campaign": campaign})
    events.append(make_ids() | {"event_type": "404", "seq": 1, "path": "/gone/123", "site": "shop.example", "payload": {}})
    settle(collector.port, send(collector.port, events))
    return collector


@pytest.fixture
def pages(sqlite, serve):
    """More pages than a page of the dialog shows; the last ones have two views."""
    collector = serve(sqlite, environment=ENVIRONMENT)
    events = 0
    for number in range(PAGES):
        events += send(collector.port, [event for _ in range(1 + (number >= PAGES - 2)) for event in visit_events(f"/topic-{chr(97 + number // 26)}{chr(97 + number % 26)}")])
    settle(collector.port, events)
    return collector


def values(collector, dimension, **query):
    return {row["value"]: row for row in report(collector.port, "breakdowns", range="24h", dimensions=dimension, **query)["dimensions"][dimension]["rows"]}


def listed(engine, title):
    return engine.evaluate(f"() => [...[...document.querySelectorAll('.list')].find((card) => card.querySelector('h2').textContent === {title!r}).querySelectorAll('.bars .value')].map((value) => value.textContent)")


def tab(engine, name):
    engine.evaluate(f"() => [...document.querySelectorAll('.list .segments button')].find((button) => button.textContent === {name!r}).click()")
    ready(engine)


def rows(engine):
    return engine.evaluate("() => [...document.querySelectorAll('#all tbody tr')].map((row) => row.cells[0].textContent)")


def open_all(engine, title):
    engine.evaluate(f"() => [...document.querySelectorAll('.list')].find((card) => card.querySelector('h2').textContent === {title!r}).querySelector('.all').click()")
    wait_for(lambda: rows(engine), 10, "all values")


def test_sessions_have_a_channel_and_their_utm_parameters(sources):
    assert set(values(sources, "channel")) == {"Organic search", "Paid search", "AI assistants", "Organic social", "Email", "Referral", "Direct"}
    found = {name: list(values(sources, f"utm_{name}")) for name in ("source", "medium", "content", "term")}
    assert found == {"source": ["letter"], "medium": ["email"], "content": ["header"], "term": ["shoes"]}
    assert list(values(sources, "browser_version")) == ["Chrome 142"]
    assert list(values(sources, "system_version")) == ["Windows 10 or later"]
    assert {value: row["events"] for value, row in values(sources, "not_found").items()} == {"/gone/:id": 1}
    assert report(sources.port, "overview", range="24h", channel="Email")["totals"]["sessions"] == 1


def test_lists_are_paged_sorted_searched_and_exported(pages):
    first, second = (values(pages, "path", limit=100, offset=offset) for offset in (0, 100))
    assert len(first) == 100 and len(second) == PAGES - 100 and not set(first) & set(second)
    assert list(first)[0] == list(values(pages, "path", limit=1, sort="sessions"))[0]
    assert list(values(pages, "path", contains="TOPIC-AA")) == ["/topic-aa"]
    answer = ask(pages.port, "breakdowns", range="24h", dimensions="path", format="csv")
    assert answer.field("Content-Disposition") == 'attachment; filename="path.csv"'
    table = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert len(table) == PAGES and {row["path"]: int(row["pageviews"]) for row in table} == {value: row["pageviews"] for value, row in (first | second).items()}
    exported = ask(pages.port, "breakdowns", range="24h", dimensions="path", format="json", limit=2000).json()
    assert len(exported["dimensions"]["path"]["rows"]) == PAGES
    for query in ({"dimensions": "path,browser", "format": "csv"}, {"dimensions": "path", "limit": 501}, {"dimensions": "event", "sort": "errors"}, {"dimensions": "path", "sort": "visitors"}, {"dimensions": "path", "contains": "x" * 201}):
        assert ask(pages.port, "breakdowns", **query).status == 400, query


def test_a_tab_is_in_the_address_and_a_value_is_a_link(engine, sources):
    engine.signed_in_at = None
    open_page(engine, sources)
    assert set(listed(engine, "Sources")) >= {"Organic search", "AI assistants"}
    tab(engine, "Not found")
    assert listed(engine, "Pages") == ["/gone/:id"]
    open_page(engine, sources, "&lists=utm_medium,not_found")
    assert (listed(engine, "Sources"), listed(engine, "Pages")) == (["email"], ["/gone/:id"])
    link = engine.evaluate("() => document.querySelector('.list a.value').href")
    assert "utm_medium" in link and "lists=" in link
    engine.leave(link)
    ready(engine)
    assert text(engine, "#filters .edit") == "UTM medium is email"
    assert engine.errors() == []


def test_an_empty_list_names_the_code_that_fills_it(engine, sources):
    engine.signed_in_at = None
    open_page(engine, sources, "&lists=campaign&utm_source=none")
    assert "utm_campaign=" in text(engine, ".list .lesson code")


def test_a_browser_of_a_filter_is_listed_by_its_versions(engine, sources):
    engine.signed_in_at = None
    open_page(engine, sources, "&browser=Chrome")
    assert listed(engine, "Devices") == ["Chrome 142"]


def test_all_values_are_searched_sorted_and_paged(engine, pages):
    engine.signed_in_at = None
    open_page(engine, pages)
    open_all(engine, "Pages")
    assert len(rows(engine)) == 100 and text(engine, "#all [role=status]") == f"1–100 of {PAGES}"
    assert engine.evaluate("() => [...document.querySelectorAll('#all .sort')].filter((button) => button.disabled).map((button) => button.textContent)") == ["Visitors", "LCP p75", "INP p75"]
    sort = "() => [...document.querySelectorAll('#all .sort')].find((button) => button.textContent === '{}').click()"
    # No page has errors: the order is about none, and another order has all of them again.
    engine.evaluate(sort.replace("{}", "Errors"))
    wait_for(lambda: text(engine, "#all [role=status]") == "None with errors", 10, "the order by errors")
    engine.evaluate(sort.replace("{}", "Page views"))
    wait_for(lambda: text(engine, "#all [role=status]") == f"1–100 of {PAGES}", 10, "the order by page views")
    assert "format=csv" in engine.evaluate("() => document.querySelector('#all .exports a').href")
    engine.evaluate("() => [...document.querySelectorAll('#all button')].find((button) => button.textContent === 'Next').click()")
    wait_for(lambda: len(rows(engine)) == PAGES - 100, 10, "the second page")
    wait_for(lambda: engine.evaluate("() => document.activeElement.textContent") == "Previous", 5, "the focus on a button that can be used")
    engine.evaluate("() => { const field = document.querySelector('#all input'); field.value = 'topic-a'; field.dispatchEvent(new Event('input')); }")
    wait_for(lambda: len(rows(engine)) == 26, 10, "the found values")
    engine.evaluate("() => [...document.querySelectorAll('#all .sort')].find((button) => button.textContent === 'Visitors').click()")
    assert engine.evaluate("() => document.querySelector('#all [aria-sort]').textContent") == "Visitors"
    # Files of a list with all values are made of the shown rows.
    assert engine.evaluate("() => [...document.querySelectorAll('#all .exports > *')].map((one) => one.tagName)") == ["BUTTON", "BUTTON"]
    engine.evaluate("() => document.querySelector('#all tbody a.value').click()")
    wait_for(lambda: engine.evaluate("() => !document.querySelector('#all').open && document.querySelectorAll('#filters .edit').length === 1"), 10, "the filter")
    ready(engine)
    assert engine.errors() == []


def test_the_lists_have_no_accessibility_faults(chromium, sources):
    chromium.signed_in_at = None
    open_page(chromium, sources, "&lists=utm_medium,not_found")
    open_all(chromium, "Sources")
    for _ in range(2):
        check_access(chromium, "insight-lists")
        chromium.evaluate("() => { document.querySelector('#all').close(); document.querySelector('#segments-open').click(); }")
        wait_for(lambda: chromium.evaluate("() => document.querySelector('#segment-list').childElementCount === 1"), 10, "the segments")


def test_the_owner_saves_segments_and_guests_use_them(engine, sources):
    engine.signed_in_at = None
    open_page(engine, sources, "&channel=Email")
    engine.click("#segments-open")
    wait_for(lambda: engine.evaluate("() => !document.querySelector('#segment-form').hidden && document.querySelector('#segment-list').childElementCount === 1"), 10, "the dialog")
    engine.evaluate("() => { document.querySelector('#segment-name').value = 'Mail <b>'; document.querySelector('#segment-form').requestSubmit(); }")
    wait_for(lambda: "Mail <b>" in (text(engine, "#segment-list") or ""), 10, "the segment")
    (segment,) = report(sources.port, "segments")["segments"]
    assert json.loads(segment["filters"]) == [["is", "channel", ["Email"]]]
    link = change(sources.port, "POST", "/api/shares", {"days": 1, "label": "x"}, OWNER).json()
    _, value = sign_in(sources.port, share=link["share"])
    assert [one["name"] for one in report(sources.port, "segments", fields=cookie(value))["segments"]] == ["Mail <b>"]
    assert change(sources.port, "POST", "/api/segments", {"name": "x", "filters": segment["filters"]}, cookie(value)).status == 403
    open_page(engine, sources)
    engine.click("#segments-open")
    wait_for(lambda: engine.evaluate("() => document.querySelector('#segment-list a') !== null"), 10, "the list")
    engine.evaluate("() => document.querySelector('#segment-list a').click()")
    ready(engine)
    assert text(engine, "#filters .edit") == "Channel is Email"
    engine.click("#segments-open")
    wait_for(lambda: engine.evaluate("() => document.querySelector('#segment-list [aria-current]') !== null"), 10, "the used one")
    engine.evaluate("() => [...document.querySelectorAll('#segment-list button')].find((button) => button.textContent === 'Delete').click()")
    engine.evaluate("() => [...document.querySelectorAll('#segment-list button')].find((button) => button.textContent === 'Confirm').click()")
    wait_for(lambda: report(sources.port, "segments")["segments"] == [], 10, "no segments")
    assert engine.errors() == []
