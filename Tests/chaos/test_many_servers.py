"""Several servers on one PostgreSQL behind a balancer, and a primary that fails: nothing acknowledged is lost, and the figures are exact."""

import datetime

import pytest

import checker
from deployments import ServersDeployment
from insight import ENVIRONMENT, OWNER, TOKEN, change, cookie, report, send, sign_in, visit_events
from load import Load
from postgres import PASSWORD, Cluster
from program import run
from sending import Senders, unexpected
from stores import PostgresStore, count, quoted
from test_insight_live import Subscriber
from waits import wait_for
from wire import Closed, get, request

#: Acknowledged records that a phase of a test waits for.
PHASE_RECORDS = 150
#: Average pause of a sender: the load is steady, and leaves time for the servers that take over.
PAUSE_SECONDS = 0.4
WAIT_SECONDS_MAX = 60
SITE = "many.example"
#: The figures of `visit_events` by plain SQL; the senders of the chaos tests send no page views.
FIGURES = """
    select count(*) as events,
        count(distinct pageview_id) filter (where event_type = 'pageview') as pageviews,
        count(distinct visitor_id) filter (where event_type = 'pageview') as visitors,
        count(distinct (session_id, visitor_id, site)) filter (where event_type = 'pageview') as sessions
    from collector_events
"""
PAGES = "select path, count(*) as pageviews from collector_events where event_type = 'pageview' group by path order by path"


def now():
    return datetime.datetime.now(datetime.UTC)


@pytest.fixture(scope="module")
def shared_cluster():
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def servers_on(tmp_path):
    """Starts two servers on a store, which end with the test."""
    started = []

    def start(store, **environment):
        started.append(ServersDeployment(tmp_path, store.environment | ENVIRONMENT | environment))
        return started[-1]

    yield start
    for servers in started:
        servers.close()


@pytest.fixture
def store(shared_cluster, tmp_path):
    return PostgresStore(shared_cluster, tmp_path)


@pytest.fixture
def servers(store, servers_on):
    return servers_on(store)


def visit(port, number):
    """A page view through the balancer, which may cut it off; it is sent once."""
    try:
        send(port, visit_events(f"/page-{number % 5}", site=SITE))
    except (Closed, OSError):
        pass


def figures(port):
    totals = report(port, "overview", range="24h", bots="include")["totals"]
    return {name: totals[name] for name in ("events", "pageviews", "visitors", "sessions")}


def pages(port):
    rows = report(port, "breakdowns", range="24h", bots="include", dimensions="path")["dimensions"]["path"]["rows"]
    return sorted((row["value"], row["pageviews"]) for row in rows)


def check_figures(servers, store):
    """Compares the figures of each server with counts of the raw rows, and the stored sessions with the events."""
    (expected,) = store.rows(FIGURES)
    for port in servers.ports:
        wait_for(lambda port=port: figures(port)["events"] >= expected["events"], WAIT_SECONDS_MAX, "all events in the figures")
        assert figures(port) == expected
        assert pages(port) == [(row["path"], row["pageviews"]) for row in store.rows(PAGES)]
    verified = run("verify", folder=servers.folders[0], environment=servers.environment)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def check_records(servers, store, visitor, senders, started):
    """Stops the senders, and compares the stored rows with the acknowledged records."""
    counts = senders.stop()
    assert not unexpected(counts), counts
    span = (started, now())
    wait_for(servers.is_drained, WAIT_SECONDS_MAX, "drained")
    result = checker.check(store, visitor, senders.acknowledged(), span)
    assert result.is_correct, str(result)
    assert result.acknowledged > PHASE_RECORDS


def stored_ids(servers, store):
    """Ids of all events, once no journal has records."""
    wait_for(servers.is_drained, WAIT_SECONDS_MAX, "drained")
    return [row["id"] for row in store.rows("select id from collector_events order by id")]


def check_live(subscriber, ids):
    """Waits until a subscriber has all events, and checks that it got each once, in order."""
    wait_for(lambda: len(subscriber.ids) >= len(ids), WAIT_SECONDS_MAX, lambda: f"{len(ids)} events live: {len(subscriber.ids)}, skipped {subscriber.skipped}")
    subscriber.stop()
    assert subscriber.skipped == 0 and subscriber.ids == ids


