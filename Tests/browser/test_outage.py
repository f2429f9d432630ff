"""Database outages: each event with a 200 response is stored."""

import os
import re
import signal
import threading
import time
import uuid

from bodies import event, submission
from load import Load
from postgres import PASSWORD
from stores import PostgresStore, SQLiteStore, count, submissions
from waits import HANGING_SECONDS_MIN, wait_for
from wire import get, post

HEALTHY = {"status": "healthy", "database": "connected"}


TOKEN = "token-of-the-tests"
OWNED = {"COLLECTOR_TOKEN": TOKEN}


def health(collector):
    answer = get(collector.port, "/health")
    return answer.status, answer.json()


def details(collector):
    """The status for the owner; the server must have been started with `TOKEN`."""
    answer = get(collector.port, "/health/details", [("Authorization", f"Bearer {TOKEN}")])
    assert answer.status in (200, 503), answer
    return answer.json()


def is_drained(collector):
    return health(collector) == (200, HEALTHY) and details(collector)["journal"]["records"] == 0


def check_unhealthy(collector, cluster):
    status, body = health(collector)
    assert (status, body["status"]) == (503, "unhealthy")
    text = repr(body) + collector.log
    assert PASSWORD not in text
    assert "127.0.0.1:" + str(cluster.port) not in text and str(cluster.port) not in repr(body)


def test_the_server_waits_for_a_database_that_is_down_at_startup(own_cluster, serve, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    own_cluster.stop()
    collector = serve(store, environment=OWNED, is_ready=False)
    check_unhealthy(collector, own_cluster)
    assert get(collector.port, "/").status == 200
    assert post(collector.port, "/event", event()).status == 200
    assert post(collector.port, "/collect", submission()).status == 200
    journal = details(collector)["journal"]
    assert (journal["state"], journal["records"]) == ("taking", 2) and journal["oldest_seconds"] >= 0
    own_cluster.start()
    wait_for(lambda: is_drained(collector), 20, "drained")
    assert post(collector.port, "/event", event()).status == 200
    collector.wait_until_stored()
    assert (count(store, "collector_events"), count(store, "debug_data")) == (2, 1)


def test_without_a_journal_events_are_refused_during_an_outage(own_cluster, serve, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store, environment=OWNED | {"COLLECTOR_JOURNAL_MAX": "0"})
    load = Load(collector.port, threads=8)
    wait_for(lambda: len(load.acknowledged) > 200, 20, "enough load")
    own_cluster.stop()
    wait_for(lambda: health(collector)[0] == 503, 15, "unhealthy")
    before = len(load.acknowledged)
    answer = post(collector.port, "/event", event())
    assert answer.status == 503 and int(answer.field("Retry-After")) >= 1
    assert post(collector.port, "/collect", submission()).status == 503
    assert details(collector)["journal"] == {"state": "off"}
    assert len(load.acknowledged) == before, "something was acknowledged while there was no database"
    own_cluster.start()
    wait_for(lambda: len(load.acknowledged) > before + 200, 20, "load after the outage")
    load.stop()
    assert load.acknowledged <= load.stored(store)


def outage(cluster, store, serve, stop):
    """Runs load before, during and after an outage; each event is acknowledged and stored once."""
    collector = serve(store, environment=OWNED)
    load = Load(collector.port, threads=12)
    wait_for(lambda: len(load.acknowledged) > 200, 20, "enough load")
    stop()
    wait_for(lambda: health(collector)[0] == 503, 15, "unhealthy")
    check_unhealthy(collector, cluster)
    before = len(load.acknowledged)
    wait_for(lambda: len(load.acknowledged) > before + 200, 20, "load during the outage")
    for _ in range(20):
        assert post(collector.port, "/event", event()).status == 200
        assert post(collector.port, "/collect", submission()).status == 200
    cluster.start()
    wait_for(lambda: health(collector) == (200, HEALTHY), 20, "healthy")
    before = len(load.acknowledged)
    wait_for(lambda: len(load.acknowledged) > before + 200, 20, "load after the outage")
    load.stop()
    wait_for(lambda: is_drained(collector), 30, "drained")
    assert (load.unanswered, load.refused) == (0, 0)
    assert load.acknowledged == load.stored(store)
    assert count(store, "debug_data") == 20
    collector.stop()


def test_a_stop_under_load_loses_no_event(own_cluster, serve, tmp_path):
    outage(own_cluster, PostgresStore(own_cluster, tmp_path), serve, own_cluster.stop)


def test_a_crash_under_load_loses_no_event(own_cluster, serve, tmp_path):
    outage(own_cluster, PostgresStore(own_cluster, tmp_path), serve, own_cluster.crash)


def test_a_locked_table_stops_neither_ingest_nor_pages(own_cluster, serve, tmp_path):
    """As a long `alter table` does; requests are answered while the table is locked."""
    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store, environment=OWNED)
    load = Load(collector.port, threads=8)
    wait_for(lambda: len(load.acknowledged) > 200, 20, "enough load")
    with store.held("collector_events", "access exclusive"):
        wait_for(lambda: details(collector)["journal"]["state"] == "taking", 10, "sheltering")
        before = len(load.acknowledged)
        for path in ("/ping", "/", "/health"):
            get(collector.port, path)
        wait_for(lambda: len(load.acknowledged) > before + 500, 60, "load during the lock")
    wait_for(lambda: details(collector)["journal"]["state"] != "taking", 20, "the store in use again")
    load.stop()
    wait_for(lambda: is_drained(collector), 30, "drained")
    assert load.refused == 0
    assert load.acknowledged == load.stored(store)


