"""`collector backup` and `collector restore`: online, complete or absent, and only into an empty database."""

import os
import shutil
import signal
import sqlite3
import threading

import pytest

from insight import ENVIRONMENT, report, send, serve_ready, settle, visit_events
from postgres import PASSWORD
from program import run, started
from stores import PostgresStore, SQLiteStore, count
from waits import COMMAND_SECONDS_MAX, wait_for

pytestmark = pytest.mark.empty_store

#: Enough for a signal to come while the copy is written.
EVENTS = 40_000
#: Backups that may end before the signal comes.
ATTEMPTS_MAX = 10


def collector(store, *words, environment=None):
    return run(*words, "--data", store.folder / "data", folder=store.folder, environment=store.environment | (environment or {}))


def fine(store, *words):
    result = collector(store, *words)
    assert result.returncode == 0, result
    return result


def restore(store, file):
    """The result of a command that finds no connection of those before."""
    store.wait_until_left()
    return collector(store, "restore", file)


def restored(store, file):
    result = restore(store, file)
    assert result.returncode == 0, result
    return result


@pytest.fixture
def other(store, tmp_path, request):
    """An empty store of the same kind."""
    folder = tmp_path / "other"
    folder.mkdir()
    return SQLiteStore(folder) if store.name == "sqlite" else PostgresStore(request.getfixturevalue("cluster"), folder)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "collector.backup"


def figures(port):
    found = {name: report(port, name, range="24h") for name in ("overview", "performance", "issues", "data-quality")}
    return {name: {key: value for key, value in answer.items() if key not in ("range", "updated")} for name, answer in found.items()}


def is_untouched(store):
    """Whether the store has no table of ours."""
    if store.name == "sqlite":
        return not store.path.exists()
    return store.rows("select relname as name from pg_stat_user_tables") == []


def leftovers(file):
    return [path.name for path in file.parent.iterdir() if path.name.startswith(file.name) and path != file]


def test_a_restored_backup_has_equal_figures(store, other, serve, file):
    server = serve_ready(serve, store)
    error = {"kind": "error", "name": "TypeError", "message": "x", "count": 1}
    events = sum(send(server.port, visit_events(f"/{number}", lcp=900 + number, error=error)) for number in range(30))
    settle(server.port, events)
    backup = fine(store, "backup", file)
    assert f"Backup written to {file}: " in backup.stdout and f" {events} events, 0 submissions" in backup.stdout
    assert f"collector restore {file}" in backup.stdout
    assert file.stat().st_mode & 0o777 == 0o600 and leftovers(file) == []
    result = restored(other, file)
    assert f"Restored {events} events" in result.stdout and "collector serve" in result.stdout
    assert f"match {events} events" in fine(other, "verify").stdout
    copy = serve(other, environment=ENVIRONMENT)
    # The hours of a range are those of the time of the query.
    wait_for(lambda: figures(copy.port) == figures(server.port), 10, lambda: f"the figures {figures(server.port)}; there are {figures(copy.port)}")
    # The copy goes on from there.
    events += send(copy.port, visit_events("/new"))
    settle(copy.port, events)


