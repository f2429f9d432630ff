"""Annotations, releases and settings of sites in the owner's API, on both stores."""

import time

import pytest

from insight import OWNER, ask, change, cookie, report, send, serve_ready, settle, sign_in, visit_events
from waits import wait_for

pytestmark = pytest.mark.usefixtures("one_day")

NOTES_MAX = 2000
RECENT = {"range": "24h"}


@pytest.fixture
def owned(store, serve):
    return serve_ready(serve, store)


def add(port, text, t=None, **more):
    return change(port, "POST", "/api/annotations", {"t": t or int(time.time()), "text": text} | more, OWNER)


def texts(port, **query):
    return [note["text"] for note in report(port, "annotations", **RECENT | query)["annotations"]]


def test_notes_are_added_edited_and_deleted(owned):
    port = owned.port
    now = int(time.time())
    second = add(port, "Newsletter sent", now - 60, site="shop.example").json()
    first = add(port, "  Größe <b>\u202e", now - 120).json()
    assert (first["site"], first["t"], first["text"]) == ("", now - 120, "  Größe <b>\u202e")
    assert texts(port) == ["  Größe <b>\u202e", "Newsletter sent"]
    # A note for one site is not shown with another; one for all sites is.
    assert texts(port, site="other.example") == ["  Größe <b>\u202e"]
    assert texts(port, site="shop.example") == texts(port)
    changed = change(port, "PUT", f"/api/annotations/{second['id']}", {"t": now - 180, "text": "Newsletter"}, OWNER)
    assert changed.json() == {"id": second["id"], "site": "", "t": now - 180, "text": "Newsletter"}
    assert texts(port, site="other.example") == ["Newsletter", "  Größe <b>\u202e"]
    assert texts(port, range="yesterday", zone="UTC") == [] or now % 86_400 < 200
    assert change(port, "DELETE", f"/api/annotations/{first['id']}", {}, OWNER).json() == {"deleted": first["id"]}
    assert texts(port) == ["Newsletter"]
    for method in ("PUT", "DELETE"):
        assert change(port, method, f"/api/annotations/{first['id']}", {"t": now, "text": "x"}, OWNER).status == 404


def test_invalid_notes_are_refused_with_a_sentence(owned):
    now = int(time.time())
    for body, sentence in (
        ({"text": "x"}, "t is missing"),
        ({"t": now}, "text is missing"),
        ({"t": now, "text": " \n"}, "text is missing"),
        ({"t": now, "text": "x" * 501}, "text is longer than 500 bytes"),
        ({"t": now, "text": "a\x00b"}, "text must be a string"),
        ({"t": "now", "text": "x"}, "t must be an integer from 946684800 to 4102444800"),
        ({"t": now, "text": "x", "site": "s" * 257}, "site is longer than 256 bytes"),
        ({"t": now, "text": "x", "color": "red"}, "Unknown field; allowed: site, t, text"),
    ):
        answer = change(owned.port, "POST", "/api/annotations", body, OWNER)
        assert (answer.status, answer.json()["message"]) == (400, sentence), body
    assert texts(owned.port) == []


def test_guests_read_annotations_and_settings_and_change_none(owned):
    note = add(owned.port, "For guests").json()
    share = change(owned.port, "POST", "/api/shares", {}, OWNER).json()["share"]
    guest = cookie(sign_in(owned.port, share=share)[1])
    assert [one["text"] for one in ask(owned.port, "annotations", guest, **RECENT).json()["annotations"]] == ["For guests"]
    assert ask(owned.port, "settings", guest).json() == {"settings": []}
    for method, path, body in (
        ("POST", "/api/annotations", {"t": 1_795_737_600, "text": "x"}),
        ("PUT", f"/api/annotations/{note['id']}", {"t": 1_795_737_600, "text": "x"}),
        ("DELETE", f"/api/annotations/{note['id']}", {}),
        ("PUT", "/api/settings", {"time_zone": "UTC"}),
    ):
        assert change(owned.port, method, path, body, guest).status == 403, (method, path)
    assert texts(owned.port) == ["For guests"]


