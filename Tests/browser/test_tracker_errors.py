"""Errors on tracked pages: reported once with a count, location and breadcrumbs."""

import pytest

from shop import SCRIPT
from tracked import KEEP, errors, visit, wait_for_wrappers  # noqa: F401

LINES = SCRIPT.splitlines()
INNER = 1 + next(index for index, line in enumerate(LINES) if line.startswith("function inner"))
OUTER = 1 + next(index for index, line in enumerate(LINES) if line.startswith("function outer"))


def test_an_error_has_its_frames_and_the_steps_before_it(visit):
    visit = visit()
    visit.open("/one")
    visit.wait_for_details()
    visit.engine.click("#slow")
    visit.engine.click("#throw")
    (error,) = errors(visit)
    assert (error["kind"], error["name"], error["count"]) == ("error", "TypeError", 1)
    assert "null" in error["message"]
    positions = [(frame["function"], frame["file"], frame["line"]) for frame in error["frames"][:2]]
    assert positions == [("inner", visit.shop.url + "/page.js", INNER), ("outer", visit.shop.url + "/page.js", OUTER)]
    assert all(frame["column"] > 0 for frame in error["frames"])
    assert (error["source"], error["lineno"]) == (visit.shop.url + "/page.js", INNER)
    assert "stack" not in error
    assert [(step["type"], step["text"].split(">")[-1]) for step in error["breadcrumbs"]][-2:] == [("click", "button#slow"), ("click", "button#throw")]


