"""Erasing and exporting a visitor: by the command and by the API, while the server runs and without it, and what is left in files and dumps."""

import contextlib
import json
import subprocess
import time

import pytest

from bodies import make_ids
from insight import ENVIRONMENT, OWNER, ask, change, cookie, report, send, serve_ready, settle, sign_in, visit_events
from program import run, started
from stores import PostgresStore, count, quoted
from test_demo_data import collector, fine
from test_insight_api import streamed
from waits import COMMAND_SECONDS_MAX, HANGING_SECONDS_MIN, wait_for
from wire import get, post, request

ERROR = {"kind": "error", "name": "TypeError", "message": "x is null", "count": 1}
FINGERPRINT = {"hash": "ab", "parts": {"canvas": {"hash": "a", "stable": True}}}


def visit(ids, word):
    """The events of a visitor who sends a word in paths and payloads that nobody else has."""
    return visit_events(f"/account/{word}", error=ERROR | {"message": f"no {word}"}, fingerprint=FINGERPRINT, extra={"secret": word}, ids=ids)


def submit(port, ids, word):
    answer = post(port, "/collect", ids | {"performance": {}, "browser": {"userAgent": word}, "errors": [{"message": word}]})
    assert answer.status == 200


def fill(server):
    """A visitor with all kinds of records, and others. Returns the visitor's ids, its words, and the number of all events."""
    port = server.port
    ids, others = make_ids(), [make_ids() for _ in range(5)]
    word = f"word{ids['visitor_id'][-20:]}"
    sent = 0
    for number, other in enumerate(others):
        sent += send(port, visit_events(f"/page/{number}", error=ERROR, fingerprint=FINGERPRINT, ids=other))
    entry = ids | {"site": "shop.example", "emitted": 9, "dropped": {"queue_full": 1}}
    sent += send(port, visit(ids, word), ledger=[entry])
    submit(port, ids, word)
    submit(port, others[0], "others")
    settle(port, sent)
    server.wait_until_stored()
    return ids, word, sent


def contents(folder, pattern):
    """The bytes of all files of these names. A running server may remove one at any moment."""
    found = b""
    for path in sorted(folder.glob(pattern)):
        with contextlib.suppress(FileNotFoundError):
            found += path.read_bytes() if path.is_file() else b""
    return found


def dump(store):
    """All that can be read of a store: its files, or a dump of the database and the files of the data folder."""
    found = contents(store.folder / "data", "*")
    if store.name == "postgres":
        found += subprocess.run(
            [store.cluster.binaries / "pg_dump", "--dbname", store.environment["DB_URL"], "--inserts"], check=True, capture_output=True, timeout=COMMAND_SECONDS_MAX,
        ).stdout
    return found


def check_gone(store, ids, word):
    left = dump(store)
    for text in (ids["visitor_id"], ids["session_id"], ids["pageview_id"], word):
        assert text.encode() not in left, text
    # The search finds what is there.
    assert b"/page/3" in left


def follow(port, erasure):
    wait_for(lambda: report(port, f"erasures/{erasure['id']}")["finished_at"] is not None, 60, "the end of the erasure")
    return report(port, f"erasures/{erasure['id']}")


def erase(port, ids, fields=OWNER, **parameters):
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return request(port, "DELETE", f"/api/visitors/{ids['visitor_id']}" + (f"?{query}" if query else ""), None, fields)