def progress(senders, records=PHASE_RECORDS):
    """Waits until more records have been acknowledged."""
    before = len(senders.acknowledged())
    wait_for(lambda: len(senders.acknowledged()) >= before + records, WAIT_SECONDS_MAX, f"{records} more records acknowledged")


@pytest.mark.timeout(240)
def test_each_server_is_killed_in_turn_and_figures_and_live_stream_stay_exact(servers, store, tmp_path):
    subscribers = [Subscriber(port) for port in (servers.port, *servers.ports)]
    started, visitor = now(), "v_killed_in_turn"
    with Senders(servers.port, "many", visitor, tmp_path / "acknowledgements", PAUSE_SECONDS) as senders:
        progress(senders)
        for killed in (0, 1):
            for number in range(10):
                visit(servers.port, number)
            servers.collectors[killed].kill()
            other = servers.ports[1 - killed]
            # The server that is left takes over the rollups, whichever of the two was faster until now.
            stored = count(store, "collector_events")
            wait_for(lambda other=other, stored=stored: figures(other)["events"] >= stored, WAIT_SECONDS_MAX, "the rollups taken over")
            progress(senders)
            servers.start(killed)
            wait_for(lambda killed=killed: servers.details(killed)["ingest"]["stored"] > 0, WAIT_SECONDS_MAX, "load on the server that is back")
        check_records(servers, store, visitor, senders, started)
    check_figures(servers, store)
    ids = stored_ids(servers, store)
    for subscriber in subscribers:
        check_live(subscriber, ids)


def test_each_live_stream_shows_the_events_of_the_other_server(servers, store):
    subscribers = [Subscriber(port) for port in servers.ports]
    for number in range(6):
        send(servers.ports[number % 2], visit_events(f"/live-{number}", site=SITE))
    ids = stored_ids(servers, store)
    for subscriber in subscribers:
        check_live(subscriber, ids)
    assert len(ids) == 18


def test_sign_ins_links_and_tokens_of_one_server_are_valid_on_the_other_until_they_are_revoked(servers):
    one, two = servers.ports

    def reads(port, fields):
        return get(port, "/api/sites", fields).status

    link = change(one, "POST", "/api/shares", {}, OWNER).json()
    token = change(one, "POST", "/api/tokens", {"name": "CI", "scope": "read"}, OWNER).json()
    owner = cookie(sign_in(one, token=TOKEN)[1])
    guest = cookie(sign_in(two, share=link["share"])[1])
    bearer = [("Authorization", f"Bearer {token['token']}")]
    assert [reads(port, fields) for fields in (owner, guest, bearer) for port in (one, two)] == [200] * 6
    assert request(two, "DELETE", f"/api/shares/{link['id']}", None, OWNER).status == 200
    assert request(two, "DELETE", f"/api/tokens/{token['id']}", None, OWNER).status == 200
    assert request(two, "DELETE", "/api/session", None, owner).status == 200
    for port in (one, two):
        wait_for(lambda port=port: {reads(port, fields) for fields in (owner, guest, bearer)} == {401}, WAIT_SECONDS_MAX, "revoked on both")


def test_a_rolling_restart_refuses_and_loses_no_request(servers, store):
    load = Load(servers.port, threads=12)

    def more():
        before = len(load.acknowledged)
        wait_for(lambda: len(load.acknowledged) > before + PHASE_RECORDS, WAIT_SECONDS_MAX, "more load")

    more()
    for number in (0, 1):
        servers.collectors[number].stop()
        more()
        servers.start(number)
        more()
    load.stop()
    wait_for(servers.is_drained, WAIT_SECONDS_MAX, "drained")
    assert (load.refused, load.unanswered) == (0, 0)
    assert load.acknowledged == load.stored(store)


def test_a_server_goes_on_after_a_later_version_has_migrated_the_schema(servers, store):
    """As in a rolling upgrade: the servers of the previous version still serve, and connect again after a lost connection."""
    load = Load(servers.port, threads=4)
    wait_for(lambda: len(load.acknowledged) > PHASE_RECORDS, WAIT_SECONDS_MAX, "some load")
    store.execute("alter table collector_events add column later text; insert into schema_migrations (name, checksum) values ('9999_later', 'x')")
    store.cluster.psql("postgres", f"select pg_terminate_backend(pid) from pg_stat_activity where datname = {quoted(store.database)}")
    before = len(load.acknowledged)
    wait_for(lambda: len(load.acknowledged) > before + PHASE_RECORDS, WAIT_SECONDS_MAX, "load after the migration")
    load.stop()
    wait_for(servers.is_drained, WAIT_SECONDS_MAX, "drained")
    assert load.refused == 0 and load.acknowledged == load.stored(store)
    # Without the row, since `verify` of this version refuses the schema, as a start would.
    store.execute("delete from schema_migrations where name = '9999_later'")
    check_figures(servers, store)


