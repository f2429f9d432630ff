"""Runs of the load generator against the program, alternating between stores, and their tables. A cell is one kind of load."""

import collections
import time

import ceiling
from machine import EVENTS, SUBMISSIONS, cpu_seconds, load, memory_mib, nginx
from report import median, show
from stores import count

BATCH = 50
OPEN_CONNECTIONS = 512
SETTLE_SECONDS_MAX = 10
RATES = [1000, 5000, 10000]
Cell = collections.namedtuple("Cell", "name title path options bodies events")
CELLS = [
    Cell("event1", "/event, 1 connection", "/event", ["--connections", 1], EVENTS, 1),
    Cell("event64", "/event, 64 connections", "/event", ["--connections", 64], EVENTS, 1),
    Cell("event256", "/event, 256 connections", "/event", ["--connections", 256], EVENTS, 1),
    Cell("events", f"/events of {BATCH}, 16 connections", "/events", ["--connections", 16, "--batch", BATCH], EVENTS, BATCH),
    Cell("collect", "/collect, 16 connections", "/collect", ["--connections", 16], SUBMISSIONS, 1),
    Cell("ping", "GET /ping, 64 connections", "/ping", ["--connections", 64, "--get"], [], 0),
    Cell("health", "GET /health, 64 connections", "/health", ["--connections", 64, "--get"], [], 0),
]
# Cells that nginx is measured with, too.
YARDSTICKS = {"event64": "POST", "ping": "GET"}


def stored_rows(store, table, expected):
    """Number of stored rows. Waits for acknowledged events that are still in the journal."""
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while (rows := count(store, table)) < expected and time.monotonic() < deadline:
        time.sleep(0.2)
    return rows


def measure(bench, cell, *options):
    """Runs a cell once, and compares acknowledged events with stored rows."""
    table = "debug_data" if cell.path == "/collect" else "collector_events"
    before = count(bench.store, table) if cell.events else 0
    server, database = cpu_seconds(bench.pid), cpu_seconds(bench.database_pid) if bench.cluster else 0
    found = load(bench.port, cell.path, *options, *cell.options, bodies=cell.bodies)
    requests = max(1, found["requests"])
    found["server_us"] = (cpu_seconds(bench.pid) - server) / requests * 1e6
    found["database_us"] = (cpu_seconds(bench.database_pid) - database) / requests * 1e6 if bench.cluster else None
    found["rss"] = memory_mib(bench.pid, "VmRSS")
    found["peak"] = memory_mib(bench.pid, "VmHWM")
    found["wrong"] = found["errors"] + found["unanswered"] + sum(found["refused"].values())
    if cell.events:
        found["stored"] = stored_rows(bench.store, table, before + found["events_acknowledged"]) - before
        found["wrong"] += abs(found["stored"] - found["events_acknowledged"])
    return found


def measure_nginx(port, pid, cell, seconds):
    used = cpu_seconds(pid)
    found = load(port, "/", "--seconds", seconds, *cell.options, bodies=cell.bodies)
    found["server_us"] = (cpu_seconds(pid) - used) / max(1, found["requests"]) * 1e6
    found["wrong"] = found["errors"] + found["unanswered"] + sum(found["refused"].values())
    return found


def closed_loops(benches, folder, options, out):
    """In each round, measures all ceilings, then each cell on all stores and nginx."""
    cells = [cell for cell in CELLS if cell.name in options.only]
    results, ceilings = collections.defaultdict(list), collections.defaultdict(list)
    bare = [ceiling.make(bench, folder / f"ceiling-{bench.name}") for bench in benches] if "ceiling" in options.only else []
    with nginx(folder / "nginx") as yardstick:
        if yardstick is None:
            out.say("nginx is not installed: no comparison with it.\n")
        for _ in range(options.rounds):
            for bench, database in zip(benches, bare, strict=False):
                for variant, found in database.measure():
                    ceilings[bench.name, variant].append(found)
            for cell in cells:
                for bench in benches:
                    results[cell.name, bench.name].append(measure(bench, cell, "--seconds", options.seconds))
                if yardstick and cell.name in YARDSTICKS:
                    results[cell.name, "nginx"].append(measure_nginx(*yardstick, cell, options.seconds))
    return results, ceilings


def ceiling_table(ceilings, out):
    """Prints the ceilings. Returns the ceiling of each store with small transactions."""
    rows, rates = [], {}
    # The last variant of each store is the one with small transactions.
    for (store, variant), found in ceilings.items():
        rates[store] = median(found, "rate")
        rows.append((store, variant, show(rates[store], 0), show(median(found, "us"))))
    out.table(("ceiling", "one connection", "rows/s", "database µs a row"), rows)
    return rates


def stored(found):
    """Number of stored rows and, if it differs, the number of acknowledged events."""
    if found[0].get("stored") is None:
        return ""
    acknowledged, rows = sum(item["events_acknowledged"] for item in found), sum(item["stored"] for item in found)
    return f"{rows:,}" if rows == acknowledged else f"{rows:,} of {acknowledged:,}"


def closed_table(results, ceilings, out):
    """Prints medians over the rounds. Returns the number of errors in all rounds."""
    rows, wrong = [], 0
    nginx_us = {YARDSTICKS[name]: median(found, "server_us") for (name, store), found in results.items() if store == "nginx"}
    for cell in CELLS:
        for store in ("sqlite", "postgres", "nginx"):
            found = results.get((cell.name, store))
            if not found:
                continue
            rate, server = median(found, "rate"), median(found, "server_us")
            events = rate * cell.events if store != "nginx" and cell.events else None
            # Requests of 50 events or 6.7 KB are not comparable with nginx's.
            yardstick = nginx_us.get("POST") if cell.path == "/event" else None if cell.bodies else nginx_us.get("GET")
            top = ceilings.get(store) if events and cell.path != "/collect" else None
            cell_wrong = sum(item["wrong"] for item in found)
            wrong += cell_wrong
            rows.append((
                cell.title if store != "nginx" else f"nginx, the same {YARDSTICKS[cell.name]}", "204" if store == "nginx" else store,
                show(rate, 0), show(events, 0), show(median(found, "p50_ms"), 2), show(median(found, "p99_ms"), 2), show(server),
                show(median(found, "database_us")), show(server / yardstick, 2) if yardstick else "", show(events / top, 2) if top else "",
                show(median(found, "rss")), show(median(found, "peak")), stored(found), cell_wrong,
            ))
    out.table((
        "load", "store", "requests/s", "events/s", "p50 ms", "p99 ms", "server µs", "database µs", "CPU : nginx", "rate : ceiling", "RSS MiB",
        "peak", "stored", "wrong",
    ), rows)
    return wrong


def open_loops(benches, seconds, out):
    """Measures latency from when a request was due, at fixed request rates."""
    wrong, rows = 0, []
    for rate in RATES:
        cell = Cell("open", "", "/event", ["--rate", rate, "--connections", OPEN_CONNECTIONS, "--warm-up", 1], EVENTS, 1)
        for bench in benches:
            found = measure(bench, cell, "--seconds", seconds)
            wrong += found["wrong"]
            rows.append((
                f"{rate:,}", bench.name, show(found["rate"], 0),
                *(show(found[key]) for key in ("p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms", "server_us", "database_us")),
                f"{found['unsent']:,}", stored([found]), found["wrong"],
            ))
    out.table((
        "offered/s", "store", "done/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms", "server µs", "database µs", "never sent", "stored",
        "wrong",
    ), rows)
    return wrong