def test_the_command_erases_a_visitor_while_the_server_runs(store, serve):
    server = serve_ready(serve, store)
    ids, word, sent = fill(server)
    assert word.encode() in dump(store)
    before = report(server.port, "overview", range="24h", bots="include")["totals"]
    shown = fine(store, "erase", "--visitor", ids["visitor_id"], "--dry-run")
    assert "collector_events" in shown.stdout and "Nothing was changed" in shown.stderr
    assert count(store, "collector_events") == sent
    result = fine(store, "erase", "--visitor", ids["visitor_id"])
    assert "Search in all tables and the journal: 0 rows" in result.stdout
    assert "debug_data" in result.stdout and "delivery_reports" in result.stdout
    if store.name == "sqlite":
        assert "Search for the id in the files: 0 occurrences" in result.stdout
    check_gone(store, ids, word)
    for table in ("collector_events", "debug_data", "delivery_reports", "insight_fingerprints"):
        assert count(store, f"{table} where visitor_id = {quoted(ids['visitor_id'])}") == 0
    # The running worker has the figures without the visitor, and goes on counting.
    sent = count(store, "collector_events") + send(server.port, visit_events("/later"))
    settle(server.port, sent)
    after = report(server.port, "overview", range="24h", bots="include")["totals"]
    assert after["visitors"] == before["visitors"] and after["events"] == sent
    assert [one["message"] for one in report(server.port, "issues")["issues"]] == ["x is null"]
    assert f"match {sent} events" in fine(store, "verify").stdout
    server.stop()
    check_gone(store, ids, word)
    log = fine(store, "erase", "--log").stdout
    assert "command" in log and "done" in log and ids["visitor_id"] not in log
    again = collector(store, "erase", "--visitor", ids["visitor_id"])
    assert again.returncode == 1 and "no data of this visitor is stored; nothing was changed" in again.stderr


def test_the_command_does_the_work_itself_without_a_server(store, serve):
    server = serve_ready(serve, store)
    ids, word, sent = fill(server)
    server.stop()
    fine(store, "erase", f"--visitor={ids['visitor_id']}")
    check_gone(store, ids, word)
    assert f"match {count(store, 'collector_events')} events" in fine(store, "verify").stdout


def test_the_api_erases_for_the_owner_alone(store, serve):
    server = serve_ready(serve, store)
    port = server.port
    ids, word, sent = fill(server)
    link = change(port, "POST", "/api/shares", {"days": 1, "label": "x"}, OWNER).json()
    _, guest = sign_in(port, share=link["share"])
    assert erase(port, ids, []).status == 401
    assert erase(port, ids, cookie(guest)).status == 403
    assert erase(port, ids, [*OWNER, ("Sec-Fetch-Site", "cross-site")]).status == 403
    for path in (f"visitors/{ids['visitor_id']}/export", "erasures", "erasures/x"):
        assert ask(port, path, fields=cookie(guest)).status == 403
        assert ask(port, path, fields=[]).status == 401
    assert erase(port, {"visitor_id": "nobody"}).status == 404
    assert erase(port, {"visitor_id": "x" * 257}).status == 400
    assert erase(port, ids, site="none.example").status == 404
    assert erase(port, ids, nonsense="1").status == 400
    assert ask(port, "erasures/none").status == 404
    assert count(store, "collector_events") == sent and report(port, "erasures") == {"erasures": []}

    answer = erase(port, ids)
    assert answer.status == 200
    done = follow(port, answer.json())
    assert done["rows"] == {"collector_events": 5, "debug_data": 1, "delivery_reports": 1} and done["origin"] == "api"
    assert done["proof"] == {"remaining": 0, "occurrences": 0 if store.name == "sqlite" else None, "newer": 0, "mentions": 0}
    check_gone(store, ids, word)
    (entry,) = report(port, "erasures")["erasures"]
    assert entry == done and ids["visitor_id"] not in json.dumps(entry)
    server.stop()
    assert "match 25 events" in fine(store, "verify").stdout
    check_gone(store, ids, word)


def test_one_site_of_a_visitor_is_erased(store, serve):
    port = serve_ready(serve, store).port
    ids = make_ids()
    sent = send(port, visit_events("/a", ids=ids)) + send(port, visit_events("/b", site="other.example", ids=ids | {"pageview_id": "p_other"}))
    settle(port, sent)
    done = follow(port, erase(port, ids, site="other.example").json())
    assert done["site"] == "other.example" and done["rows"] == {"collector_events": 3}
    assert store.rows("select distinct site from collector_events") == [{"site": "shop.example"}]
    settle(port, sent - 3)


