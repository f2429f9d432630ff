"""`collector demo`, `rebuild` and `verify`: progress, interruption, and exact removal."""

import signal
import subprocess
import time

import pytest

from insight import ENVIRONMENT, report, send, settle, visit_events
from program import run, started
from stores import count
from test_command_line import terminal  # noqa: F401
from waits import COMMAND_SECONDS_MAX, wait_for

pytestmark = [pytest.mark.usefixtures("one_day"), pytest.mark.empty_store]

# Enough for an interruption to come in time, with a release build, too.
EVENTS = 25_000
# Enough for a lock that is taken after the first visits to come before the last ones.
LOCKED_EVENTS = 40_000
REPORTS = ("overview", "performance", "issues", "data-quality")
DERIVED = (
    "insight_issues", "insight_fingerprints", "insight_signals", "insight_signal_sizes", "insight_signal_returns",
)


def collector(store, *words):
    return run(*words, "--data", store.folder / "data", folder=store.folder, environment=store.environment)


def fine(store, *words):
    result = collector(store, *words)
    assert result.returncode == 0, result
    return result


def table(store, name):
    """All rows, in a defined order; codes depend on the portions in which events were aggregated."""
    columns = "site, signal, hash, visitors" if name == "insight_signals" else "*"
    return sorted(repr(sorted(row.items())) for row in store.rows(f"select {columns} from {name}"))


def exported(store):
    """Rows of the tables that reports use, without segment order."""
    return [sorted(fine(store, "export", kind).stdout.splitlines()) for kind in ("pageviews", "sessions")]


def figures(port):
    """The reports, without the time of the query."""
    found = {name: report(port, name, range="30d") for name in REPORTS} | {"fingerprints": report(port, "fingerprints")}
    return {report: {key: value for key, value in answer.items() if key != "range"} for report, answer in found.items()}


def interrupted(store, *words, number=signal.SIGINT, when=None):
    """Starts a command and ends it by a signal once it is working and `when` holds. Returns exit code and standard error."""
    process = started(store, *words, stderr=subprocess.PIPE)
    try:
        first = process.stderr.readline()
        assert first.startswith("Database: ")
        if when:
            wait_for(when, 30, "work to interrupt")
        process.send_signal(number)
        text = process.stderr.read()
        return process.wait(COMMAND_SECONDS_MAX), first + text
    finally:
        process.kill()
        process.wait()


def test_removing_demo_visits_restores_the_previous_data(store, serve):
    """Real events come before, while and after the demo visits are written, and while they are removed."""
    server = serve(store, environment=ENVIRONMENT)
    error = {"kind": "error", "name": "TypeError", "message": "real", "count": 1}
    real = sum(send(server.port, visit_events(f"/real/{number}", lcp=900 + number, error=error)) for number in range(20))
    demo = started(store, "demo", "--events", 3000, "--force", stderr=None)
    while demo.poll() is None:
        real += send(server.port, visit_events("/between", lcp=700))
        # A few a second: both write to one database.
        time.sleep(0.1)
    assert demo.returncode == 0
    real += send(server.port, visit_events("/after", lcp=800))
    # Events received while the demo held SQLite's lock may still be in the journal.
    server.wait_until_stored()
    assert count(store, "collector_events") == real + 3000
    server.stop()

    store.execute("create table expected_events as select * from collector_events where event_id is null")
    assert count(store, "expected_events") == real
    server = serve(store, environment=ENVIRONMENT)
    removal = started(store, "demo", "--remove", stderr=None)
    while removal.poll() is None:
        real += send(server.port, visit_events("/while-removing", lcp=600))
        time.sleep(0.1)
    assert removal.returncode == 0
    settle(server.port, real)
    server.wait_until_stored()
    server.stop()
    assert table(store, "collector_events where path <> '/while-removing'") == table(store, "expected_events")
    assert count(store, "delivery_reports") == 0 and count(store, "demo_run") == 0
    assert f"match {real} events" in fine(store, "verify").stdout


def test_figures_equal_those_before_the_demo(store, serve):
    server = serve(store, environment=ENVIRONMENT)
    events = sum(send(server.port, visit_events(f"/real/{number}", lcp=900 + number)) for number in range(10))
    settle(server.port, events)
    reports = figures(server.port)
    server.stop()
    before = {name: table(store, name) for name in (*DERIVED, "collector_events", "delivery_reports", "debug_data")}
    rows = exported(store)
    fine(store, "demo", "--events", "2000", "--force")
    assert exported(store) != rows
    assert "2000 demo events removed" in fine(store, "demo", "--remove").stdout
    assert {name: table(store, name) for name in before} == before
    assert exported(store) == rows
    server = serve(store, environment=ENVIRONMENT)
    assert figures(server.port) == reports
    assert "No demo visits" in fine(store, "demo", "--remove").stdout


