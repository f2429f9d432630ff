"""What the program costs while nobody asks anything of it."""

import os
import resource
import statistics
import time

from machine import memory_mib
from program import BINARY, Collector
from wire import Wire

IDLE_CONNECTIONS = 5000
STARTS = 5


def greeted(port):
    """A connection that has had its first answer, so that the server knows it."""
    wire = Wire(port)
    wire.send(b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
    assert wire.read().status == 200
    return wire


def at_rest(folder, out):
    """Memory, the time of a start, and what connections cost that say nothing."""
    folder.mkdir()
    Collector(folder).stop()
    starts = []
    for _ in range(STARTS):
        collector = Collector(folder)
        starts.append(time.monotonic() - collector.started_at)
        collector.stop()
    # Each side needs a descriptor for each connection; the program inherits the limit that the run has raised.
    connections = min(IDLE_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)
    collector = Collector(folder)
    wires = []
    try:
        wires.append(greeted(collector.port))
        before = memory_mib(collector.process.pid, "VmRSS")
        wires += [greeted(collector.port) for _ in range(connections)]
        after = memory_mib(collector.process.pid, "VmRSS")
    finally:
        for wire in wires:
            wire.close()
        collector.stop()
    out.table(("at rest, on SQLite", ""), (
        ("resident", f"{before:.1f} MiB"),
        (f"from start to listening, median of {STARTS} on an existing folder", f"{statistics.median(starts) * 1000:.0f} ms"),
        (f"resident with {connections:,} idle connections", f"{after:.1f} MiB"),
        ("added by each", f"{(after - before) * 1024 / connections:.2f} KiB"),
        ("the binary", f"{os.path.getsize(BINARY) / 1e6:.1f} MB"),
    ))
