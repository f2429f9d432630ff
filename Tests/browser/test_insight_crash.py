"""Rollups match the events after the program is killed at any moment."""

import os
import random
import threading

from insight import ENVIRONMENT, report, send, visit_events
from load import Load
from program import run
from stores import count
from waits import wait_for
from wire import Closed

# More by hand: COLLECTOR_TEST_KILLS=50.
KILLS = int(os.environ.get("COLLECTOR_TEST_KILLS", "4"))


def visits(port, stopping):
    number = 0
    while not stopping.is_set():
        number += 1
        error = {"kind": "error", "name": "TypeError", "message": f"e{number % 5}", "count": 1}
        try:
            send(port, visit_events(f"/p/{number % 20}", lcp=500 + number % 4000, error=error if number % 7 == 0 else None))
        except (Closed, OSError):
            return


def test_rollups_match_the_events_after_kills(store, serve):
    dice = random.Random(store.name)
    for _ in range(KILLS):
        collector = serve(store, environment=ENVIRONMENT)
        load, stopping = Load(collector.port, threads=2), threading.Event()
        visitor = threading.Thread(target=visits, args=(collector.port, stopping), daemon=True)
        visitor.start()
        # The rollup worker polls every two seconds.
        threading.Event().wait(dice.uniform(0.5, 3.5))
        collector.kill()
        stopping.set()
        load.stop()
        visitor.join()
    collector = serve(store, environment=ENVIRONMENT)
    collector.wait_until_stored()
    # A statement of a killed server may still end.
    wait_for(lambda: report(collector.port, "overview", range="24h", bots="include")["totals"]["events"] == count(store, "collector_events"), 60, "rollups of all events")
    stored = count(store, "collector_events")
    collector.stop()
    result = run("verify", "--data", collector.data, folder=store.folder, environment=store.environment, timeout=300)
    assert result.returncode == 0, result
    assert f"{stored} events" in result.stdout
