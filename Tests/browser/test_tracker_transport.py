"""Nothing that a page has emitted is lost without being counted, and nothing is counted twice, whatever becomes of the network."""

import random

import pytest

from program import Collector
from tracked import visit  # noqa: F401


def ledger(store):
    return store.rows("select pageview_id, emitted, dropped, received, lost from pageview_completeness order by pageview_id")


def check_nothing_missing(visit):
    rows = ledger(visit.store)
    assert rows and all(row["lost"] == 0 and row["emitted"] == row["received"] + row["dropped"] for row in rows), rows
    ids = [row["event_id"] for row in visit.rows]
    assert len(ids) == len(set(ids))
    for view in visit.views:
        assert view.has_no_hole


def track(visit, *names):
    visit.engine.evaluate(f"() => {list(names)!r}.forEach((name) => collector.track(name))")


@pytest.mark.parametrize("trouble", ["503", "cut", "deaf"])
def test_events_survive_a_network_that_fails_for_a_while(visit, trouble):
    visit = visit()
    visit.open("/one")
    visit.network.decide = lambda body: trouble
    track(visit, "a", "b")
    assert visit.flush() is False
    track(visit, "c")
    assert any(key.startswith("collector.queue") for key in visit.engine.evaluate("() => Object.keys(localStorage)"))
    visit.network.decide = lambda body: "pass"
    assert visit.flush() is True
    assert {"pageview", "a", "b", "c"} <= set(visit.kinds())
    check_nothing_missing(visit)
    assert not any(key.startswith("collector.queue") for key in visit.engine.evaluate("() => Object.keys(localStorage)"))


def test_a_failure_is_tried_again_by_itself(visit):
    visit = visit()
    visit.open("/one")
    answers = iter(["503", "cut"])
    visit.network.decide = lambda body: next(answers, "pass")
    visit.wait_for(lambda views: bool(views), "the page view, without any help", 40)
    visit.flush()
    check_nothing_missing(visit)


def test_what_was_left_behind_is_sent_by_the_next_page(visit):
    visit = visit()
    visit.open("/one")
    track(visit, "a")
    visit.network.decide = lambda body: "cut"
    visit.flush()
    visit.go("/two")
    assert visit.rows == []
    visit.network.decide = lambda body: "pass"
    assert visit.flush() is True
    first, second = visit.views
    assert (first.path, second.path) == ("/one", "/two") and first.of("a") and first.is_complete
    check_nothing_missing(visit)


def test_a_visitor_who_goes_offline_and_comes_back_has_lost_nothing(visit):
    visit = visit()
    visit.open("/one")
    assert visit.flush() is True
    before = len(visit.rows)
    port = visit.collector.port
    visit.collector.stop()
    track(visit, "offline")
    assert visit.flush() is False
    again = Collector(visit.collector.folder, environment={"COLLECTOR_RATE_LIMIT": 0}, port=port)
    try:
        visit.engine.evaluate("() => { dispatchEvent(new Event('online')); }")
        visit.wait_for(lambda views: "offline" in visit.kinds(), "the event, once the network is back")
        assert len(visit.rows) > before
        visit.flush()
        check_nothing_missing(visit)
    finally:
        again.stop()


def test_without_storage_everything_arrives_as_long_as_the_page_lives(visit):
    blocked = "Object.defineProperty(self, 'localStorage', { get() { throw new DOMException('blocked', 'SecurityError'); } })"
    visit = visit(head=f"<script>{blocked}</script>")
    visit.open("/one")
    visit.network.decide = lambda body: "503"
    track(visit, "a")
    assert visit.flush() is False
    visit.network.decide = lambda body: "pass"
    assert visit.flush() is True
    visit.go("/two")
    visit.flush()
    first = visit.wait_for(lambda views: len(views) == 2 and views[0].is_complete, "a complete first view, by beacon")[0]
    assert first.of("a") and first.has_no_hole


def test_a_long_visit_offline_stays_within_its_room(visit):
    visit = visit()
    visit.open("/one")
    visit.network.decide = lambda body: "cut"
    visit.engine.evaluate("() => { for (let count = 0; count < 900; count++) collector.track('many', { text: 'x'.repeat(300) }); }")
    visit.flush()
    size = visit.engine.evaluate("() => JSON.stringify(localStorage).length")
    # The room for events, with what escapes them.
    assert size < 300_000
    visit.network.decide = lambda body: "pass"
    while visit.flush() is not True:
        pass
    (row,) = ledger(visit.store)
    assert row["emitted"] >= 901 and row["dropped"] > 300 and row["lost"] == 0
    assert row["received"] + row["dropped"] == row["emitted"]


def test_the_loss_that_is_found_is_the_loss_that_there_was(visit):
    """A tenth of all requests is dropped behind the sender's back, a tenth comes twice."""
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    visit = visit()
    visit.network.decide = lambda body: chance.choices(["pass", "drop", "double"], [80, 10, 10])[0]
    visit.open("/0")
    for number in range(1, 25):
        track(visit, *["step"] * chance.randrange(4))
        if chance.random() < 0.5:
            visit.flush()
        if chance.random() < 0.3:
            visit.engine.click("#push")
        visit.go(f"/{number}")
    # The last word on all of it goes through.
    visit.network.decide = lambda body: "pass"
    track(visit, "end")
    assert visit.flush() is True
    stored = {row["event_id"] for row in visit.rows}
    lost = {}
    for event in visit.network.lost:
        # What a beacon of it, or a later page, has brought all the same is not lost.
        if event["event_id"] not in stored:
            lost.setdefault(event["pageview_id"], set()).add(event["event_id"])
    actions = [action for action, _ in visit.network.bodies]
    assert actions.count("drop") > 0 or actions.count("double") > 0, seed
    found = {row["pageview_id"]: row["lost"] for row in ledger(visit.store)}
    assert {id: count for id, count in found.items() if count} == {id: len(events) for id, events in lost.items()}, f"seed {seed}"
    assert sum(row["emitted"] for row in ledger(visit.store)) == len(stored) + sum(len(events) for events in lost.values()), f"seed {seed}"
    assert all(row["received"] for row in ledger(visit.store) if row["pageview_id"] not in lost)
