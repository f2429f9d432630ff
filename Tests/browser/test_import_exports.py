"""`collector import FILE`: page views of exports of GoatCounter, Matomo and Umami become page views of a site, and figures are those of the file."""

import collections
import csv
import datetime
import gzip
import io
import json
import random

import pytest

from insight import ENVIRONMENT, report, send, visit_events
from stores import count
from test_demo_data import collector, fine
from waits import wait_for

pytestmark = pytest.mark.empty_store

SITE = "shop.example"
START = datetime.datetime(2026, 1, 30, 22, 0, tzinfo=datetime.UTC)
PATHS = ("/", "/pricing", "/blog/a")
#: Names of each product for browser and system, and those of reports.
BROWSERS = {
    "goatcounter": (("Chrome 86", "Chrome"), ("Firefox 144", "Firefox"), ("Safari 14.0", "Safari")),
    "umami": (("edge-chromium", "Edge"), ("ios", "Safari"), ("crios", "Chrome")),
    "matomo": (("Chrome Mobile", "Chrome"), ("Mobile Safari", "Safari"), ("Microsoft Edge", "Edge")),
}
COUNTRIES = ("DE", "US", "FR")
GOATCOUNTER = ("2Path", "Title", "Event", "UserAgent", "Browser", "System", "Session", "Bot", "Referrer", "Referrer scheme", "Screen size", "Location", "FirstVisit", "Date")
UMAMI = ("website_id", "session_id", "visit_id", "event_id", "browser", "os", "device", "screen", "language", "country", "region", "city", "url_path", "url_query", "utm_source", "referrer_domain", "referrer_path", "event_type", "event_name", "created_at")


