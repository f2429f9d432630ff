"""Sessions of owner and guests, share links, and streams that end with a session."""

import hmac
import time

import pytest

from bodies import event
from insight import ENVIRONMENT, OWNER, TOKEN, change, cookie, report, send, serve_ready, sign_in, visit_events
from waits import wait_for
from wire import Wire, get, head, post, request

#: Seconds in which an ended session must not read any more.
END_SECONDS_MAX = 8


@pytest.fixture
def owned(store, serve):
    return serve_ready(serve, store)


def share(port, **body):
    answer = change(port, "POST", "/api/shares", body, OWNER)
    assert answer.status == 200, answer.body
    return answer.json()


def guest(port, link):
    answer, value = sign_in(port, share=link["share"])
    assert (answer.status, answer.json()) == (200, {"access": "reader", "limits": None})
    return cookie(value)


def sign_out(port, fields):
    return request(port, "DELETE", "/api/session", None, fields)


def reads(port, fields):
    return get(port, "/api/sites", fields).status


def owner(port):
    return cookie(sign_in(port, token=TOKEN)[1])


class Stream:
    """A response body that is read incrementally."""

    def __init__(self, port, path, fields):
        self.wire = Wire(port)
        self.wire.send(head("GET", path, fields))
        assert b"200 OK" in self.wire._until(b"\r\n\r\n")

    def rest(self):
        """Reads the rest of the body, which must end soon."""
        return self.wire._until(b"0\r\n\r\n")


def stream(port, fields):
    stream = Stream(port, "/api/stream", fields)
    stream.wire._until(b"retry: 1000\n\n")
    return stream


# Sessions


