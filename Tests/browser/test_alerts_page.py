"""The card of alerts on the owner's page: it teaches, adds, tests and shows rules and channels."""

import pytest

from access import check_access
from insight import OWNER, change, report, send, settle, visit_events
from page import check_layout
from sinks import HookSink
from test_alerts import ERROR, FAST, SECRET, SOON, add
from test_insight_page import open_page, ready, text
from waits import wait_for


@pytest.fixture
def sink():
    sink = HookSink()
    yield sink
    sink.close()


@pytest.fixture
def shop(sqlite, serve):
    collector = serve(sqlite, environment=FAST)
    settle(collector.port, send(collector.port, visit_events("/", error=ERROR)))
    return collector


def open_alerts(engine, shop):
    engine.signed_in_at = None
    open_page(engine, shop, "", "tracking")
    wait_for(lambda: "Alerts" in (text(engine, "main") or ""), 15, "the card")


def press(engine, words, within=".alerts"):
    engine.evaluate(f"() => [...document.querySelectorAll('{within} button')].find((one) => one.textContent.trim() === {words!r}).click()")


def fill(engine, **values):
    for id, value in values.items():
        engine.evaluate(f"() => {{ const field = document.getElementById('alert-{id}'); field.value = {value!r}; field.dispatchEvent(new Event('change')); }}")


def submit(engine):
    engine.evaluate("() => document.querySelector('#alert form').requestSubmit()")


def seen(engine, *words, within=".alerts"):
    wait_for(lambda: all(word in (text(engine, within) or "") for word in words), SOON, f"{words} in {within}")


def test_a_channel_and_a_rule_are_added_tested_changed_and_removed(engine, shop, sink):
    open_alerts(engine, shop)
    seen(engine, "No channel yet", "First add a channel")
    press(engine, "Add channel")
    seen(engine, "Messages are signed with the secret", within="#alert")
    fill(engine, target="not an address")
    submit(engine)
    seen(engine, "target must be an http or https address", within="#alert")
    fill(engine, target=sink.url, name="my hook", secret=SECRET)
    submit(engine)
    seen(engine, "my hook", "No rule yet", "Add rule")
    assert report(shop.port, "alert-channels")["channels"][0]["target"] == sink.url

    press(engine, "Test")
    seen(engine, "The test message was delivered.")
    assert sink.of("test")[0].is_signed(SECRET)
    press(engine, "Add rule")
    fill(engine, kind="vital")
    fill(engine, vital="cls")
    assert engine.evaluate("() => document.getElementById('alert-threshold').value") == "0.1"
    fill(engine, kind="error_rate", threshold="2", samples="1")
    submit(engine)
    seen(engine, "Error rate above 2 % in 60 minutes", "to my hook")
    wait_for(lambda: sink.of("firing", "error_rate"), SOON, "the alert")
    # The page shows what the history has when it is opened.
    wait_for(lambda: report(shop.port, "alerts")["alerts"][0]["deliveries"][0]["state"] == "delivered", SOON, "the delivery in the history")
    open_alerts(engine, shop)
    seen(engine, "Firing", "Latest alerts", "Error rate 100 %, limit 2 % in 60 minutes", "Delivered")
    engine.evaluate("() => document.querySelector('[data-rule] [aria-label^=Edit]').click()")
    engine.evaluate("() => document.getElementById('alert-enabled').click()")
    submit(engine)
    seen(engine, "Off", "The rule is off.")
    engine.evaluate("() => document.querySelector('[data-rule] [aria-label^=Edit]').click()")
    press(engine, "Remove", "#alert")
    seen(engine, "No rule yet")
    assert report(shop.port, "alert-rules") == {"rules": []} and engine.errors() == []


def test_guests_do_not_see_alerts(engine, shop):
    link = change(shop.port, "POST", "/api/shares", {"days": 1, "label": "x"}, OWNER).json()
    engine.signed_in_at = None
    engine.open(f"{shop.url}/insight#share={link['share']}")
    wait_for(lambda: engine.evaluate("() => self.collectorInsight?.access() === 'reader'"), 15, "signed in")
    engine.leave(f"{shop.url}/insight#tracking")
    ready(engine)
    wait_for(lambda: "Checks" in (text(engine, "main") or ""), 15, "the view")
    assert "Add channel" not in text(engine, "main")


def test_the_card_and_its_dialogs_are_accessible_and_fit(chromium, shop, sink):
    def check(name):
        for width, height in ((1440, 900), (390, 844)):
            chromium.resize(width, height)
            chromium.evaluate("() => document.querySelector('.alerts').scrollIntoView()")
            check_access(chromium, f"alerts-{name}", check=check_layout)

    open_alerts(chromium, shop)
    check("empty")
    port = shop.port
    channel = add(port, "alert-channels", kind="webhook", name="team chat", target=sink.url, secret=SECRET)["id"]
    add(port, "alert-channels", kind="email", target="a@example.com,b@example.com")
    add(port, "alert-rules", kind="error_rate", threshold=2, samples_min=1, channels=[channel])
    add(port, "alert-rules", kind="traffic_drop", name="Nobody comes", channels=[channel])
    wait_for(lambda: sink.of("firing"), SOON, "the alert")
    open_alerts(chromium, shop)
    seen(chromium, "Firing", "Latest alerts")
    check("card")
    press(chromium, "Add rule")
    fill(chromium, kind="vital")
    check("rule")
    press(chromium, "Cancel", "#alert")
    press(chromium, "Add channel")
    check("channel")
    press(chromium, "Cancel", "#alert")
    chromium.resize(1440, 900)