def test_an_export_has_all_rows_of_the_visitor(store, serve):
    server = serve_ready(serve, store)
    port = server.port
    ids, word, _ = fill(server)
    lines = [json.loads(line) for line in streamed(port, f"/api/visitors/{ids['visitor_id']}/export").splitlines()]
    tables = [line["table"] for line in lines]
    assert tables == ["collector_events"] * 5 + ["debug_data", "delivery_reports", "insight_fingerprints"]
    assert all(line["visitor_id"] == ids["visitor_id"] for line in lines)
    assert lines[0]["payload"]["secret"] == word and lines[0]["received_at"].endswith("Z")
    assert lines[5]["browser_info"] == {"userAgent": word}
    exported = fine(store, "export", "visitor", "--visitor", ids["visitor_id"])
    assert [json.loads(line) for line in exported.stdout.splitlines()] == lines
    assert streamed(port, "/api/visitors/nobody/export") == b""
    missing = collector(store, "export", "visitor", "--visitor", "nobody")
    assert missing.returncode == 1 and "no data of this visitor is stored" in missing.stderr


def test_records_in_the_journal_are_erased(store, serve):
    server = serve_ready(serve, store)
    ids, word, sent = fill(server)
    with store.held("collector_events"):
        send(server.port, visit(ids | {"pageview_id": "p_late"}, word))
        wait_for(lambda: get(server.port, "/health/details", OWNER).json()["journal"]["records"] > 0, 20, "records in the journal")
        assert word.encode() in (store.folder / "data" / "journal.sqlite-wal").read_bytes() + (store.folder / "data" / "journal.sqlite").read_bytes()
        if store.name == "postgres":
            # The request is stored; its work waits for the lock.
            erasure = erase(server.port, ids).json()
    if store.name == "sqlite":
        erasure = erase(server.port, ids).json()
    done = follow(server.port, erasure)
    rows = done["rows"]
    # A record that was on its way to the table may be removed, and counted, in both.
    assert 5 <= rows["collector_events"] <= 10 <= rows["collector_events"] + rows.get("journal", 0)
    check_gone(store, ids, word)
    server.stop()
    check_gone(store, ids, word)
    assert "match 25 events" in fine(store, "verify").stdout


def test_dead_letters_are_erased(store, serve):
    server = serve_ready(serve, store)
    ids, word, sent = fill(server)
    with store.held("collector_events"):
        send(server.port, visit(ids | {"pageview_id": "p_late"}, word))
        wait_for(lambda: get(server.port, "/health/details", OWNER).json()["journal"]["records"] > 0, 20, "records in the journal")
        server.kill()
    trigger = (
        "create trigger refuse before insert on collector_events when new.pageview_id = 'p_late' begin select raise(abort, 'refused'); end"
        if store.name == "sqlite"
        else "alter table collector_events add constraint refuse check (pageview_id <> 'p_late') not valid"
    )
    store.execute(trigger)
    server = serve_ready(serve, store)
    wait_for(lambda: get(server.port, "/health/details", OWNER).json()["journal"]["dead_letters"] == 5, 30, "dead letters")
    done = follow(server.port, erase(server.port, ids).json())
    assert done["rows"]["dead_letters"] == 5
    check_gone(store, ids, word)


def has_ended(store):
    return store.rows("select finished_at from erasures")[0]["finished_at"] is not None


@pytest.mark.parametrize("step", ["rows", "figures", "space"])
def test_a_killed_command_is_continued(store, step):
    """The process is killed as soon as the erasure has reached a step, or afterwards: the next run finishes it in any case."""
    fine(store, "demo", "--events", "12000")
    visitor = store.rows("select visitor_id, count(*) as n from collector_events group by visitor_id order by n desc, visitor_id limit 1")[0]
    process = started(store, "erase", "--visitor", visitor["visitor_id"])
    steps = ("rows", "figures", "space", "done")
    reached = steps[steps.index(step):]

    def has_reached():
        rows = store.rows("select step from erasures")
        return bool(rows) and rows[0]["step"] in reached

    wait_for(has_reached, 60, f"the step {step}")
    process.kill()
    process.wait()
    # PostgreSQL may still be at its last statement.
    store.wait_until_left()
    done = has_ended(store)
    again = collector(store, "erase", "--visitor", visitor["visitor_id"])
    # Without a row of the visitor, the log cannot show whose erasure was interrupted; it is finished in any case.
    assert again.returncode == (1 if done else 0), again
    (row,) = store.rows("select step, visitor_id from erasures")
    assert (row["step"], row["visitor_id"]) == ("done", None)
    left = dump(store)
    assert visitor["visitor_id"].encode() not in left
    assert f"match {12000 - visitor['n']} events" in fine(store, "verify").stdout