def test_a_thousand_equal_errors_are_sent_as_two_rows_with_counts(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.evaluate("() => { self.thrown = 0; addEventListener('error', () => self.thrown++); }")
    visit.engine.click("#often")
    errors(visit)
    visit.wait_for(lambda _: visit.engine.evaluate("() => thrown") == 1000, "a thousand errors")
    visit.go("/two")
    visit.flush()

    def number(view):
        return sum(row["payload"]["count"] for row in view.of("error"))

    view = visit.wait_for(lambda views: len(views) == 2 and views[0].is_complete and number(views[0]) == 1000, "a complete first view")[0]
    found = [row["payload"] for row in view.of("error")]
    assert len(found) <= 3
    assert len({error["key"] for error in found}) == 1


def test_rejections_resources_and_requests_are_errors(visit):
    visit = visit(attributes="data-requests data-console", head=KEEP)
    visit.open("/one")
    wait_for_wrappers(visit)
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


def test_console_and_fetch_are_not_wrapped_by_default(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.click("#console")
    visit.engine.click("#request")
    visit.engine.click("#throw")
    assert [error["kind"] for error in errors(visit)] == ["error"]


def test_the_page_can_report_a_caught_error(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.evaluate("() => { try { null.x; } catch (error) { collector.error(error); } collector.error('a text'); collector.error({ code: 7 }); }")
    found = errors(visit, 3)
    assert [error["kind"] for error in found] == ["handled"] * 3
    assert [error["message"] for error in found[1:]] == ["a text", '{"code":7}']


def test_at_most_fifty_distinct_errors_are_reported_and_the_others_counted(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.evaluate("() => { for (let number = 0; number < 60; number++) collector.error('error ' + String.fromCharCode(97 + number % 26, 97 + number / 26)); }")
    assert visit.flush() is True
    visit.go("/two")
    visit.flush()
    sql = "select emitted, dropped, received, lost from pageview_delivery order by pageview_id limit 1"

    def is_all_there(views):
        # Dropped events leave gaps; the delivery report has their number.
        return len(views) == 2 and views[0].of("engagement") and [row["lost"] for row in visit.store.rows(sql)] == [0]

    view = visit.wait_for(is_all_there, "a first view")[0]
    assert len(view.of("error")) == 50
    (row,) = visit.store.rows(sql)
    assert row["dropped"] == 10 and row["emitted"] == row["received"] + 10


def test_a_violation_of_the_content_security_policy_is_reported(visit):
    visit = visit(headers={"Content-Security-Policy": "img-src 'self' data:"})
    visit.open("/one")
    visit.engine.evaluate("() => { document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png?secret=1' })); }")
    (found, *_) = errors(visit, kind="csp")
    assert found["name"] == "img-src" and found["message"] == "Blocked http://127.0.0.1:9/x.png"


def test_reports_of_the_browser_are_sent_including_those_from_before_the_tracker(visit):
    visit = visit(body="<script>navigator.vibrate(1)</script>")
    if visit.engine.name != "chromium":
        pytest.skip("Chromium alone reports anything but its policies")
    visit.open("/one")
    (found,) = errors(visit)
    assert (found["kind"], found["name"], found["source"]) == ("report", "intervention", visit.host + "/one")
    assert "vibrate" in found["message"]


# Anything may be thrown

THROWN = """<script>
const traps = { get() { throw 1; }, has() { throw 1; }, ownKeys() { throw 1; }, getPrototypeOf() { throw 1; } };
const revoked = Proxy.revocable({}, {}); revoked.revoke();
const cyclic = { code: 7 }; cyclic.self = cyclic;
const deep = [1, 2, 3, 4, 5, 6, 7].reduce((cause, depth) => new Error("depth " + depth, { cause }), new RangeError("root"));
const thrown = {
  symbol: [Symbol("s")], proxy: [new Proxy({}, traps)], revoked: [revoked.proxy], message: [{ get message() { throw 1; } }],
  name: [{ message: "kept", get name() { throw 1; } }], nothing: [undefined], null: [null], big: [10n], cyclic: [cyclic], code: [function broken() {}],
  event: [new Event("gone")], reason: [new CustomEvent("refused", { detail: { reason: new TypeError("because") } })],
  dom: [new DOMException("not there", "NotFoundError")], inner: [new AggregateError([new TypeError("one"), "two"], "all")], cause: [deep],
};
const throwIt = (name) => setTimeout(() => { throw thrown[name][0]; });
const rejectIt = (name) => { Promise.reject(thrown[name][0]); };
const one = (word) => { throw new Error("failed for " + word); };
</script>"""
REJECTED = {
    "symbol": ("Error", "Symbol(s)"),
    "message": ("Error", '{"message":[unreadable]}'),
    "name": ("Error", "kept"),
    "nothing": ("Error", "undefined"),
    "null": ("Error", "null"),
    "big": ("Error", "10n"),
    "cyclic": ("Error", '{"code":7,"self":[circular]}'),
    "code": ("Error", "[function broken]"),
    "event": ("Event", "gone"),
    "reason": ("CustomEvent", "refused: because"),
    "dom": ("NotFoundError", "not there"),
    "inner": ("AggregateError", "all"),
    "cause": ("Error", "depth 7"),
}


@pytest.mark.parametrize("way", ["throwIt", "rejectIt"])
def test_thrown_and_rejected_values_of_any_type_are_reported(visit, way):
    visit = visit(body=THROWN)
    visit.open("/one")
    reported = {}
    for count, name in enumerate(REJECTED, 1):
        visit.engine.evaluate(f"() => {way}('{name}')")
        found = errors(visit, count)
        assert len(found) == count, name
        reported[name] = found[-1]
    # Of these two nothing can be read: they may count as one.
    visit.engine.evaluate(f"() => {{ {way}('proxy'); {way}('revoked'); }}")
    errors(visit, len(REJECTED) + 1)
    visit.go("/two")
    visit.flush()
    visit.wait_for(lambda views: sum(row["payload"]["count"] for view in views for row in view.of("error")) == len(REJECTED) + 2, "all errors")
    reported["proxy"] = errors(visit)[len(REJECTED)]
    assert {error["kind"] for error in reported.values()} == {"error" if way == "throwIt" else "rejection"}
    for name, expected in REJECTED.items():
        # The browser's message has more information about the thrown value than "undefined".
        if way == "rejectIt" or name not in ("nothing", "null"):
            assert (reported[name]["name"], reported[name]["message"]) == expected, name
    assert all(error["message"] and error["name"] for error in reported.values())
    assert [error["message"] for error in reported["cause"]["cause"]] == ["depth 6", "depth 5", "depth 4", "depth 3", "depth 2"]
    assert reported["cause"]["cause"][0]["frames"]
    assert [(error["name"], error["message"]) for error in reported["inner"]["errors"]] == [("TypeError", "one"), ("Error", "two")]
    assert reported["reason"]["cause"][0]["name"] == "TypeError"


def test_a_rejected_response_has_its_status_and_address(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.evaluate("() => { fetch('/missing.json?secret=1').then((response) => Promise.reject(response)); }")
    (error,) = errors(visit)
    assert (error["kind"], error["name"], error["status"], error["url"]) == ("rejection", "Response", 404, visit.host + "/missing.json")


def test_two_messages_thrown_from_one_line_are_two_reports(visit):
    visit = visit(body=THROWN)
    visit.open("/one")
    visit.engine.evaluate("() => { for (const word of ['a user', 'id 17', 'id 18', 'an order', 'a user']) setTimeout(() => one(word)); }")
    errors(visit, 3)
    visit.go("/two")
    visit.flush()
    view = visit.wait_for(lambda views: len(views) == 2 and sum(row["payload"]["count"] for row in views[0].of("error")) >= 5, "all errors")[0]
    counts = {}
    for row in view.of("error"):
        counts[row["payload"]["message"]] = counts.get(row["payload"]["message"], 0) + row["payload"]["count"]
    assert counts == {"failed for a user": 2, "failed for id 17": 2, "failed for an order": 1}


def test_an_error_just_before_page_unload_is_reported_without_details(visit):
    visit = visit(body=THROWN)
    visit.open("/one")
    visit.engine.evaluate("() => { for (let count = 0; count < 3; count++) Promise.reject(thrown.cause[0]); setTimeout(() => { location.href = '/two'; }); }")
    visit.wait_for(lambda views: any(view.path == "/two" for view in views), "a second view", 20)
    view = visit.wait_for(lambda views: sum(row["payload"]["count"] for view in views for row in view.of("error")) == 3, "all errors")[0]
    for row in view.of("error"):
        assert (row["payload"]["kind"], row["payload"]["name"], row["payload"]["message"]) == ("rejection", "Error", "depth 7")


def test_synthetic_error_events_are_reported_only_if_they_carry_an_error(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.evaluate(
        """() => {
            dispatchEvent(new Event("error"));
            document.body.dispatchEvent(new Event("error", { bubbles: true }));
            document.body.dispatchEvent(new CustomEvent("error", { bubbles: true, detail: 7 }));
            document.body.dispatchEvent(new ErrorEvent("error", { bubbles: true, message: "an element's own" }));
            const frame = document.createElement("iframe");
            document.body.append(frame);
            frame.contentWindow.dispatchEvent(new ErrorEvent("error", { message: "of a frame" }));
            dispatchEvent(new CustomEvent("unhandledrejection", { detail: { reason: new TypeError("of a library") } }));
            dispatchEvent(new ErrorEvent("error", { message: "shown", error: new RangeError("given") }));
        }"""
    )
    errors(visit, 2)
    visit.engine.click("#throw")
    found = [(error["kind"], error["name"], error["message"]) for error in errors(visit, 3)]
    assert found[:2] == [("rejection", "TypeError", "of a library"), ("error", "RangeError", "given")] and len(found) == 3


def test_a_form_control_named_id_does_not_name_the_form(visit):
    visit = visit(body='<form onsubmit="return false"><input name="id" value="7"><button id="send">send</button></form>')
    visit.open("/one")
    visit.wait_for_details()
    visit.engine.evaluate("() => document.forms[0].dispatchEvent(new MouseEvent('click', { bubbles: true }))")
    visit.engine.click("#throw")
    (error,) = errors(visit)
    assert error["breadcrumbs"][0]["text"].split(">")[-1] == "form"


def test_noise_is_marked_with_its_kind(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.evaluate(
        """() => {
            dispatchEvent(new ErrorEvent("error", { message: "ResizeObserver loop completed with undelivered notifications." }));
            dispatchEvent(new ErrorEvent("error", { message: "Script error." }));
            dispatchEvent(new ErrorEvent("error", { message: "broken", filename: "moz-extension://abc/content.js", lineno: 1, colno: 2 }));
        }"""
    )
    visit.engine.click("#throw")
    assert [error.get("noise") for error in errors(visit, 4)] == ["resize_observer", "script_error", "extension", None]


def test_an_internal_tracker_error_is_not_reported_as_a_page_error(visit):
    visit = visit()
    visit.open("/one")
    visit.engine.evaluate(
        f"""() => {{
            const own = "{visit.collector.url}/collector.js";
            const throwIn = (...files) => {{
                const error = Object.assign(new Error("in " + files.length), {{ stack: files.map((file) => `f@${{file}}:1:2`).join("\\n") }});
                dispatchEvent(new ErrorEvent("error", {{ error, message: error.message, filename: files[0], lineno: 1, colno: 2 }}));
            }};
            throwIn(own);
            dispatchEvent(new ErrorEvent("error", {{ message: "no stack", filename: own }}));
            throwIn(own, location.origin + "/page.js");
        }}"""
    )
    visit.engine.click("#throw")
    wrapped, thrown = errors(visit, 2)
    assert (wrapped["message"], wrapped["source"], len(wrapped["frames"])) == ("in 2", visit.host + "/page.js", 1)
    assert thrown["name"] == "TypeError"
