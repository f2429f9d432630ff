"""A damaged journal: intact records are drained, the damage is reported, and the next outage is journaled."""

import os
import sqlite3

import pytest

from bodies import make_ids
from insight import ENVIRONMENT, OWNER, send
from postgres import free_port
from stores import PostgresStore, count
from waits import wait_for
from wire import get

RECORDS = 5000
AWAY = {"DB_URL": f"postgresql://collector@127.0.0.1:{free_port()}/collector"}


def details(collector):
    return get(collector.port, "/health/details", OWNER).json()


def fill(collector, records=RECORDS):
    ids = make_ids()
    for start in range(0, records, 500):
        send(collector.port, [
            ids | {"event_type": "custom", "seq": seq, "path": "/", "payload": {"n": seq, "text": "x" * 200}}
            for seq in range(start + 1, min(start + 500, records) + 1)
        ])


@pytest.fixture
def journaled(cluster, tmp_path, serve):
    """A store, and the file of a journal with acknowledged records for it; the server is down."""
    store = PostgresStore(cluster, tmp_path)
    collector = serve(store, environment=ENVIRONMENT | AWAY, is_ready=False)
    fill(collector)
    wait_for(lambda: details(collector)["journal"]["records"] == RECORDS, 20, "journaled")
    collector.stop()
    path = tmp_path / "data" / "journal.sqlite"
    into_one_file(path)
    return store, path


def into_one_file(path):
    """Checkpoints the journal into one file, without a write-ahead log."""
    connection = sqlite3.connect(path)
    assert connection.execute("pragma wal_checkpoint(truncate)").fetchone()[0] == 0
    connection.close()


def truncated(path):
    os.truncate(path, path.stat().st_size * 60 // 100)


def flipped(path):
    """Writes over a page in the middle of the records."""
    connection = sqlite3.connect(path)
    size = connection.execute("pragma page_size").fetchone()[0]
    pages = connection.execute("select pageno from dbstat where name = 'records' and pagetype = 'leaf' order by path").fetchall()
    connection.close()
    with open(path, "r+b") as file:
        file.seek((pages[len(pages) // 2][0] - 1) * size)
        file.write(bytes([0xA5]) * size)


def odd_end(path):
    os.truncate(path, path.stat().st_size * 80 // 100 + 123)


def emptied(path):
    os.truncate(path, 0)


def garbage(path):
    path.write_bytes(os.urandom(100_000))


def start_over(path):
    with open(path, "r+b") as file:
        file.write(bytes(200))


@pytest.mark.parametrize(
    ("damage", "least"),
    [(truncated, 2500), (odd_end, 3500), (flipped, 4700), (emptied, 0), (garbage, 0), (start_over, 0)],
)
def test_intact_records_of_a_damaged_journal_are_drained(journaled, serve, damage, least):
    store, path = journaled
    damage(path)
    size = path.stat().st_size
    collector = serve(store, environment=ENVIRONMENT)
    collector.wait_for_line(r"journal was damaged.*moved_to=journal\.sqlite\.damaged-1")
    wait_for(lambda: details(collector)["journal"]["state"] == "empty", 30, "drained")
    rows = count(store, "collector_events")
    journal = details(collector)["journal"]
    found = journal["damage"]
    # A record that was cut in the middle is set aside.
    assert least <= rows < RECORDS and journal["dead_letters"] <= 1
    assert (found["files"], found["last_file"]) == (1, "journal.sqlite.damaged-1")
    if least > 0:
        assert found["lost_at_most"] == RECORDS - rows - journal["dead_letters"]
        numbers = [row["n"] for row in store.rows("select (payload->>'n')::integer as n from collector_events order by id")]
        assert numbers == sorted(set(numbers)), "in their order, each once"
    else:
        assert found["lost_at_most"] is None
    kept = path.with_name("journal.sqlite.damaged-1")
    assert kept.stat().st_size == size
    collector.stop()
    # The next outage is journaled, and drained, again; the damage is named until its file is removed.
    collector = serve(store, environment=ENVIRONMENT | AWAY, is_ready=False)
    fill(collector, 700)
    assert details(collector)["journal"]["damage"] == found
    collector.stop()
    kept.unlink()
    collector = serve(store, environment=ENVIRONMENT)
    wait_for(lambda: details(collector)["journal"]["state"] == "empty", 30, "drained")
    assert count(store, "collector_events") == rows + 700
    assert details(collector)["journal"]["damage"] is None


@pytest.mark.parametrize("damage", [truncated, emptied, garbage, start_over])
def test_records_in_the_wal_survive_damage_to_the_file(cluster, tmp_path, serve, damage):
    store = PostgresStore(cluster, tmp_path)
    collector = serve(store, environment=ENVIRONMENT | AWAY, is_ready=False)
    fill(collector, 1000)
    collector.kill()
    damage(tmp_path / "data" / "journal.sqlite")
    collector = serve(store, environment=ENVIRONMENT)
    wait_for(lambda: count(store, "collector_events") == 1000, 30, "drained")
    wait_for(lambda: details(collector)["journal"]["state"] == "empty", 30, "empty")


def test_a_missing_wal_is_reported(cluster, tmp_path, serve):
    store = PostgresStore(cluster, tmp_path)
    collector = serve(store, environment=ENVIRONMENT | AWAY, is_ready=False)
    fill(collector, 500)
    collector.kill()
    log = tmp_path / "data" / "journal.sqlite-wal"
    assert log.stat().st_size > 0
    log.unlink()
    collector = serve(store, environment=ENVIRONMENT)
    wait_for(lambda: details(collector)["journal"]["state"] == "empty", 30, "drained")
    collector.stop()
    collector = serve(store, environment=ENVIRONMENT | AWAY, is_ready=False)
    fill(collector, 500)
    collector.stop()
    collector = serve(store, environment=ENVIRONMENT)
    wait_for(lambda: count(store, "collector_events") >= 500, 30, "drained")


def test_damage_found_while_reading_a_record_is_salvaged(journaled, serve):
    """Half of what was drained before must not come again: the numbers of the source go on."""
    store, path = journaled
    collector = serve(store, environment=ENVIRONMENT)
    wait_for(lambda: details(collector)["journal"]["state"] == "empty", 30, "drained")
    collector.stop()
    collector = serve(store, environment=ENVIRONMENT | AWAY, is_ready=False)
    fill(collector, 2000)
    collector.stop()
    into_one_file(path)
    flipped(path)
    collector = serve(store, environment=ENVIRONMENT)
    wait_for(lambda: details(collector)["journal"]["state"] == "empty" and details(collector)["journal"]["damage"], 30, "drained")
    journal = details(collector)["journal"]
    found = journal["damage"]
    assert count(store, "collector_events") == RECORDS + found["salvaged"] - journal["dead_letters"]
    assert found["salvaged"] > 1800
    assert found["salvaged"] + found["lost_at_most"] == 2000
    connection = sqlite3.connect(path.with_name("journal.sqlite.damaged-1"))
    assert connection.execute("select count(*) from sqlite_master").fetchone()[0] > 0
    connection.close()