def test_ingest_continues_during_an_erasure(store, serve):
    fine(store, "demo", "--events", "12000")
    server = serve_ready(serve, store)
    visitor = store.rows("select visitor_id, count(*) as n from collector_events group by visitor_id order by n desc, visitor_id limit 1")[0]
    erasure = erase(server.port, visitor).json()
    sent, longest, is_over = 0, 0.0, False
    while not is_over:
        is_over = report(server.port, f"erasures/{erasure['id']}")["finished_at"] is not None
        begin = time.monotonic()
        # Every request is acknowledged, from the database or from the journal.
        sent += send(server.port, visit_events(f"/during/{sent}"))
        longest = max(longest, time.monotonic() - begin)
    assert longest < HANGING_SECONDS_MIN
    expected = 12000 - visitor["n"] + sent
    server.wait_until_stored()
    assert count(store, "collector_events") == expected
    wait_for(lambda: f"match {expected} events" in collector(store, "verify").stdout, 60, "the figures of all events")
    assert visitor["visitor_id"].encode() not in dump(store)


def test_a_killed_server_continues_after_its_start(store, serve):
    server = serve_ready(serve, store)
    ids, word, sent = fill(server)
    erasure = erase(server.port, ids).json()
    server.kill()
    server = serve_ready(serve, store)
    follow(server.port, erasure)
    check_gone(store, ids, word)
    settle(server.port, 25)
    server.stop()
    assert "match 25 events" in fine(store, "verify").stdout


def test_each_of_two_servers_forgets_the_visitor(cluster, serve, tmp_path):
    """Both have records of the visitor in their journals when the erasure is requested from one of them."""
    postgres = PostgresStore(cluster, tmp_path)
    first = serve_ready(serve, postgres)
    second = serve(postgres, "--data", str(tmp_path / "second"), environment=ENVIRONMENT)
    ids, word, sent = fill(first)
    with postgres.held("collector_events"):
        for number, server in enumerate((first, second)):
            send(server.port, visit(ids | {"pageview_id": f"p_late_{number}"}, word))
            wait_for(lambda: get(server.port, "/health/details", OWNER).json()["journal"]["records"] > 0, 20, "records in the journal")
        erasure = erase(first.port, ids).json()
    follow(first.port, erasure)
    settle(first.port, 25)
    wait_for(lambda: word.encode() not in contents(tmp_path / "second", "journal*"), 30, "a clean journal")
    check_gone(postgres, ids, word)
    assert "match 25 events" in fine(postgres, "verify").stdout


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["erase"], "missing --visitor ID, or --log"),
        (["erase", "--visitor"], "--visitor requires a value"),
        (["erase", "--visitor", "x", "--log"], "--log prints all erasures"),
        (["export", "visitor"], "missing --visitor ID"),
        (["export", "visitor", "--visitor", "x", "--format", "csv"], "--format must be ndjson"),
        (["export", "sessions", "--visitor", "x"], "--visitor belongs to 'collector export visitor'"),
    ],
)
def test_wrong_words_are_usage_errors(tmp_path, words, problem):
    result = run(*words, folder=tmp_path)
    assert result.returncode == 2 and problem in result.stderr, result


def test_ids_that_cannot_exist_are_refused(sqlite):
    fine(sqlite, "migrate")
    result = collector(sqlite, "erase", "--visitor", "")
    assert result.returncode == 2 and "--visitor requires a value" in result.stderr
    result = collector(sqlite, "erase", "--visitor", "x" * 257)
    assert result.returncode == 1 and "the visitor's id" in result.stderr
