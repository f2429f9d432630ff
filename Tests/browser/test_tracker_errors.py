"""What breaks on other sites' pages: each once, with a count, where it was, and what was done before."""

import pytest

from shop import SCRIPT
from tracked import visit  # noqa: F401

LINES = SCRIPT.splitlines()
INNER = 1 + next(place for place, line in enumerate(LINES) if line.startswith("function inner"))
OUTER = 1 + next(place for place, line in enumerate(LINES) if line.startswith("function outer"))


def errors(visit, count=1):
    found = []

    def are_there(views):
        visit.flush()
        found[:] = [row["payload"] for view in views for row in view.of("error")]
        return len(found) >= count

    visit.wait_for(are_there, f"{count} errors")
    return found


def test_an_error_has_its_frames_and_the_steps_before_it(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.click("#slow")
    visit.engine.click("#throw")
    (error,) = errors(visit)
    assert (error["kind"], error["name"], error["count"]) == ("error", "TypeError", 1)
    assert "null" in error["message"]
    places = [(frame["function"], frame["file"], frame["line"]) for frame in error["frames"][:2]]
    assert places == [("inner", visit.shop.url + "/page.js", INNER), ("outer", visit.shop.url + "/page.js", OUTER)]
    assert all(frame["column"] > 0 for frame in error["frames"])
    assert (error["source"], error["lineno"]) == (visit.shop.url + "/page.js", INNER)
    assert "stack" not in error
    assert [(step["type"], step["text"].split(">")[-1]) for step in error["breadcrumbs"]][-2:] == [("click", "button#slow"), ("click", "button#throw")]


def test_the_same_error_a_thousand_times_is_two_rows_that_add_up(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.click("#often")
    errors(visit)
    visit.engine.evaluate("() => new Promise((resolve) => setTimeout(resolve, 500))")
    visit.go("/two")
    visit.flush()
    view = visit.wait_for(lambda views: len(views) == 2 and views[0].is_complete, "a complete first view")[0]
    found = [row["payload"] for row in view.of("error")]
    assert sum(error["count"] for error in found) == 1000 and len(found) <= 3
    assert len({error["key"] for error in found}) == 1


def test_rejections_resources_and_requests_are_errors(visit):
    visit = visit(attributes="data-requests data-console")
    visit.open("/one")
    visit.wait_for(lambda views: (visit.flush() or True) and views and views[0].of("resources"), "the parts that are loaded apart")
    for button in ("reject", "image", "request", "console"):
        visit.engine.click(f"#{button}")
    found = {error["kind"]: error for error in errors(visit, 4)}
    assert set(found) == {"rejection", "resource", "request", "console"}, found
    assert found["rejection"]["message"] == "rejected on purpose" and found["rejection"]["name"] == "TypeError"
    assert found["resource"]["source"] == visit.shop.url + "/missing.png"
    assert found["console"]["message"] == "written on purpose"
    request = found["request"]
    assert request["source"] == visit.shop.url + "/missing.json"
    assert (request["name"], request["message"]) == ("HTTP 404", "GET " + visit.shop.url + "/missing.json")
    visit.engine.click("#refused")
    unanswered = [error for error in errors(visit, 5) if error["name"] == "NetworkError"]
    assert [error["source"] for error in unanswered] == ["http://127.0.0.1:9/"]
    assert not any("secret" in str(row) for row in visit.rows)


def test_the_console_and_requests_are_left_alone_unless_the_site_asks(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.click("#console")
    visit.engine.click("#request")
    visit.engine.click("#throw")
    assert [error["kind"] for error in errors(visit)] == ["error"]


def test_what_the_page_has_caught_itself_can_be_told(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.evaluate("() => { try { null.x; } catch (error) { collector.error(error); } collector.error('a text'); collector.error({ code: 7 }); }")
    found = errors(visit, 3)
    assert [error["kind"] for error in found] == ["handled"] * 3
    assert [error["message"] for error in found[1:]] == ["a text", '{"code":7}']


def test_no_more_than_fifty_different_errors_are_told_and_the_rest_is_counted(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.evaluate("() => { for (let number = 0; number < 60; number++) collector.error('number ' + number); }")
    assert visit.flush() is True
    visit.go("/two")
    visit.flush()
    view = visit.wait_for(lambda views: len(views) == 2 and views[0].of("engagement"), "a first view")[0]
    assert len(view.of("error")) == 50
    (row,) = visit.store.rows(f"select emitted, dropped, received, lost from pageview_completeness where pageview_id = '{view.id}'")
    assert (row["dropped"], row["lost"]) == (10, 0) and row["emitted"] == row["received"] + 10


def test_what_the_policy_blocks_is_told(visit):
    visit = visit(headers={"Content-Security-Policy": "img-src 'self' data:"})
    visit.open("/one")
    visit.engine.evaluate("() => { document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png?secret=1' })); }")
    found = next(error for error in errors(visit) if error["kind"] == "csp")
    assert found["name"] == "img-src" and found["message"] == "Blocked http://127.0.0.1:9/x.png"


def test_what_the_browser_itself_reports_is_told_even_of_before(visit):
    visit = visit(body="<script>navigator.vibrate(1)</script>")
    if visit.engine.name != "chromium":
        pytest.skip("Chromium alone reports anything but its policies")
    visit.open("/one")
    (found,) = errors(visit)
    assert (found["kind"], found["name"], found["source"]) == ("report", "intervention", visit.host + "/one")
    assert "vibrate" in found["message"]
