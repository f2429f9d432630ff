"""API tokens and the audit log: scopes on every documented route, expiry, revocation on all servers, who changed what, and the dialogs of the page."""

import concurrent.futures
import re
import time

import described
from access import check_access
from bodies import event, make_ids
from insight import CHROME, ENVIRONMENT, FIREFOX, OWNER, TOKEN, change, cookie, report, send, serve_ready, settle, sign_in, visit_events
from test_backup import fine
from test_insight_page import open_page, text
from test_owner_sessions import END_SECONDS_MAX, stream
from waits import wait_for
from wire import get, post, request

TOKENS_MAX = 100
WIDTHS = (1440, 390)
#: Routes that decide who has access, which no token may use.
OWNER_ONLY = ("/api/tokens", "/api/shares", "/api/audit-log", "/api/sessions")
INGEST = ("/event", "/events", "/collect")


def make(port, scope, name=None, **more):
    answer = change(port, "POST", "/api/tokens", {"name": name or scope, "scope": scope} | more, OWNER)
    assert answer.status == 200, answer.body
    made = answer.json()
    return made, [("Authorization", f"Bearer {made['token']}")]


def operations():
    for path, methods in described.DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if operation.get("security") != described.OPEN:
                yield method.upper(), re.sub(r"\{\w+\}", "none", path)


def test_each_route_takes_tokens_of_its_scope_alone(store, serve):
    port = serve_ready(serve, store).port
    fields = {scope: make(port, scope)[1] for scope in ("read", "write", "ingest")}
    seen = 0
    for method, path in operations():
        needed = "ingest" if path in INGEST else "read" if method == "GET" else "write"
        for scope, header in fields.items():
            is_enough = scope == needed or (scope, needed) == ("write", "read")
            # Bodies of streams and exports are not read here.
            sent = "HEAD" if method == "GET" and is_enough and not path.startswith(OWNER_ONLY) else method
            answer = request(port, sent, path, None if method == "GET" else b"{}", header)
            if path.startswith(OWNER_ONLY):
                assert (answer.status, answer.json()["message"]) == (403, "API tokens cannot do this: only the owner can"), (method, path, scope)
            elif is_enough:
                assert answer.status not in (401, 403), (method, path, scope, answer.body)
            else:
                assert (answer.status, answer.json()["message"]) == (403, f"This request needs an API token with the scope {needed}"), (method, path, scope)
            seen += 1
    assert seen > 150
    assert report(port, "goals") == {"goals": []}
    goal = {"name": "Buy", "type": "page", "match": "/thanks"}
    assert change(port, "POST", "/api/goals", goal, fields["write"]).status == 200
    assert [goal["name"] for goal in get(port, "/api/goals", fields["read"]).json()["goals"]] == ["Buy"]
    assert get(port, "/api/session", fields["read"]).json() == {"access": "token", "limits": None}
    assert get(port, "/metrics", fields["read"]).status == 200


def test_a_token_is_listed_without_its_secret_and_the_secret_is_not_stored(store, serve):
    port = serve_ready(serve, store).port
    made, fields = make(port, "read", "für <b>Ann</b>", days=2)
    assert made["token"].startswith("ct_") and abs(made["expires"] - time.time() - 2 * 86_400) < 60
    secret = made.pop("token")
    assert report(port, "tokens") == {"tokens": [made]}
    assert secret.split("_")[2] not in str(store.rows("select id, name, scope, secret_hash from api_tokens"))
    assert get(port, "/api/sites", fields).status == 200
    wait_for(lambda: report(port, "tokens")["tokens"][0]["last_used"] is not None, 10, "the last use")
    assert make(port, "write", days=3660)[0]["expires"] and make(port, "ingest")[0]["expires"] is None
    assert change(port, "POST", "/api/tokens", {"name": "write", "scope": "read"}, OWNER).status == 409
    for wrong in ({}, {"name": "x"}, {"scope": "read"}, {"name": " ", "scope": "read"}, {"name": "x", "scope": "all"}, {"name": "x", "scope": "read", "days": 0}, {"name": "x", "scope": "read", "days": 3661}, {"name": "x", "scope": "read", "days": None}, {"name": "x" * 101, "scope": "read"}, {"name": "x", "scope": "read", "more": 1}):
        assert change(port, "POST", "/api/tokens", wrong, OWNER).status == 400, wrong
    assert len(report(port, "tokens")["tokens"]) == 3
    assert request(port, "DELETE", "/api/tokens/none", None, OWNER).status == 404


