"""Privacy modes in real browsers: what the tracker leaves in the browser's storage, the page for visitors, and the card of the owner."""

import pytest

from contract import KEYS
from insight import ENVIRONMENT, OWNER, TOKEN, change, report, send, serve_ready, settle, visit_events
from test_insight_page import open_page
from tracked import visit  # noqa: F401
from waits import wait_for
from wire import get

STORED = """async () => ({
  local: Object.keys(localStorage), session: Object.keys(sessionStorage), cookies: document.cookie,
  databases: indexedDB.databases ? (await indexedDB.databases()).map(({ name }) => name) : [],
  caches: self.caches ? await caches.keys() : [],
})"""
NOTHING = {"local": [], "session": [], "cookies": "", "databases": [], "caches": []}


@pytest.mark.parametrize("mode", ["cookieless", "anonymous"])
def test_a_tag_with_a_mode_stores_nothing_and_the_server_no_id_of_the_page(visit, mode):
    visit = visit(attributes=f'data-privacy="{mode}" data-fingerprint')
    visit.open("/one")
    # As a tag without a mode has left it.
    visit.engine.evaluate("() => { localStorage.setItem('collector.ids', 'v_old'); localStorage.setItem('collector.queue.old', '{}'); }")
    visit.go("/two")
    sent = visit.engine.evaluate("() => collector.pageview")
    visit.engine.evaluate("() => { collector.identify('customer-4711'); collector.track('signup', { value: 3 }); }")
    assert visit.flush() is True
    assert visit.engine.evaluate(STORED) == NOTHING
    visit.go("/three")
    visit.flush()
    views = visit.wait_for(lambda views: len(views) == 3 and all(view.of("engagement") for view in views[:2]), "all page views")
    assert visit.engine.evaluate(STORED) == NOTHING
    found = {row["visitor_id"] for row in visit.rows}
    assert len(found) == 1 and (found == {"(anonymous)"}) is (mode == "anonymous")
    sessions = {row["session_id"] for row in visit.rows}
    assert len(sessions) == (1 if mode == "cookieless" else 3)
    assert "fingerprint_ready" not in visit.kinds()
    for view in views:
        for row in view.rows:
            known = KEYS.get(row["event_type"], KEYS["*"])
            allowed = {"cookieless": ("cookieless", "anonymous"), "anonymous": ("anonymous",)}[mode]
            wild = known.get("*", {}).get("privacy") in allowed
            assert all(known[key]["privacy"] in allowed if key in known else wild for key in row["payload"]), row
    data = b"".join(path.read_bytes() for path in (visit.store.folder / "data").rglob("*") if path.is_file())
    assert not [secret for secret in (sent["visitor_id"], sent["session_id"], "customer-4711", "v_old") if secret.encode() in data]


def test_an_opted_out_visitor_of_a_cookieless_tag_keeps_only_that_choice(visit):
    visit = visit(attributes='data-privacy="cookieless"')
    visit.open("/one")
    visit.engine.evaluate("() => { collector.track('late'); dispatchEvent(new Event('pagehide')); collector.optOut(); }")
    assert visit.engine.evaluate(STORED) == NOTHING | {"local": ["collector.opt_out"]}


def test_the_page_for_visitors_lists_the_fields_of_the_mode(engine, sqlite, serve):
    collector = serve_ready(serve, sqlite, ENVIRONMENT | {"COLLECTOR_RETENTION_EVENTS": "90d"})
    for mode, label in (("full", "Full"), ("cookieless", "Cookieless"), ("anonymous", "Anonymous")):
        change(collector.port, "PUT", "/api/privacy?site=shop.example", {"mode": mode}, OWNER)
        engine.open(f"{collector.url}/privacy?site=shop.example&{mode}")
        wait_for(lambda label=label: f"Mode: {label}" in engine.evaluate("() => document.body.textContent"), 15, "the mode")
        text = engine.evaluate("() => document.querySelector('main').textContent")
        assert "Privacy on shop.example" in text and "after 90 days" in text
        stored = engine.evaluate("() => [...document.querySelectorAll('section')].map((one) => [one.querySelector('h2').textContent, [...one.querySelectorAll('tbody code')].map((code) => code.textContent)])")
        cards = dict(stored)
        assert ("user" in cards["pageview"]) is (mode == "full") and "language" in cards["pageview"]
        assert bool(cards["fingerprint_ready"]) is (mode == "full")
        for width in (390, 1440):
            engine.resize(width, 900)
            assert engine.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), (mode, width)
    assert engine.errors() == []
    answer = get(collector.port, "/privacy")
    assert answer.status == 200 and "default-src 'none'" in answer.field("Content-Security-Policy")


