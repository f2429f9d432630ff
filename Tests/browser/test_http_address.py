"""The stored address: only the configured header is used, and only from a trusted proxy."""

import hashlib

import pytest

from bodies import event, submission
from stores import events, submissions
from wire import post

SALT = "salt"


def stored_address(collector, store, fields, address="127.0.0.1"):
    """The address as debug_data keeps it, and proof that the event's hash is of the same."""
    record, happening = submission(), event()
    assert post(collector.port, "/collect", record, fields, address=address).status == 200
    assert post(collector.port, "/event", happening, fields, address=address).status == 200
    collector.wait_until_stored()
    (row,) = submissions(store, visitor_id=record["visitor_id"])
    (hashed,) = events(store, visitor_id=happening["visitor_id"])
    assert hashed["ip_hash"] == hashlib.sha256(f"{row['ip']}\0{SALT}".encode()).hexdigest()
    return row["ip"]


CF, REAL, FORWARDED = "CF-Connecting-IP", "X-Real-IP", "X-Forwarded-For"

# The peer of these is 127.0.0.1, which is trusted by default.
BELIEVED = {
    "nothing": ([], "127.0.0.1"),
    "forwarded": ([(FORWARDED, "203.0.113.7")], "203.0.113.7"),
    "headers that are not named": ([(REAL, "203.0.113.8"), (CF, "203.0.113.9"), ("True-Client-IP", "203.0.113.10"), ("Forwarded", "for=203.0.113.11")], "127.0.0.1"),
    "headers that are not named beside the one that is": ([(CF, "203.0.113.9"), (FORWARDED, "203.0.113.7"), (REAL, "203.0.113.8")], "203.0.113.7"),
    "rightmost that is no proxy": ([(FORWARDED, "198.51.100.1, 203.0.113.7, 10.0.0.3, 192.168.1.1")], "203.0.113.7"),
    "what the client made up stands left": ([(FORWARDED, "8.8.8.8, 203.0.113.7")], "203.0.113.7"),
    "only proxies": ([(FORWARDED, "10.0.0.3, 192.168.1.1")], "127.0.0.1"),
    "nonsense": ([(FORWARDED, "unknown")], "127.0.0.1"),
    "a port": ([(FORWARDED, "203.0.113.7:4711")], "203.0.113.7"),
    "IPv6": ([(FORWARDED, "2001:DB8:0:0::1")], "2001:db8::1"),
    "IPv6 with a port": ([(FORWARDED, "[2001:db8::1]:4711")], "2001:db8::1"),
    "IPv4 inside IPv6": ([(FORWARDED, "::ffff:203.0.113.7")], "203.0.113.7"),
    "white space": ([(FORWARDED, " \t203.0.113.7 ,10.0.0.1 ")], "203.0.113.7"),
    "an injection": ([(FORWARDED, "203.0.113.7' or '1'='1")], "127.0.0.1"),
}


@pytest.fixture(scope="module")
def trusting(request, tmp_path_factory):
    from program import Collector
    from stores import SQLiteStore

    store = SQLiteStore(tmp_path_factory.mktemp("address"))
    collector = Collector(store.folder, environment={"EVENT_IP_HASH_SALT": SALT})
    collector.wait_until_ready()
    yield collector, store
    collector.stop()


@pytest.mark.parametrize("name", BELIEVED)
def test_forwarding_headers_of_a_trusted_proxy_are_used(trusting, name):
    fields, expected = BELIEVED[name]
    assert stored_address(*trusting, fields) == expected


def test_two_forwarded_headers_are_one_list(trusting):
    fields = [(FORWARDED, "203.0.113.7"), (FORWARDED, "10.0.0.1")]
    assert stored_address(*trusting, fields) == "203.0.113.7"


NAMED = {
    "CF-Connecting-IP": ([(CF, "203.0.113.9"), (FORWARDED, "8.8.8.8"), (REAL, "8.8.8.8")], "203.0.113.9"),
    "x-real-ip": ([(REAL, "203.0.113.8"), (CF, "8.8.8.8"), (FORWARDED, "8.8.8.8")], "203.0.113.8"),
    "True-Client-IP": ([("true-client-ip", "[2001:db8::7]:80"), (FORWARDED, "8.8.8.8")], "2001:db8::7"),
    "Forwarded": ([("Forwarded", 'for=8.8.8.8, for="[2001:db8::1]:4711";proto=https'), ("Forwarded", "for=10.0.0.1"), (FORWARDED, "8.8.8.8")], "2001:db8::1"),
}


@pytest.mark.parametrize("name", NAMED)
def test_only_the_configured_header_is_used(serve, sqlite, name):
    fields, expected = NAMED[name]
    collector = serve(sqlite, environment={"COLLECTOR_CLIENT_ADDRESS_HEADER": name, "EVENT_IP_HASH_SALT": SALT})
    assert stored_address(collector, sqlite, fields) == expected
    assert stored_address(collector, sqlite, [(FORWARDED, "8.8.8.8")]) == "127.0.0.1"


@pytest.mark.parametrize("setting", ["none", "10.0.0.0/8", "192.0.2.1"])
def test_forwarding_headers_of_other_peers_are_ignored(serve, store, setting):
    collector = serve(store, environment={"COLLECTOR_TRUSTED_PROXIES": setting, "EVENT_IP_HASH_SALT": SALT})
    for header in (CF, REAL, FORWARDED):
        assert stored_address(collector, store, [(header, "203.0.113.7")]) == "127.0.0.1"


def test_trusted_proxies_can_be_listed(serve, store):
    proxies = "127.0.0.0/8, 203.0.113.0/24 2001:db8::/32"
    collector = serve(store, environment={"COLLECTOR_TRUSTED_PROXIES": proxies, "EVENT_IP_HASH_SALT": SALT})
    assert stored_address(collector, store, [(FORWARDED, "10.1.1.1, 203.0.113.200, 2001:db8::5")]) == "10.1.1.1"


def test_ipv6_client_addresses_are_stored(serve, store):
    collector = serve(store, "--host", "::1", environment={"EVENT_IP_HASH_SALT": SALT})
    assert collector.url == f"http://[::1]:{collector.port}"
    assert stored_address(collector, store, [], address="::1") == "::1"
    assert stored_address(collector, store, [(FORWARDED, "2001:db8::7")], address="::1") == "2001:db8::7"
