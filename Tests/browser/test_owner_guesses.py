"""Guesses of the token are counted and throttled; the correct token is always accepted."""

import pytest

from insight import ENVIRONMENT, OWNER, TOKEN, change, cookie, sign_in
from wire import Wire, get, head, post, request

BASIC = [("Authorization", "Basic b3duZXI6c2VjcmV0")]
WRONG = [("Authorization", "Bearer nonsense")]
PATHS = ("/api/sites", "/health/details", "/api/session")


def sent_for(address):
    return [("X-Forwarded-For", address)]


@pytest.fixture
def owned(sqlite, serve):
    return serve(sqlite, environment=ENVIRONMENT)


def lock(port, fields=()):
    """Guesses until the client is throttled."""
    for _ in range(5):
        assert post(port, "/api/session", {"token": "guess"}, fields).status == 401
    answer = post(port, "/api/session", {"token": "guess"}, fields)
    assert answer.status == 429 and 0 < int(answer.field("Retry-After")) <= 30


def test_the_right_token_enters_while_its_address_is_locked(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    own = cookie(sign_in(collector.port, token=TOKEN)[1])
    link = change(collector.port, "POST", "/api/shares", {}, OWNER).json()["share"]
    lock(collector.port)
    assert get(collector.port, "/api/sites", WRONG).status == 429
    assert post(collector.port, "/api/session", {"share": "nonsense"}).status == 429
    assert sign_in(collector.port, share=link)[0].status == 200
    for path in PATHS:
        assert get(collector.port, path, OWNER).status == 200
        assert get(collector.port, path, own).status == 200
    answer, value = sign_in(collector.port, token=TOKEN)
    assert answer.status == 200 and value


def test_naming_the_owners_address_does_not_lock_the_owner_out(owned):
    lock(owned.port, sent_for("198.51.100.7"))
    assert get(owned.port, "/api/sites", [*OWNER, *sent_for("198.51.100.7")]).status == 200
    assert sign_in(owned.port, token=TOKEN)[0].status == 200


def test_a_foreign_token_next_to_a_valid_cookie_does_not_lock_out(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    own = cookie(sign_in(collector.port, token=TOKEN)[1])
    link = change(collector.port, "POST", "/api/shares", {}, OWNER).json()["share"]
    guest = cookie(sign_in(collector.port, share=link)[1])
    for fields in (BASIC, WRONG, [("Authorization", "Negotiate x")], [("Authorization", "")]):
        for path in PATHS:
            for _ in range(7):
                assert get(collector.port, path, [*own, *fields]).status == 200, (fields, path)
            # A link reads reports, not how the server is.
            allowed = 403 if path == "/health/details" else 200
            assert get(collector.port, path, [*guest, *fields]).status == allowed, (fields, path)
    assert get(collector.port, "/api/session", [*own, *BASIC]).json() == {"access": "owner", "limits": None}
    for path in PATHS[:2]:
        assert get(collector.port, path, BASIC).status == 401


def test_an_authorization_header_of_a_proxy_does_not_count_as_a_guess(owned):
    for _ in range(20):
        assert get(owned.port, "/api/sites", BASIC).status == 401
    assert get(owned.port, "/api/sites", WRONG).status == 401


def test_guesses_of_a_signed_in_guest_are_counted(owned):
    link = change(owned.port, "POST", "/api/shares", {}, OWNER).json()["share"]
    guest = cookie(sign_in(owned.port, share=link)[1])
    for _ in range(5):
        assert get(owned.port, "/api/sites", [*guest, *WRONG]).status == 200
    assert get(owned.port, "/api/sites", WRONG).status == 429


def test_guesses_with_an_ended_session_are_counted(owned):
    own = cookie(sign_in(owned.port, token=TOKEN)[1])
    request(owned.port, "DELETE", "/api/session", None, own)
    assert [get(owned.port, "/api/sites", [*own, *WRONG]).status for _ in range(6)] == [401] * 5 + [429]


def test_ten_thousand_addresses_get_few_free_guesses_and_the_right_token_enters(owned):
    lock(owned.port, sent_for("198.51.100.7"))
    free = 0
    with Wire(owned.port) as wire:
        for start in range(0, 10_000, 100):
            numbers = range(start, start + 100)
            wire.send(b"".join(head("GET", "/api/sites", [*WRONG, *sent_for(f"203.0.{number // 250}.{number % 250}")]) for number in numbers))
            free += sum(wire.read().status == 401 for _ in numbers)
    # 200 at once and 20 a second, however long this took.
    assert free <= 200 + 20 * 60
    assert get(owned.port, "/api/sites", [*WRONG, *sent_for("198.51.100.7")]).status == 429
    assert get(owned.port, "/api/sites", OWNER).status == 200


@pytest.mark.parametrize("value, isSecure", [("https", True), ("HTTPS", True), ("https,http", True), (" https , http", True), ("http", False), ("http,https", False), ("", False), ("httpsx", False)])
def test_the_cookie_is_secure_if_a_trusted_proxy_reports_tls(owned, value, isSecure):
    answer = post(owned.port, "/api/session", {"token": TOKEN}, [("x-forwarded-proto", value)])
    assert ("Secure" in answer.field("Set-Cookie")) == isSecure
    gone = request(owned.port, "DELETE", "/api/session", None, [*cookie(answer.field("Set-Cookie")), ("X-Forwarded-Proto", value)])
    assert ("Secure" in gone.field("Set-Cookie")) == isSecure


def test_only_a_trusted_proxy_makes_the_cookie_secure(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT | {"COLLECTOR_TRUSTED_PROXIES": "none"})
    assert "Secure" not in post(collector.port, "/api/session", {"token": TOKEN}, [("X-Forwarded-Proto", "https")]).field("Set-Cookie")


def test_the_forwarded_header_reports_tls_if_it_is_the_configured_header(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT | {"COLLECTOR_CLIENT_ADDRESS_HEADER": "Forwarded"})
    for value, isSecure in (('for="[2001:db8::1]:4711";proto=https', True), ("for=192.0.2.1;Proto=HTTPS, for=10.0.0.1;proto=http", True), ("for=192.0.2.1;proto=http", False)):
        answer = post(collector.port, "/api/session", {"token": TOKEN}, [("Forwarded", value)])
        assert ("Secure" in answer.field("Set-Cookie")) == isSecure
