"""A record that the database rejects is rejected alone and does not cause an outage."""

from bodies import event
from insight import ENVIRONMENT, OWNER
from stores import events
from wire import get, post

TRIGGERS = {
    "sqlite": ["select raise(abort, 'no')", "select json_extract('no json', '$')"],
    "postgres": [
        "raise exception 'no'", "raise exception 'no' using errcode = '57014'", "raise exception 'no' using errcode = '0A000'",
        "raise exception 'no' using errcode = '40001'", "perform 1 / 0",
    ],
}


def poison(store, number, action):
    """Makes inserts of one visitor fail."""
    if store.name == "sqlite":
        store.execute(f"create trigger poison_{number} before insert on collector_events when new.visitor_id = 'v_poison_{number}' begin {action}; end")
        return
    store.execute(
        f"create function poison_{number}() returns trigger language plpgsql as $$ begin {action}; return new; end $$;"
        f"create trigger poison_{number} before insert on collector_events for each row "
        f"when (new.visitor_id = 'v_poison_{number}') execute function poison_{number}()"
    )


def test_only_the_invalid_record_is_refused(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    actions = TRIGGERS[store.name]
    for number, action in enumerate(actions):
        poison(store, number, action)
        assert post(collector.port, "/event", event(visitor_id=f"v_poison_{number}")).status == 400, action
        assert post(collector.port, "/event", event(visitor_id=f"v_after_{number}")).status == 200, action
    details = get(collector.port, "/health/details", OWNER).json()
    assert (details["status"], details["ingest"]["refused"], details["journal"]["journaled"]) == ("healthy", len(actions), 0)
    assert [row["visitor_id"] for row in events(store)] == [f"v_after_{number}" for number in range(len(actions))]