def visits(seed, product, number=150):
    """Visits of some visitors over several days: visitor, session, browser, country and page views."""
    dice = random.Random(seed)
    made = []
    for session in range(number):
        visitor = session if product == "goatcounter" else dice.randrange(number // 2)
        person = random.Random(visitor)
        browser, country = person.randrange(3), person.choice(COUNTRIES)
        start = START + datetime.timedelta(seconds=dice.randrange(4 * 86_400))
        views = [(dice.choice(PATHS), start + datetime.timedelta(seconds=30 * index)) for index in range(dice.choice((1, 1, 2, 5)))]
        made.append((f"u{visitor}", f"s{session}", browser, country, views))
    return made


def text_of(header, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def goatcounter(made):
    rows = [
        {"2Path": path, "Title": 'A "title", with\na line', "Event": "0", "Browser": BROWSERS["goatcounter"][browser][0], "System": "Windows 10", "Session": f"{session}-1", "Bot": "0", "Referrer": "news.example", "Referrer scheme": "h", "Screen size": "1920,0,1", "Location": country, "FirstVisit": "1", "Date": f"{time:%Y-%m-%dT%H:%M:%SZ}"}
        for _, session, browser, country, views in made
        for path, time in views
    ]
    return text_of(GOATCOUNTER, rows + [rows[0] | {"Event": "1", "2Path": "click"}])


def umami(made):
    rows = [
        {"website_id": "w", "session_id": visitor, "visit_id": session, "event_id": f"{session}/{index}", "browser": BROWSERS["umami"][browser][0], "os": "Mac OS", "device": "laptop", "screen": "1440x900", "language": "de-DE", "country": country, "url_path": path, "referrer_domain": "news.example", "event_type": "1", "created_at": f"{time:%Y-%m-%d %H:%M:%S}.000+00"}
        for visitor, session, browser, country, views in made
        for index, (path, time) in enumerate(views)
    ]
    random.Random(1).shuffle(rows)
    return text_of(UMAMI, rows + [rows[0] | {"event_type": "2", "event_name": "signup", "event_id": "x"}])


def matomo(made):
    return json.dumps([
        {
            "idSite": "1", "idVisit": int(session[1:]) + 1, "visitorId": visitor, "referrerType": "website", "referrerUrl": "https://news.example/a", "languageCode": "de", "countryCode": country.lower(), "deviceType": "Desktop",
            "browserName": BROWSERS["matomo"][browser][0], "browserVersion": "126.0", "operatingSystemName": "GNU/Linux", "operatingSystemVersion": "", "resolution": "1440x900",
            "actionDetails": [{"type": "action", "url": f"https://{SITE}{path}?q=1", "pageId": f"{session}{index}", "timestamp": int(time.timestamp())} for index, (path, time) in enumerate(views)] + [{"type": "goal", "timestamp": 1}],
        }
        for visitor, session, browser, country, views in made
    ])


PRODUCTS = {"goatcounter": goatcounter, "matomo": matomo, "umami": umami}


def write(store, text, name="export"):
    path = store.folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def imported(store, path, *words):
    return fine(store, "import", "--site", SITE, *words, path)


def expected_totals(made):
    return {"visitors": len({one[0] for one in made}), "sessions": len({one[1] for one in made}), "pageviews": sum(len(one[4]) for one in made)}


def totals(port, **parameters):
    found = report(port, "overview", **{"from_": "2026-01-01", "to": "2026-03-01"} | parameters)["totals"]
    return {name: found[name] for name in ("visitors", "sessions", "pageviews")}


def listed(port, dimension, measure="pageviews", **parameters):
    rows = report(port, "breakdowns", from_="2026-01-01", to="2026-03-01", dimensions=dimension, **parameters)["dimensions"][dimension]["rows"]
    return {row["value"]: row[measure] for row in rows}


def keeps_up(port):
    wait_for(lambda: report(port, "status")["rollup_lag_seconds"] == 0, 60, "rollups that keep up")


def check_figures(port, product, made):
    """Compares figures of the API with the visits of the file."""
    assert totals(port) == expected_totals(made)
    for day in sorted({time.date() for one in made for _, time in one[4]}):
        views = [(one[0], time) for one in made for _, time in one[4] if time.date() == day]
        found = totals(port, from_=str(day), to=str(day))
        assert (found["pageviews"], found["visitors"]) == (len(views), len({visitor for visitor, _ in views}))
    paths = collections.Counter(path for one in made for path, _ in one[4])
    assert listed(port, "path") == paths
    browsers, countries = collections.Counter(), collections.Counter()
    for _, _, browser, country, views in made:
        browsers[BROWSERS[product][browser][1]] += len(views)
        countries[country] += len(views)
    assert listed(port, "browser") == browsers and listed(port, "country") == countries
    assert listed(port, "referrer", "sessions") == {"news.example": len(made)}
    assert listed(port, "imported") == {product: sum(paths.values())}


@pytest.mark.parametrize("product", PRODUCTS)
def test_figures_are_those_of_the_file_and_a_second_import_stores_nothing(store, serve, product):
    made = visits(7, product)
    total = expected_totals(made)
    path = write(store, PRODUCTS[product](made))
    dry = imported(store, path, "--dry-run")
    assert f"{total['visitors']:,} visitors, {total['sessions']:,} sessions" in dry.stdout and "Nothing was changed" in dry.stdout
    assert not (store.folder / "data").exists()
    result = imported(store, path, "--format", product)
    assert f"{total['pageviews']:,} page views imported" in result.stdout
    assert "are not imported" in result.stdout
    stored = store.rows("select path, site, event_type, visitor_id, session_id, payload from collector_events")
    assert len(stored) == total["pageviews"]
    assert {(row["site"], row["event_type"], store.json(row["payload"])["imported"]["product"]) for row in stored} == {(SITE, "pageview", product)}
    server = serve(store, environment=ENVIRONMENT)
    keeps_up(server.port)
    check_figures(server.port, product, made)
    server.stop()
    again = imported(store, write(store, gzip.compress(PRODUCTS[product](made).encode()), "export.gz"))
    assert f"0 page views imported, {total['pageviews']:,} skipped" in again.stdout
    assert count(store, "collector_events") == total["pageviews"]
    assert "match" in fine(store, "verify").stdout
    fine(store, "rebuild")
    assert "match" in fine(store, "verify").stdout


def test_an_import_beside_a_server_adds_to_its_figures_and_can_be_filtered_out(store, serve):
    server = serve(store, environment=ENVIRONMENT)
    send(server.port, visit_events("/live"))
    made = visits(8, "umami", 400)
    path = write(store, umami(made))
    imported(store, path)
    keeps_up(server.port)
    total = expected_totals(made)
    wait_for(lambda: totals(server.port) == total, 30, "the figures of the import")
    check_figures(server.port, "umami", made)
    (sql,) = store.rows("select count(*) as views, count(distinct visitor_id) as visitors, count(distinct session_id) as sessions from collector_events where received_at < '2026-03-01'")
    assert (sql["visitors"], sql["sessions"], sql["views"]) == tuple(total.values())

    def all_time(operator):
        return report(server.port, "overview", range="all", filters=json.dumps([[operator, "imported", ["umami"]]]))["totals"]["pageviews"]

    assert (all_time("is"), all_time("is_not")) == (total["pageviews"], 1)
    # Events that the server stores meanwhile are stored as usual, and a second import changes nothing.
    send(server.port, visit_events("/live"))
    assert "0 page views imported" in imported(store, path).stdout
    wait_for(lambda: all_time("is_not") == 2, 30, "the second page view of the page")
    assert totals(server.port) == total
    server.stop()
    assert "match" in fine(store, "verify").stdout


def test_rows_that_cannot_be_read_prevent_the_import_unless_they_are_skipped(store):
    made = visits(9, "umami", 20)
    text = umami(made)
    lines = text.count("\n")
    path = write(store, text + 'w,u1,"x"y\n' + "w,u1\n" + text.splitlines()[1].replace("2026-0", "2999-0") + "\n")
    refused = collector(store, "import", "--site", SITE, path)
    assert refused.returncode == 1
    for line, problem in ((1, "text after a closing quote"), (2, "2 fields instead of 20"), (3, "the time is in the future")):
        assert f"line {lines + line}: {problem}" in refused.stderr
    assert "3 rows cannot be read" in refused.stderr and "nothing was changed" in refused.stderr
    assert count(store, "collector_events") == 0
    result = imported(store, path, "--skip-invalid")
    assert "3 rows cannot be read" in result.stdout
    assert count(store, "collector_events") == expected_totals(made)["pageviews"]


def test_exports_without_visits_and_wrong_options_change_nothing(store):
    plausible = write(store, "date,visitors,pageviews,bounces,visits,visit_duration\n2026-01-01,5,9,1,5,100\n")
    for words, reason in (
        (("--site", SITE, plausible), "totals of days without visits"),
        ((write(store, umami(visits(1, "umami", 2)), "umami"),), "missing --site HOST"),
        (("--site", SITE, "--format", "matomo", store.folder / "umami"), "is an export of Umami, not of Matomo"),
        (("--site", SITE, store.folder), "is a folder"),
        (("--site", SITE, store.folder / "absent"), "No such file"),
    ):
        refused = collector(store, "import", *words)
        assert refused.returncode == 1 and reason in refused.stderr, refused
    assert not (store.folder / "data").exists()


def test_a_site_without_visitors_counts_the_page_views_of_an_import_only(store, serve):
    server = serve(store, environment=ENVIRONMENT)
    store.execute(f"insert into site_privacy (site, mode, changed_at) values ('{SITE}', 'anonymous', 1)")
    made = visits(10, "matomo", 30)
    result = imported(store, write(store, matomo(made)))
    assert "Privacy mode of the site: anonymous" in result.stdout
    keeps_up(server.port)
    views = expected_totals(made)["pageviews"]
    wait_for(lambda: listed(server.port, "imported") == {"matomo": views}, 30, "the figures of the import")
    assert {row["visitor_id"] for row in store.rows("select visitor_id from collector_events")} == {"(anonymous)"}


def test_page_views_before_the_border_of_retention_are_refused(store):
    made = visits(11, "umami", 10)
    path = write(store, umami(made))
    fine(store, "migrate")
    store.execute("update insight_position set retained_from = 1770000000, retained_from_others = 1770000000")
    refused = collector(store, "import", "--site", SITE, path)
    assert refused.returncode == 1 and "the export begins before 2026-02-02 02:40 UTC" in refused.stderr
    assert count(store, "collector_events") == 0