def test_a_read_only_database_is_an_outage(own_cluster, serve, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store, environment=OWNED)

    def read_only(word):
        own_cluster.psql("postgres", f"alter database {store.database} set default_transaction_read_only = {word}")
        own_cluster.psql("postgres", f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{store.database}'")

    read_only("on")
    for _ in range(5):
        assert post(collector.port, "/event", event()).status == 200
    assert details(collector)["journal"]["records"] == 5
    read_only("off")
    wait_for(lambda: is_drained(collector), 20, "drained")
    assert count(store, "collector_events") == 5


def test_the_next_process_drains_the_backlog_of_a_killed_one(own_cluster, serve, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store, environment=OWNED)
    own_cluster.stop()
    ids = [str(uuid.uuid4()) for _ in range(50)]
    for key in ids:
        assert post(collector.port, "/event", event(event_id=key)).status == 200
    collector.kill()
    own_cluster.start()
    again = serve(store, environment=OWNED)
    wait_for(lambda: is_drained(again), 20, "drained")
    assert [row["event_id"] for row in store.rows("select event_id from collector_events order by id")] == ids


def test_only_the_owner_sees_health_details(serve, tmp_path):
    collector = serve(environment=OWNED)
    for fields in ([], [("Authorization", "Bearer " + "x" * len(TOKEN))], [("Authorization", TOKEN)], [("Authorization", f"Basic {TOKEN}")]):
        answer = get(collector.port, "/health/details", fields)
        assert (answer.status, answer.field("WWW-Authenticate")) == (401, "Bearer")
        assert "journal" not in answer.body.decode()
    assert details(collector)["engine"] == "sqlite"


def backends(cluster):
    """Processes of the server that serve the program."""
    rows = cluster.psql("postgres", "select pid from pg_stat_activity where application_name = 'collector'")
    return [int(pid) for pid in rows.split()]


def test_lost_connections_are_reestablished(own_cluster, serve, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store, environment=OWNED)
    load = Load(collector.port, threads=8)
    for _ in range(5):
        before = len(load.acknowledged)
        wait_for(lambda before=before: len(load.acknowledged) > before + 50, 20, "load")
        own_cluster.psql("postgres", "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'collector'")
    load.stop()
    wait_for(lambda: is_drained(collector), 20, "healthy, and nothing left in the journal")
    assert load.acknowledged <= load.stored(store)


def test_health_is_answered_while_the_database_hangs(own_cluster, serve, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store)
    frozen = backends(own_cluster)
    postmaster = int((own_cluster.data / "postmaster.pid").read_text().split()[0])
    for pid in [*frozen, postmaster]:
        os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert health(collector)[0] == 503
        # Routes that need no database still respond.
        assert get(collector.port, "/ping").status == 200
        assert get(collector.port, "/").status == 200
        assert time.monotonic() - started < HANGING_SECONDS_MIN
    finally:
        for pid in [*frozen, postmaster]:
            os.kill(pid, signal.SIGCONT)
    wait_for(lambda: health(collector) == (200, HEALTHY), 20, "healthy")


def test_a_database_that_hangs_stops_neither_ingest_nor_a_stop(own_cluster, serve, tmp_path):
    """Events acknowledged meanwhile are stored once when the database resumes, also those in stalled commits."""
    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store, environment=OWNED)
    frozen = backends(own_cluster)
    load = Load(collector.port, threads=4)
    wait_for(lambda: len(load.acknowledged) > 100, 20, "enough load")
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        before = len(load.acknowledged)
        wait_for(lambda: len(load.acknowledged) > before + 100, 15, "load while it hangs")
        collector.stop()
        load.stop()
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    again = serve(store, environment=OWNED)
    wait_for(lambda: is_drained(again), 20, "drained")
    assert load.acknowledged <= load.stored(store)


