"""GET /api/status: what lags or stands still, why, and for how long."""

import json

from bodies import make_ids
from insight import ask, change, cookie, ENVIRONMENT, OWNER, send, settle, sign_in, told, visit_events
from load import wait_for

BOT = "Mozilla/5.0 (compatible; ExampleBot/2.1)"


def status(collector, fields=OWNER):
    answer = ask(collector.port, "status", fields=fields)
    assert answer.status == 200, answer.body
    return answer.json()


def codes(collector):
    return [problem["code"] for problem in status(collector)["problems"]]


def test_a_server_that_keeps_up_is_ok_and_knows_its_first_event_within_two_seconds(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    wait_for(lambda: status(collector)["rollup_lag_seconds"] == 0, 10, "the first look")
    assert status(collector) == {"state": "ok", "processing": None, "problems": [], "events": {"any": False, "only_bots": False, "last_received": None}, "rollup_lag_seconds": 0}
    send(collector.port, visit_events())
    wait_for(lambda: status(collector)["events"]["any"], 2, "the first event is known")
    assert abs(status(collector)["events"]["last_received"] - told(collector.port, "events")["events"][0]["t"] // 1000) <= 1
    settle(collector.port, 3)
    wait_for(lambda: status(collector)["rollup_lag_seconds"] == 0, 10, "the rollups are up to date")
    answer = status(collector)
    assert (answer["state"], answer["processing"], answer["problems"], answer["events"]["only_bots"]) == ("ok", None, [], False)


def test_events_from_bots_alone_are_named(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    count = send(collector.port, visit_events(), BOT)
    wait_for(lambda: status(collector)["events"]["only_bots"], 20, "all events are from bots")
    count += send(collector.port, visit_events())
    settle(collector.port, count)
    wait_for(lambda: not status(collector)["events"]["only_bots"], 10, "there is a human")


def test_only_the_owner_and_guests_may_ask(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    assert ask(collector.port, "status", fields=[]).status == 401
    share = change(collector.port, "POST", "/api/shares", {"days": 1}, OWNER).json()["share"]
    guest = cookie(sign_in(collector.port, share=share)[1])
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


def test_while_rollups_are_built_the_answers_carry_how_far_they_have_come(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    collector.stop()
    old_rows(store, 60_000)
    again = serve(store, environment=ENVIRONMENT)
    wait_for(lambda: status(again)["state"] == "processing", 10, "processing")
    processing = status(again)["processing"]
    assert processing["reason"] == "backlog" and processing["total"] == 60_000 and 0 <= processing["done"] < 60_000
    assert processing["share"] == round(processing["done"] / 60_000, 3)
    assert told(again.port, "overview")["processing"]["total"] == 60_000
    wait_for(lambda: status(again)["state"] == "ok", 90, "done")
    assert told(again.port, "overview")["processing"] is None
    assert json.loads(json.dumps(status(again)))["rollup_lag_seconds"] == 0
