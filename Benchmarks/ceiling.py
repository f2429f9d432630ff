"""Measures the databases alone: inserts the rows that the program would write into a freshly migrated table.

PostgreSQL uses COPY. SQLite uses prepared inserts from Python on one connection; the cost includes Python's binding, so the program may be faster.
"""

import json
import shutil
import sqlite3
import subprocess
import time

from machine import EVENTS, cpu_seconds
from program import run

ROWS = 100_000
ROWS_OF_A_BATCH = 1000
COLUMNS = (
    "received_at, client_timestamp, visitor_id, session_id, pageview_id, event_type, seq, path, referrer, user_agent, payload, event_id"
)
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"


def rows():
    """Rows of the benchmark's request bodies, with new time-ordered IDs."""
    bodies = [json.loads(path.read_text()) for path in EVENTS]
    start = time.time_ns() // 1_000_000
    received = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    for number in range(ROWS):
        body = bodies[number % len(bodies)]
        mark = f"{start + number // 20:012x}7{number % 4096:03x}8{number:015x}"
        uuid = "-".join((mark[:8], mark[8:12], mark[12:16], mark[16:20], mark[20:]))
        payload = json.dumps(body["payload"], separators=(",", ":"), ensure_ascii=False)
        yield (
            f"{received}.{number:06}Z", body["client_timestamp"], "v_" + mark, "s_" + mark, "p_" + mark, body["event_type"], body["seq"],
            body["path"], body["referrer"], AGENT, payload, uuid,
        )


def escaped(value):
    """Encodes a value in COPY's text format."""
    return "\\N" if value is None else str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class Postgres:
    """COPY on one connection, in a single transaction and in transactions of 1,000 rows."""

    def __init__(self, bench, folder):
        self.bench = bench
        self.folder = folder
        folder.mkdir()
        lines = ["\t".join(map(escaped, row)) + "\n" for row in rows()]
        self.scripts = {f"COPY of {ROWS:,}": self.script(lines, ROWS), f"COPYs of {ROWS_OF_A_BATCH:,}": self.script(lines, ROWS_OF_A_BATCH)}

    def script(self, lines, count):
        """Writes a script for psql, so that only psql and the server run during the measurement."""
        path = self.folder / f"copy-{count}.sql"
        with path.open("w") as file:
            for start in range(0, len(lines), count):
                file.write(f"copy collector_events ({COLUMNS}) from stdin;\n")
                file.writelines(lines[start : start + count])
                file.write("\\.\n")
        return path

    def measure(self):
        """Yields rows per second and server microseconds per row of each variant."""
        cluster = self.bench.cluster
        for variant, script in self.scripts.items():
            cluster.psql("postgres", "drop database if exists ceiling")
            cluster.create_database("ceiling")
            migrate(self.folder, {"DB_URL": cluster.url("ceiling")})
            used, started = cpu_seconds(self.bench.database_pid), time.monotonic()
            command = [cluster.binaries / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", cluster.url("ceiling"), "-f", script]
            subprocess.run(command, check=True, capture_output=True)
            seconds, used = time.monotonic() - started, cpu_seconds(self.bench.database_pid) - used
            if cluster.psql("ceiling", "select count(*) from collector_events") != str(ROWS):
                raise RuntimeError("COPY did not store all rows")
            yield variant, {"rate": ROWS / seconds, "us": used / ROWS * 1e6}
        # Causes a checkpoint, which must not be part of a measurement.
        cluster.psql("postgres", "drop database ceiling")


class SQLite:
    """Inserts on one connection in transactions of 1,000 rows, with full sync and the same write-ahead log size as the program."""

    INSERT = f"insert into collector_events ({COLUMNS}) values ({', '.join('?' * len(COLUMNS.split(',')))}) on conflict do nothing"
    LOG_BYTES = 16 << 20

    def __init__(self, _, folder):
        self.folder = folder
        folder.mkdir()
        ready = list(rows())
        self.batches = [ready[start : start + ROWS_OF_A_BATCH] for start in range(0, ROWS, ROWS_OF_A_BATCH)]

    def measure(self):
        """Yields rows per second and microseconds of this process per row."""
        migrate(self.folder, {})
        connection = sqlite3.connect(self.folder / "data" / "collector.sqlite", timeout=30, isolation_level=None)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        page_bytes = connection.execute("pragma page_size").fetchone()[0]
        connection.execute(f"pragma wal_autocheckpoint = {self.LOG_BYTES // page_bytes}")
        used, started = time.process_time(), time.monotonic()
        for batch in self.batches:
            connection.execute("begin immediate")
            connection.executemany(self.INSERT, batch)
            connection.execute("commit")
        seconds, used = time.monotonic() - started, time.process_time() - used
        stored = connection.execute("select count(*) from collector_events").fetchone()[0]
        connection.close()
        shutil.rmtree(self.folder / "data")
        if stored != ROWS:
            raise RuntimeError("SQLite did not store all rows")
        yield f"transactions of {ROWS_OF_A_BATCH:,}", {"rate": ROWS / seconds, "us": used / ROWS * 1e6}


def migrate(folder, environment):
    result = run("migrate", "--data", folder / "data", folder=folder, environment=environment)
    if result.returncode != 0:
        raise RuntimeError("migrate failed:\n" + result.stdout + result.stderr)


def make(bench, folder):
    return (Postgres if bench.cluster else SQLite)(bench, folder)