def test_a_guests_sign_out_ends_only_that_session_and_survives_a_restart(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    link = share(collector.port)
    one, two, own, other = guest(collector.port, link), guest(collector.port, link), owner(collector.port), owner(collector.port)
    assert len({field[0][1] for field in (one, two, own, other)}) == 4
    assert link["share"] not in one[0][1]
    answer = sign_out(collector.port, one)
    assert (answer.status, answer.json()) == (200, {"access": "none", "limits": None}) and "Max-Age=0" in answer.field("Set-Cookie")
    assert sign_out(collector.port, own).status == 200

    def standing(port):
        return [reads(port, fields) for fields in (one, two, own, other)]

    assert standing(collector.port) == [401, 200, 401, 200]
    collector.stop()
    again = serve(store, environment=ENVIRONMENT)
    assert standing(again.port) == [401, 200, 401, 200]
    assert get(again.port, "/health/details", own).status == 401
    assert guest(again.port, link), "the link still lets in"


def test_a_sign_out_in_one_process_applies_to_all_processes(store, serve):
    one, two = serve(store, environment=ENVIRONMENT), serve(store, environment=ENVIRONMENT)
    link = share(one.port)
    visitor, own = guest(two.port, link), owner(one.port)
    assert reads(two.port, visitor) == reads(two.port, own) == 200
    assert sign_out(one.port, own).status == 200
    assert request(one.port, "DELETE", f"/api/shares/{link['id']}", None, OWNER).status == 200
    wait_for(lambda: reads(two.port, visitor) == reads(two.port, own) == 401, END_SECONDS_MAX, "ended there, too")


def test_using_the_link_while_signed_in_creates_no_second_session(owned):
    link = share(owned.port)
    visitor, own = guest(owned.port, link), owner(owned.port)
    for fields, access in ((visitor, "reader"), (own, "owner"), (OWNER, "owner")):
        answer = post(owned.port, "/api/session", {"share": link["share"]}, fields)
        assert (answer.status, answer.json(), answer.field("Set-Cookie")) == (200, {"access": access, "limits": None}, None)


def test_the_secret_of_a_link_is_no_session_and_no_token(owned):
    link = share(owned.port)
    assert reads(owned.port, [("Cookie", f"collector_session={link['share']}")]) == 401
    assert reads(owned.port, [("Authorization", f"Bearer {link['share']}")]) == 401


def test_a_stale_cookie_of_another_instance_does_not_lock_out(owned):
    own = owner(owned.port)[0][1]
    fields = [("Cookie", f"collector_session=nonsense; collector_session=o.1.x.y; {own}")]
    assert get(owned.port, "/api/session", fields).json() == {"access": "owner", "limits": None}


# Share links


def test_links_are_listed_without_their_secret_and_revoked_one_by_one(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    port = collector.port
    assert report(port, "shares") == {"shares": []}
    one, two = share(port, label="für <b>Ann</b> \u202e"), share(port, days=366)
    visitor, other = guest(port, one), guest(port, two)
    listed = {link["id"]: link for link in report(port, "shares")["shares"]}
    now = time.time()
    assert listed[one["id"]]["label"] == "für <b>Ann</b> \u202e"
    assert abs(listed[one["id"]]["created"] - now) < 60 and abs(listed[one["id"]]["expires"] - now - 7 * 86_400) < 60
    assert abs(listed[two["id"]]["expires"] - now - 366 * 86_400) < 60
    wait_for(lambda: abs({link["id"]: link for link in report(port, "shares")["shares"]}[one["id"]]["last_used"] - now) < 60, 10, "the last use")
    assert one["share"].rsplit(".", 1)[1] not in get(port, "/api/shares", OWNER).body.decode()
    for fields in (visitor, []):
        for method, path in (("GET", "/api/shares"), ("POST", "/api/shares"), ("DELETE", f"/api/shares/{two['id']}")):
            assert request(port, method, path, b"{}" if method == "POST" else None, fields).status == (403 if fields else 401)
    assert request(port, "DELETE", f"/api/shares/{one['id']}", None, OWNER).json() == {"revoked": one["id"]}
    assert request(port, "DELETE", f"/api/shares/{one['id']}", None, OWNER).status == 404
    assert request(port, "DELETE", "/api/shares", None, OWNER).status == 405
    assert get(port, "/api/shares?id=x", OWNER).status == 400
    assert (reads(port, visitor), reads(port, other)) == (401, 200)
    assert sign_in(port, share=one["share"])[0].status == 401
    collector.stop()
    again = serve(store, environment=ENVIRONMENT)
    assert (reads(again.port, visitor), reads(again.port, other)) == (401, 200)
    assert [link["id"] for link in report(again.port, "shares")["shares"]] == [two["id"]]


def test_an_expired_link_gives_no_access(owned, store):
    link = share(owned.port)
    visitor = guest(owned.port, link)
    store.execute("update insight_share_links set expires_at = 1000")
    assert sign_in(owned.port, share=link["share"])[0].status == 401
    wait_for(lambda: reads(owned.port, visitor) == 401, END_SECONDS_MAX, "expired")


WRONG_SHARES = ['{"days":9223372036854775807}', '{"days":9223372036854775808}', '{"days":-9223372036854775808}', '{"days":1.5}', '{"days":1e2}', '{"days":7.0}', '{"days":"7"}', '{"days":null}', '{"days":true}', '{"days":[7]}', '{"days":0}', '{"days":-1}', '{"days":367}', '{"days":7,"days":8}', '{"day":7}', '{"days":7}x', "7", "[]", "", "{", "null", '{"label":7}', '{"label":null}', '{"label":"a\\u0000b"}', '{"label":"\\ud800"}', '{"label":"' + "x" * 201 + '"}']


@pytest.mark.parametrize("body", WRONG_SHARES)
def test_an_invalid_share_request_is_rejected(site_owned, body):
    answer = request(site_owned.port, "POST", "/api/shares", body.encode(), OWNER)
    assert answer.status == 400 and answer.json()["message"], (body, answer.body)


def test_rejected_share_requests_create_no_link(site_owned):
    assert report(site_owned.port, "shares") == {"shares": []}
    for body, days in (("{}", 7), ('{"days":1}', 1), (' { "days" : 366 } ', 366), ('{"label":""}', 7)):
        made = request(site_owned.port, "POST", "/api/shares", body.encode(), OWNER).json()
        assert abs(made["expires"] - time.time() - days * 86_400) < 60


@pytest.mark.parametrize("path, body", [("/api/session", '{"token":1}'), ("/api/session", '{"token":"x","share":"y"}'), ("/api/session", "{}"), ("/api/session", "x"), ("/api/session", '{"token":"x","extra":1}'), ("/api/session", '{"token":"' + "x" * 600 + '"}')])
def test_an_invalid_sign_in_request_is_rejected(site_owned, path, body):
    assert request(site_owned.port, "POST", path, body.encode()).status == 400


def test_a_body_of_the_owners_api_has_a_limit(site_owned):
    for method, path in (("POST", "/api/session"), ("POST", "/api/shares"), ("PUT", "/api/issues/x")):
        assert request(site_owned.port, method, path, b" " * 5000, OWNER).status == 413
    for body in ("{}", '{"state":1}', '{"state":"nonsense"}', "x", '{"state":"unresolved","x":1}'):
        assert request(site_owned.port, "PUT", "/api/issues/x", body.encode(), OWNER).status == 400


def test_every_get_route_supports_head(site_owned):
    for path in ("/api/session", "/api/shares", "/api/sites", "/api/export", "/api/stream", "/health/details"):
        answer = request(site_owned.port, "HEAD", path, None, OWNER)
        assert (answer.status, answer.field("Cache-Control"), answer.body) == (200, "no-store", b""), path
        assert request(site_owned.port, "HEAD", path, None).status == (200 if path == "/api/session" else 401), path


@pytest.fixture(scope="module")
def site_owned(tmp_path_factory):
    from program import Collector
    from stores import SQLiteStore

    store = SQLiteStore(tmp_path_factory.mktemp("owner"))
    collector = Collector(store.folder, environment=ENVIRONMENT)
    collector.wait_until_ready()
    yield collector
    collector.stop()


# Streams


@pytest.mark.parametrize("value", ["-9223372036854775808", "-1", "9223372036854775808", "1e3", "x", "7 7", "+7", "0x10"])
def test_an_invalid_last_event_id_is_rejected(owned, value):
    link = share(owned.port)
    for fields in (OWNER, guest(owned.port, link)):
        assert get(owned.port, "/api/stream", [*fields, ("Last-Event-ID", value)]).status == 400


@pytest.mark.parametrize("value", ["9223372036854775807", "1000000000"])
def test_a_last_event_id_beyond_the_newest_event_starts_with_new_events(owned, value):
    send(owned.port, visit_events("/old"))
    stream = Stream(owned.port, "/api/stream", [*OWNER, ("Last-Event-ID", value)])
    stream.wire._until(b"retry: 1000\n\n")
    # It may come in a part of its own.
    stream.wire._until(b"id: ")
    send(owned.port, visit_events("/new"))
    assert b'"/new"' in stream.wire._until(b"}\n\n")


def test_a_stream_ends_only_with_its_own_session_or_link(owned):
    one, two = share(owned.port), share(owned.port)
    visitors = [guest(owned.port, one), guest(owned.port, one), guest(owned.port, two)]
    own, other = owner(owned.port), owner(owned.port)
    # From the first event on: what is sent before the feed has looked would not be new to it.
    start = ("Last-Event-ID", "0")
    first, second, third, mine, others, bearer = [stream(owned.port, [*fields, start]) for fields in (*visitors, own, other, OWNER)]
    assert sign_out(owned.port, visitors[0]).status == 200
    first.rest()
    assert sign_out(owned.port, own).status == 200
    mine.rest()
    assert request(owned.port, "DELETE", f"/api/shares/{one['id']}", None, OWNER).status == 200
    second.rest()
    send(owned.port, visit_events("/after"))
    for left in (third, others, bearer):
        assert b'"/after"' in left.wire._until(b"}\n\n")


def test_a_stream_ends_when_the_link_is_revoked_elsewhere_or_expires(owned, store):
    one, two = share(owned.port), share(owned.port)
    first, second = [stream(owned.port, guest(owned.port, link)) for link in (one, two)]
    store.execute(f"delete from insight_share_links where id = '{one['id']}'")
    first.rest()
    store.execute("update insight_share_links set expires_at = 1000")
    second.rest()


def signed(text):
    """A text with the signature of the token, as its holder can make it."""
    return text + "." + hmac.new(TOKEN.encode(), f"collector session {text}".encode(), "sha256").hexdigest()


def test_a_stream_ends_when_its_session_expires(owned):
    # Long enough for a busy machine to open the stream before.
    fields = [("Cookie", "collector_session=" + signed(f"o.{int(time.time()) + 10}.abc"))]
    flowing = stream(owned.port, fields)
    assert get(owned.port, "/api/session", fields).json() == {"access": "owner", "limits": None}
    flowing.rest()
    assert get(owned.port, "/api/session", fields).json() == {"access": "none", "limits": None}


def test_a_running_export_ends_with_the_link_and_reports_that_it_is_incomplete(owned):
    # More than the buffers between the two ends hold.
    for _ in range(25):
        body = {"v": 1, "sent_at": "2026-11-27T00:00:00.000Z", "ledger": [], "events": [event(payload={"x": "y" * 600}) for _ in range(1000)]}
        assert post(owned.port, "/events", body).status == 200
    for format, last in (("ndjson", b'"error":"incomplete: the session has ended"'), ("csv", b"incomplete: the session has ended")):
        link = share(owned.port)
        export = Stream(owned.port, f"/api/export?format={format}", guest(owned.port, link))
        export.wire._more()
        assert request(owned.port, "DELETE", f"/api/shares/{link['id']}", None, OWNER).status == 200
        assert last in export.rest()


# The store is unavailable


def test_during_an_outage_the_owner_can_sign_in_and_guests_cannot(own_cluster, serve, tmp_path):
    from stores import PostgresStore

    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store, environment=ENVIRONMENT)
    link = share(collector.port)
    visitor, own, gone = guest(collector.port, link), owner(collector.port), owner(collector.port)
    own_cluster.stop()
    wait_for(lambda: get(collector.port, "/health/details", visitor).status == 503, END_SECONDS_MAX, "a guest is refused")
    assert get(collector.port, "/api/session", own).json() == {"access": "owner", "limits": None}
    answer = sign_out(collector.port, gone)
    assert answer.status == 503 and "Max-Age=0" in answer.field("Set-Cookie")
    assert get(collector.port, "/api/session", gone).json() == {"access": "none", "limits": None}
    assert change(collector.port, "POST", "/api/shares", {}, OWNER).status == 503
    own_cluster.start()
    wait_for(lambda: reads(collector.port, visitor) == 200, 20, "the guest is back")
    wait_for(lambda: store.rows("select id from insight_ended_sessions"), 10, "the store has the end")
    collector.stop()
    again = serve(store, environment=ENVIRONMENT)
    assert (reads(again.port, gone), reads(again.port, own)) == (401, 200)


def test_without_a_database_the_owner_can_sign_in_and_cannot_share(serve):
    collector = serve(None, "--skip-db", environment=ENVIRONMENT)
    own = owner(collector.port)
    assert get(collector.port, "/health/details", own).status == 200
    assert change(collector.port, "POST", "/api/shares", {}, OWNER).status == 503
    assert sign_out(collector.port, own).status == 200
    assert get(collector.port, "/health/details", own).status == 401
