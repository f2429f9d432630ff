"""The owner's page before the first event, while events are processed, and when processing stalls."""

import contextlib
import subprocess
import threading
import time

from access import check_widths
from insight import ENVIRONMENT, TOKEN, ask, send, visit_events
from postgres import free_port
from shop import Shop
from stores import HELD_SECONDS_MAX, PostgresStore, events
from test_insight_page import ready
from test_status import BOT, old_rows
from waits import wait_for

#: Events of twenty portions. What counts as processing is 50,000 or more.
ROWS_TO_PROCESS = 200_000
#: Seconds between two portions of processing that is slowed down: less than the program waits for a lock.
SECONDS_A_PORTION = 4


def address(collector, query="", base=""):
    return f"{collector.url}{base}/insight{query}#token={TOKEN}"


def wait_for_owner(engine):
    wait_for(lambda: engine.evaluate("() => self.collectorInsight?.access()") == "owner", 15, "signed in")
    ready(engine)


def sign_in(engine, collector, base="", **options):
    engine.open(address(collector, base=base), **options)
    wait_for_owner(engine)


def light(engine):
    return engine.evaluate("() => { const light = document.querySelector('#light'); return light.getClientRects().length ? light.textContent.trim() : null; }")


def is_seen(engine, selector):
    return engine.evaluate(f"() => (document.querySelector('{selector}')?.getClientRects().length ?? 0) > 0")


def banners(engine):
    return engine.evaluate("() => Object.fromEntries([...document.querySelectorAll('[data-banner]')].map((banner) => [banner.dataset.banner, banner.querySelector('span').textContent.trim()]))")


# Before the first event


def test_the_welcome_page_shows_the_tag_and_the_first_event(engine, serve, store):
    collector = serve(store, environment=ENVIRONMENT)
    sign_in(engine, collector)
    wait_for(lambda: light(engine) == "Waiting for your first event", 10, "it waits")
    assert engine.evaluate("() => document.querySelector('#tag').textContent") == f'<script defer src="{collector.url}/collector.js"></script>'
    assert not is_seen(engine, ".grid") and not is_seen(engine, ".tabs") and not is_seen(engine, "#show-bots")
    assert engine.evaluate("() => [...document.querySelectorAll('.grid')].map((grid) => grid.childElementCount)") == [0] * 8
    green = "() => document.querySelector('#light').dataset.state"
    assert engine.evaluate(green) == "waiting"
    send(collector.port, visit_events("/first"))
    # For two seconds at least.
    lights = "() => { const { dataset, textContent } = document.querySelector('#light'); return [dataset.state, textContent.trim()]; }"
    wait_for(lambda: engine.evaluate(lights) == ["received", "First event received"], 10, "the green light")
    wait_for(lambda: is_seen(engine, ".grid") and not is_seen(engine, "#welcome"), 25, "the figures")
    ready(engine)
    tiles = engine.evaluate("() => [...document.querySelectorAll('.tile')].map((tile) => [tile.querySelector('.label').textContent, tile.querySelector('.value').firstChild.textContent])")
    assert dict(tiles)["Page views"] == "1"
    assert engine.errors() == []


def test_the_copied_tag_works(chromium, serve, sqlite):
    collector = serve(sqlite, environment=ENVIRONMENT | {"COLLECTOR_BASE_PATH": "/stats"})
    sign_in(chromium, collector, base="/stats")
    wait_for(lambda: light(chromium) == "Waiting for your first event", 10, "it waits")
    tag = chromium.evaluate("() => document.querySelector('#tag').textContent")
    assert tag == f'<script defer src="{collector.url}/stats/collector.js"></script>'
    shop = Shop(collector.url)
    shop.tag = lambda: tag
    try:
        chromium.open_tab(shop.url + "/pasted")
        wait_for(lambda: chromium.evaluate("() => self.collector && collector.id") is not None, 20, "the tracker's first view")
        chromium.evaluate("() => collector.flush()")
        chromium.close_tab()
        wait_for(lambda: light(chromium) != "Waiting for your first event", 5, "the light has changed")
        collector.wait_until_stored()
        assert {row["path"] for row in events(sqlite)} == {"/pasted"}
    finally:
        shop.close()


