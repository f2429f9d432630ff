"""Reports are read from a standby of PostgreSQL while it is current: the figures are those of the primary, at most five seconds old."""

import threading
import time
import types

import pytest

from insight import ENVIRONMENT, OWNER, ask, change, report, send, visit_events
from postgres import PASSWORD, Cluster
from program import run
from stores import PostgresStore
from test_described import call_every_report, populate
from waits import START_SECONDS_MAX, wait_for

WAIT_SECONDS_MAX = 60
#: As in ReplicaLag.swift, with time for a report and a comparison.
LAG_SECONDS_MAX = 5 + 5
SITE = "shop.example"
#: Reports with all figures, and parameters that do not depend on the time of the request.
REPORTS = (
    ("overview", {}), ("performance", {}), ("issues", {}), ("visitors", {}), ("fingerprints", {}), ("data-quality", {}), ("retention", {}), ("paths", {}),
    ("breakdowns", {"dimensions": "path,referrer,browser,device,country"}), ("vitals-by", {"dimension": "path", "min": 1}), ("conversions", {}),
)
#: Part of the names of tables that reports read, in the log of the standby.
REPORT_STATEMENT = "insight_"


@pytest.fixture(scope="module")
def clusters():
    """A primary and its standby, which logs all statements."""
    primary = Cluster()
    # Statements of reports must not be ended by what the standby has to apply.
    standby = Cluster(primary=primary, settings=("log_statement=all", "max_standby_streaming_delay=-1", "hot_standby_feedback=on"))
    yield primary, standby
    standby.remove()
    primary.remove()


@pytest.fixture
def original(clusters, tmp_path):
    folder = tmp_path / "primary"
    folder.mkdir()
    return PostgresStore(clusters[0], folder)


@pytest.fixture
def standby(clusters):
    """The standby, which applies what it gets, before and after the test."""
    yield clusters[1]
    clusters[1].psql("postgres", "select pg_wal_replay_resume()")


@pytest.fixture
def reading(serve, original, standby, tmp_path):
    """Starts a server that reads reports from a database, by default that of the standby."""

    def start(url=None):
        folder = tmp_path / "reading"
        folder.mkdir()
        environment = original.environment | {"COLLECTOR_READ_URL": url or standby.url(original.database)}
        return serve(types.SimpleNamespace(folder=folder, environment=environment), environment=ENVIRONMENT)

    return start


def statements(standby):
    """Number of statements of reports that the standby has run."""
    return (standby.folder / "log").read_text(errors="replace").count(REPORT_STATEMENT)


def problem(port):
    """Why the standby is not used; None while it is."""
    found = [entry["message"] for entry in report(port, "status")["problems"] if entry["code"] == "replica_not_used"]
    return found[0] if found else None


def events(port):
    return report(port, "overview", range="24h", bots="include")["totals"]["events"]


def is_used(port, standby):
    before = statements(standby)
    events(port)
    return statements(standby) > before


def wait_until_used(collector, standby):
    wait_for(lambda: is_used(collector.port, standby), START_SECONDS_MAX, lambda: f"reports from the standby:\n{collector.log}")


def errors(standby, start):
    return [line for line in (standby.folder / "log").read_text(errors="replace")[start:].splitlines() if "ERROR:" in line]


def test_every_report_can_be_read_from_the_standby_and_is_that_of_the_primary(serve, original, standby, reading):
    plain = serve(original, environment=ENVIRONMENT)
    populate(plain.port)
    collector = reading()
    wait_until_used(collector, standby)
    start, before = (standby.folder / "log").stat().st_size, statements(standby)
    call_every_report(collector.port)
    call_every_report(collector.port, range="24h")
    assert statements(standby) > before + 50
    assert errors(standby, start) == []
    now = int(time.time())
    for name, parameters in REPORTS:
        query = parameters | {"from_": now - 86_400, "to": now + 60}
        assert report(collector.port, name, **query) == report(plain.port, name, **query), name
    assert problem(collector.port) is None


