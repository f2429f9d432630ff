"""WebKit starts each test with empty storage, also in the tab of the test before."""

import http.server
import threading
import time

import pytest

import engines
import reuse
from listener import Server
from waits import PAUSE_SECONDS, wait_for

pytestmark = pytest.mark.parametrize("engine", [name for name in engines.wanted() if name == "webkit"], indirect=True)

#: Milliseconds between two requests of a page, and the time in which one that is still there sends many.
REQUEST_MS = 20
LATER_MS = 1000
PAGE = f"""<!doctype html><link rel="icon" href="data:,"><title>page</title><button id="button">button</button>
<script>setInterval(() => fetch("/request", {{ method: "POST", keepalive: true }}).catch(() => 0), {REQUEST_MS}); self.stream = new EventSource("/stream");</script>"""
STORE = """async () => {
  self.name = "named";
  localStorage.a = sessionStorage.a = 1;
  document.cookie = "script=1";
  await new Promise((resolve) => { indexedDB.open("a").onsuccess = resolve; });
  if (self.caches) await (await caches.open("a")).put("/a", new Response("a"));
}"""
STORED = """async () => [
  self.name, localStorage.length, sessionStorage.length, document.referrer, (await indexedDB.databases()).length,
  self.caches ? (await caches.keys()).length : 0, innerWidth, innerHeight,
]"""


class Site:
    """A page that sends requests until it ends and has an open stream; each response sets cookies."""

    def __init__(self):
        #: Path and cookies of each request.
        self.received = []
        self.is_streaming = False
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                site.receive(self)
                kinds = {"/worker.js": "text/javascript", "/stream": "text/event-stream"}
                self.send_response(200)
                self.send_header("Content-Type", kinds.get(self.path, "text/html"))
                self.send_header("Set-Cookie", f"root={site.url}; Path=/; Max-Age=900")
                self.send_header("Set-Cookie", f"deep={site.url}; Path=/deep; HttpOnly; SameSite=Strict; Max-Age=900")
                self.end_headers()
                if self.path == "/":
                    self.wfile.write(PAGE.encode())
                elif self.path == "/stream":
                    site.stream(self)

            def do_POST(self):
                site.receive(self)
                self.send_response(204)
                self.end_headers()

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def receive(self, handler):
        self.received.append((handler.path, handler.headers.get("Cookie") or ""))

    @property
    def requests(self):
        return [path for path, _ in self.received]

    def cookies_of(self, path):
        """The cookies of the last request of a path."""
        return dict(self.received)[path]

    def stream(self, handler):
        self.is_streaming = True
        try:
            # Until the browser closes the connection.
            while True:
                time.sleep(PAUSE_SECONDS)
                handler.wfile.write(b": still here\n\n")
        except OSError:
            self.is_streaming = False

    def wait(self):
        wait_for(lambda: "/request" in self.requests and self.is_streaming, 10, "requests and a stream")


@pytest.fixture
def start():
    """Starts sites that end with the test."""
    sites = []

    def start():
        sites.append(Site())
        return sites[-1]

    yield start
    for site in sites:
        site.server.shutdown()
        site.server.server_close()


@pytest.fixture
def is_reused(engine, monkeypatch):
    """Opens a page. Returns whether the engine has reused its tab for it."""

    def opens(url):
        fresh = []
        monkeypatch.setattr(engine, "_open_fresh", lambda *given: (fresh.append(given), type(engine)._open_fresh(engine, *given)))
        engine.open(url)
        return not fresh

    return opens


def next_test(engine, has_passed=True):
    engine.end_test(has_passed)


def later(engine):
    engine.evaluate(f"() => new Promise((resolve) => setTimeout(resolve, {LATER_MS}))")


def test_a_reused_tab_has_no_storage_of_the_test_before(engine, start, is_reused):
    first = start()
    engine.open(first.url)
    before = engine.evaluate(STORED)
    assert before[:6] == ["", 0, 0, "", 0, 0]
    engine.evaluate(STORE)
    engine.leave(first.url + "deep")
    assert all(name in first.cookies_of("/deep") for name in ("root=", "deep=", "script="))
    engine.leave(first.url)
    engine.evaluate(STORE)
    engine.click("#button")
    next_test(engine)
    second = start()
    assert is_reused(second.url)
    assert engine.evaluate(STORED) == before
    # No cookie, either.
    assert second.received[0] == ("/", "")
    engine.leave(second.url + "deep")
    assert first.url not in second.cookies_of("/deep") and "script=" not in second.cookies_of("/deep")


def test_a_page_of_the_test_before_sends_nothing_and_closes_its_stream(engine, start, is_reused):
    first = start()
    engine.open(first.url)
    first.wait()
    next_test(engine)
    second = start()
    assert is_reused(second.url)
    wait_for(lambda: not first.is_streaming, 10, "the end of the first page's stream")
    second.wait()

    def is_silent():
        sent = len(first.requests)
        later(engine)
        return len(first.requests) == sent

    # A request that was under way when the page was left may arrive afterwards.
    wait_for(is_silent, 10, "the end of the first page's requests")


def test_only_the_first_page_of_a_test_is_in_a_reused_tab(engine, start, is_reused):
    engine.open(start().url)
    next_test(engine)
    assert is_reused(start().url)
    assert not is_reused(start().url)


def test_a_server_that_another_test_used_is_not_opened_in_a_reused_tab(engine, start, is_reused):
    first, shared = start(), start()
    engine.open(first.url)
    next_test(engine)
    assert not is_reused(shared.url)
    next_test(engine)
    assert not is_reused(shared.url)
    next_test(engine)
    assert not is_reused("about:blank")


def test_a_port_that_was_used_before_is_not_opened_in_a_reused_tab(engine, start, is_reused):
    first = start()
    engine.open(first.url)
    next_test(engine)
    second = start()
    reuse.note_port(int(first.url.split(":")[2].strip("/")))
    assert not is_reused(second.url)


def test_a_test_that_failed_leaves_no_tab_to_the_next(engine, start, is_reused):
    engine.open(start().url)
    next_test(engine, has_passed=False)
    assert not is_reused(start().url)


def test_a_page_that_hangs_leaves_no_tab_to_the_next_test(engine, start, is_reused, monkeypatch):
    engine.open(start().url)
    monkeypatch.setattr(reuse, "HANGING_SECONDS_MIN", 2)
    engine.evaluate("() => setTimeout(() => { for (;;); })")
    next_test(engine)
    assert not is_reused(start().url)
    assert engine.evaluate("() => document.title") == "page"


def test_a_page_with_a_service_worker_leaves_no_tab_to_the_next_test(engine, start, is_reused):
    engine.open(start().url)
    if not engine.evaluate("() => !!navigator.serviceWorker"):
        pytest.skip("this build has no service workers")
    engine.evaluate("() => navigator.serviceWorker.register('/worker.js').then(() => 1)")
    next_test(engine)
    assert not is_reused(start().url)


def test_a_second_tab_is_not_left_to_the_next_test(engine, start, is_reused):
    first = start()
    engine.open(first.url)
    engine.open_tab(first.url)
    next_test(engine)
    second = start()
    assert not is_reused(second.url)
    second.wait()
    wait_for(lambda: not first.is_streaming, 10, "the end of both pages")


def test_a_window_of_another_size_is_not_left_to_the_next_test(engine, start):
    engine.open(start().url)
    size = "() => [innerWidth, innerHeight]"
    before = engine.evaluate(size)
    engine.resize(600, 500)
    wait_for(lambda: engine.evaluate(size) != before, 10, "another size")
    next_test(engine)
    engine.open(start().url)
    assert engine.evaluate(size) == before
