"""Limits on open files and address space: beyond them requests are rejected, and the process keeps running."""

import gzip
import json
import resource
import socket
import threading

import pytest

from bodies import event, make_ids
from insight import ENVIRONMENT, OWNER
from program import RESERVED_FILES, connections_max, raise_open_files_limit, run
from stores import count
from waits import ANSWER_SECONDS_MAX, COMMAND_SECONDS_MAX, wait_for
from wire import Closed, Wire, get, post


def open_files(number):
    return {"limits": {resource.RLIMIT_NOFILE: number}, "environment": ENVIRONMENT}


def idle(port, number):
    """Opens this number of idle connections, as far as the server's queue accepts them."""
    sockets = []
    for _ in range(number):
        connection = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS_MAX)
        sockets.append(connection)
    return sockets


def close(sockets):
    for connection in sockets:
        connection.close()


def is_stored(port):
    """Whether one event is accepted; a client would retry after a refused or closed connection."""
    try:
        return post(port, "/event", event()).status == 200
    except (Closed, OSError):
        return False


# The tests' own process may hold a part of its limit.
FEW_FILES, SOME_FILES = 64, 256


@pytest.mark.parametrize("files,connections", [(FEW_FILES, 150), (SOME_FILES, 400)])
@pytest.mark.parametrize("order", ["before the first event", "after the first event"])
def test_idle_connections_beyond_the_file_limit_do_not_block_events(store, serve, files, connections, order):
    collector = serve(store, is_ready=False, **open_files(files))
    stored = 0
    if order == "after the first event":
        assert is_stored(collector.port)
        stored = 1
    sockets = idle(collector.port, connections)
    try:
        for _ in range(5):
            wait_for(lambda: is_stored(collector.port), 30, "an event is stored")
            stored += 1
        # Code that opens files still can; the database may still be starting.
        wait_for(lambda: get(collector.port, "/health/details", OWNER).status == 200, 45, "healthy")
        assert get(collector.port, "/api/overview", OWNER).status == 200
        assert get(collector.port, "/api/events", OWNER).status == 200
    finally:
        close(sockets)
    collector.wait_until_stored()
    assert count(store, "collector_events") == stored
    assert collector.is_running


def test_two_thousand_connections_under_debians_default_limit(sqlite, serve):
    """1,100 idle ones right after the start were enough to end the process."""
    files = min(1024, raise_open_files_limit())
    collector = serve(sqlite, is_ready=False, **open_files(files))
    # Where this process has no more than that itself, it holds as many as it can.
    sockets = idle(collector.port, min(2000, raise_open_files_limit() - 150))
    try:
        wait_for(lambda: is_stored(collector.port), 30, "the event is stored")
    finally:
        close(sockets)
    collector.wait_until_stored()
    assert count(sqlite, "collector_events") >= 1 and collector.is_running


def test_busy_connections_beyond_the_limit_are_answered_503_and_the_others_go_on(sqlite, serve):
    collector = serve(sqlite, **open_files(FEW_FILES))
    streams, refused = [], 0
    try:
        for _ in range(connections_max(FEW_FILES) + 20):
            wire = Wire(collector.port)
            streams.append(wire)
            wire.send(b"GET /api/stream HTTP/1.1\r\nHost: a\r\nAuthorization: " + OWNER[0][1].encode() + b"\r\n\r\n")
            refused += b" 503 " in wire._until(b"\r\n")
        assert refused > 0
        wait_for(lambda: is_stored(collector.port), 10, "an event is stored beside the streams")
    finally:
        for wire in streams:
            wire.close()


def test_startup_fails_with_the_required_number_of_open_files(tmp_path):
    script = f"ulimit -n {RESERVED_FILES - 1}; exec"
    result = run("serve", "--port", "0", folder=tmp_path, prefix=["sh", "-c", script + ' "$0" "$@"'])
    assert result.returncode == 1
    assert "ulimit -n" in result.stderr and str(RESERVED_FILES + 12) in result.stderr


def test_under_an_address_space_limit_requests_are_refused_and_the_process_survives(store, serve, tmp_path_factory):
    free = serve(environment=ENVIRONMENT)
    at_rest = free.memory_kilobytes("VmPeak") * 1024
    free.stop()
    limits = {resource.RLIMIT_AS: at_rest + (150 << 20)}
    collector = serve(store, environment=ENVIRONMENT | {"COLLECTOR_RATE_LIMIT": "0"}, limits=limits)
    large = json.dumps(make_ids() | {"event_type": "large", "payload": {"text": "x" * 250_000}}).encode()
    wide = json.dumps([make_ids() | {"event_type": "w", "payload": {"text": "y" * 100_000}} for _ in range(10)]).encode()
    statuses, lock = [], threading.Lock()

    def attack(number):
        for turn in range(12):
            try:
                if (number + turn) % 3 == 0:
                    answer = post(collector.port, "/events", gzip.compress(wide, 1), [("Content-Encoding", "gzip")])
                elif (number + turn) % 3 == 1:
                    answer = post(collector.port, "/event", large)
                else:
                    answer = get(collector.port, "/api/events?limit=500", OWNER)
                with lock:
                    statuses.append(answer.status)
            except (Closed, OSError):
                with lock:
                    statuses.append(None)

    threads = [threading.Thread(target=attack, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(COMMAND_SECONDS_MAX)
    assert collector.is_running, collector.log
    assert statuses.count(200) > 0 and set(statuses) <= {200, 503, None}, statuses
    assert is_stored(collector.port)
