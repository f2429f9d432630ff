"""PgBouncer between the program and PostgreSQL, in transaction and statement pooling mode."""

import re
import uuid

import pytest

from bodies import make_ids
from insight import ENVIRONMENT, OWNER, ask, send, settle, visit_events
from load import Load
from pgbouncer import PgBouncer
from program import run
from stores import PostgresStore, count
from test_insight_live import Subscriber
from waits import wait_for
from wire import get, post, request

# Settings of ours; client_encoding, datestyle, timezone and application_name are PgBouncer's own to keep.
OURS = (
    "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "bytea_output", "extra_float_digits",
    "client_min_messages", "synchronous_commit", "search_path", "default_transaction_isolation", "intervalstyle",
)


class Pooled(PostgresStore):
    """A store that the program reaches through PgBouncer and the test directly."""

    def __init__(self, cluster, folder, pool_mode, **options):
        super().__init__(cluster, folder)
        self.bouncer = PgBouncer(cluster, pool_mode, **options)
        self.environment = {"DB_URL": self.bouncer.url(self.database)} | ENVIRONMENT


@pytest.fixture(params=["transaction", "statement"])
def pooled(request, cluster, tmp_path, serve):
    store = Pooled(cluster, tmp_path, request.param)
    yield store
    store.bouncer.stop()


def details(collector):
    return get(collector.port, "/health/details", OWNER).json()


def is_ready(collector):
    answer = details(collector)
    return answer["status"] == "healthy" and answer["journal"]["records"] == 0


def left_behind(store):
    """Session state of the program on the pool's server connections, queried through each of them."""
    names = ", ".join(f"'{name}'" for name in OURS)
    settings = store.bouncer.psql(store.database, f"select name from pg_settings where source = 'session' and name in ({names})")
    prepared = store.bouncer.psql(store.database, "select count(*) from pg_prepared_statements")
    locks = store.rows("select count(*) as n from pg_locks where locktype = 'advisory'")[0]["n"]
    temporary = store.rows("select count(*) as n from pg_class where relnamespace::regnamespace::text like 'pg_temp%'")[0]["n"]
    idle = store.rows("select count(*) as n from pg_stat_activity where state like 'idle in%' and datname = current_database()")[0]["n"]
    return settings, prepared, locks, temporary, idle


def test_instances_start_and_restart_behind_the_pooler(pooled, serve, tmp_path):
    first = serve(pooled)
    wait_for(lambda: is_ready(first), 20, "ready")
    load = Load(first.port)
    wait_for(lambda: len(load.acknowledged) > 200, 20, "enough load")
    second = serve(pooled, "--data", str(tmp_path / "second"))
    wait_for(lambda: is_ready(second), 20, "ready")
    other = Load(second.port)
    wait_for(lambda: len(other.acknowledged) > 200, 20, "enough load")
    first.stop()
    load.stop()
    again = serve(pooled)
    wait_for(lambda: is_ready(again), 20, "ready after the restart")
    assert post(again.port, "/event", {"event_type": "pageview", "visitor_id": "v1", "session_id": "s1", "pageview_id": "p1"}).status == 200
    other.stop()
    second.wait_until_stored()
    again.wait_until_stored()
    assert load.acknowledged <= load.stored(pooled) and other.acknowledged == other.stored(pooled)
    for collector in (first, second, again):
        assert "database unavailable; writing to journal" not in re.sub(r"(?s)^.*?database available; writing to database", "", collector.log), collector.log
    for collector in (second, again):
        collector.stop()
    assert left_behind(pooled) == ("", "0", 0, 0, 0)


def test_a_visitor_is_erased_behind_the_pooler(pooled, serve):
    """Tables are vacuumed outside of transactions, in which the program's settings are behind a pooler."""
    collector = serve(pooled)
    wait_for(lambda: is_ready(collector), 20, "ready")
    ids = make_ids()
    sent = send(collector.port, visit_events(path="/a")) + send(collector.port, visit_events(path="/secret", ids=ids))
    settle(collector.port, sent)
    vacuums = "select vacuum_count as n from pg_stat_user_tables where relname = 'collector_events'"
    assert pooled.rows(vacuums) == [{"n": 0}]
    erasure = request(collector.port, "DELETE", f"/api/visitors/{ids['visitor_id']}", None, OWNER).json()
    wait_for(lambda: ask(collector.port, f"erasures/{erasure['id']}").json()["finished_at"] is not None, 60, "the end of the erasure")
    assert ask(collector.port, f"erasures/{erasure['id']}").json()["rows"] == {"collector_events": 3}
    assert count(pooled, "collector_events") == sent - 3
    wait_for(lambda: pooled.rows(vacuums) == [{"n": 1}], 20, "the statistics of PostgreSQL")
    settle(collector.port, sent - 3)
    collector.stop()
    assert left_behind(pooled) == ("", "0", 0, 0, 0)