def test_the_tag_can_be_copied(chromium, serve):
    collector = serve(environment=ENVIRONMENT)
    sign_in(chromium, collector, permissions=["clipboard-read", "clipboard-write"])
    tag = chromium.evaluate("() => document.querySelector('#tag').textContent")

    def label():
        return chromium.evaluate("() => document.querySelector('#tag-copy').textContent")

    # Results are shown for a while: time goes on when the test moves it.
    chromium.page.clock.install()
    chromium.page.clock.pause_at(time.time() + 60)
    chromium.click("#tag-copy")
    wait_for(lambda: label() == "Copied", 3, "it says so")
    assert chromium.evaluate("() => navigator.clipboard.readText()") == tag
    # Without the API the older command copies; where neither does, the tag is selected.
    chromium.evaluate("() => navigator.clipboard.writeText('other')")
    chromium.evaluate("() => Object.defineProperty(Clipboard.prototype, 'writeText', { value: () => Promise.reject(new Error('not allowed')) })")
    chromium.click("#tag-copy")
    wait_for(lambda: chromium.evaluate("() => navigator.clipboard.readText()") == tag, 3, "copied by the command")
    chromium.evaluate("() => { document.execCommand = () => false; }")
    chromium.click("#tag-copy")
    wait_for(lambda: label() == "Selected", 3, "selected")
    assert chromium.evaluate("() => getSelection().toString().trim()") == tag
    chromium.page.clock.fast_forward(5000)
    assert label() == "Copy"
    # The time of a result begins again with each click.
    chromium.click("#tag-copy")
    wait_for(lambda: label() == "Selected", 3, "selected")
    chromium.page.clock.fast_forward(1000)
    chromium.click("#tag-copy")
    chromium.page.clock.fast_forward(1000)
    assert label() == "Selected"


def test_a_site_with_only_bot_events_offers_to_show_them(engine, serve, store):
    collector = serve(store, environment=ENVIRONMENT)
    sign_in(engine, collector)
    wait_for(lambda: light(engine) == "Waiting for your first event", 10, "it waits")
    send(collector.port, visit_events("/crawled"), BOT)
    words = "All events so far are from bots, which the figures leave out."
    wait_for(lambda: light(engine) == words, 20, "it says so")
    # The same if the page is opened later.
    engine.leave(f"{collector.url}/insight?range=24h&again")
    ready(engine)
    wait_for(lambda: light(engine) == words, 10, "it says so again")
    assert not is_seen(engine, ".grid")
    engine.click("#show-bots")
    wait_for(lambda: is_seen(engine, ".grid"), 5, "figures")
    ready(engine)
    wait_for(lambda: "bots" in banners(engine), 10, "a banner")
    assert "/crawled" in engine.evaluate("() => document.querySelector('#panel-overview').textContent")
    engine.click("#bots")
    wait_for(lambda: light(engine) == words, 10, "without bots there is nothing again")
    send(collector.port, visit_events("/human"))
    wait_for(lambda: is_seen(engine, ".grid") and "/human" in engine.evaluate("() => document.querySelector('#panel-overview').textContent"), 30, "figures of humans")


def test_an_unmeasured_browser_sees_a_notice(chromium, serve):
    collector = serve(environment=ENVIRONMENT)
    sign_in(chromium, collector)
    wait_for(lambda: light(chromium) == "Waiting for your first event", 10, "it waits")
    assert is_seen(chromium, "#hint-loopback") and not is_seen(chromium, "#hint-privacy")
    chromium.add_start_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })")
    chromium.leave(collector.url + "/insight?again")
    wait_for(lambda: is_seen(chromium, "#hint-privacy"), 10, "a hint")


def test_the_empty_page_is_accessible(chromium, serve):
    collector = serve(environment=ENVIRONMENT)
    sign_in(chromium, collector)
    wait_for(lambda: light(chromium) == "Waiting for your first event", 10, "it waits")
    check_widths(chromium, "insight-empty")
    send(collector.port, visit_events(), BOT)
    wait_for(lambda: is_seen(chromium, "#show-bots"), 20, "bots alone")
    check_widths(chromium, "insight-bots")


# While events are processed


@contextlib.contextmanager
def slowed(store):
    """Makes the server process a portion of events every few seconds, regardless of the machine's speed."""
    ended = threading.Event()

    def hold():
        while not ended.is_set():
            with store.held("insight_position"):
                ended.wait(SECONDS_A_PORTION)
            # For one portion: between two the program rests as long as it has worked.
            ended.wait(0.3)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        yield
    finally:
        ended.set()
        holder.join()