# Failover


class Pair:
    """A primary whose commits wait for a standby, and the store on whichever of the two is the primary."""

    def __init__(self, folder):
        self.primary = Cluster()
        self.primary.create_database("collector")
        self.standby = Cluster(primary=self.primary)
        # After the copy, which would have the setting, too: the standby has no other server to wait for when it is promoted.
        self.primary.psql("postgres", f"alter system set synchronous_standby_names = '{self.standby.name}';\nselect pg_reload_conf()")
        wait_for(lambda: "sync" in self.replication(), WAIT_SECONDS_MAX, "a synchronous standby")
        self.store = PairStore(self.primary, folder)
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        self.store.environment = {"DB_URL": f"postgresql://collector:{PASSWORD}@{hosts}/collector?target_session_attrs=read-write"}

    def replication(self):
        return self.primary.psql("postgres", "select sync_state from pg_stat_replication").split()

    def waiting(self):
        """Statements on the primary whose commit waits for the standby."""
        return self.primary.psql("collector", "select query from pg_stat_activity where wait_event = 'SyncRep'")

    def promote(self):
        self.standby.promote()
        self.store.cluster = self.standby

    def remove(self):
        self.standby.remove()
        self.primary.remove()


class PairStore(PostgresStore):
    def __init__(self, cluster, folder):
        self.cluster, self.folder, self.database = cluster, folder, "collector"


@pytest.fixture
def pair(tmp_path):
    pair = Pair(tmp_path)
    yield pair
    pair.remove()


@pytest.mark.timeout(240)
def test_nothing_is_lost_when_the_primary_is_killed_and_its_standby_promoted(pair, servers_on, tmp_path):
    servers = servers_on(pair.store)
    started, visitor = now(), "v_failover"
    with Senders(servers.port, "failover", visitor, tmp_path / "acknowledgements", PAUSE_SECONDS) as senders:
        progress(senders)
        for number in range(10):
            visit(servers.port, number)
        pair.primary.kill()
        wait_for(lambda: all(servers.details(number)["journal"]["state"] == "taking" for number in (0, 1)), WAIT_SECONDS_MAX, "journaled")
        # Ingest goes on without a database.
        progress(senders)
        pair.promote()
        wait_for(lambda: all(get(port, "/health").status == 200 for port in servers.ports), WAIT_SECONDS_MAX, "connected to the new primary")
        progress(senders)
        for number in range(10):
            visit(servers.port, number)
        check_records(servers, pair.store, visitor, senders, started)
    check_figures(servers, pair.store)


@pytest.mark.timeout(240)
def test_a_record_stays_in_the_journal_until_the_standby_has_it(pair, servers_on):
    """A primary that starts again has commits whose response was never sent, because the standby did not have them."""
    servers = servers_on(pair.store)
    pair.primary.kill()
    send(servers.ports[0], visit_events("/unreplicated", site=SITE))
    assert servers.details(0)["journal"]["records"] == 3
    pair.standby.crash()
    pair.primary.start()
    wait_for(lambda: "ingest_positions" in pair.waiting(), WAIT_SECONDS_MAX, "a batch of the journal that waits for the standby")
    pair.primary.kill()
    pair.primary.start()
    assert count(pair.store, "collector_events") == 3, "the primary has the events, and the standby has not"

    def is_found():
        return "ingest_positions" in pair.waiting() or servers.details(0)["journal"]["records"] == 0

    wait_for(is_found, WAIT_SECONDS_MAX, "the batch found in the database")
    assert servers.details(0)["journal"]["records"] == 3
    pair.primary.kill()
    pair.standby.start()
    pair.promote()
    wait_for(servers.is_drained, WAIT_SECONDS_MAX, "drained")
    assert count(pair.store, "collector_events") == 3
    check_figures(servers, pair.store)