def test_an_expired_and_a_revoked_token_get_401_also_across_a_restart(store, serve):
    collector = serve_ready(serve, store)
    port = collector.port
    (old, expired), (gone, revoked), (_, valid) = make(port, "read", "old", days=1), make(port, "read", "gone"), make(port, "read", "valid")
    assert [get(port, "/api/sites", fields).status for fields in (expired, revoked, valid)] == [200, 200, 200]
    store.execute(f"update api_tokens set expires_at = 1000 where id = '{old['id']}'")
    assert request(port, "DELETE", f"/api/tokens/{gone['id']}", None, OWNER).json() == {"revoked": gone["id"]}
    answer = get(port, "/api/sites", revoked)
    assert (answer.status, answer.json()["message"]) == (401, "The API token was revoked")
    wait_for(lambda: get(port, "/api/sites", expired).status == 401, END_SECONDS_MAX, "expired")
    assert get(port, "/api/sites", expired).json()["message"] == "The API token has expired"
    collector.stop()
    port = serve_ready(serve, store).port
    # A token that was valid once is no guess: it never makes its sender wait.
    for _ in range(8):
        assert [get(port, "/api/sites", fields).status for fields in (expired, revoked, valid)] == [401, 401, 200]


def test_a_made_up_token_counts_as_a_wrong_token_and_does_not_affect_valid_ones(store, serve):
    port = serve_ready(serve, store).port
    made, fields = make(port, "read")
    last = "1" if made["token"][-1] == "0" else "0"
    wrong = [("Authorization", f"Bearer {made['token'][:-1]}{last}")]
    assert [get(port, "/api/sites", wrong).status for _ in range(7)] == [401] * 5 + [429] * 2
    assert get(port, "/api/sites", fields).status == 200
    own = cookie(sign_in(port, token=TOKEN)[1])
    assert get(port, "/api/tokens", [*own, *fields]).status == 403, "the token decides, not the cookie beside it"


def test_a_token_revoked_on_one_server_is_refused_by_the_other_and_its_stream_ends(store, serve):
    one, two = serve_ready(serve, store), serve_ready(serve, store)
    made, fields = make(one.port, "read")
    assert get(two.port, "/api/sites", fields).status == 200
    flowing = stream(two.port, fields)
    assert request(one.port, "DELETE", f"/api/tokens/{made['id']}", None, OWNER).status == 200
    wait_for(lambda: get(two.port, "/api/sites", fields).status == 401, END_SECONDS_MAX, "revoked there, too")
    flowing.rest()


def test_of_two_concurrent_tokens_one_is_stored_when_there_is_room_for_one(store, serve):
    one, two = serve_ready(serve, store), serve_ready(serve, store)
    rows = ", ".join(f"('x{number}', 'x{number}', 'read', 'h', 1)" for number in range(TOKENS_MAX - 1))
    store.execute(f"insert into api_tokens (id, name, scope, secret_hash, created_at) values {rows}")
    with concurrent.futures.ThreadPoolExecutor(2) as both:
        for number in range(5):
            answers = list(both.map(lambda port, number=number: change(port, "POST", "/api/tokens", {"name": f"{number} {port}", "scope": "read"}, OWNER), (one.port, two.port)))
            assert sorted(answer.status for answer in answers) == [200, 409], number
            (stored,) = [answer.json()["id"] for answer in answers if answer.status == 200]
            assert request(one.port, "DELETE", f"/api/tokens/{stored}", None, OWNER).status == 200


