"""Measures the idle server: memory, start time and idle connections."""

import os
import resource
import statistics
import time

from machine import memory_mib
from program import BINARY, Collector
from wire import Wire

IDLE_CONNECTIONS = 5000
STARTS = 5


def open_connection(port):
    """An open connection that has received one response."""
    wire = Wire(port)
    wire.send(b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
    assert wire.read().status == 200
    return wire


def at_rest(folder, out):
    """Measures memory, start time and the memory per idle connection."""
    folder.mkdir()
    Collector(folder).stop()
    starts = []
    for _ in range(STARTS):
        collector = Collector(folder)
        starts.append(time.monotonic() - collector.started_at)
        collector.stop()
    # Each side needs one descriptor per connection; the server inherits the raised limit.
    connections = min(IDLE_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)
    collector = Collector(folder)
    wires = []
    try:
        wires.append(open_connection(collector.port))
        before = memory_mib(collector.process.pid, "VmRSS")
        wires += [open_connection(collector.port) for _ in range(connections)]
        after = memory_mib(collector.process.pid, "VmRSS")
    finally:
        for wire in wires:
            wire.close()
        collector.stop()
    out.table(("at rest, on SQLite", ""), (
        ("resident", f"{before:.1f} MiB"),
        (f"from start to listening, median of {STARTS} on an existing folder", f"{statistics.median(starts) * 1000:.0f} ms"),
        (f"resident with {connections:,} idle connections", f"{after:.1f} MiB"),
        ("per connection", f"{(after - before) * 1024 / connections:.2f} KiB"),
        ("the binary", f"{os.path.getsize(BINARY) / 1e6:.1f} MB"),
    ))
