"""Goals, funnels, retention and paths: the API on both stores, and the view in the browsers."""

import json

import pytest

from access import check_widths
from bodies import make_ids
from insight import ENVIRONMENT, OWNER, TOKEN, ask, change, cookie, report, send, serve_ready, settle, sign_in, visit_events
from test_insight_page import open_page, ready, text
from waits import wait_for
from wire import request

pytestmark = pytest.mark.usefixtures("one_day")

def session(port, pages, events=(), visitor=None):
    """A session of page views; `events` are custom events of the last one."""
    ids = make_ids() | ({"visitor_id": visitor} if visitor else {})
    count = 0
    for page in pages:
        ids = ids | {"pageview_id": make_ids()["pageview_id"]}
        count += send(port, visit_events(page, ids=ids))
    for number, (name, payload) in enumerate(events):
        count += send(port, [ids | {"event_type": name, "seq": 20 + number, "path": pages[-1], "site": "shop.example", "payload": payload}])
    return count


def fill(port):
    """Six sessions: three see the prices, two of them sign up, and one of those buys twice."""
    count = session(port, ["/", "/pricing"], [("signup", {"plan": "free"})])
    count += session(port, ["/", "/pricing", "/welcome"], [("signup", {"plan": "pro"}), ("purchase", {"value": 0.1, "currency": "eur"}), ("purchase", {"value": "0.20", "currency": "EUR"})])
    count += session(port, ["/", "/pricing", "/"])
    count += session(port, ["/"])
    count += session(port, ["/docs/a", "/docs/b"])
    count += session(port, ["/docs/a"], [("purchase", {"value": 5})])
    settle(port, count)


@pytest.fixture
def owned(store, serve):
    collector = serve_ready(serve, store)
    fill(collector.port)
    return collector


@pytest.fixture
def shop(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT)
    fill(collector.port)
    return collector


def add_goal(port, **goal):
    answer = change(port, "POST", "/api/goals", goal, OWNER)
    assert answer.status == 200, answer.body
    return answer.json()["id"]


# The API


def test_goals_are_counted_with_their_values_and_change_by_put_and_delete(owned):
    port = owned.port
    add_goal(port, type="page", match="/docs/*", name="Docs")
    signup = add_goal(port, type="event", match="signup")
    pro = add_goal(port, type="event", match="signup", property="plan", property_value="pro", site="shop.example")
    add_goal(port, type="event", match="purchase")
    add_goal(port, type="event", match="signup", site="other.example")
    answer = report(port, "conversions", range="24h")
    assert answer["sessions"] == 6
    rows = [(row["goal"]["title"], row["conversions"], row["converted_sessions"], row["converted_visitors"], row["session_rate"]) for row in answer["goals"]]
    assert rows == [("Docs", 3, 2, 2, 0.3333), ("signup", 2, 2, 2, 0.3333), ("signup: plan = pro", 1, 1, 1, 0.1667), ("purchase", 3, 2, 2, 0.3333), ("signup", 0, 0, 0, 0)]
    assert answer["goals"][3]["values"] == [{"currency": None, "sum": "5", "count": 1}, {"currency": "EUR", "sum": "0.3", "count": 2}]
    assert sum(point["conversions"] for point in answer["goals"][0]["series"]) == 3
    assert [row["goal"]["title"] for row in report(port, "conversions", range="24h", site="other.example")["goals"]] == ["Docs", "signup", "purchase", "signup"]
    for goal, sessions in ((signup, 2), (pro, 1)):
        assert report(port, "overview", range="24h", filters=json.dumps([["is", "goal", [goal]]]))["totals"]["sessions"] == sessions
        assert report(port, "overview", range="24h", filters=json.dumps([["is_not", "goal", [goal]]]))["totals"]["sessions"] == 6 - sessions
    lists = report(port, "breakdowns", range="24h", dimensions="path,event", goal=signup)["dimensions"]
    assert {row["value"]: (row["converted_sessions"], row["conversion_rate"]) for row in lists["path"]["rows"]} == {"/": (2, 0.5), "/pricing": (2, 0.6667), "/welcome": (1, 1), "/docs/a": (0, 0), "/docs/b": (0, 0)}
    assert "conversion_rate" not in lists["event"]["rows"][0]
    assert change(port, "PUT", f"/api/goals/{pro}", {"type": "page", "match": "/welcome"}, OWNER).json()["title"] == "Visit /welcome"
    assert report(port, "conversions", range="24h")["goals"][2]["conversions"] == 1
    assert request(port, "DELETE", f"/api/goals/{pro}", None, OWNER).json() == {"removed": pro}
    assert request(port, "DELETE", f"/api/goals/{pro}", None, OWNER).status == 404
    assert change(port, "PUT", f"/api/goals/{pro}", {"type": "page", "match": "/welcome"}, OWNER).status == 404
    assert len(report(port, "goals")["goals"]) == 4 and len(report(port, "goals", site="x.example")["goals"]) == 3


