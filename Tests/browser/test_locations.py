"""Countries, regions and cities of page views: by address, by headers of trusted proxies, and by the browser's time zone."""

import pytest

from bodies import event
from geo import BERLIN, LISBON, REGISTERED, SPRINGFIELD, write_database
from insight import CHROME, ENVIRONMENT, report, settle
from program import run
from stores import events
from waits import wait_for
from wire import post

FORWARDED = "X-Forwarded-For"
NETWORKS = {
    "203.0.113.0/24": BERLIN,
    "198.51.100.0/24": SPRINGFIELD,
    "2001:db8:1::/48": LISBON,
    "192.0.2.0/24": REGISTERED,
    "10.0.0.0/8": BERLIN,
}
NONE = (None, None, None, None)


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "geo.mmdb"
    write_database(path, NETWORKS)
    return path


def start(serve, store, path=None, **more):
    """A server with a database of locations, if there is a path."""
    return serve(store, environment=ENVIRONMENT | ({"COLLECTOR_GEOIP": path} if path else {}) | more)


def view(**changes):
    return event(event_type="pageview", **changes)


def location(collector, store, fields=(), **changes):
    """The location that is stored with a page view."""
    body = view(**changes)
    assert post(collector.port, "/event", body, [*fields, ("User-Agent", CHROME)]).status == 200
    collector.wait_until_stored()
    (row,) = events(store, visitor_id=body["visitor_id"])
    return row["country"], row["region"], row["city"], row["location_source"]


IN_BERLIN = ("DE", "Land Berlin, DE-BE", "Berlin, DE-BE", "database")
ADDRESSES = {
    "203.0.113.7": IN_BERLIN,
    "::ffff:203.0.113.7": IN_BERLIN,
    "198.51.100.1": ("US", "Illinois, US-IL", "Springfield, US-IL", "database"),
    "2001:db8:1::5": ("PT", "Lisbon, PT", "Lisbon, Lisbon, PT", "database"),
    "192.0.2.9": ("FR", None, None, "database"),
    "2001:db8:2::5": NONE,
    "8.8.8.8": NONE,
}


def test_the_database_knows_addresses_of_both_versions(serve, store, database):
    collector = start(serve, store, database)
    for address, expected in ADDRESSES.items():
        assert location(collector, store, [(FORWARDED, address)]) == expected, address
    # The peer itself, which is private.
    assert location(collector, store) == NONE
    assert "203.0.113.7" not in str(collector.log)


def test_events_other_than_page_views_have_no_location_and_clients_cannot_set_one(serve, store, database):
    collector = start(serve, store, database)
    claims = {"country": "XK", "region": "r", "city": "c", "location_source": "database", "location": {"country": "XK"}}
    assert location(collector, store, [(FORWARDED, "203.0.113.7")], **claims) == IN_BERLIN
    assert location(collector, store, **claims) == NONE
    other = event(event_type="webvitals")
    assert post(collector.port, "/event", other, [(FORWARDED, "203.0.113.7")]).status == 200
    collector.wait_until_stored()
    assert events(store, visitor_id=other["visitor_id"])[0]["country"] is None


CLOUDFLARE = [("CF-IPCountry", "AT"), ("CF-Region-Code", "9"), ("CF-IPCity", "Vienna")]
BEHIND_CLOUDFLARE = {"COLLECTOR_GEO_HEADERS": "cloudflare"}


def test_headers_of_a_trusted_proxy_are_read_if_the_database_does_not_know_the_address(serve, store, database):
    collector = start(serve, store, database, **BEHIND_CLOUDFLARE)
    assert location(collector, store, [*CLOUDFLARE, (FORWARDED, "203.0.113.7")]) == IN_BERLIN
    assert location(collector, store, [*CLOUDFLARE, (FORWARDED, "8.8.8.8")]) == ("AT", "AT-9", "Vienna, AT-9", "proxy")
    assert location(collector, store, [("CF-IPCountry", "T1"), (FORWARDED, "8.8.8.8")]) == NONE