def test_a_token_for_events_is_past_the_rate_limit_and_a_wrong_one_is_refused(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT | {"COLLECTOR_RATE_LIMIT": "1"})
    port = collector.port
    _, fields = make(port, "ingest")
    # A proxy that does not name its client is not limited.
    client = [("X-Forwarded-For", "198.51.100.7")]

    def batch(fields):
        body = {"v": 1, "sent_at": "2026-11-27T00:00:00.000Z", "ledger": [], "events": [event() for _ in range(700)]}
        return post(port, "/events", body, [*client, *fields]).status

    assert [batch([]), batch([])] == [200, 429]
    assert [batch(fields) for _ in range(3)] == [200] * 3
    assert post(port, "/event", event(), [*client, ("Authorization", "Bearer ct_a_b_c")]).status == 401
    assert batch([("Authorization", "Basic proxy")]) == 429


def open_from_links(engine, name):
    """Opens a dialog from that of links."""
    engine.click("#share-open")
    wait_for(lambda: engine.evaluate("() => document.querySelector('#share').open"), 10, "the dialog of links")
    engine.click(f"#{name}-open")
    wait_for(lambda: engine.evaluate(f"() => document.querySelector('#{name}').open"), 10, f"the dialog of {name}")


def test_the_dialog_creates_lists_and_revokes_tokens(engine, sqlite, serve):
    collector = serve_ready(serve, sqlite)
    engine.signed_in_at = None
    open_page(engine, collector)
    open_from_links(engine, "tokens")
    wait_for(lambda: text(engine, "#token-list") == "No API tokens yet.", 10, "the list")
    engine.evaluate("() => { document.querySelector('#token-name').value = 'für Bea <b>\\u202e'; document.querySelector('#token-scope').value = 'write'; }")
    engine.click("#token-form .strong")
    wait_for(lambda: text(engine, "#token-secret").startswith("ct_"), 10, "the secret")
    secret = text(engine, "#token-secret")
    assert change(collector.port, "POST", "/api/goals", {"name": "Buy", "type": "page", "match": "/a"}, [("Authorization", f"Bearer {secret}")]).status == 200
    assert not engine.evaluate("() => document.querySelector('#token-copy').hidden")
    wait_for(lambda: engine.evaluate("() => document.querySelectorAll('#token-list li').length") == 1, 10, "the row")
    row = text(engine, "#token-list li")
    assert "für Bea <b>\\u202E" in row and "reads and changes" in row and "expires" in row
    engine.click("#tokens [data-close]")
    # The event of a closed dialog is one of its own.
    wait_for(lambda: text(engine, "#token-secret") == "", 10, "the secret is gone")
    open_from_links(engine, "tokens")
    wait_for(lambda: engine.evaluate("() => document.querySelectorAll('#token-list li').length") == 1, 10, "the row")
    assert text(engine, "#token-secret") == ""
    engine.click("#token-list .button")
    wait_for(lambda: text(engine, "#token-list") == "No API tokens yet.", 10, "none is left")
    wait_for(lambda: "no longer works" in text(engine, "#token-secret") and engine.evaluate("() => document.querySelector('#token-copy').hidden"), 10, "the result")
    assert get(collector.port, "/api/sites", [("Authorization", f"Bearer {secret}")]).status == 401


def test_rows_are_not_replaced_while_one_is_pressed(chromium, sqlite, serve):
    collector = serve_ready(serve, sqlite)
    make(collector.port, "write", "pressed")
    chromium.signed_in_at = None
    open_page(chromium, collector)
    open_from_links(chromium, "tokens")
    wait_for(lambda: chromium.evaluate("() => document.querySelectorAll('#token-list li').length") == 1, 10, "the row")
    box = chromium.page.locator("#token-list .button").bounding_box()
    chromium.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    chromium.page.mouse.down()
    # Creates another token, after which the page reads the list. Later requests of the page have responses after it.
    chromium.evaluate("() => { document.querySelector('#token-name').value = 'other'; document.querySelector('#token-form').requestSubmit(); }")
    wait_for(lambda: len(request(collector.port, "GET", "/api/tokens", None, OWNER).json()["tokens"]) == 2, 10, "the other token")
    chromium.evaluate("async () => { for (let i = 0; i < 3; i += 1) await (await fetch('api/tokens')).text(); await new Promise(requestAnimationFrame); }")
    chromium.page.mouse.up()
    wait_for(lambda: "pressed no longer works" in text(chromium, "#token-secret"), 10, "the result")
    names = "() => [...document.querySelectorAll('#token-list b')].map((name) => name.textContent)"
    wait_for(lambda: chromium.evaluate(names) == ["other"], 10, "the other row")


