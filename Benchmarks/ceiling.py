"""What the databases themselves take: the same rows into the same tables, without the program."""

import json
import sqlite3
import subprocess
import time

from machine import EVENTS, cpu_seconds

ROWS = 100_000
ROWS_OF_A_BATCH = 1000
COLUMNS = "visitor_id, session_id, pageview_id, event_type, seq, path, referrer, user_agent, payload, event_id"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"


def rows():
    """Rows of the bodies that are posted, with fresh ids whose beginning is the time."""
    bodies = [json.loads(path.read_text()) for path in EVENTS]
    start = time.time_ns() // 1_000_000
    for number in range(ROWS):
        body = bodies[number % len(bodies)]
        mark = f"{start + number // 20:012x}7{number % 4096:03x}8{number:015x}"
        uuid = "-".join((mark[:8], mark[8:12], mark[12:16], mark[16:20], mark[20:]))
        payload = json.dumps(body["payload"])
        yield "v_" + mark, "s_" + mark, "p_" + mark, body["event_type"], body["seq"], body["path"], body["referrer"], AGENT, payload, uuid


def batches():
    batch = []
    for row in rows():
        batch.append(row)
        if len(batch) == ROWS_OF_A_BATCH:
            yield batch
            batch = []


def escaped(value):
    text = "\\N" if value is None else str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return text


def postgres(bench):
    """COPY in transactions of 1,000 rows: rows a second, and microseconds of the server a row."""
    script = []
    for batch in batches():
        script.append(f"copy collector_events ({COLUMNS}) from stdin;\n")
        script += ["\t".join(map(escaped, row)) + "\n" for row in batch]
        script.append("\\.\n")
    text = "".join(script)
    command = [bench.cluster.binaries / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", bench.cluster.url(bench.store.database)]
    used, started = cpu_seconds(bench.database_pid), time.monotonic()
    subprocess.run(command, input=text, text=True, check=True, capture_output=True)
    seconds = time.monotonic() - started
    return ROWS / seconds, (cpu_seconds(bench.database_pid) - used) / ROWS * 1e6


def sqlite(bench):
    """Inserts in transactions of 1,000 rows with full sync: rows a second, and microseconds of this process a row."""
    connection = sqlite3.connect(bench.store.path, timeout=30, isolation_level=None)
    connection.execute("pragma synchronous = full")
    names = COLUMNS + ", received_at"
    insert = f"insert into collector_events ({names}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) on conflict do nothing"
    ready = list(batches())
    used, started = time.process_time(), time.monotonic()
    for batch in ready:
        connection.execute("begin immediate")
        connection.executemany(insert, batch)
        connection.execute("commit")
    seconds, used = time.monotonic() - started, time.process_time() - used
    connection.close()
    return ROWS / seconds, used / ROWS * 1e6