def test_headers_of_other_peers_are_ignored(serve, store):
    collector = start(serve, store, COLLECTOR_TRUSTED_PROXIES="192.0.2.1", **BEHIND_CLOUDFLARE)
    assert location(collector, store, CLOUDFLARE) == NONE


@pytest.mark.parametrize("service", [None, "none", "vercel"])
def test_headers_of_services_that_are_not_configured_are_ignored(serve, sqlite, service):
    collector = start(serve, sqlite, **({"COLLECTOR_GEO_HEADERS": service} if service else {}))
    assert location(collector, sqlite, CLOUDFLARE) == NONE


def test_a_changed_database_is_loaded_and_a_damaged_one_is_not(serve, sqlite, database):
    collector = start(serve, sqlite, database)

    def now():
        return location(collector, sqlite, [(FORWARDED, "203.0.113.7")])

    assert now() == IN_BERLIN
    write_database(database, {"203.0.113.0/24": SPRINGFIELD})
    wait_for(lambda: now()[0] == "US", 20, "the changed database")
    # Overwritten in place, which must not affect the database in use.
    database.write_bytes(b"damaged")
    wait_for(lambda: now() and "location database not loaded" in str(collector.log), 20, "a log line")
    assert now()[0] == "US"

    def problems():
        return {problem["code"] for problem in report(collector.port, "status")["problems"]}

    wait_for(lambda: "location_database_unusable" in problems(), 20, "a problem in the status")
    write_database(database, {"203.0.113.0/24": BERLIN})
    wait_for(lambda: now() == IN_BERLIN and not problems(), 20, "the repaired database")
    assert not list((sqlite.folder / "data").glob(".geoip-*"))


@pytest.mark.parametrize("content", [None, b"", b"no database"])
def test_a_missing_or_damaged_database_is_a_configuration_error(tmp_path, content):
    path = tmp_path / "geo.mmdb"
    if content is not None:
        path.write_bytes(content)
    result = run("serve", "--port", "0", folder=tmp_path, environment={"COLLECTOR_GEOIP": path})
    assert result.returncode != 0 and "COLLECTOR_GEOIP" in result.stderr and str(path) in result.stderr


def test_reports_have_countries_of_all_sources_and_say_which(serve, store, database):
    collector = start(serve, store, database, **BEHIND_CLOUDFLARE)
    sent = []
    for fields, payload in [
        ([(FORWARDED, "203.0.113.7")], {"timeZone": "America/New_York"}),
        ([*CLOUDFLARE, (FORWARDED, "8.8.8.8")], {"country": "FR"}),
        ([(FORWARDED, "8.8.8.8")], {"country": "FR", "timeZone": "America/New_York"}),
        ([(FORWARDED, "8.8.8.8")], {"timeZone": "America/New_York"}),
        ([(FORWARDED, "8.8.8.8")], {"timeZone": "UTC"}),
    ]:
        sent.append(view(site="shop.example", path="/", payload=payload))
        assert post(collector.port, "/event", sent[-1], [*fields, ("User-Agent", CHROME)]).status == 200
    settle(collector.port, len(sent))
    lists = report(collector.port, "breakdowns", dimensions="country,region,city,location_source", bots="include")["dimensions"]

    def rows(dimension):
        return {row["value"]: row["pageviews"] for row in lists[dimension]["rows"]}

    assert rows("country") == {"DE": 1, "AT": 1, "FR": 1, "US": 1, "(none)": 1}
    assert rows("location_source") == {"database": 1, "proxy": 1, "sender": 1, "time_zone": 1, "(none)": 1}
    assert rows("region") == {"Land Berlin, DE-BE": 1, "AT-9": 1, "(none)": 3}
    assert rows("city") == {"Berlin, DE-BE": 1, "Vienna, AT-9": 1, "(none)": 3}
    only = report(collector.port, "breakdowns", dimensions="country", city="Berlin, DE-BE", bots="include")
    assert [row["value"] for row in only["dimensions"]["country"]["rows"]] == ["DE"]