# The audit log


def entries(port, **query):
    return [(entry["actor"], entry["actor_name"], entry["action"], entry["object"], entry["name"]) for entry in report(port, "audit-log", **query)["entries"]]


def test_each_change_is_in_the_audit_log_with_its_sender_and_without_secrets_and_visitors(store, serve):
    collector = serve_ready(serve, store)
    port = collector.port
    ids = make_ids()
    settle(port, send(port, visit_events("/a", ids=ids)))
    made, fields = make(port, "write", "für CI")
    goal = {"name": "Buy", "type": "page", "match": "/thanks"}
    added = change(port, "POST", "/api/goals", goal, fields).json()
    assert change(port, "PUT", f"/api/goals/{added['id']}", goal | {"name": "Bought"}, OWNER).status == 200
    assert change(port, "PUT", "/api/goals/none", goal, OWNER).status == 404
    assert change(port, "POST", "/api/goals", goal | {"type": "x"}, OWNER).status == 400
    assert change(port, "POST", "/api/shares", {"label": "x"}, fields).status == 403
    assert change(port, "PUT", "/api/settings?site=shop.example", {"time_zone": "Europe/Berlin"}, OWNER).status == 200
    erasure = request(port, "DELETE", f"/api/visitors/{ids['visitor_id']}", None, fields).json()
    assert request(port, "DELETE", f"/api/tokens/{made['id']}", None, OWNER).status == 200
    token = ("token", "für CI")
    assert entries(port) == [
        ("owner", None, "DELETE /api/tokens/{id}", made["id"], None),
        (*token, "DELETE /api/visitors/{visitor}", erasure["id"], None),
        ("owner", None, "PUT /api/settings", "shop.example", "Europe/Berlin"),
        ("owner", None, "PUT /api/goals/{id}", added["id"], "Bought"),
        (*token, "POST /api/goals", added["id"], "Buy"),
        ("owner", None, "POST /api/tokens", made["id"], "für CI"),
    ]
    kept = str(store.rows("select at, actor, actor_name, action, object, name from audit_log"))
    assert made["token"] not in kept and ids["visitor_id"] not in kept
    assert get(port, "/api/audit-log", cookie(sign_in(port, share=change(port, "POST", "/api/shares", {}, OWNER).json()["share"])[1])).status == 403
    last = report(port, "audit-log")["entries"][-1]
    assert abs(last["t"] - time.time()) < 60 and entries(port, before=last["id"]) == []
    assert get(port, "/api/audit-log?before=0", OWNER).status == 400
    collector.stop()


def test_a_command_is_in_the_audit_log(store, serve):
    collector = serve_ready(serve, store)
    settle(collector.port, send(collector.port, visit_events("/a")))
    collector.stop()
    fine(store, "rebuild")
    assert entries(serve_ready(serve, store).port) == [("command", "rebuild", "rebuild", None, None)]


def test_a_change_is_made_although_the_audit_log_fails(sqlite, serve):
    port = serve_ready(serve, sqlite).port
    sqlite.execute("drop table audit_log")
    assert change(port, "POST", "/api/goals", {"name": "Buy", "type": "page", "match": "/a"}, OWNER).status == 200
    assert [goal["name"] for goal in report(port, "goals")["goals"]] == ["Buy"]


def test_the_dialog_of_changes_lists_them_in_words(chromium, sqlite, serve):
    collector = serve_ready(serve, sqlite)
    make(collector.port, "read", "für <b>Ann</b>")
    chromium.signed_in_at = None
    open_page(chromium, collector)
    open_from_links(chromium, "changes")
    wait_for(lambda: "API token added" in text(chromium, "#change-list"), 10, "the list")
    row = text(chromium, "#change-list li")
    assert "für <b>Ann</b>" in row and row.endswith("owner")
    assert chromium.evaluate("() => document.querySelector('#changes-more').hidden")