def test_a_backup_during_ingest_has_all_events_acknowledged_before(store, other, serve, file):
    server = serve_ready(serve, store)
    fine(store, "demo", "--events", "20000", "--force")
    acknowledged, ended = [count(store, "collector_events")], threading.Event()

    def ingest():
        while not ended.is_set():
            acknowledged[0] += send(server.port, visit_events("/during"))

    thread = threading.Thread(target=ingest)
    thread.start()
    try:
        wait_for(lambda: acknowledged[0] > 20_050, 30, "events of the thread")
        least = acknowledged[0]
        fine(store, "backup", file)
    finally:
        ended.set()
        thread.join()
    most = acknowledged[0]
    assert most > least, "events came during the backup"
    restored(other, file)
    copy = serve(other, environment=ENVIRONMENT)
    # Some may be in the journal of the backup.
    copy.wait_until_stored()
    assert least <= count(other, "collector_events") <= most
    wait_for(lambda: collector(other, "verify").returncode == 0, 60, "rollups of all events")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_ended_backup_has_no_file_of_its_name(store, file, number):
    fine(store, "demo", "--events", EVENTS)
    for _ in range(ATTEMPTS_MAX):
        backup = started(store, "backup", file)
        wait_for(lambda backup=backup: leftovers(file) or backup.poll() is not None, 30, "a file that is being written")
        backup.send_signal(number)
        code = backup.wait(COMMAND_SECONDS_MAX)
        if code != 0:
            break
        # On a busy machine it may end before the signal comes.
        file.unlink()
    assert code != 0 and not file.exists()
    if number == signal.SIGINT:
        assert code == 130 and leftovers(file) == []
    fine(store, "backup", file)
    assert file.exists()


def stored(store):
    """The number of events; 0 without tables."""
    try:
        return count(store, "collector_events")
    except (sqlite3.OperationalError, RuntimeError):
        return 0


def test_an_ended_restore_leaves_an_empty_store_that_can_be_restored(store, other, file):
    fine(store, "demo", "--events", EVENTS)
    fine(store, "backup", file)
    process = started(other, "restore", file)
    if other.name == "sqlite":
        wait_for(lambda: other.path.exists() or process.poll() is not None, 30, "a file that is being written")
    else:
        running = f"select 1 as one from pg_stat_activity where datname = '{other.database}' and application_name = 'pg_restore'"
        wait_for(lambda: other.rows(running) or process.poll() is not None, 30, "a connection of pg_restore")
    process.kill()
    process.wait()
    if other.name == "postgres":
        # It may still have all of its input, and end the transaction.
        wait_for(lambda: not other.rows(running), 60, "the end of pg_restore")
    if stored(other) == 0:
        restored(other, file)
    assert stored(other) == EVENTS


def truncated(data):
    return data[: len(data) * 2 // 3]


def flipped(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x55]) + data[middle + 1 :]


def shortened(data):
    return data[:-30]


@pytest.mark.parametrize("damage", [truncated, flipped, shortened, lambda data: b"", lambda data: b"not a backup" * 1000])
def test_a_damaged_backup_is_refused_and_changes_nothing(store, other, file, damage):
    fine(store, "demo", "--events", "2000")
    fine(store, "backup", file)
    file.write_bytes(damage(file.read_bytes()))
    result = restore(other, file)
    assert result.returncode == 1, result
    assert "damaged" in result.stderr or "not a backup" in result.stderr, result.stderr
    assert is_untouched(other)


def test_a_backup_of_a_later_version_is_refused(store, other, file):
    fine(store, "migrate")
    store.execute("insert into schema_migrations (name, checksum) values ('9999_future', 'x')")
    fine(store, "backup", file)
    result = restore(other, file)
    assert result.returncode == 1 and "9999_future" in result.stderr
    assert is_untouched(other)


def test_a_store_with_data_is_not_replaced(store, other, serve, file):
    fine(store, "demo", "--events", "200")
    fine(store, "backup", file)
    fine(other, "demo", "--events", "100")
    result = restore(other, file)
    assert result.returncode == 1 and "not empty" in result.stderr
    assert count(other, "collector_events") == 100


def test_a_store_in_use_is_not_replaced_and_an_idle_one_is(store, other, serve, file):
    fine(store, "demo", "--events", "200")
    fine(store, "backup", file)
    server = serve_ready(serve, other)
    result = collector(other, "restore", file)
    assert result.returncode == 1 and "in use" in result.stderr, result
    assert count(other, "collector_events") == 0
    server.stop()
    restored(other, file)
    assert count(other, "collector_events") == 200
    assert "match 200 events" in fine(other, "verify").stdout