def test_a_text_that_reads_like_the_name_of_none_has_conversions_of_its_own(store, serve):
    port = serve_ready(serve, store).port
    count = 0
    for language, events in (("(none)", ["signup"]), ("(none)", ["signup"]), ("(none)", []), (None, [])):
        ids = make_ids() | {"path": "/", "site": "shop.example"}
        sent = [ids | {"event_type": "pageview", "seq": 1, "payload": {"language": language} if language else {}}]
        count += send(port, sent + [ids | {"event_type": name, "seq": 2, "payload": {}} for name in events])
    settle(port, count)
    signup = add_goal(port, type="event", match="signup")
    rows = report(port, "breakdowns", range="24h", dimensions="language", goal=signup)["dimensions"]["language"]["rows"]
    assert [(row["sessions"], row["converted_sessions"], row["conversion_rate"]) for row in rows] == [(3, 2, 0.6667), (1, 0, 0)]


def test_funnels_are_saved_and_any_steps_can_be_asked_about(owned):
    port = owned.port
    goal = add_goal(port, type="event", match="purchase", name="Purchase")
    steps = [["page", "/"], ["page", "/pricing"], ["event", "signup"], ["goal", goal]]
    answer = change(port, "POST", "/api/funnels", {"name": "Sale", "steps": steps}, OWNER)
    assert answer.status == 200, answer.body
    saved = answer.json()
    assert (saved["steps"], saved["by"], saved["window"]) == (steps, "session", None)
    funnel = report(port, f"funnels/{saved['id']}", range="24h")
    assert [(step["count"], step["dropped"], step["rate"], step["goal"]) for step in funnel["steps"]] == [(4, 0, 1, None), (3, 1, 0.75, None), (2, 1, 0.6667, None), (1, 1, 0.5, "Purchase")]
    assert funnel["steps"][0]["seconds_p50"] is None and funnel["steps"][3]["seconds_p50"] >= 0
    other = report(port, "funnel-report", range="24h", steps=json.dumps(steps[::-1]), by="visitor", window=3600)
    assert [step["count"] for step in other["steps"]] == [2, 0, 0, 0]
    assert change(port, "PUT", f"/api/funnels/{saved['id']}", {"name": "Sale", "steps": steps[:2], "by": "visitor", "window": 60}, OWNER).json()["window"] == 60
    assert len(report(port, f"funnels/{saved['id']}", range="24h")["steps"]) == 2
    assert [one["name"] for one in report(port, "funnels")["funnels"]] == ["Sale"]
    assert request(port, "DELETE", f"/api/funnels/{saved['id']}", None, OWNER).status == 200
    assert ask(port, f"funnels/{saved['id']}").status == 404
    change(port, "DELETE", f"/api/goals/{goal}", {}, OWNER)
    assert ask(port, "funnel-report", steps=json.dumps(steps)).status == 400