def test_no_zero_figures_are_shown_while_events_are_processed(engine, serve, store):
    serve(store, environment=ENVIRONMENT).stop()
    old_rows(store, ROWS_TO_PROCESS)
    again = serve(store, environment=ENVIRONMENT)
    with slowed(store):
        wait_for(lambda: ask(again.port, "status").json().get("state") == "processing", 10, "processing")
        # Events without a user agent are those of bots.
        engine.open(address(again, "?range=24h&bots=include"))
        wait_for_owner(engine)
        wait_for(lambda: "processing" in banners(engine), 20, "a banner")
        text = banners(engine)["processing"]
        assert text.startswith("Processing events: ") and " %" in text and "incomplete" in text
        assert engine.evaluate("() => document.body.hasAttribute('data-incomplete')")
        values = engine.evaluate("() => [...document.querySelectorAll('#panel-overview .tile .value')].map((value) => value.firstChild.textContent)")
        assert "0" not in values and "0 %" not in values
        # The latest news; that all events are from bots may come after it.
        announced = "() => document.querySelector('#announced').textContent"
        wait_for(lambda: engine.evaluate(announced).startswith(("Processing events", "All events so far are from bots.")), 10, "the news")
        if engine.name == "chromium":
            check_widths(engine, "insight-processing")
    wait_for(lambda: "processing" not in banners(engine), 110, "done")
    ready(engine)
    assert not engine.evaluate("() => document.body.hasAttribute('data-incomplete')")
    visitors = "() => [...document.querySelectorAll('.tile')].find((tile) => tile.textContent.startsWith('Visitors'))?.querySelector('.value')?.firstChild.textContent"
    wait_for(lambda: engine.evaluate(visitors) == "1", 10, "the figures are up to date")


# When processing stalls

SLEEP = f"select pg_sleep({HELD_SECONDS_MAX})"
HOLDERS = f"select pid from pg_stat_activity where query like '%{SLEEP}%' and pid <> pg_backend_pid()"


def hold(cluster, database):
    """Opens a transaction of another client until the test ends it."""
    with contextlib.suppress(RuntimeError, subprocess.TimeoutExpired):
        cluster.psql(database, f"begin; delete from collector_events where id = -1; {SLEEP}", timeout=HELD_SECONDS_MAX)


def test_the_cause_of_delayed_figures_is_shown_and_can_be_dismissed(chromium, serve, own_cluster, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    collector = serve(store, environment=ENVIRONMENT)
    send(collector.port, visit_events("/before"))
    sign_in(chromium, collector)
    wait_for(lambda: is_seen(chromium, ".grid"), 30, "figures")
    blocker = threading.Thread(target=hold, args=(own_cluster, store.database))
    blocker.start()
    try:
        wait_for(lambda: own_cluster.psql(store.database, HOLDERS), 10, "the transaction is open")
        send(collector.port, visit_events("/behind"))
        wait_for(lambda: "rollups_blocked" in banners(chromium), 40, "a banner")
        text = banners(chromium)["rollups_blocked"]
        assert "pg_terminate_backend" in text and "For " in text
        wait_for(lambda: "pg_terminate_backend" in chromium.evaluate("() => document.querySelector('#announced').textContent"), 10, "the news")
        check_widths(chromium, "insight-blocked")
        chromium.click("[data-banner=rollups_blocked] .button")
        chromium.evaluate("() => new Promise((resolve) => setTimeout(resolve, 6000))")
        assert "rollups_blocked" not in banners(chromium)
        chromium.leave(collector.url + "/insight?again")
        wait_for(lambda: "rollups_blocked" in banners(chromium), 10, "hidden for the moment only")
    finally:
        own_cluster.psql(store.database, f"select pg_terminate_backend(pid) from ({HOLDERS}) as holders")
        blocker.join()
    wait_for(lambda: banners(chromium) == {}, 30, "over")


def test_an_unreachable_server_is_shown(chromium, serve, sqlite):
    # A port that nothing else takes while the server is away.
    collector = serve(sqlite, environment=ENVIRONMENT, port=free_port())
    send(collector.port, visit_events())
    sign_in(chromium, collector)
    wait_for(lambda: is_seen(chromium, ".grid"), 30, "figures")
    collector.stop()
    wait_for(lambda: "offline" in banners(chromium), 40, "a banner")
    again = serve(sqlite, environment=ENVIRONMENT, port=collector.port)
    chromium.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    wait_for(lambda: banners(chromium) == {}, 60, "back")
    assert again.is_running