def test_rollups_live_feed_and_verify_work_behind_the_pooler(pooled, serve):
    collector = serve(pooled)
    wait_for(lambda: is_ready(collector), 20, "ready")
    subscriber = Subscriber(collector.port)
    events = [item for path in ("/", "/a", "/b") for item in visit_events(path=path, error="x is not defined")]
    send(collector.port, events)
    settle(collector.port, len(events))
    send(collector.port, visit_events(path="/c"))
    collector.wait_until_stored()
    wait_for(lambda: len(subscriber.ids) >= count(pooled, "collector_events"), 20, "all events live")
    subscriber.stop()
    assert len(subscriber.ids) == len(set(subscriber.ids)) == count(pooled, "collector_events")
    issue = ask(collector.port, "issues").json()["issues"][0]["issue"]
    assert issue
    collector.stop()
    assert run("rebuild", folder=pooled.folder, environment=pooled.environment).returncode == 0
    # `verify` compares by one view of the database over several statements, which statement pooling cannot give.
    direct = pooled.environment | {"DB_URL": pooled.cluster.url(pooled.database)}
    assert run("verify", folder=pooled.folder, environment=direct).returncode == 0
    verified = run("verify", folder=pooled.folder, environment=pooled.environment)
    if pooled.bouncer.pool_mode == "statement":
        named, reason = verified.stderr.splitlines()
        assert verified.returncode == 1 and named.startswith("Database: ") and "pool_mode = statement" in reason
        assert "transaction blocks not allowed" in pooled.bouncer.log()
    else:
        assert verified.returncode == 0, verified.stderr
    assert left_behind(pooled) == ("", "0", 0, 0, 0)


def test_records_journaled_during_an_outage_are_drained_once(own_cluster, tmp_path, serve):
    store = Pooled(own_cluster, tmp_path, "transaction")
    try:
        collector = serve(store)
        wait_for(lambda: is_ready(collector), 20, "ready")
        load = Load(collector.port)
        wait_for(lambda: len(load.acknowledged) > 200, 20, "enough load")
        own_cluster.crash()
        wait_for(lambda: details(collector)["journal"]["state"] == "taking", 20, "journaled")
        before = len(load.acknowledged)
        wait_for(lambda: len(load.acknowledged) > before + 200, 20, "load during the outage")
        own_cluster.start()
        wait_for(lambda: details(collector)["journal"]["state"] != "taking", 30, "the store in use again")
        load.stop()
        wait_for(lambda: is_ready(collector), 30, "drained")
        assert load.refused == 0 and load.acknowledged == load.stored(store)
        collector.stop()
    finally:
        store.bouncer.stop()


def test_a_pool_of_one_connection_is_enough(cluster, tmp_path, serve):
    store = Pooled(cluster, tmp_path, "transaction", pool_size=1)
    try:
        collector = serve(store)
        wait_for(lambda: is_ready(collector), 20, "ready")
        load = Load(collector.port)
        wait_for(lambda: len(load.acknowledged) > 300, 20, "enough load")
        load.stop()
        collector.wait_until_stored()
        assert load.acknowledged == load.stored(store)
        collector.stop()
        for command in ("verify", "rebuild", "verify"):
            result = run(command, folder=store.folder, environment=store.environment)
            assert result.returncode == 0, result.stderr
        assert left_behind(store) == ("", "0", 0, 0, 0)
    finally:
        store.bouncer.stop()


def test_a_lock_left_in_the_pool_by_an_older_version_does_not_block_startup(cluster, tmp_path, serve):
    store = Pooled(cluster, tmp_path, "transaction")
    try:
        store.bouncer.psql(store.database, "select pg_advisory_lock(7206158743017)")
        collector = serve(store)
        wait_for(lambda: is_ready(collector), 20, "ready")
        key = str(uuid.uuid4())
        body = {"event_type": "pageview", "visitor_id": "v1", "session_id": "s1", "pageview_id": "p1", "event_id": key}
        assert post(collector.port, "/event", body).status == 200
        collector.wait_until_stored()
        assert [row["event_id"] for row in store.rows("select event_id from collector_events")] == [key]
        collector.stop()
    finally:
        store.bouncer.stop()
