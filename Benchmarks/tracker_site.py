"""A site with the scripts to compare, and an endpoint that records the bodies they post.

The endpoint has its own origin, as a hosted service does, so scripts can cause preflights.
"""

import dataclasses
import gzip
import http.server
import json
import threading
import time

from shop import picture

# The elements that the scenario clicks have fixed positions, so that the driver needs no script to find them.
SLOW_BUTTON = (60, 25)
NEXT_LINK = (200, 25)
IMAGES = 24
SCRIPTS = 3
STYLES = 2
SLOW_MS = 120
# The page is quiet after this time without a post, and the longest wait for that.
QUIET_SECONDS = 0.7
QUIET_SECONDS_MAX = 5
PREFLIGHT_SECONDS = 86_400
UMAMI_CACHE_LENGTH = 280
WEBSITE_ID = "2f0a6a0e-3b1d-4b53-9d7c-6f1f5f6f2a11"

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Autumn boots, page {number}</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">{styles}{scripts}{tags}</head>
<body><header><button id="slow">Add to cart</button> <a id="next" href="{next}">Next page</a> <span id="cart"></span></header>
<main class="product"><h1>Autumn boots</h1><img class="hero" src="/hero.png" width="900" height="500" alt="">
<section class="grid">{images}</section></main></body></html>
"""
STYLE = """body { margin: 80px 20px; font: 16px sans-serif } .grid img { margin: 120px 40px }
header { position: fixed; top: 0; left: 0; width: 600px; height: 50px; background: white }
header * { position: absolute; top: 10px; height: 30px; box-sizing: border-box }
#slow { left: 10px; width: 120px } #next { left: 160px; width: 120px } #cart { left: 300px }"""
# The page's own handler takes a fixed time by the clock, regardless of throttling.
SHOP_SCRIPT = f"""addEventListener("click", ({{ target }}) => {{
  if (target.id !== "slow") return;
  const end = performance.now() + {SLOW_MS};
  while (performance.now() < end);
  document.getElementById("cart").textContent = "1 item";
}});"""
HERO = picture(900, 500)
THUMBNAIL = picture(120, 90)


@dataclasses.dataclass
class Post:
    """One request to the endpoint; a preflight has no body."""

    path: str
    body: bytes
    is_preflight: bool = False

    @property
    def text(self):
        return gzip.decompress(self.body) if self.body.startswith(b"\x1f\x8b") else self.body

    @property
    def json(self):
        return json.loads(self.text or b"null")


def accepted(post):
    """The response of Collector, of Umami, or of an endpoint for vitals."""
    if post.path == "/api/send":
        return {"cache": "x" * UMAMI_CACHE_LENGTH, "sessionId": WEBSITE_ID, "visitId": WEBSITE_ID}
    if post.path == "/events":
        return {"status": "ok", "accepted": len(post.json["events"]), "rejected": []}
    return {}


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, data, kind, headers=()):
        self.send_response(200)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(data))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def handle(self):
        try:
            super().handle()
        except ConnectionError:
            # A browser closes connections that it no longer needs.
            self.close_connection = True


def serve(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


class Endpoint:
    """Serves `files` by name and records what is posted."""

    def __init__(self, files):
        self.files = files
        self.posts = []
        self.last_at = time.monotonic()
        endpoint = self

        class Handler(Quiet):
            def cors(self):
                # The value that Collector and Umami send; browsers cache a preflight for two hours at most.
                return (
                    ("Access-Control-Allow-Origin", "*"),
                    ("Access-Control-Allow-Headers", "*"),
                    ("Access-Control-Max-Age", str(PREFLIGHT_SECONDS)),
                )

            def record(self, post):
                endpoint.posts.append(post)
                endpoint.last_at = time.monotonic()
                return post

            def do_GET(self):
                data = endpoint.files.get(self.path.removeprefix("/"))
                if data is None:
                    return self.send_error(404)
                return self.answer(data, "text/javascript; charset=utf-8", self.cors())

            def do_OPTIONS(self):
                self.record(Post(self.path, b"", is_preflight=True))
                self.answer(b"", "text/plain", self.cors())

            def do_POST(self):
                post = self.record(Post(self.path, self.rfile.read(int(self.headers["Content-Length"]))))
                self.answer(json.dumps(accepted(post)).encode(), "application/json", self.cors())

        self.server, self.url = serve(Handler)

    def take(self):
        """Waits until posting has stopped; returns the posts since the last call."""
        deadline = time.monotonic() + QUIET_SECONDS_MAX
        while time.monotonic() < min(deadline, self.last_at + QUIET_SECONDS):
            time.sleep(0.05)
        posts, self.posts = self.posts, []
        return posts


class Site:
    """`/NAME/1` to `/NAME/n` are pages with the scripts of that name, each linked to the next; the last has no script."""

    def __init__(self, tags, pages):
        site = self
        self.tags, self.pages = tags, pages
        files = {f"/image{number}.png": (THUMBNAIL, "image/png") for number in range(IMAGES)}
        files |= {f"/style{number}.css": (STYLE.encode() if number == 0 else b"", "text/css") for number in range(STYLES)}
        files |= {f"/shop{number}.js": (SHOP_SCRIPT.encode() if number == 0 else b"0", "text/javascript") for number in range(SCRIPTS)}
        files["/hero.png"] = (HERO, "image/png")
        files["/blank"] = (b'<!doctype html><link rel="icon" href="data:,">', "text/html")

        class Handler(Quiet):
            def do_GET(self):
                if found := files.get(self.path):
                    return self.answer(*found, (("Cache-Control", "max-age=600"),))
                return self.answer(site.page(self.path).encode(), "text/html; charset=utf-8")

        self.server, self.url = serve(Handler)

    def page(self, path):
        _, name, number = path.split("/")
        number = int(number)
        return PAGE.format(
            number=number,
            next=f"/{name}/{number + 1}",
            styles="".join(f'<link rel="stylesheet" href="/style{count}.css">' for count in range(STYLES)),
            scripts="".join(f'<script src="/shop{count}.js"></script>' for count in range(SCRIPTS)),
            tags=self.tags[name] if number <= self.pages else "",
            images="".join(f'<img src="/image{count}.png" width="120" height="90" alt="">' for count in range(IMAGES)),
        )
