"""Share links on the owner's page: the dialog creates, lists and revokes them; guests see a limited page."""

import pytest

from access import check_access
from insight import ENVIRONMENT, OWNER, TOKEN, change, report, send, settle, visit_events
from test_insight_page import open_page, ready, text
from waits import wait_for

WIDTHS = (1440, 390)
#: Seconds in which a guest's page notices the end of its session: two polling intervals.
NOTICED_SECONDS_MAX = 15
LABELS = ("For Ann", "für Bea <b>\u202e")


@pytest.fixture
def shared(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    settle(collector.port, send(collector.port, visit_events("/shared")))
    return collector


def create(engine, label, days=7):
    """Fills in the form as an owner does."""
    engine.evaluate(f"() => {{ document.querySelector('#share-label').value = {label!r}; document.querySelector('#share-days').value = '{days}'; }}")
    before = text(engine, "#share-link")
    engine.click("#share-form .strong")
    wait_for(lambda: text(engine, "#share-link") not in ("", before), 20, "the link")
    return text(engine, "#share-link")


def rows(engine):
    return engine.evaluate("() => [...document.querySelectorAll('#share-list li')].map((row) => [...row.children].map((part) => part.textContent))")


def open_dialog(engine):
    engine.click("#share-open")
    wait_for(lambda: text(engine, "#share-list") not in ("", "Loading"), 10, "the list")


def test_links_are_created_listed_and_revoked_one_by_one(engine, shared):
    engine.signed_in_at = None
    open_page(engine, shared)
    open_dialog(engine)
    assert text(engine, "#share-list") == "No share links yet."
    links = []
    for label in LABELS:
        links.append(create(engine, label))
        # The growing list moves the next element to click.
        wait_for(lambda: len(rows(engine)) == len(links) and "No share links yet." not in str(rows(engine)), 20, "the link in the list")
    assert all(link.startswith(f"{shared.url}/insight?range=24h") and "#share=" in link for link in links) and links[0] != links[1]
    assert engine.evaluate("() => document.querySelector('#share-label').value") == ""
    wait_for(lambda: len(rows(engine)) == 2, 10, "both")
    assert sorted(row[0] for row in rows(engine)) == ["For Ann", "für Bea <b>\\u202E"]
    assert all(row[1].startswith("Created ") and " · expires " in row[1] and row[1].endswith(" · never used") and row[2] == "Revoke" for row in rows(engine))
    # A guest who comes by a link sees the figures, and neither the button nor the way back to the secret.
    engine.open(links[0])
    wait_for(lambda: engine.evaluate("() => self.collectorInsight?.access()") == "reader", 15, "a guest")
    ready(engine)
    assert "/shared" in text(engine, "#panel-overview")
    assert engine.evaluate("() => [location.hash, document.querySelector('#share-open').getClientRects().length]") in (["", 0], ["#overview", 0])

    def used():
        (found,) = [link for link in report(shared.port, "shares")["shares"] if link["label"] == LABELS[0]]
        return found

    wait_for(lambda: used()["last_used"] is not None, 10, "the last use")
    # The owner revokes that one, on another browser; the guest's page asks for a sign-in by itself.
    assert change(shared.port, "DELETE", f"/api/shares/{used()['id']}", None, OWNER).status == 200
    wait_for(lambda: engine.evaluate("() => collectorInsight.access()") == "none", NOTICED_SECONDS_MAX, "signed out")
    wait_for(
        lambda: engine.evaluate("() => document.querySelector('#content').hidden && !document.querySelector('#sign-in').hidden && document.querySelector('#panel-overview').childElementCount === 0"),
        10, "the form alone",
    )
    engine.signed_in_at = None
    open_page(engine, shared)
    open_dialog(engine)
    assert [row[0] for row in rows(engine)] == ["für Bea <b>\\u202E"]
    engine.click("#share-list .button")
    wait_for(lambda: text(engine, "#share-list") == "No share links yet.", 10, "none is left")
    assert report(shared.port, "shares") == {"shares": []}
    wait_for(lambda: "no longer works" in text(engine, "#share-link"), 10, "the result")
    wait_for(lambda: engine.evaluate("() => document.activeElement.id") == "share-label", 10, "the focus on the field")


def test_a_refused_share_link_shows_the_error_and_keeps_the_list(chromium, serve, sqlite):
    collector = serve(sqlite, environment=ENVIRONMENT)
    settle(collector.port, send(collector.port, visit_events()))
    chromium.signed_in_at = None
    open_page(chromium, collector)
    open_dialog(chromium)
    create(chromium, "first")
    # Values that neither the form nor the page would send.
    chromium.evaluate("() => document.querySelector('#share-form').setAttribute('novalidate', '')")
    refusal = create(chromium, "second", days=400)
    assert "#share=" not in refusal and "days" in refusal
    wait_for(lambda: [row[0] for row in rows(chromium)] == ["first"], 10, "the list")
    assert chromium.evaluate("() => document.querySelector('#share-label').value") == "second", "nothing has to be typed again"


def test_the_dialog_is_accessible(chromium, serve, sqlite):
    collector = serve(sqlite, environment=ENVIRONMENT)
    settle(collector.port, send(collector.port, visit_events()))
    chromium.open(f"{collector.url}/insight#token={TOKEN}")
    wait_for(lambda: chromium.evaluate("() => self.collectorInsight?.access()") == "owner", 15, "signed in")
    ready(chromium)
    open_dialog(chromium)
    for label in (*LABELS, "", "A label that is as long as the form allows, sixty letters in"):
        create(chromium, label)
    wait_for(lambda: len(rows(chromium)) == 4, 10, "the links")
    for width in WIDTHS:
        chromium.resize(width, 900)
        inside = "() => { const box = document.querySelector('#share').getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth && box.top >= 0; }"
        assert chromium.evaluate(inside), width
        check_access(chromium, "insight-shares")
    chromium.resize(1440, 900)