def test_the_owner_chooses_a_mode_and_gets_its_tag(engine, sqlite, serve):
    collector = serve_ready(serve, sqlite)
    settle(collector.port, send(collector.port, visit_events()))
    change(collector.port, "PUT", "/api/privacy?site=shop.example", {"mode": "anonymous"}, OWNER)
    engine.open(f"{collector.url}/insight#token={TOKEN}")
    wait_for(lambda: engine.evaluate("() => document.body.dataset.access") == "owner", 15, "signed in")
    engine.leave(f"{collector.url}/insight?site=shop.example#tracking")
    card = "[...document.querySelectorAll('section')].find((one) => one.querySelector('h2')?.textContent === 'Privacy')"
    wait_for(lambda: engine.evaluate(f"() => !!{card}"), 20, "the card")
    engine.evaluate(f"() => {{ const choice = {card}.querySelector('select'); choice.value = 'cookieless'; choice.dispatchEvent(new Event('change')); }}")
    wait_for(lambda: 'data-privacy="cookieless"' in engine.evaluate(f"() => {card}.querySelector('code').textContent"), 10, "the tag")
    assert [(row["site"], row["mode"]) for row in sqlite.rows("select site, mode from site_privacy")] == [("shop.example", "cookieless")]


def crossing_tiles(engine):
    """The widths of the window, and the tiles whose text crosses their edge in it."""
    found = []
    for width in (1440, 1024, 390):
        engine.resize(width, 900)
        script = "() => [...document.querySelectorAll('.tile')].filter((tile) => tile.scrollWidth > tile.clientWidth + 1).map((tile) => tile.textContent)"
        found += [(width, text) for text in engine.evaluate(script)]
    return found


def test_visitors_of_an_anonymous_site_are_not_shown_as_zero(chromium, sqlite, serve):
    collector = serve_ready(serve, sqlite, ENVIRONMENT)
    change(collector.port, "PUT", "/api/privacy?site=shop.example", {"mode": "anonymous"}, OWNER)
    settle(collector.port, send(collector.port, visit_events()))
    chromium.signed_in_at = None
    open_page(chromium, collector)
    tiles = chromium.evaluate("() => Object.fromEntries([...document.querySelectorAll('.tile')].map((tile) => [tile.querySelector('.label').textContent, tile.textContent]))")
    for label in ("Visitors", "Sessions", "Bounce rate"):
        assert tiles[label] == f"{label}–Not counted in anonymous mode"
    assert crossing_tiles(chromium) == []
    assert tiles["Page views"].startswith("Page views1")


def test_figures_of_visitors_of_several_sites_show_what_they_lack(chromium, sqlite, serve):
    collector = serve_ready(serve, sqlite, ENVIRONMENT)
    change(collector.port, "PUT", "/api/privacy?site=shop.example", {"mode": "anonymous"}, OWNER)
    sent = sum(send(collector.port, visit_events(site=site)) for site in ("shop.example", "shop.example", "blog.example"))
    settle(collector.port, sent)
    chromium.signed_in_at = None
    open_page(chromium, collector)
    tiles = chromium.evaluate("() => Object.fromEntries([...document.querySelectorAll('.tile')].map((tile) => [tile.querySelector('.label').textContent, tile.textContent]))")
    for label in ("Visitors", "Sessions"):
        assert tiles[label].startswith(f"{label}1 ") and "Without 2 anonymous page views" in tiles[label], tiles
    assert crossing_tiles(chromium) == []
    assert "Without" in tiles["Bounce rate"] and "Without" not in tiles["Page views"]
    assert report(collector.port, "overview", range="24h", site="blog.example")["totals"]["anonymous_pageviews"] == 0