def test_a_file_is_replaced_only_with_force(store, file):
    fine(store, "migrate")
    file.write_text("precious")
    result = collector(store, "backup", file)
    assert result.returncode == 1 and "--force" in result.stderr
    assert file.read_text() == "precious"
    fine(store, "backup", file, "--force")
    assert file.read_bytes()[:5] in (b"SQLit", b"PGDMP") and leftovers(file) == []


def test_the_journal_is_part_of_a_backup(sqlite, serve, file, tmp_path):
    server = serve_ready(serve, sqlite)
    events = send(server.port, visit_events("/stored"))
    settle(server.port, events)
    server.wait_until_stored()
    with sqlite.held("collector_events"):
        journaled = sum(send(server.port, visit_events("/journaled")) for _ in range(20))
        result = fine(sqlite, "backup", file)
        assert f"{journaled} records of the journal" in result.stdout
    other = SQLiteStore(tmp_path / "other")
    other.folder.mkdir()
    assert f"{journaled} records of the journal" in fine(other, "restore", file).stdout
    assert count(other, "collector_events") == events
    copy = serve(other, environment=ENVIRONMENT)
    settle(copy.port, events + journaled)
    # The records that the first server has drained since are in its next backup once.
    settle(server.port, events + journaled)
    fine(sqlite, "backup", file, "--force")
    third = SQLiteStore(tmp_path / "third")
    third.folder.mkdir()
    fine(third, "restore", file)
    assert count(third, "collector_events") == events + journaled


def test_a_copy_by_another_program_can_be_restored(sqlite, tmp_path, file):
    fine(sqlite, "demo", "--events", "200")
    shutil.copy(sqlite.path, file)
    other = SQLiteStore(tmp_path / "other")
    other.folder.mkdir()
    fine(other, "restore", file)
    assert count(other, "collector_events") == 200


def test_backups_of_the_other_store_are_refused(sqlite, cluster, tmp_path, file):
    postgres = PostgresStore(cluster, tmp_path / "postgres")
    postgres.folder.mkdir()
    fine(postgres, "migrate")
    fine(postgres, "backup", file)
    result = collector(sqlite, "restore", file)
    assert result.returncode == 1 and "DB_URL" in result.stderr
    fine(sqlite, "migrate")
    fine(sqlite, "backup", file, "--force")
    assert collector(PostgresStore(cluster, postgres.folder), "restore", file).returncode == 1


# Programs of PostgreSQL


@pytest.fixture
def postgres(cluster, tmp_path):
    return PostgresStore(cluster, tmp_path)


def program(folder, name, text):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_the_password_is_never_an_argument(postgres, tmp_path, file):
    fine(postgres, "migrate")
    environment = program(
        tmp_path / "bin",
        "pg_dump",
        f'echo "$@" >> {tmp_path}/arguments; echo "$PGPASSWORD $DB_URL" >> {tmp_path}/environment; PATH=/usr/bin:/bin exec pg_dump "$@"\n',
    )
    result = collector(postgres, "backup", file, environment=environment)
    assert result.returncode == 0, result
    arguments = (tmp_path / "arguments").read_text()
    assert "--format=custom" in arguments and PASSWORD not in arguments
    assert (tmp_path / "environment").read_text().split()[-1] == PASSWORD, "without DB_URL"
    assert PASSWORD not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "pg_dump is not installed"),
        ("echo 'pg_dump (PostgreSQL) 9.6.24'\n", "pg_dump has version 9, the server version"),
        ('case "$1" in --version) echo "pg_dump (PostgreSQL) 99.1";; *) echo "pg_dump: error: no space" >&2; exit 1;; esac\n', "no space"),
    ],
)
def test_an_unusable_pg_dump_is_an_error_with_advice(postgres, tmp_path, file, text, message):
    fine(postgres, "migrate")
    environment = program(tmp_path / "bin", "pg_dump", text) if text else {"PATH": str(tmp_path / "nothing")}
    result = collector(postgres, "backup", file, environment=environment)
    assert result.returncode == 1 and message in result.stderr, result
    assert not file.exists() and leftovers(file) == []
