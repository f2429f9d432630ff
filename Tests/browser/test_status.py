"""`GET /api/status`: what lags or is stalled, why, and for how long."""

import contextlib
import json
import subprocess

from bodies import make_ids
from insight import ENVIRONMENT, OWNER, ask, change, cookie, report, send, settle, sign_in, visit_events
from program import clean_environment, run
from stores import PostgresStore
from test_rollup_limits import refuse
from waits import END_SECONDS_MAX, wait_for
from wire import get

#: Enough for a lock that is taken after the start to come before the last portions.
ROWS_TO_PROCESS = 100_000
BOT = "Mozilla/5.0 (compatible; ExampleBot/2.1)"


def status(collector, fields=OWNER):
    answer = ask(collector.port, "status", fields=fields)
    assert answer.status == 200, answer.body
    return answer.json()


def codes(collector):
    return [problem["code"] for problem in status(collector)["problems"]]


def wait_for_first_look(collector):
    """The rollup worker waits for the schema, so the first look finds no problem."""
    wait_for(lambda: status(collector)["rollup_lag_seconds"] == 0, 10, lambda: f"the first look: {status(collector)}")
    assert "degraded" not in collector.log


def test_a_healthy_server_reports_ok_and_its_first_event_within_two_seconds(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    wait_for_first_look(collector)
    assert status(collector) == {"state": "ok", "processing": None, "problems": [], "events": {"any": False, "only_bots": False, "last_received": None}, "rollup_lag_seconds": 0}
    send(collector.port, visit_events())
    wait_for(lambda: status(collector)["events"]["any"], 2, "the first event is known")
    collector.wait_until_stored()
    assert abs(status(collector)["events"]["last_received"] - report(collector.port, "events")["events"][0]["t"] // 1000) <= 1
    settle(collector.port, 3)
    wait_for(lambda: status(collector)["rollup_lag_seconds"] == 0, 10, "the rollups are up to date")
    answer = status(collector)
    assert (answer["state"], answer["processing"], answer["problems"], answer["events"]["only_bots"]) == ("ok", None, [], False)


def test_a_site_with_only_bot_events_is_reported(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    count = send(collector.port, visit_events(), BOT)
    wait_for(lambda: status(collector)["events"]["only_bots"], 20, "all events are from bots")
    count += send(collector.port, visit_events())
    settle(collector.port, count)
    wait_for(lambda: not status(collector)["events"]["only_bots"], 10, "there is a human")


def test_only_the_owner_and_guests_can_read_the_status(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    assert ask(collector.port, "status", fields=[]).status == 401
    share = change(collector.port, "POST", "/api/shares", {"days": 1}, OWNER).json()["share"]
    guest = cookie(sign_in(collector.port, share=share)[1])
    wait_for_first_look(collector)
    assert status(collector, guest)["state"] == "ok"
    assert ask(collector.port, "status", nonsense="1").status == 400


def old_rows(store, count, seconds=7200):
    """Inserts page views that were received a while ago, as a database that is taken over or migrated has them."""
    ids = make_ids()
    values = f"'{ids['visitor_id']}', '{ids['session_id']}', '{ids['pageview_id']}', 'pageview'"
    if store.name == "sqlite":
        store.execute(
            f"""
            with recursive n(i) as (select 1 union all select i + 1 from n where i < {count})
            insert into collector_events (received_at, visitor_id, session_id, pageview_id, event_type)
            select strftime('%Y-%m-%dT%H:%M:%S', 'now', '-{seconds} seconds') || '.000000Z', {values} from n
            """
        )
    else:
        store.execute(
            f"""
            insert into collector_events (received_at, visitor_id, session_id, pageview_id, event_type)
            select now() - interval '{seconds} seconds', {values} from generate_series(1, {count})
            """
        )


def test_reports_include_the_progress_of_a_rebuild(store, serve):
    serve(store, environment=ENVIRONMENT).stop()
    old_rows(store, ROWS_TO_PROCESS)
    again = serve(store, environment=ENVIRONMENT)
    # It processes no further portion for as long as it is asked.
    with store.held("insight_position"):
        wait_for(lambda: status(again)["state"] == "processing", 10, "processing")
        processing = status(again)["processing"]
        assert processing["reason"] == "backlog" and processing["total"] == ROWS_TO_PROCESS and 0 <= processing["done"] < ROWS_TO_PROCESS
        assert processing["share"] == round(processing["done"] / ROWS_TO_PROCESS, 3)
        assert report(again.port, "overview")["processing"]["total"] == ROWS_TO_PROCESS
    wait_for(lambda: status(again)["state"] == "ok", 90, "done")
    assert report(again.port, "overview")["processing"] is None
    assert json.loads(json.dumps(status(again)))["rollup_lag_seconds"] == 0


def test_a_rebuild_resumed_after_a_restart_is_reported(store, serve):
    serve(store, environment=ENVIRONMENT).stop()
    old_rows(store, ROWS_TO_PROCESS)
    store.execute("update insight_position set last_event_id = 0, generation = generation + 1, reason = 'rebuild'")
    collector = serve(store, environment=ENVIRONMENT)
    with store.held("insight_position"):
        wait_for(lambda: status(collector)["state"] == "processing", 10, "processing")
        assert status(collector)["processing"]["reason"] == "rebuild"
    wait_for(lambda: status(collector)["state"] == "ok", 90, "done")


# Rollup errors


def test_events_in_the_rollup_dead_letters_are_reported(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    wait_for_first_look(collector)
    refuse(store, "/poison")
    send(collector.port, visit_events("/poison") + visit_events("/good"))
    # Rejected events are found one by one.
    wait_for(lambda: "refused the rollups of 3 events" in json.dumps(status(collector)["problems"]), 40, "the problem is reported")
    assert codes(collector) == ["events_not_aggregated"]
    assert "rollup_dead_letters" in status(collector)["problems"][0]["message"]
    wait_for(lambda: report(collector.port, "overview", range="24h")["totals"]["pageviews"] == 1, 20, "the others are counted")
    collector.wait_for_line("degraded.*code=events_not_aggregated")


def test_a_failing_rollup_worker_is_reported_and_recovers(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    wait_for_first_look(collector)
    store.execute("alter table insight_issues rename to insight_issues_away")
    events = visit_events(error={"kind": "error", "name": "Error", "message": "boom"})
    send(collector.port, events)
    wait_for(lambda: codes(collector) == ["rollups_failing"], 40, "the problem is reported")
    store.execute("alter table insight_issues_away rename to insight_issues")
    settle(collector.port, len(events))
    wait_for(lambda: status(collector)["state"] == "ok", 20, "recovered")
    collector.wait_for_line("recovered.*code=rollups_failing")


# Blocked writes


@contextlib.contextmanager
def open_transaction(store, statement):
    """A transaction of psql's that stays open for as long as the body runs."""
    psql = subprocess.Popen([store.cluster.binaries / "psql", "--no-psqlrc", "--quiet", store.environment["DB_URL"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean_environment())
    try:
        psql.stdin.write(f"begin;\n{statement};\n\\echo open\n")
        psql.stdin.flush()
        assert psql.stdout.readline() == "open\n"
        yield psql
    finally:
        psql.stdin.close()
        psql.wait(END_SECONDS_MAX)


def test_a_transaction_that_delays_reports_is_reported(cluster, serve, tmp_path):
    store = PostgresStore(cluster, tmp_path)
    collector = serve(store, environment=ENVIRONMENT)
    settle(collector.port, send(collector.port, visit_events()))
    with open_transaction(store, "delete from collector_events where id = -1"):
        send(collector.port, visit_events())
        wait_for(lambda: codes(collector) == ["rollups_blocked"], 40, "the problem is reported")
        (problem,) = status(collector)["problems"]
        pid = store.rows("select pid from pg_stat_activity where application_name = 'psql' and state = 'idle in transaction' and datname = current_database()")[0]["pid"]
        assert "'psql'" in problem["message"] and f"pid {pid}, idle in transaction" in problem["message"]
        assert problem["age_seconds"] >= 10 and status(collector)["state"] == "degraded"
        details = get(collector.port, "/health/details", OWNER).json()
        assert details["service"]["problems"][0]["code"] == "rollups_blocked"
        assert get(collector.port, "/health").json() == {"status": "healthy", "database": "connected"}
        share = change(collector.port, "POST", "/api/shares", {"days": 1}, OWNER).json()["share"]
        guest = cookie(sign_in(collector.port, share=share)[1])
        assert status(collector, guest)["problems"][0]["message"] == "Figures and the live feed are delayed."
        assert get(collector.port, "/health/details", guest).status == 403
        collector.wait_for_line("degraded.*code=rollups_blocked.*psql")
    settle(collector.port, 6)
    wait_for(lambda: status(collector)["state"] == "ok", 20, "recovered")
    collector.wait_for_line("recovered.*code=rollups_blocked")
    assert sum("degraded" in line and "code=rollups_blocked" in line for line in collector.lines) == 1


def test_a_prepared_transaction_delays_events_and_is_reported(own_cluster, serve, tmp_path):
    own_cluster.stop()
    with open(own_cluster.data / "postgresql.conf", "a") as file:
        file.write("\nmax_prepared_transactions = 5\n")
    own_cluster.start()
    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store, environment=ENVIRONMENT)
    settle(collector.port, send(collector.port, visit_events()))
    ids = make_ids()
    values = f"'{ids['visitor_id']}', '{ids['session_id']}', '{ids['pageview_id']}', 'pageview'"
    store.execute(f"begin; insert into collector_events (visitor_id, session_id, pageview_id, event_type) values ({values}); prepare transaction 'late'")
    send(collector.port, visit_events())
    wait_for(lambda: codes(collector) == ["rollups_blocked"], 60, "the problem is reported")
    assert "prepared transaction" in status(collector)["problems"][0]["message"]
    store.execute("commit prepared 'late'")
    settle(collector.port, 7)


def test_verify_fails_with_the_reason_while_rollups_do_not_advance(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    settle(collector.port, send(collector.port, visit_events()))
    collector.stop()
    result = run("verify", "--data", store.folder / "data", folder=store.folder, environment=store.environment)
    assert result.returncode == 0, result.stderr
    old_rows(store, 10)
    blocked = open_transaction(store, "delete from collector_events where id = -1") if store.name == "postgres" else contextlib.nullcontext()
    with blocked:
        result = run("verify", "--data", store.folder / "data", folder=store.folder, environment=store.environment, timeout=60)
    assert result.returncode == 1
    assert "10 events are not in the rollups" in result.stderr
    assert ("'psql'" if store.name == "postgres" else "Start the server") in result.stderr


# Damage


def test_a_damaged_database_page_is_reported(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT)
    sent = sum(send(collector.port, visit_events(f"/{number}")) for number in range(400))
    settle(collector.port, sent)
    collector.wait_until_stored()
    sqlite.execute("pragma wal_checkpoint(truncate)")
    collector.stop()
    # Leaves of the table of events: they are full of letters from here on.
    leaves = [row["pageno"] for row in sqlite.rows("select pageno from dbstat where name = 'collector_events' and pagetype = 'leaf' order by pageno desc limit 40")]
    assert leaves
    with open(sqlite.path, "r+b") as file:
        for number in leaves:
            file.seek((number - 1) * 4096)
            file.write(b"x" * 4096)
    again = serve(sqlite, environment=ENVIRONMENT, is_ready=False)
    assert ask(again.port, "events", limit=500).status == 503
    wait_for(lambda: "database_damaged" in codes(again), 10, "the damage is reported")
    (problem,) = [problem for problem in status(again)["problems"] if problem["code"] == "database_damaged"]
    assert "malformed" in problem["message"] and "backup" in problem["message"]
    again.wait_for_line("degraded.*code=database_damaged")
    again.kill()