def test_retention_and_paths(owned):
    port = owned.port
    retention = report(port, "retention", range="7d", period="day", week_start="7")
    assert [cohort["visitors"][0] for cohort in retention["cohorts"]] == [0] * 6 + [6]
    assert retention["cohorts"][-1]["partial"]
    paths = report(port, "paths", range="24h", page="/", steps=2)
    assert [row["page"] for row in paths["steps"][1]["rows"]] == ["/pricing"]
    assert (paths["steps"][0]["rows"][0]["sessions"], paths["steps"][1]["rows"][0]["sessions"], paths["steps"][1]["ended"]) == (4, 3, 1)
    narrowed = report(port, "paths", range="24h", page="/", steps=2, via=json.dumps(["/pricing", "/welcome"]))
    assert narrowed["steps"][2]["rows"] == [{"page": "/welcome", "sessions": 1}]
    back = report(port, "paths", range="24h", page="/pricing", direction="backward", steps=1)
    assert back["steps"][1]["rows"] == [{"page": "/", "sessions": 3}]
    few = report(port, "paths", range="24h", limit=1, steps=1)
    assert (few["steps"][0]["rows"], few["steps"][0]["other"], few["steps"][0]["other_pages"]) == ([{"page": "/", "sessions": 4}], 2, 1)


def test_what_cannot_be_answered_is_refused_with_a_sentence(sqlite, serve):
    port = serve_ready(serve, sqlite).port
    for route, query in (
        ("funnel-report", {"steps": "[]"}), ("funnel-report", {"steps": '[["page","/"]]'}), ("funnel-report", {}),
        ("funnel-report", {"steps": '[["page","/"],["event","pageview"]]'}), ("funnel-report", {"steps": "x", "window": "5"}),
        ("retention", {"period": "day", "range": "90d"}), ("paths", {"page": "pricing"}), ("paths", {"via": "x"}), ("paths", {"steps": "6"}),
        ("paths", {"via": '["/a","/b"]', "steps": "1"}), ("overview", {"filters": '[["is","goal",["x"]]]'}),
        ("overview", {"filters": '[["contains","goal",["x"]]]'}), ("breakdowns", {"dimensions": "path", "goal": "x"}),
    ):
        answer = ask(port, route, **query)
        assert answer.status == 400 and len(answer.json()["message"]) > 10, (route, query, answer.body)
    for body in ({}, {"type": "page"}, {"type": "page", "match": "x"}, {"type": "event", "match": "error"}, {"type": "event", "match": "a", "property": "b"}, {"type": "page", "match": "/", "name": "x" * 101}):
        assert change(port, "POST", "/api/goals", body, OWNER).status == 400, body
    for body in ({"name": "x"}, {"steps": [["page", "/"], ["page", "/a"]]}, {"name": "x", "steps": "[]"}, {"name": "x", "steps": [["page", "/"]]}, {"name": "x", "steps": [["page", "/"], ["page", "/a"]], "by": "hour"}):
        assert change(port, "POST", "/api/funnels", body, OWNER).status == 400, body
    for _ in range(50):
        add_goal(port, type="page", match="/", site="a.example")
    assert change(port, "POST", "/api/goals", {"type": "page", "match": "/", "site": "a.example"}, OWNER).status == 400
    add_goal(port, type="page", match="/", site="b.example")


def test_guests_read_goals_and_change_none(sqlite, serve):
    port = serve_ready(serve, sqlite).port
    goal = add_goal(port, type="page", match="/")
    share = change(port, "POST", "/api/shares", {"days": 1}, OWNER).json()["share"]
    guest = cookie(sign_in(port, share=share)[1])
    for route in ("goals", "funnels", "conversions"):
        assert ask(port, route, fields=guest).status == 200
    for method, path in (("POST", "goals"), ("PUT", f"goals/{goal}"), ("DELETE", f"goals/{goal}"), ("POST", "funnels"), ("DELETE", "funnels/x")):
        assert request(port, method, f"/api/{path}", b"{}", guest).status == 403, (method, path)


# The view


def in_view(engine, selector):
    return engine.evaluate(f"() => [...document.querySelectorAll('#panel-goals {selector}')].map((one) => one.textContent)")


def fill_field(engine, selector, value):
    engine.evaluate(f"() => {{ const field = document.querySelector({selector!r}); field.value = {value!r}; for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, {{bubbles: true}})); }}")


def closed(engine, selector):
    wait_for(lambda: engine.evaluate(f"() => document.querySelector({selector!r}) === null"), 10, f"{selector} is closed")
    ready(engine)