def test_demo_writes_into_an_empty_store_only(store, serve):
    server = serve(store, environment=ENVIRONMENT)
    events = send(server.port, visit_events())
    # A database that is still starting has events in the journal.
    settle(server.port, events)
    server.stop()
    refused = collector(store, "demo", "--events", "100")
    assert refused.returncode == 1 and "--force" in refused.stderr
    assert count(store, "collector_events") == events
    fine(store, "demo", "--events", "100", "--force")
    again = collector(store, "demo", "--events", "100", "--force")
    assert again.returncode == 1 and "demo --remove" in again.stderr
    assert count(store, "collector_events") == events + 100


def begun(store, *words):
    """A running `demo` that is writing visits."""
    fine(store, "migrate")
    demo = started(store, "demo", *words, stderr=subprocess.PIPE)
    wait_for(lambda: count(store, "collector_events") > 0, 30, "its first visits")
    return demo


def test_demo_waits_for_another_writer(store):
    """A server's writer waits less long, since it has a journal."""
    demo = begun(store, "--events", LOCKED_EVENTS)
    with store.held("collector_events"):
        assert 0 < count(store, "collector_events") < LOCKED_EVENTS
        time.sleep(5)
        assert demo.poll() is None, demo.stderr.read()
    assert demo.wait(COMMAND_SECONDS_MAX) == 0, demo.stderr.read()
    assert count(store, "collector_events") == LOCKED_EVENTS
    assert f"{LOCKED_EVENTS} events" in fine(store, "verify").stdout


def test_a_waiting_demo_can_be_interrupted(store):
    demo = begun(store, "--events", LOCKED_EVENTS)
    with store.held("collector_events"):
        assert count(store, "collector_events") < LOCKED_EVENTS
        demo.send_signal(signal.SIGINT)
        assert demo.wait(COMMAND_SECONDS_MAX) == 130, demo.stderr.read()
        assert "Run 'collector demo' again" in demo.stderr.read()
    assert f"{LOCKED_EVENTS} events" in fine(store, "demo").stdout + fine(store, "verify").stdout
    assert count(store, "collector_events") == LOCKED_EVENTS


@pytest.mark.parametrize(
    ("words", "table"), [(["rebuild"], "insight_position"), (["demo", "--remove"], "demo_run")], ids=["rebuild", "remove"],
)
def test_commands_that_change_rollups_wait_for_another_writer(store, words, table):
    fine(store, "demo", "--events", "2000")
    with store.held(table):
        waiting = started(store, *words, stderr=subprocess.PIPE)
        time.sleep(6)
        assert waiting.poll() is None, waiting.stderr.read()
    assert waiting.wait(COMMAND_SECONDS_MAX) == 0, waiting.stderr.read()
    assert f"match {0 if table == 'demo_run' else 2000} events" in fine(store, "verify").stdout


def test_an_interrupted_demo_is_continued_without_a_duplicate(store):
    fine(store, "migrate")
    code, text = interrupted(store, "demo", "--events", EVENTS, "--seed", 3, when=lambda: count(store, "collector_events") > 0)
    assert (code, "'collector demo'" in text) == (130, True), text
    written = count(store, "collector_events")
    assert 0 < written < EVENTS
    other = collector(store, "demo", "--events", EVENTS + 1)
    assert other.returncode == 1 and "was interrupted" in other.stderr
    assert "Continuing" in fine(store, "demo").stderr
    rows = store.rows("select count(*) as n, count(distinct event_id) as ids from collector_events")
    assert rows == [{"n": EVENTS, "ids": EVENTS}]
    assert f"{EVENTS} events" in fine(store, "verify").stdout


def test_an_interrupted_demo_can_be_removed(store):
    fine(store, "migrate")
    code, _ = interrupted(store, "demo", "--events", EVENTS, number=signal.SIGTERM, when=lambda: count(store, "collector_events") > 0)
    assert code == 143
    fine(store, "demo", "--remove")
    for name in ("collector_events", "delivery_reports", "demo_run", *DERIVED):
        assert count(store, name) == 0


def test_rebuild_and_verify_can_be_interrupted(store):
    fine(store, "demo", "--events", EVENTS)
    before = {name: table(store, name) for name in DERIVED}
    code, text = interrupted(store, "verify", number=signal.SIGTERM)
    assert (code, "Nothing was changed" in text) == (143, True), text
    code, text = interrupted(store, "rebuild")
    assert (code, "rebuild --resume" in text) == (130, True), text
    assert {name: table(store, name) for name in DERIVED} != before
    fine(store, "rebuild", "--resume")
    assert {name: table(store, name) for name in DERIVED} == before
    fine(store, "verify")


def test_a_terminal_shows_progress_in_one_line_and_control_c_ends_it(sqlite, terminal):
    shown = terminal("demo", "--events", "300000", folder=sqlite.folder)
    shown.wait_for(r"\rWriting demo visits: \d+ %, [\d,]+ of 300,000 events, [\d,]+ per second, about [^\r]+ left\x1b\[K")
    shown.press_control_c()
    assert shown.wait() == 130
    assert "Interrupted. Run 'collector demo' again to continue" in shown.text
    assert 0 < count(sqlite, "collector_events") < 300_000


@pytest.mark.parametrize("words", [("demo", "--events", "0"), ("demo", "--events", "many")])
def test_a_number_of_events_has_a_range(tmp_path, words):
    assert run(*words, folder=tmp_path).returncode == 2
