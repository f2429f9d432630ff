"""Serves fixture pages and the tracker, and records the posts of recorder, tracker and reference library."""

import collections
import gzip
import http.server
import json
import pathlib
import sys
import threading
import time
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "browser"))

from shop import picture

FOLDER = pathlib.Path(__file__).resolve().parent
RECORDER = (FOLDER / "recorder.js").read_text()
REFERENCE = (FOLDER / "reference.js").read_text()
PICTURE = picture(600, 300)
GZIP_MAGIC = b"\x1f\x8b"
#: Maximum delay in milliseconds that a page may request.
DELAY_MS_MAX = 5000

TAGS = {
    "none": "",
    "defer": '<script defer src="/collector.js" {data}></script>',
    "sync": '<script src="/collector.js" {data}></script>',
    "async": '<script async src="/collector.js" {data}></script>',
    "module": '<script type="module">import "/collector.mjs";</script>',
    "inserted": "<script>document.head.append(Object.assign(document.createElement('script'), {{ src: '/collector.js' }}))</script>",
    "late": "<script>addEventListener('load', () => setTimeout(() =>"
    " document.head.append(Object.assign(document.createElement('script'), {{ src: '/collector.js' }})), 400))</script>",
}
HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,"><style>{style}</style>{scripts}{head}</head><body>'
STYLE = "body{font:20px sans-serif;margin:20px}button,input,a{font-size:20px;padding:8px 16px;display:inline-block}"


class Site:
    """One server for all fixtures; `scripts` are the tracker's files by name."""

    def __init__(self, scripts, reference=None):
        self.scripts = scripts
        self.reference = reference
        self.fixture = None
        self.visits = 0
        self.arrived = threading.Condition()
        self.last_post_at = time.monotonic()
        self.clear()
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def serve(self, fixture):
        self.fixture = fixture
        # A separate path: pages of the previous visit may post late.
        self.visits += 1
        self.prefix = f"/{fixture.name}-{self.visits}/"
        self.clear()

    def clear(self):
        self.recorded = collections.defaultdict(dict)
        self.events = {}
        self.page_views = {}
        self.library = {}

    def page(self, path):
        """The parts of a page's HTML, each with a delay in milliseconds."""
        page = self.fixture.page_of(path)
        scripts = f"<script>{RECORDER}</script>" if page.is_recorded else ""
        if self.reference and page.is_recorded:
            scripts += f'<script src="/reference-library.js"></script><script>{REFERENCE}</script>'
        tag = TAGS[page.tag].format(data=page.data)
        head = HEAD.format(title=f"{self.fixture.name} {path}", style=STYLE + page.style, scripts=scripts, head=tag + page.head)
        return [(page.delay_ms, head + page.body), *page.streamed, (0, "</body></html>")]

    def post(self, path, query, body):
        with self.arrived:
            if path == "/recorded":
                self.recorded[query["document"][0]][int(query["post"][0])] = json.loads(body)
            elif path == "/library":
                for name, metric in json.loads(body):
                    known = self.library.get((name, metric["id"]))
                    # Posts of one page may arrive out of order.
                    if not known or known["order"] < metric["order"]:
                        self.library[name, metric["id"]] = metric
            else:
                self._take_events(body)
            self.last_post_at = time.monotonic()
            self.arrived.notify_all()

    def _take_events(self, body):
        """Records a post of the tracker in wire format 1 or 2; duplicates of an event are ignored."""
        data = json.loads(gzip.decompress(body) if body.startswith(GZIP_MAGIC) else body)
        shared = data.get("pageviews", [])
        for event in data["events"]:
            fields = shared[event["pageview"]] if isinstance(event.get("pageview"), int) else {}
            self.events[event["event_id"]] = fields | event

    def documents(self):
        """Lines of each document of the fixture in order, earliest document first; documents with missing posts are omitted."""
        with self.arrived:
            documents = [[line for _, lines in sorted(posts.items()) for line in lines] for posts in self.recorded.values() if set(posts) == set(range(len(posts)))]
        return [lines for lines in documents if self._is_of_fixture(urllib.parse.urlsplit(lines[0][1]["url"]).path)]

    def tracked(self):
        """Events that the tracker posted for the fixture's pages."""
        with self.arrived:
            return [event for event in self.events.values() if self._is_of_fixture(event["path"])]

    def _is_of_fixture(self, path):
        return path.startswith(self.prefix)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Ignores errors: most are reset connections of pages that were left, and fixtures detect the others."""


class _Handler(http.server.BaseHTTPRequestHandler):
    #: Set by a subclass for each site.
    site = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        try:
            self._answer()
        except (BrokenPipeError, ConnectionResetError):
            # The page was left.
            pass

    def _answer(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        time.sleep(min(int(query.get("delay", ["0"])[0]), DELAY_MS_MAX) / 1000)
        name = url.path.strip("/")
        if name in self.site.scripts:
            self._send("text/javascript", self.site.scripts[name])
        elif name == "reference-library.js":
            self._send("text/javascript", self.site.reference)
        elif name.endswith(".png"):
            self._send("image/png", PICTURE, {"Timing-Allow-Origin": "*"})
        elif self.site.fixture and url.path.startswith(self.site.prefix) and self.site.fixture.page_of(url.path):
            self._send_page(url.path)
        else:
            self._send("text/html", b"<!doctype html><title>left</title><p>left", status=200 if name == "left" else 404)

    def _send_page(self, path):
        (delay_ms, first), *rest = self.site.page(path)
        time.sleep(delay_ms / 1000)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Cache-Control", self.site.fixture.page_of(path).cache)
        self.send_header("Connection", "close")
        self.end_headers()
        for delay_ms, text in [(0, first), *rest]:
            time.sleep(delay_ms / 1000)
            self.wfile.write(text.encode())
            self.wfile.flush()
        self.close_connection = True

    def _send(self, kind, data, headers=(), status=200):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": len(data), "Cache-Control": "max-age=60", **dict(headers)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.site.post(url.path, urllib.parse.parse_qs(url.query), body)
        try:
            self._send("application/json", b'{"status":"ok","accepted":0,"rejected":[]}')
        except (BrokenPipeError, ConnectionResetError):
            # The page that sent it has gone.
            pass