def test_the_next_report_shows_a_change_of_the_owner(original, standby, reading):
    collector = reading()
    wait_until_used(collector, standby)
    standby.psql("postgres", "select pg_wal_replay_pause()")
    now = int(time.time())
    note = {"site": SITE, "t": now - 60, "text": "Launch"}
    assert change(collector.port, "POST", "/api/annotations", note, OWNER).status in (200, 201)
    listed = report(collector.port, "annotations", from_=now - 3600, to=now, site=SITE)["annotations"]
    assert [entry["text"] for entry in listed] == ["Launch"]
    standby.psql("postgres", "select pg_wal_replay_resume()")
    wait_until_used(collector, standby)


def test_a_role_that_may_only_read_is_enough(serve, original, standby, reading):
    populate(serve(original, environment=ENVIRONMENT).port)
    role = f"reader_{original.database}"
    original.execute(f"create role {role} login password '{PASSWORD}'; grant select on all tables in schema public to {role}")
    collector = reading(standby.url(original.database).replace("//collector:", f"//{role}:"))
    wait_until_used(collector, standby)
    start = (standby.folder / "log").stat().st_size
    call_every_report(collector.port)
    assert errors(standby, start) == []


def test_reports_are_read_from_the_primary_while_the_standby_is_more_than_five_seconds_behind(original, standby, reading):
    collector = reading()
    wait_until_used(collector, standby)
    standby.psql("postgres", "select pg_wal_replay_pause()")
    before = events(collector.port)
    send(collector.port, visit_events("/late", site=SITE))
    wait_for(lambda: events(collector.port) == before + 3, LAG_SECONDS_MAX + WAIT_SECONDS_MAX, "the events in the report")
    wait_for(lambda: "s behind" in (problem(collector.port) or ""), WAIT_SECONDS_MAX, "the problem")
    assert not is_used(collector.port, standby)
    standby.psql("postgres", "select pg_wal_replay_resume()")
    wait_until_used(collector, standby)
    wait_for(lambda: problem(collector.port) is None, WAIT_SECONDS_MAX, "the end of the problem")


def test_each_report_succeeds_while_the_standby_fails(original, standby, reading):
    collector = reading()
    wait_until_used(collector, standby)
    statuses, ending = [], threading.Event()

    def read():
        while not ending.is_set():
            statuses.append(ask(collector.port, "overview", range="24h").status)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        standby.kill()
        wait_for(lambda: problem(collector.port), WAIT_SECONDS_MAX, "the problem")
    finally:
        standby.start()
        ending.set()
        for reader in readers:
            reader.join()
    assert set(statuses) == {200}
    wait_until_used(collector, standby)


@pytest.mark.parametrize(("which", "reason"), [("primary", "it is not a standby, or was promoted"), ("other", "it is a standby of another server")])
def test_a_database_that_is_not_a_standby_of_the_primary_is_not_used(original, reading, request, which, reason):
    if which == "primary":
        url = original.environment["DB_URL"]
    else:
        origin = Cluster(has_own_identifier=True)
        request.addfinalizer(origin.remove)
        origin.create_database(original.database)
        other = Cluster(primary=origin)
        request.addfinalizer(other.remove)
        url = other.url(original.database)
    collector = reading(url)
    send(collector.port, visit_events("/here", site=SITE))
    wait_for(lambda: events(collector.port) == 3, WAIT_SECONDS_MAX, "the events in the report")
    wait_for(lambda: reason in (problem(collector.port) or ""), WAIT_SECONDS_MAX, "the problem")


def test_a_read_address_without_a_database_is_refused(tmp_path):
    result = run("serve", "--port", "0", folder=tmp_path, environment={"COLLECTOR_READ_URL": "postgresql://user@db2/collector"})
    assert result.returncode == 1
    assert "COLLECTOR_READ_URL must be that of a standby of DB_URL, which is not set" in result.stderr
