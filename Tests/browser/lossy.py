"""An unreliable network between page and server: a test decides for each request whether it is forwarded."""

import gzip
import http.client
import http.server
import json
import threading

from listener import Server
from waits import ANSWER_SECONDS_MAX, WAIT_SECONDS_MIN

HANG_SECONDS_MAX = 2 * WAIT_SECONDS_MIN
SHARED = ("pageview_id", "visitor_id", "session_id", "site", "path", "referrer")


def read_body(data):
    """A decompressed body of the tracker, with the shared fields copied into each event."""
    body = json.loads(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data)
    for event in body["events"]:
        shared = body["pageviews"][event["pageview"]]
        event.update({name: shared[name] for name in SHARED if name in shared and name not in event})
    return body


class _Handler(http.server.BaseHTTPRequestHandler):
    #: Set by a subclass for each network.
    network = None
    port = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        action = self.network.record(body)
        if action == "hang":
            self.network.released.wait(HANG_SECONDS_MAX)
        response = self._respond(action, body)
        if response is None:
            self.close_connection = True
            return
        status, data = response
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        try:
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            # The page that sent a beacon has been left.
            pass

    def _respond(self, action, body):
        """Status and body of the response, or None for a connection that is closed without one."""
        if action == "cut":
            return None
        if action == "503":
            return 503, b"{}"
        if action == "drop":
            accepted = self.network.lose(body)
            return 200, json.dumps({"status": "ok", "accepted": accepted, "rejected": []}).encode()
        try:
            response = self._forward(body)
        except (OSError, http.client.HTTPException):
            # The server is down or ends, which is a network error for the page.
            return None
        if action == "double":
            self._forward(body)
        return None if action == "deaf" else response

    def _forward(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS_MAX)
        connection.request("POST", self.path, body, {"Content-Type": "text/plain"})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, data


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
        handler = type("Handler", (_Handler,), {"network": self, "port": port})
        self._server = Server(("127.0.0.1", 0), handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def record(self, body):
        """Records a body and returns the action for it."""
        with self._lock:
            action = self.decide(body)
            self.bodies.append((action, read_body(body)))
            self.sizes.append(len(body))
        return action

    def lose(self, body):
        """Records the events of a body that is never forwarded, and returns their number."""
        events = read_body(body)["events"]
        with self._lock:
            self.lost += events
        return len(events)

    def close(self):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
