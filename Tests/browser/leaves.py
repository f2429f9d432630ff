#!/usr/bin/env python3
"""Leaves many page views at random moments and in random ways in real browsers, and counts complete records.

Usage: leaves.py [--views 1000] [--seed N] [--engine chromium]

A record is complete when it has the page view, vitals, engagement, and no hole in its numbers. `make leaves` runs it.
"""

import argparse
import collections
import contextlib
import json
import pathlib
import random
import sys
import tempfile
import time

import engines
from program import Collector
from stores import SQLiteStore
from tracked import Visit

PAUSE_SECONDS_MAX = 3.0
# A page that is unloading may never respond to its driver.
DRIVER_SECONDS_MAX = 5


def leave(visit, chance, depth):
    """Leaves the page in a random way. Returns the way, and the new number of pages in the history."""
    way = chance.choices(["link", "address", "reload", "close", "back", "route"], [35, 20, 10, 15, 10 if depth else 0, 10])[0]
    engine = visit.engine
    if way == "link":
        engine.click("#next")
    elif way == "address":
        engine.leave(visit.host + f"/page{chance.randrange(50)}")
    elif way == "reload":
        engine.evaluate("() => { location.reload(); }")
    elif way == "close":
        engine.close_tab()
        engine.leave(visit.host + "/again")
    elif way == "back":
        engine.evaluate("() => { history.back(); }")
    else:
        engine.evaluate(f"() => {{ history.pushState({{}}, '', '/route{chance.randrange(1000)}'); }}")
    return way, {"reload": depth, "close": 0, "back": depth - 1}.get(way, depth + 1)


def stay(visit, chance):
    """Stays on the page for a while. Returns its page view ID if the tracker has started by then."""
    pause = chance.random() ** 3 * PAUSE_SECONDS_MAX
    id = visit.engine.evaluate(f"() => new Promise((resolve) => setTimeout(() => resolve(self.collector?.id), {pause * 1000}))")
    if chance.random() < 0.2:
        visit.engine.click(chance.choice(["#slow", "#throw", "#shift"]))
    return id


def run(visit, views, chance, log=print):
    """Makes at least this number of page views. Returns them, how they were left, and the IDs that the pages knew."""
    ways = collections.Counter()
    known = set()
    depth = 0
    visit.open("/first")
    visit.engine.set_timeout(DRIVER_SECONDS_MAX)
    while len(known) < views:
        for _ in range(20):
            try:
                known |= {stay(visit, chance)} - {None}
                way, depth = leave(visit, chance, depth)
                ways[way] += 1
            except Exception as error:
                # The page was left during the call, as intended.
                ways[type(error).__name__] += 1
                depth = 0
                with contextlib.suppress(Exception):
                    visit.engine.leave(visit.host + "/again")
        log(f"{len(known)} of {views} page views, {len(visit.views)} stored", flush=True)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        # The last navigation may still be in progress.
        with contextlib.suppress(Exception):
            visit.go("/last")
            break
    while visit.flush() is not True and time.monotonic() < deadline:
        pass
    last = visit.engine.evaluate("() => collector.id")
    return [view for view in visit.views if view.id != last], ways, known - {last}


def faults(view):
    found = [f"no {kind}" for kind in ("pageview", "webvitals", "engagement") if not view.of(kind)]
    return found + ([] if view.has_no_hole else ["a hole"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--views", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--engine", default="chromium")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.engine}")
    with tempfile.TemporaryDirectory() as folder:
        store = SQLiteStore(pathlib.Path(folder))
        collector = Collector(folder, environment={"COLLECTOR_RATE_LIMIT": 0})
        engine = engines.start(options.engine)
        visit = Visit(engine, store, collector)
        try:
            views, ways, known = run(visit, options.views, random.Random(options.seed))
            unfinished = collections.Counter(fault for view in views for fault in faults(view))
            missing = known - {view.id for view in views}
            total = len(views) + len(missing)
            complete = sum(not faults(view) for view in views)
            (sums,) = store.rows("select sum(emitted) as emitted, sum(dropped) as dropped, sum(received) as received, sum(lost) as lost from pageview_delivery")
            print(f"{complete} of {total} page views have a complete record: {complete / total:.2%}; of {len(missing)} nothing is stored")
            print(f"left by: {dict(ways)}; what is missing: {dict(unfinished)}")
            print(f"events: {dict(sums)}, captured {sums['received'] / sums['emitted']:.3%}")
            reasons = collections.Counter()
            for row in store.rows("select drop_reasons from delivery_reports where drop_reasons <> '{}'"):
                reasons.update(json.loads(row["drop_reasons"]))
            print(f"dropped in the page: {dict(reasons)}")
        finally:
            visit.close()
            engine.quit()
            collector.stop()


if __name__ == "__main__":
    sys.exit(main())
