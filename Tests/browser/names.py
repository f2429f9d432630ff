"""A proxy that resolves names like shop.example to this machine, for browsers without a setting for it."""

import http.client
import http.server
import threading
import urllib.parse

from listener import Server
from waits import ANSWER_SECONDS_MAX


class Names:
    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def forward(self):
                address = urllib.parse.urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                connection = http.client.HTTPConnection("127.0.0.1", address.port or 80, timeout=ANSWER_SECONDS_MAX)
                try:
                    path = urllib.parse.urlunsplit(("", "", address.path or "/", address.query, ""))
                    connection.request(self.command, path, body or None, {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection", "proxy-connection")})
                    answer = connection.getresponse()
                    data = answer.read()
                    self.send_response(answer.status)
                    for name, value in answer.getheaders():
                        if name.lower() not in ("connection", "date", "server", "content-length", "transfer-encoding"):
                            self.send_header(name, value)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:
                    # The connection is refused, or the client has gone.
                    self.close_connection = True
                finally:
                    connection.close()

            do_GET = do_POST = forward

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
