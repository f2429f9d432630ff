"""Privacy modes of sites: what the server stores in each, whatever a page sends."""

import datetime
import json
import pathlib
import re
import sqlite3

import pytest

from insight import ENVIRONMENT, OWNER, ask, change, cookie, report, serve_ready, settle, sign_in
from stores import count, events, submissions
from waits import wait_for
from wire import get, post

RECENT = {"range": "24h"}
SALTED = ENVIRONMENT | {"EVENT_IP_HASH_SALT": "pepper"}
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
PAYLOADS = {
    "pageview": {"kind": "navigate", "language": "de", "deviceMemory": 8, "user": {"mail": "ada@example.org"}},
    "identify": {"id": "customer-4711"},
    "fingerprint_ready": {"fingerprints": {"hash": "f00dfeed"}},
    "signup": {"plan": "pro", "value": 3},
}
SECRETS = ("v_from_the_browser", "s_from_the_browser", "ada@example.org", "customer-4711", "f00dfeed", "198.51.100.77")


def put_mode(port, mode, site="shop.example", fields=OWNER):
    return change(port, "PUT", f"/api/privacy?site={site}", {"mode": mode}, fields)


def mode_of(port, site="shop.example"):
    return get(port, f"/api/privacy?site={site}").json()["mode"]


def send_visit(port, site="shop.example", address="198.51.100.77", agent=AGENT, pageview="p_1", privacy=None):
    """Sends a page view with events of all kinds, as an old tag does that knows no modes."""
    entry = {"pageview_id": pageview, "visitor_id": "v_from_the_browser", "session_id": "s_from_the_browser", "site": site, "path": "/cart", "emitted": len(PAYLOADS)}
    if privacy:
        entry["privacy"] = privacy
    items = [{"pageview": 0, "event_type": kind, "seq": number, "payload": payload} for number, (kind, payload) in enumerate(PAYLOADS.items(), 1)]
    body = json.dumps({"v": 2, "pageviews": [entry], "events": items}).encode()
    answer = post(port, "/events", body, [("X-Forwarded-For", address), ("User-Agent", agent)])
    assert (answer.status, answer.json()["accepted"]) == (200, len(PAYLOADS)), answer.body
    return len(PAYLOADS)


def visitors(store, **where):
    return {row["visitor_id"] for row in events(store, **where)}


def files(store):
    """All bytes of the data folder, and of the tables on PostgreSQL."""
    data = b"".join(path.read_bytes() for path in (store.folder / "data").rglob("*") if path.is_file())
    if store.name == "postgres":
        tables = [row["name"] for row in store.rows("select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")]
        data += json.dumps([store.rows(f"select t::text as line from {table} t") for table in tables]).encode()
    return data


@pytest.mark.parametrize("mode", ["cookieless", "anonymous"])
def test_nothing_that_identifies_a_visitor_reaches_the_data_folder_or_the_database(store, serve, mode):
    collector = serve_ready(serve, store, SALTED)
    assert put_mode(collector.port, mode).json() == {"site": "shop.example", "mode": mode}
    send_visit(collector.port)
    rows = events(store)
    assert [row["event_type"] for row in rows] == list(PAYLOADS)
    assert {row["ip_hash"] for row in rows} == {None}
    payloads = {row["event_type"]: row["payload"] for row in rows}
    assert payloads["pageview"] == {"kind": "navigate", "language": "de"}
    assert payloads["identify"] == payloads["fingerprint_ready"] == {}
    assert payloads["signup"] == ({"plan": "pro", "value": 3} if mode == "cookieless" else {"value": 3})
    keys = ("visitor_id", "session_id", "pageview_id")
    (found,) = store.rows(f"select {', '.join(keys)} from delivery_reports")
    assert {tuple(row[key] for key in keys) for row in rows} == {tuple(found[key] for key in keys)}
    collector.stop()
    data = files(store)
    assert b"/cart" in data
    assert not [secret for secret in SECRETS if secret.encode() in data]


def test_a_cookieless_visitor_is_recognized_within_a_day_on_one_site(store, serve):
    port = serve_ready(serve, store).port
    put_mode(port, "cookieless", "")
    send_visit(port)
    send_visit(port, pageview="p_2")
    assert len(visitors(store)) == 1 and re.fullmatch("v_[0-9a-f]{32}", visitors(store).pop())
    send_visit(port, address="198.51.100.78")
    send_visit(port, agent=AGENT + " Edg/131.0.0.0")
    sent = 4 * len(PAYLOADS)
    assert len(visitors(store)) == 3
    sent += send_visit(port, site="other.example")
    assert not visitors(store, site="other.example") & visitors(store, site="shop.example")
    settle(port, sent)
    totals = report(port, "overview", **RECENT, site="shop.example")["totals"]
    # The page view of a known id counts once: the four visits have two ids.
    assert (totals["visitors"], totals["sessions"]) == (3, 3)


