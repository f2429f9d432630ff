"""The database goes away and comes back: nothing is answered 200 that was not stored."""

import os
import re
import signal
import time

from bodies import event, submission
from load import Load, wait_for
from postgres import PASSWORD
from stores import PostgresStore, count, submissions
from wire import get, post

HEALTHY = {"status": "healthy", "database": "connected"}


def health(collector):
    answer = get(collector.port, "/health")
    return answer.status, answer.json()


def check_unhealthy(collector, cluster):
    status, body = health(collector)
    assert (status, body["status"]) == (503, "unhealthy")
    text = repr(body) + collector.log
    assert PASSWORD not in text
    assert "127.0.0.1:" + str(cluster.port) not in text and str(cluster.port) not in repr(body)


def test_a_database_that_is_down_at_the_start_is_waited_for(own_cluster, serve, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    own_cluster.stop()
    collector = serve(store)
    check_unhealthy(collector, own_cluster)
    assert get(collector.port, "/").status == 200
    answer = post(collector.port, "/event", event())
    assert answer.status == 503 and int(answer.field("Retry-After")) >= 1
    own_cluster.start()
    wait_for(lambda: health(collector) == (200, HEALTHY), 20, "healthy")
    assert post(collector.port, "/event", event()).status == 200
    assert count(store, "collector_events") == 1


def outage(cluster, store, serve, stop):
    """Load before, during and after an outage; every acknowledged event is stored, once."""
    collector = serve(store)
    wait_for(lambda: health(collector)[0] == 200, 10, "healthy")
    load = Load(collector.port, threads=12)
    wait_for(lambda: len(load.acknowledged) > 200, 20, "enough load")
    stop()
    wait_for(lambda: health(collector)[0] == 503, 15, "unhealthy")
    check_unhealthy(collector, cluster)
    wait_for(lambda: load.refused > 20, 15, "refusals")
    before = len(load.acknowledged)
    for _ in range(20):
        assert post(collector.port, "/event", event()).status == 503
        assert post(collector.port, "/collect", submission()).status == 503
    assert len(load.acknowledged) == before, "something was acknowledged while there was no database"
    cluster.start()
    wait_for(lambda: health(collector) == (200, HEALTHY), 20, "healthy")
    wait_for(lambda: len(load.acknowledged) > before + 200, 20, "load after the outage")
    load.stop()
    assert load.unanswered == 0
    missing = load.acknowledged - load.stored(store)
    assert not missing, f"{len(missing)} of {len(load.acknowledged)} acknowledged events are gone"
    collector.stop()


def test_stopped_under_load(own_cluster, serve, tmp_path):
    outage(own_cluster, PostgresStore(own_cluster, tmp_path), serve, own_cluster.stop)


def test_crashed_under_load(own_cluster, serve, tmp_path):
    outage(own_cluster, PostgresStore(own_cluster, tmp_path), serve, own_cluster.crash)


def backends(cluster):
    """Processes of the server that serve the program."""
    rows = cluster.psql("postgres", "select pid from pg_stat_activity where application_name = 'collector'")
    return [int(pid) for pid in rows.split()]


def test_cut_connections_are_made_again(own_cluster, serve, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store)
    load = Load(collector.port, threads=8)
    for _ in range(5):
        before = len(load.acknowledged)
        wait_for(lambda before=before: len(load.acknowledged) > before + 50, 20, "load")
        own_cluster.psql("postgres", "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'collector'")
    wait_for(lambda: health(collector) == (200, HEALTHY), 20, "healthy")
    load.stop()
    assert load.acknowledged <= load.stored(store)


def test_health_is_answered_while_the_database_hangs(own_cluster, serve, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store)
    wait_for(lambda: health(collector)[0] == 200, 10, "healthy")
    frozen = backends(own_cluster)
    postmaster = int((own_cluster.data / "postmaster.pid").read_text().split()[0])
    for pid in [*frozen, postmaster]:
        os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert health(collector)[0] == 503
        assert time.monotonic() - started < 5
        # What needs no database is served meanwhile.
        started = time.monotonic()
        assert get(collector.port, "/ping").status == 200
        assert get(collector.port, "/").status == 200
        assert time.monotonic() - started < 1
    finally:
        for pid in [*frozen, postmaster]:
            os.kill(pid, signal.SIGCONT)
    wait_for(lambda: health(collector) == (200, HEALTHY), 20, "healthy")


def test_it_stops_in_time_while_the_database_hangs(own_cluster, serve, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store)
    wait_for(lambda: health(collector)[0] == 200, 10, "healthy")
    frozen = backends(own_cluster)
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        load = Load(collector.port, threads=4)
        time.sleep(0.5)
        collector.stop()
        load.stop()
        assert not load.acknowledged
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)


def test_a_wrong_password_is_said_without_the_password(cluster, serve, tmp_path):
    url = cluster.url("postgres").replace(PASSWORD, "wrong-password-4711")
    collector = serve(environment={"DB_URL": url})
    check_unhealthy(collector, cluster)
    assert "wrong-password-4711" not in collector.log
    assert re.search(r"level=warning msg=\"database cannot be reached\"", collector.log)


def test_one_bad_row_does_not_take_its_batch_with_it(service):
    """A value that the engine cannot hold is refused alone, whatever waits beside it."""
    import threading

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


def test_a_disk_that_is_full_is_an_outage(serve, tmp_path):
    """SQLite: limited to a few pages more than it has, as on a full disk; what was refused may come again."""
    from stores import SQLiteStore

    store = SQLiteStore(tmp_path)
    serve(store).stop()
    size = store.path.stat().st_size
    limit = (size + 256 * 1024) // 512
    collector = LimitedCollector(tmp_path, limit)
    try:
        statuses = [post(collector.port, "/collect", submission(browser={"filler": "x" * 20000})).status for _ in range(60)]
        assert statuses[0] == 200 and statuses[-1] == 503, statuses
        assert set(statuses) == {200, 503}
        # The reader of the file sees exactly what was acknowledged.
        assert len(submissions(store)) == statuses.count(200)
        assert get(collector.port, "/ping").status == 200
    finally:
        collector.kill()
    with_room = serve(store)
    assert post(with_room.port, "/collect", submission()).status == 200


def LimitedCollector(folder, blocks):
    """A program whose files may not grow beyond so many blocks of 512 bytes."""
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