def test_the_dialogs_of_access_are_accessible_and_fit_the_window(chromium, sqlite, serve):
    collector = serve_ready(serve, sqlite)
    make(collector.port, "read", "A name as long as the field of the dialog allows it to be, no less")
    sign_in_with(collector.port, FIREFOX)
    chromium.signed_in_at = None
    open_page(chromium, collector)
    for name, item in (("tokens", "token"), ("sessions", "session"), ("changes", "change")):
        for width in WIDTHS:
            chromium.resize(width, 900)
            open_from_links(chromium, name)
            wait_for(lambda item=item: chromium.evaluate(f"() => document.querySelector('#{item}-list li')") is not None, 10, "the list")
            inside = f"() => {{ const box = document.querySelector('#{name}').getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight; }}"
            assert chromium.evaluate(inside), (name, width)
            check_access(chromium, f"insight-{name}")
            chromium.evaluate("() => document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close())")


# Sessions of the owner


def sessions(port, fields):
    return get(port, "/api/sessions", fields).json()["sessions"]


def sign_in_with(port, agent):
    answer = post(port, "/api/session", {"token": TOKEN}, [("User-Agent", agent)])
    return cookie(answer.field("Set-Cookie"))


def test_sessions_are_listed_with_their_browsers_and_ended_one_by_one_or_all_others(store, serve):
    one, two = serve_ready(serve, store), serve_ready(serve, store)
    first, second, third = sign_in_with(one.port, CHROME), sign_in_with(one.port, FIREFOX), sign_in_with(two.port, FIREFOX)
    wait_for(lambda: len(sessions(one.port, first)) == 3, 10, "all sign-ins")
    listed = sessions(one.port, first)
    assert sorted(session["browser"] for session in listed) == ["Chrome on Windows", "Firefox on Linux", "Firefox on Linux"]
    (own,) = [session for session in listed if session["current"]]
    assert own["browser"] == "Chrome on Windows" and abs(own["created"] - time.time()) < 60 and abs(own["last_seen"] - time.time()) < 60
    assert not any(session["current"] for session in sessions(one.port, OWNER))
    (gone,) = [session["id"] for session in sessions(one.port, second) if session["current"]]
    flowing = stream(two.port, second)
    assert request(one.port, "DELETE", f"/api/sessions/{gone}", None, first).json() == {"ended": [gone]}
    assert request(one.port, "DELETE", f"/api/sessions/{gone}", None, first).status == 404
    assert get(one.port, "/api/sites", second).status == 401
    flowing.rest()
    assert len(request(one.port, "DELETE", "/api/sessions", None, first).json()["ended"]) == 1
    wait_for(lambda: get(two.port, "/api/sites", third).status == 401, END_SECONDS_MAX, "ended there, too")
    assert [session["id"] for session in sessions(one.port, first)] == [own["id"]]
    assert [entry[2] for entry in entries(one.port)] == ["DELETE /api/sessions", "DELETE /api/sessions/{id}"]
    assert first[0][1].split(".")[-1] not in str(store.rows("select id, browser from owner_sessions"))


def test_a_session_that_was_signed_out_leaves_the_list(store, serve):
    port = serve_ready(serve, store).port
    own = sign_in_with(port, CHROME)
    wait_for(lambda: len(sessions(port, OWNER)) == 1, 10, "the sign-in")
    assert request(port, "DELETE", "/api/session", None, own).status == 200
    assert sessions(port, OWNER) == []


def test_the_dialog_of_sessions_marks_this_browser_and_ends_the_others(chromium, sqlite, serve):
    collector = serve_ready(serve, sqlite)
    other = sign_in_with(collector.port, FIREFOX)
    chromium.signed_in_at = None
    open_page(chromium, collector)
    open_from_links(chromium, "sessions")
    wait_for(lambda: chromium.evaluate("() => document.querySelectorAll('#session-list li').length") == 2, 10, "the list")
    assert text(chromium, "#session-list").count("(this browser)") == 1 and "Firefox on Linux" in text(chromium, "#session-list")
    chromium.click("#sessions-end")
    wait_for(lambda: text(chromium, "#session-result") == "1 session ended.", 10, "the end")
    assert get(collector.port, "/api/sites", other).status == 401