def test_a_wrong_password_is_reported_without_the_password(cluster, serve, tmp_path):
    url = cluster.url("postgres").replace(PASSWORD, "wrong-password-4711")
    collector = serve(environment={"DB_URL": url}, is_ready=False)
    check_unhealthy(collector, cluster)
    assert "wrong-password-4711" not in collector.log
    assert re.search(r"level=warning msg=\"cannot connect to database\"", collector.log)


def test_one_bad_row_does_not_fail_its_batch(service):
    """A value that the engine cannot hold is refused alone, whatever waits beside it."""
    bad = b'{"visitor_id":"v","session_id":"s","pageview_id":"p","event_type":"bad","payload":{"n":1e99999}}'
    good, statuses = [event(event_type="good") for _ in range(60)], []
    threads = [threading.Thread(target=lambda body=body: statuses.append(post(service.port, "/event", body).status)) for body in good]
    threads[30:30] = [threading.Thread(target=post, args=(service.port, "/event", bad)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 60
    assert service.store.rows("select count(*) as n from collector_events where event_type = 'good'")[0]["n"] == 60


def test_a_full_disk_is_an_outage(serve, tmp_path):
    """SQLite: limited to a few pages more than it has, as on a full disk; first the journal helps out, then there is no room at all."""
    store = SQLiteStore(tmp_path)
    serve(store).stop()
    size = store.path.stat().st_size
    collector = LimitedCollector(tmp_path, (size + 256 * 1024) // 512)
    try:
        statuses = [post(collector.port, "/collect", submission(browser={"filler": "x" * 20000})).status for _ in range(90)]
        assert statuses[0] == 200 and statuses[-1] == 503, statuses
        assert set(statuses) == {200, 503}
        assert get(collector.port, "/ping").status == 200
    finally:
        collector.kill()
    with_room = serve(store, environment=OWNED)
    wait_for(lambda: is_drained(with_room), 20, "drained")
    # Exactly the acknowledged events.
    assert len(submissions(store)) == statuses.count(200)
    assert post(with_room.port, "/collect", submission()).status == 200


def LimitedCollector(folder, blocks):
    """A server whose files are limited to a number of blocks of 512 bytes."""
    import resource

    from program import Collector

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (blocks * 512, before[1]))
    try:
        return Collector(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_database_that_hangs_at_startup_delays_no_request(own_cluster, serve, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    postmaster = int((own_cluster.data / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGSTOP)
    try:
        collector = serve(store, environment=OWNED, is_ready=False)
        assert collector.listens_after < HANGING_SECONDS_MIN
        assert post(collector.port, "/event", event()).status == 200
    finally:
        os.kill(postmaster, signal.SIGCONT)
    wait_for(lambda: is_drained(collector), 30, "drained")
    assert count(store, "collector_events") == 1
