"""Start and stop: signals, exit codes, several processes."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time

import pytest

from bodies import event, submission
from load import Load
from program import ROOT, Collector, clean_environment, run
from stores import SQLiteStore, count
from waits import HANGING_SECONDS_MIN, wait_for
from wire import Wire, get, head, post

pytestmark = pytest.mark.empty_store

#: As in ServeCommand.swift: seconds for which a server waits for its database before it listens.
CONNECT_SECONDS_MAX = 2
MIGRATIONS = sorted(path.stem for path in (ROOT / "Migrations" / "sqlite").glob("*.sql"))


def applied(store):
    return [row["name"] for row in store.rows("select name from schema_migrations order by name")]


def test_a_listening_server_accepts_records_at_once(store, serve):
    for _ in range(5):
        collector = serve(store, is_ready=False)
        # The server waits for its database for two seconds, and then journals.
        if collector.listens_after < CONNECT_SECONDS_MAX:
            assert get(collector.port, "/health").json() == {"status": "healthy", "database": "connected"}
        assert post(collector.port, "/event", event()).status == 200
        collector.wait_until_stored()
        collector.stop()
    assert count(store, "collector_events") == 5


def test_the_server_listens_soon(store, serve):
    serve(store).stop()
    collector = serve(store, is_ready=False)
    assert collector.listens_after < HANGING_SECONDS_MIN


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server_cleanly(store, serve, number):
    serve(store).stop(number)


def test_a_signal_during_startup_stops_the_server_cleanly(store, serve):
    for delay in (0.0, 0.01, 0.03, 0.1):
        collector = serve(store, wait=False)
        time.sleep(delay)
        collector.send(signal.SIGTERM)
        # Before the program has blocked its signals, the system ends it.
        assert collector.wait() in (0, -signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_are_answered(store, serve, number):
    collector = serve(store)
    load = Load(collector.port, threads=30)
    wait_for(lambda: len(load.acknowledged) > 300, 20, "enough load")
    collector.stop(number)
    load.stop()
    assert load.unanswered == 0, "a request that was sent was not answered"
    assert load.refused == 0
    # The next server drains what the first one has journaled.
    serve(store).wait_until_stored()
    assert load.stored(store) == load.acknowledged


def accepts(port):
    """Whether the server accepts a new connection."""
    try:
        socket.create_connection(("127.0.0.1", port), HANGING_SECONDS_MIN).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_partially_sent_request_is_served_during_shutdown(store, serve):
    collector = serve(store)
    body = json.dumps(event()).encode()
    data = head("POST", "/event", [("Content-Length", len(body))]) + body
    with Wire(collector.port) as wire:
        wire.send(data[: len(data) // 2])
        wait_for(lambda: get(collector.port, "/ping").status == 200, 5, "alive")
        collector.send(signal.SIGTERM)
        collector.wait_for_line("stopping")
        # A loop that has not heard of the stop yet keeps the connection open.
        wait_for(lambda: not accepts(collector.port), 20, "the end of listening")
        wire.send(data[len(data) // 2 :])
        answer = wire.read()
        assert (answer.status, answer.field("Connection")) == (200, "close")
    assert collector.wait() == 0
    serve(store).wait_until_stored()
    assert count(store, "collector_events") == 1


def test_killed_at_any_instant_nothing_acknowledged_is_lost(store, serve):
    acknowledged, stored = 0, 0
    for milliseconds in (50, 120, 333, 500):
        collector = serve(store)
        load = Load(collector.port, threads=8)
        wait_for(lambda load=load: len(load.acknowledged) > 20, 20, "some load")
        time.sleep(milliseconds / 1000)
        collector.kill()
        load.stop()
        again = serve(store)
        # Records in the journal are drained after the start.
        wait_for(lambda load=load: load.acknowledged <= load.stored(store), 20, "all that was acknowledged")
        again.stop()
        acknowledged += len(load.acknowledged)
        stored += len(load.stored(store))
    assert acknowledged > 0 and stored >= acknowledged


def test_a_second_signal_changes_nothing(store, serve):
    collector = serve(store)
    collector.send(signal.SIGTERM)
    collector.send(signal.SIGINT)
    collector.send(signal.SIGTERM)
    assert collector.wait() == 0


def test_ten_servers_start_at_once_on_an_empty_store(store, serve):
    collectors = [serve(store, wait=False) for _ in range(10)]
    for collector in collectors:
        collector.wait_until_listening()
    for collector in collectors:
        collector.wait_until_ready()
        assert post(collector.port, "/event", event()).status == 200
        collector.wait_until_stored()
    assert applied(store) == MIGRATIONS
    assert count(store, "collector_events") == 10
    for collector in collectors:
        collector.stop()
    logged = [line for collector in collectors for line in collector.lines if "migrations applied" in line]
    assert sum(int(line.rsplit("count=", 1)[1].split()[0]) for line in logged) == len(MIGRATIONS)


def test_other_processes_that_open_the_file_lose_no_event(serve, tmp_path):
    """Locks of a file are lost when any descriptor of it is closed; then the next to close takes the log for its own and deletes it."""
    store = SQLiteStore(tmp_path)
    collector = serve(store)
    for _ in range(5):
        assert post(collector.port, "/event", event()).status == 200
        assert get(collector.port, "/health").status == 200
        assert run("migrate", "--list", folder=tmp_path).returncode == 0
        # Another program that writes, and closes last as far as it knows.
        subprocess.run(
            [sys.executable, "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('select count(*) from debug_data').fetchall(); c.close()", str(store.path)],
            check=True,
        )
    collector.wait_until_stored()
    assert count(store, "collector_events") == 5
    collector.kill()
    serve(store).wait_until_stored()
    assert count(store, "collector_events") == 5


def test_without_a_database_pages_are_served_and_events_are_refused(store, serve, tmp_path):
    collector = serve(store, "--skip-db")
    assert get(collector.port, "/health").json() == {"status": "healthy", "database": "not_configured"}
    assert get(collector.port, "/").status == 200
    for path, body in (("/event", event()), ("/events", [event()]), ("/collect", submission())):
        assert post(collector.port, path, body).status == 503
    assert not list(tmp_path.rglob("*.sqlite"))


def test_the_start_is_logged(store, serve):
    collector = serve(store)
    post(collector.port, "/event", event(payload={"secret": "keep-private"}), [("User-Agent", "agent-of-the-visitor"), ("X-Forwarded-For", "203.0.113.77")])
    post(collector.port, "/event", b"keep-private")
    collector.stop()
    assert "connecting to database" in collector.log
    assert "stopped" in collector.log
    for private in ("keep-private", "agent-of-the-visitor", "203.0.113.77", "not-so-secret"):
        assert private not in collector.log


def test_logs_can_be_json_lines(store, serve):
    collector = serve(store, environment={"COLLECTOR_LOG_FORMAT": "json", "COLLECTOR_LOG_LEVEL": "debug"})
    collector.stop()
    lines = [json.loads(line) for line in collector.lines]
    assert {"time", "level", "msg"} <= set(lines[0])
    assert any(line["msg"].startswith("Listening on http://") for line in lines)


def test_the_listening_address_is_logged_at_every_level(serve):
    collector = serve(environment={"COLLECTOR_LOG_LEVEL": "error"})
    collector.stop()
    assert len(collector.lines) == 1


def test_a_port_in_use_fails_with_a_message(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run("serve", "--port", port, "--data", tmp_path / "data", folder=tmp_path)
    assert result.returncode == 1
    text = result.stdout + result.stderr
    assert str(port) in text and "in use" in text.lower(), text


def test_a_port_that_another_collector_has_is_in_use(serve, tmp_path):
    first = serve()
    result = run("serve", "--port", first.port, "--data", tmp_path / "other", folder=tmp_path)
    assert result.returncode == 1
    assert get(first.port, "/ping").status == 200


def test_a_foreign_listen_address_fails(tmp_path):
    result = run("serve", "--port", "0", "--host", "192.0.2.1", "--data", tmp_path / "data", folder=tmp_path)
    assert result.returncode == 1
    assert result.stdout + result.stderr


def test_a_data_folder_that_cannot_be_created_fails(tmp_path):
    (tmp_path / "file").write_text("")
    result = run("serve", "--port", "0", "--data", tmp_path / "file" / "data", folder=tmp_path)
    assert result.returncode == 1
    assert "file" in result.stderr


def test_a_file_that_is_not_a_database_fails(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "collector.sqlite").write_bytes(b"this is no database, " * 1000)
    collector = Collector(tmp_path, wait=False)
    try:
        # Either it ends with a sentence, or it serves, says unhealthy and takes nothing.
        collector.wait_for_line("(?i)not a database|database")
        if collector.is_running and "Listening" in collector.log:
            collector.wait_until_listening()
            assert get(collector.port, "/health").status == 503
            assert post(collector.port, "/event", event()).status == 503
    finally:
        collector.kill()


def test_created_files_are_accessible_only_to_their_owner(serve):
    collector = serve()
    assert (collector.data.stat().st_mode & 0o077) == 0
    for path in collector.data.iterdir():
        # A file that the program writes has another name until it is whole.
        with contextlib.suppress(FileNotFoundError):
            assert (path.stat().st_mode & 0o077) == 0, path
    token = (collector.data / "token").read_text().strip()
    assert len(token) >= 32
    assert token not in collector.log


def test_the_token_is_kept(serve):
    first = serve()
    token = (first.data / "token").read_text()
    first.stop()
    serve().stop()
    assert (first.data / "token").read_text() == token


def test_the_server_starts_with_an_empty_environment(serve, tmp_path, monkeypatch):
    for name in clean_environment():
        monkeypatch.delenv(name, raising=False)
    serve().stop()


def test_the_token_is_readable_and_writable_by_its_owner_alone(serve):
    collector = serve()
    assert ((collector.data / "token").stat().st_mode & 0o777) == 0o600


def test_ten_servers_at_once_apply_each_migration_once(store, serve):
    collectors = [serve(store, wait=False) for _ in range(10)]
    for collector in collectors:
        collector.wait_until_listening()
        collector.wait_until_ready()
    assert count(store, "schema_migrations") == len(MIGRATIONS)


def test_dot_env_accepts_windows_line_endings(serve, tmp_path):
    (tmp_path / ".env").write_bytes(b"COLLECTOR_EVENTS_ENABLED=off\r\nCOLLECTOR_LOG_FORMAT=json\r\nCOLLECTOR_BASE_PATH=/app\r\n")
    collector = serve()
    assert collector.lines[0].startswith("{"), "the second line was not read"
    assert 'data-events="off"' in get(collector.port, "/app/").body.decode()


def test_a_reader_that_opens_and_closes_the_file_loses_no_acknowledged_event(serve, tmp_path):
    """An operator looks with `sqlite3` while the program runs; afterwards, and after a restart, every 200 is a row."""
    store = SQLiteStore(tmp_path)
    collector = serve(store)
    look = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('select count(*) from debug_data').fetchall(); c.close()"
    for _ in range(10):
        assert post(collector.port, "/event", event()).status == 200
        subprocess.run([sys.executable, "-c", look, str(store.path)], check=True)
    collector.stop()
    serve(store).wait_until_stored()
    assert count(store, "collector_events") == 10