def test_a_release_is_marked_at_its_first_page_view_on_its_site(owned):
    port = owned.port
    begin = int(time.time())
    count = send(port, visit_events("/", extra={"release": "1.0"}))
    count += send(port, visit_events("/", extra={"release": "1.1"}, site="other.example"))
    count += send(port, visit_events("/"))
    # A crawler does not deploy.
    count += send(port, visit_events("/", extra={"release": "9.9"}), "Googlebot/2.1 (+http://www.google.com/bot.html)")
    settle(port, count)
    found = report(port, "annotations", **RECENT)["releases"]
    assert sorted((one["site"], one["release"]) for one in found) == [("other.example", "1.1"), ("shop.example", "1.0")]
    assert all(begin // 60 * 60 <= one["t"] <= time.time() for one in found)
    assert [one["release"] for one in report(port, "annotations", **RECENT, site="shop.example")["releases"]] == ["1.0"]
    assert report(port, "annotations", range="24h", site="none.example")["releases"] == []
    # Later, 1.0 is no longer new there, but 1.1 is.
    later = int(time.time()) + 1
    wait_for(lambda: time.time() > later + 0.2, 5, "the next second")
    count += send(port, visit_events("/", extra={"release": "1.0"})) + send(port, visit_events("/", extra={"release": "1.1"}))
    settle(port, count)
    found = report(port, "annotations", **{"from": later}, site="shop.example")["releases"]
    assert [(one["site"], one["release"]) for one in found] == [("shop.example", "1.1")]
    assert later <= found[0]["t"] + 60


def test_a_site_keeps_its_time_zone(owned):
    port = owned.port

    def put(zone, **query):
        site = f"?site={query['site']}" if query else ""
        return change(port, "PUT", f"/api/settings{site}", {"time_zone": zone}, OWNER)

    assert report(port, "settings") == {"settings": []}
    assert put("Europe/Berlin", site="shop.example").json() == {"site": "shop.example", "time_zone": "Europe/Berlin"}
    assert put("Asia/Kolkata").json() == {"site": "", "time_zone": "Asia/Kolkata"}
    assert put("America/New_York", site="shop.example").status == 200
    ages = {"retention_events": None, "retention_pageviews": None}
    assert report(port, "settings") == {"settings": [{"site": "", "time_zone": "Asia/Kolkata"} | ages, {"site": "shop.example", "time_zone": "America/New_York"} | ages]}
    for zone in ("Mars/Olympus", "../etc/passwd", "europe/berlin "):
        answer = put(zone)
        assert (answer.status, answer.json()["message"][:9]) == (400, "time_zone"), zone
    assert put("").json() == {"site": "", "time_zone": None}
    assert [one["site"] for one in report(port, "settings")["settings"]] == ["shop.example"]


def test_named_ranges_and_the_first_day_of_weeks(owned):
    port = owned.port
    settle(port, send(port, visit_events("/")))
    # Where it is about noon: the range of all time begins with the day, and has buckets of minutes while that is short.
    noon = f"Etc/GMT{time.gmtime().tm_hour - 12:+}"
    for name, interval, buckets in (("realtime", "minute", 30), ("12mo", "month", 12), ("all", "hour", None)):
        answer = report(port, "overview", range=name, zone=noon)
        assert answer["range"]["interval"] == interval, name
        assert buckets is None or len(answer["series"]) == buckets, name
        assert sum(point["pageviews"] for point in answer["series"]) == answer["totals"]["pageviews"] == 1, name
        assert answer["previous"] is None, name
    last = report(port, "overview", range="last_month", zone="Europe/Berlin")
    assert last["totals"]["pageviews"] == 0 and last["range"]["interval"] == "day" and "partial_from" not in last["range"]
    for start, first in ((1, "Mon"), (7, "Sun"), (6, "Sat")):
        weeks = report(port, "overview", range="30d", interval="week", week_start=start)
        assert weeks["range"]["week_start"] == start
        assert {time.strftime("%a", time.gmtime(point["t"])) for point in weeks["series"]} == {first}
        assert sum(point["pageviews"] for point in weeks["series"]) == 1
    for value in ("0", "8", "monday"):
        assert ask(port, "overview", week_start=value).status == 400
