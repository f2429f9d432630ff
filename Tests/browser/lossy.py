"""An unreliable network between a page and the program: it forwards requests, or does not, as a test decides."""

import gzip
import http.client
import http.server
import json
import threading

HANG_SECONDS_MAX = 30
SHARED = ("pageview_id", "visitor_id", "session_id", "site", "path", "referrer")


def read_body(data):
    """A body of the tracker, decompressed, in which each event has the fields that it shares with its page view."""
    body = json.loads(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data)
    for event in body["events"]:
        shared = body["pageviews"][event["pageview"]]
        event.update({name: shared[name] for name in SHARED if name in shared and name not in event})
    return body


class Lossy:
    """`decide` gets each body: "pass", "drop" (a lie: confirmed, never forwarded), "double", "503", "cut" (no response, not
    forwarded), "deaf" (forwarded, no response) or "hang" (forwarded when `released` is set). `lost` has the events of dropped
    requests, `bodies` all pairs of action and body, `sizes` the bytes of each as sent."""

    def __init__(self, port, decide=lambda body: "pass"):
        self.decide = decide
        self.bodies = []
        self.sizes = []
        self.released = threading.Event()
        self.lost = []
        self._lock = threading.Lock()
        lossy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def forward(self, body):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request("POST", self.path, body, {"Content-Type": "text/plain"})
                answer = connection.getresponse()
                data = answer.read()
                connection.close()
                return answer.status, data

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with lossy._lock:
                    action = lossy.decide(body)
                    lossy.bodies.append((action, read_body(body)))
                    lossy.sizes.append(len(body))
                if action == "hang":
                    lossy.released.wait(HANG_SECONDS_MAX)
                if action == "cut":
                    self.close_connection = True
                    return
                if action == "503":
                    status, data = 503, b"{}"
                elif action == "drop":
                    events = read_body(body)["events"]
                    with lossy._lock:
                        lossy.lost += events
                    status, data = 200, json.dumps({"status": "ok", "accepted": len(events), "rejected": []}).encode()
                else:
                    try:
                        status, data = self.forward(body)
                    except ConnectionRefusedError:
                        # The program is down: no network at all, as the page sees it.
                        self.close_connection = True
                        return
                    if action == "double":
                        self.forward(body)
                    if action == "deaf":
                        self.close_connection = True
                        return
                self.send_response(status)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                try:
                    self.wfile.write(data)
                except (BrokenPipeError, ConnectionResetError):
                    # A beacon's sender has gone.
                    pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