def test_goals_and_funnels_are_added_in_dialogs_and_filter_the_page(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, fragment="goals")
    assert "Measure what visitors achieve" in text(engine, "#panel-goals")
    engine.evaluate("() => [...document.querySelectorAll('#panel-goals .teaching button')].find((one) => one.textContent.startsWith('signup')).click()")
    wait_for(lambda: engine.evaluate("() => document.querySelector('#goal')?.open") is True, 5, "the dialog")
    assert engine.evaluate("() => [document.querySelector('#goal-type').value, document.querySelector('#goal-match').value, document.activeElement.id]") == ["event", "signup", "goal-match"]
    engine.click("#goal .strong")
    closed(engine, "#goal")
    assert in_view(engine, ".goals tbody td")[:4] == ["signupEvent signup", "2 ", "2 ", "33 % "]
    engine.click("#panel-goals .goals .value")
    ready(engine)
    assert engine.evaluate("() => document.querySelector('#filters .edit').textContent") == "Goal is signup"
    engine.click("#filters .remove")
    ready(engine)
    engine.evaluate("() => [...document.querySelectorAll('#panel-goals button')].find((one) => one.textContent === 'New funnel').click()")
    wait_for(lambda: engine.evaluate("() => document.querySelector('#funnel')?.open") is True, 5, "the dialog")
    fill_field(engine, "#funnel-name", "Sign-up")
    fill_field(engine, "#step-0", "/pricing")
    fill_field(engine, "#step-type-1", "goal")
    engine.click("#funnel .strong")
    closed(engine, "#funnel")
    assert in_view(engine, ".funnel .of") == ["3 sessions · 100 %", "2 sessions · 67 %"]
    assert engine.errors() == []


def test_paths_narrow_by_a_click_and_retention_has_periods(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, fragment="goals")
    assert in_view(engine, ".column h3")[:2] == ["Start", "1 step later"]
    engine.click("#panel-goals .column:nth-child(1) .value")
    ready(engine)
    assert in_view(engine, ".column:nth-child(2) .value") == ["/pricing", "Session ended"]
    engine.click("#panel-goals .column:nth-child(2) .value")
    ready(engine)
    assert in_view(engine, ".trail .button") == ["/", "/pricing"]
    assert in_view(engine, ".column:nth-child(3) .value") == ["/", "/welcome", "Session ended"]
    engine.evaluate("() => history.back()")
    wait_for(lambda: in_view(engine, ".trail .button") == ["/"], 10, "a step back")
    ready(engine)
    assert in_view(engine, ".retention tbody th") != []
    engine.evaluate("() => [...document.querySelectorAll('#panel-goals .segments button')].find((one) => one.textContent === 'Months').click()")
    ready(engine)
    assert engine.evaluate("() => new URLSearchParams(location.search).get('period')") == "month"
    assert engine.errors() == []


def test_the_view_is_accessible_and_fits(chromium, shop):
    for goal in ({"type": "page", "match": "/docs/**", "name": "A goal with quite a long name that has to fit on a telephone"}, {"type": "event", "match": "purchase"}):
        add_goal(shop.port, **goal)
    change(shop.port, "POST", "/api/funnels", {"name": "Sale", "steps": [["page", "/"], ["page", "/pricing"], ["event", "signup"]]}, OWNER)
    chromium.open(f"{shop.url}/insight#token={TOKEN}")
    chromium.signed_in_at = shop.url
    wait_for(lambda: chromium.evaluate("() => self.collectorInsight?.access()") == "owner", 15, "signed in")
    open_page(chromium, shop, fragment="goals")
    check_widths(chromium, "insight-goals", full_page=True)
    for name, selector in (("Edit", "#goal"), ("New funnel", "#funnel")):
        chromium.evaluate(f"() => [...document.querySelectorAll('#panel-goals button')].find((one) => one.textContent === {name!r}).click()")
        wait_for(lambda selector=selector: chromium.evaluate(f"() => document.querySelector({selector!r})?.open") is True, 5, "the dialog")
        check_widths(chromium, f"insight-goals-{selector[1:]}")
        chromium.press("Escape")
        closed(chromium, selector)
    assert chromium.errors() == []