def test_an_anonymous_site_counts_page_views_and_events_but_neither_visitors_nor_sessions(store, serve):
    port = serve_ready(serve, store).port
    put_mode(port, "anonymous")
    sent = sum(send_visit(port, pageview=f"p_{number}") for number in range(3)) + send_visit(port, site="known.example")
    settle(port, sent)
    totals = report(port, "overview", **RECENT, site="shop.example")["totals"]
    assert (totals["visitors"], totals["sessions"], totals["pageviews"], totals["events"]) == (0, 0, 3, 3 * len(PAYLOADS))
    totals = report(port, "overview", **RECENT)["totals"]
    assert (totals["visitors"], totals["sessions"], totals["pageviews"]) == (1, 1, 4)
    assert [one["visitor"] for one in report(port, "visitors", **RECENT)["visitors"]] == ["v_from_the_browser"]


def test_the_stricter_of_the_modes_of_site_and_page_applies(store, serve):
    port = serve_ready(serve, store).port
    send_visit(port, "full.example", privacy="cookieless")
    assert "v_from_the_browser" not in visitors(store)
    put_mode(port, "anonymous", "strict.example")
    send_visit(port, "strict.example", privacy="cookieless")
    assert visitors(store, site="strict.example") == {"(anonymous)"}
    put_mode(port, "cookieless")
    send_visit(port, privacy="anonymous")
    assert visitors(store, site="shop.example") == {"(anonymous)"}
    event = {"visitor_id": "v", "session_id": "s", "pageview_id": "p", "event_type": "a", "privacy": "some"}
    answer = post(port, "/event", json.dumps(event).encode())
    assert (answer.status, answer.json()["message"]) == (400, "privacy must be cookieless or anonymous")
    post(port, "/event", json.dumps(event | {"privacy": "anonymous", "site": "one.example"}).encode())
    assert visitors(store, site="one.example") == {"(anonymous)"}


def test_a_mode_applies_at_once_and_after_a_restart_without_the_database(store, serve):
    collector = serve_ready(serve, store)
    assert mode_of(collector.port) == "full"
    put_mode(collector.port, "anonymous", "")
    put_mode(collector.port, "full", "open.example")
    assert [mode_of(collector.port, site) for site in ("", "shop.example", "open.example")] == ["anonymous", "anonymous", "full"]
    put_mode(collector.port, "", "open.example")
    assert mode_of(collector.port, "open.example") == "anonymous"
    assert "anonymous" in (store.folder / "data" / "privacy-modes").read_text()
    collector.stop()
    collector = serve(store, environment=SALTED)
    send_visit(collector.port)
    assert visitors(store) == {"(anonymous)"}


def test_another_server_on_the_database_learns_of_a_mode(store, serve):
    port = serve_ready(serve, store).port
    row = "insert into site_privacy (site, mode, changed_at) values ('shop.example', 'anonymous', 1)"
    store.execute(row)
    wait_for(lambda: mode_of(port) == "anonymous", 15, "the mode")


def test_the_mode_without_a_site_also_applies_to_submissions(store, serve):
    port = serve_ready(serve, store).port
    put_mode(port, "cookieless", "")
    body = {"visitor_id": "v", "browser": {"userAgent": AGENT}, "fingerprints": {"hash": "x"}, "errors": []}
    answer = post(port, "/collect", json.dumps(body).encode())
    assert answer.status == 200 and answer.json() == body
    (row,) = submissions(store)
    assert (row["ip"], row["visitor_id"], row["browser_info"], row["fingerprints"]) == (None, None, {}, {})


def test_the_key_of_a_past_day_is_deleted(store, serve):
    collector = serve_ready(serve, store)
    today = (datetime.datetime.now(datetime.UTC).date() - datetime.date(1970, 1, 1)).days
    wait_for(lambda: count(store, "privacy_salts") == 2, 15, "the keys")
    (old,) = (row["salt"] for row in store.rows(f"select salt from privacy_salts where day = {today}"))
    assert len(old) == 64
    # As if two days had passed.
    store.execute("update privacy_salts set day = day - 2")
    wait_for(lambda: {row["day"] for row in store.rows("select day from privacy_salts")} == {today, today + 1}, 15, "the new keys")
    assert not store.rows(f"select 1 as found from privacy_salts where salt = '{old}'")
    collector.stop()
    if store.name == "sqlite":
        with sqlite3.connect(store.path) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")
        connection.close()
        assert old.encode() not in pathlib.Path(store.path).read_bytes()


def test_only_the_owner_changes_a_mode_and_the_audit_log_has_it(store, serve):
    port = serve_ready(serve, store).port
    assert put_mode(port, "cookieless", fields=[]).status == 401
    share = change(port, "POST", "/api/shares", {}, OWNER).json()["share"]
    guest = cookie(sign_in(port, share=share)[1])
    assert put_mode(port, "cookieless", fields=guest).status == 403
    for wrong in ("Full", "none"):
        answer = put_mode(port, wrong)
        assert (answer.status, answer.json()["message"]) == (400, "mode must be one of full, cookieless, anonymous, or empty")
    assert change(port, "PUT", "/api/privacy", {}, OWNER).json()["message"] == "mode is missing"
    assert mode_of(port) == "full"
    assert put_mode(port, "cookieless").status == 200
    entry = ask(port, "audit-log").json()["entries"][0]
    assert [entry[key] for key in ("actor", "action", "object", "name")] == ["owner", "PUT /api/privacy", "shop.example", "cookieless"]
    assert get(port, "/api/privacy?site=shop.example").json() == {"site": "shop.example", "mode": "cookieless", "retention_seconds": None, "pageviews_retention_seconds": None}
