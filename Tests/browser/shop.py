"""A site with its own origin that uses the tracker, with three kinds of errors and links."""

import http.server
import json
import struct
import threading
import time
import zlib

from listener import Server

# What the pages' buttons do; a file of its own, so that a strict policy allows it. Line numbers matter to the tests of stacks.
SCRIPT = """const byId = (id) => document.getElementById(id);
function inner() { null.x; }
function outer() { inner(); }
const actions = {
  slow() { const end = performance.now() + 150; while (performance.now() < end); },
  shift() { const box = document.createElement("div"); box.style.height = "200px"; document.body.prepend(box); },
  throw() { outer(); },
  often() { for (let count = 0; count < 1000; count++) setTimeout(outer); },
  reject() { Promise.reject(new TypeError("rejected on purpose")); },
  image() { document.body.append(Object.assign(new Image(), { src: "/missing.png?secret=1" })); },
  request() { fetch("/missing.json?secret=1"); },
  refused() { fetch("http://127.0.0.1:9/").catch(() => {}); },
  console() { console.error("written on purpose"); },
  push() { history.pushState({}, "", "/pushed"); byId("room").innerText = "x".repeat(400); },
  replace() { history.replaceState({}, "", "/replaced"); },
  query() { history.pushState({}, "", "?page=2"); },
  hash() { location.hash = "#/part"; },
};
addEventListener("click", ({ target }) => actions[target.id]?.());
"""

BUTTONS = "slow shift throw often reject image request refused console push replace query hash".split()

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">{head}<script src="/page.js"></script>{tag}</head>
<body><h1>{title}</h1><div>{buttons}</div><img id="hero" src="/hero.png" width="600" height="300" alt="">
<p><a id="next" href="/next">next</a> <a id="away" href="http://127.0.0.1:9/away?secret=1">away</a> <a id="file" href="/list.csv?secret=1" download>file</a></p>
<p id="room"></p><div class="long"></div>{body}</body></html>
"""
STYLE = "body { font: 16px sans-serif; margin: 20px } button { font-size: 20px; padding: 8px 16px } .long { height: 1500px }"


def picture(width, height):
    """A PNG that compresses as badly as a photo."""
    rows = b"".join(b"\0" + bytes(((x * 3) % 256, (y * 5) % 256, (x + y) % 256)[channel] for x in range(width) for channel in range(3)) for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


HERO = picture(600, 300)


class Shop:
    """A site on which each path that is not a file is a page; `attributes` are those of the tracker's tag."""

    def __init__(self, collector, attributes="", head="", body="", headers=None, form="defer", tail_seconds=0, tags=None):
        self.collector = collector
        #: Statement that a page runs after importing the module.
        self.module = ""
        #: Additional scripts of the site: text by path.
        self.scripts = {}
        #: Markup of the tracker's tags with the placeholders {collector} and {attributes}; a deferred tag by default.
        self.tags = tags
        #: Paths of all requests, in their order.
        self.served = []
        #: Seconds after which the rest of a page arrives.
        self.tail_seconds = tail_seconds
        self.attributes, self.head, self.body, self.headers, self.form = attributes, head, body, headers or {}, form
        shop = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                try:
                    shop._answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    # The page was left.
                    pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def tag(self):
        if self.form == "module":
            return '<script type="module" src="/module.js"></script>'
        if self.tags:
            return self.tags.replace("{collector}", self.collector).replace("{attributes}", self.attributes)
        tag = f'<script {"defer" if self.form == "defer" else "async"} src="{self.collector}/collector.js" {self.attributes}></script>'
        if self.form == "inserted":
            text = json.dumps(tag).replace("</", r"<\/")
            return f"<script>document.head.append(document.createRange().createContextualFragment({text}));</script>"
        return tag

    def _answer(self, handler):
        path = handler.path.split("?")[0]
        self.served.append(path)
        files = {
            "/page.js": ("text/javascript", SCRIPT.encode()),
            "/module.js": ("text/javascript", f'import collector from "{self.collector}/collector.mjs"; {self.module} collector.track("imported");'.encode()),
            "/style.css": ("text/css", STYLE.encode()),
            "/hero.png": ("image/png", HERO),
            "/list.csv": ("text/csv", b"a,b\n"),
        }
        files |= {name: ("text/javascript", text.encode()) for name, text in self.scripts.items()}
        if path.startswith("/missing"):
            status, kind, data = 404, "text/plain", b"nothing"
        elif path in files:
            status, (kind, data) = 200, files[path]
        else:
            buttons = "".join(f'<button id="{name}">{name}</button> ' for name in BUTTONS)
            text = PAGE.format(title=f"Page {path}", head=self.head, tag=self.tag(), buttons=buttons, body=self.body)
            status, kind, data = 200, "text/html; charset=utf-8", text.encode()
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": len(data), "Cache-Control": "max-age=60", **(self.headers if kind.startswith("text/html") else {})}.items():
            handler.send_header(name, str(value))
        handler.end_headers()
        if self.tail_seconds and kind.startswith("text/html"):
            handler.wfile.write(data[: len(data) // 2])
            time.sleep(self.tail_seconds)
            data = data[len(data) // 2 :]
        handler.wfile.write(data)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
