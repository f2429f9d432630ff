"""Debian's nginx and Caddy, configured with the blocks in docs/operations.md: address, TLS, sub-path, cookie, stream."""

import contextlib
import http.client
import json
import os
import queue
import re
import shutil
import socket
import ssl
import subprocess
import threading

import pytest

from bodies import event, submission
from insight import LOOK_SECONDS, TOKEN
from postgres import free_port
from program import ROOT, SERVERS_PATH, die_with_parent
from stores import submissions
from tls import make_certificate
from waits import ANSWER_SECONDS_MAX, STOP_SECONDS_MAX, wait_for

PROXIES = ("nginx", "caddy")
MOUNTS = ("root", "sub-path")
#: The client's address as the proxy sees it; the proxy itself comes from 127.0.0.1.
CLIENT = "127.0.0.2"
SPOOFED = dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "Forwarded"), "203.0.113.9")
STREAM_SECONDS_MAX = 60


def blocks(language):
    """The code blocks of one language in the docs, in their order."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def nginx_configuration(folder, port, target, certificate, key, mount):
    site, location = blocks("nginx")
    if mount == "sub-path":
        site = re.sub(r"    location / \{.*?\n    \}\n", lambda _: location, site, flags=re.S)
        assert "location /collector/" in site
    for pattern, replacement in (
        (r"server 127\.0\.0\.1:5000", f"server 127.0.0.1:{target}"),
        (r"listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        (r"(?<=ssl_certificate )\s*\S+;", f"{certificate};"),
        (r"(?<=ssl_certificate_key )\s*\S+;", f"{key};"),
    ):
        site, count = re.subn(pattern, replacement, site)
        assert count == 1, (pattern, count)
    scratch = "".join(f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    path = folder / "nginx.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""
    path.write_text(f"{user}daemon off;\npid {folder}/pid;\nerror_log stderr;\nworker_processes 1;\nevents {{}}\nhttp {{\naccess_log off;\n{scratch}{site}}}\n")
    return ["-c", str(path), "-p", str(folder), "-e", "stderr"]


def caddy_configuration(folder, port, target, certificate, key, mount):
    site = blocks("caddy")[MOUNTS.index(mount)]
    site = site.replace("127.0.0.1:5000", f"127.0.0.1:{target}")
    site, count = re.subn(r"^\S+\.example\.com \{", f"https://127.0.0.1:{port} {{\n    tls {certificate} {key}", site, flags=re.M)
    assert count == 1
    path = folder / "Caddyfile"
    path.write_text(f"{{\n    admin off\n    auto_https disable_redirects\n}}\n{site}")
    return ["run", "--config", str(path), "--adapter", "caddyfile"]


class Proxy:
    """A proxy in front of a collector."""

    def __init__(self, kind, folder, target, mount):
        program = shutil.which(kind, path=SERVERS_PATH)
        assert program, f"{kind} is missing: scripts/setup test installs it"
        self.port, self.prefix = free_port(), "" if mount == "root" else "/collector"
        certificate, key = make_certificate(folder)
        self._context = ssl.create_default_context(cafile=certificate)
        configure = nginx_configuration if kind == "nginx" else caddy_configuration
        command = [program, *configure(folder, self.port, target, certificate, key, mount)]
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, preexec_fn=die_with_parent)
        wait_for(self._answers, 20, f"{kind} answers")

    def _answers(self):
        assert self.process.poll() is None, "the proxy has ended"
        try:
            return self.ask("GET", "/ping").status == 200
        except OSError:
            return False

    def connect(self, timeout=ANSWER_SECONDS_MAX):
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, source_address=(CLIENT, 0), context=self._context)

    def ask(self, method, path, body=None, headers=None):
        """Sends one request. Returns its response with the body in `.text`."""
        connection = self.connect()
        connection.request(method, self.prefix + path, body if body is None or isinstance(body, bytes) else json.dumps(body), headers or {})
        response = connection.getresponse()
        response.text = response.read().decode()
        connection.close()
        return response

    def close(self):
        self.process.terminate()
        self.process.wait(STOP_SECONDS_MAX)


@pytest.fixture(scope="module", params=[(kind, mount) for kind in PROXIES for mount in MOUNTS], ids="-".join)
def proxied(request, tmp_path_factory):
    from program import Collector
    from stores import SQLiteStore

    kind, mount = request.param
    folder = tmp_path_factory.mktemp("proxy")
    store = SQLiteStore(folder)
    settings = {"COLLECTOR_TOKEN": TOKEN, "COLLECTOR_TRUSTED_PROXIES": "127.0.0.1/32"}
    collector = Collector(folder, environment=settings | ({"COLLECTOR_BASE_PATH": "/collector"} if mount == "sub-path" else {}))
    collector.wait_until_ready()
    proxy = Proxy(kind, folder, collector.port, mount)
    yield proxy, store
    proxy.close()
    collector.stop()


def sign_in(proxy):
    answer = proxy.ask("POST", "/api/session", {"token": TOKEN}, {"Origin": f"https://127.0.0.1:{proxy.port}"})
    assert answer.status == 200, answer.text
    return answer.headers["Set-Cookie"]


def test_the_stored_address_is_the_real_client_address(proxied):
    proxy, store = proxied
    body = submission()
    assert proxy.ask("POST", "/collect", body, SPOOFED).status == 200
    # The journal may have it for a moment.
    wait_for(lambda: submissions(store, visitor_id=body["visitor_id"]), 10, "stored")
    assert [row["ip"] for row in submissions(store, visitor_id=body["visitor_id"])] == [CLIENT]


def test_a_submission_of_the_largest_size_passes(proxied):
    proxy, _ = proxied
    body = submission()
    raw = json.dumps(body | {"filler": ""}).encode()
    raw = raw.replace(b'"filler": ""', b'"filler": "' + b"x" * ((1 << 20) - len(raw)) + b'"')
    assert len(raw) == 1 << 20 and proxy.ask("POST", "/collect", raw).status == 200


def test_the_session_cookie_is_secure_and_limited_to_the_mounted_path(proxied):
    proxy, _ = proxied
    parts = [part.strip() for part in sign_in(proxy).split(";")]
    assert "Secure" in parts and "HttpOnly" in parts and f"Path={proxy.prefix}/" in parts


def test_pages_and_their_files_are_found_under_the_mounted_path(proxied):
    proxy, _ = proxied
    for page in ("/", "/insight", "/demo/"):
        answer = proxy.ask("GET", page)
        assert answer.status == 200, page
        for name in set(re.findall(r"static/[A-Za-z0-9._-]+", answer.text)):
            assert proxy.ask("GET", f"/{name}").status == 200, name
    assert proxy.ask("GET", "/collector.js").status == 200
    assert json.loads(proxy.ask("GET", "/health").text)["status"] == "healthy"


def test_the_live_stream_is_not_buffered(proxied):
    proxy, _ = proxied
    cookie = sign_in(proxy).split(";")[0]
    connection = proxy.connect(STREAM_SECONDS_MAX)
    connection.request("GET", f"{proxy.prefix}/api/stream", headers={"Cookie": cookie, "Accept": "text/event-stream"})
    stream = connection.getresponse()
    assert stream.status == 200
    assert stream.readline() == b"retry: 1000\n"
    lines = queue.SimpleQueue()

    def read():
        # It ends with the connection.
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            for line in stream:
                lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    seen = []

    def is_streamed():
        # A stream has the events after the feed's first look for it.
        assert proxy.ask("POST", "/event", event(path="/streamed")).status == 200
        with contextlib.suppress(queue.Empty):
            seen.append(lines.get(timeout=LOOK_SECONDS))
        return any(b"/streamed" in line for line in seen)

    wait_for(is_streamed, STREAM_SECONDS_MAX, "the event")
    if connection.sock:
        connection.sock.shutdown(socket.SHUT_RDWR)
