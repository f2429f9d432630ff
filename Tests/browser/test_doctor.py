"""`collector doctor` against real servers: pages with every fault that it names, and Collector behind proxies."""

import contextlib
import functools
import http.server
import json
import socket
import threading

import pytest

from insight import ENVIRONMENT
from listener import Server
from program import run
from stores import events
from tls import TLS, make_certificate


class Pages(http.server.BaseHTTPRequestHandler):
    """Serves pages and scripts by path: status, fields and body."""

    def __init__(self, pages, *arguments):
        self._pages = pages
        super().__init__(*arguments)

    def do_GET(self):
        status, fields, body = self._pages.get(self.path.split("?")[0], (404, {}, "missing"))
        data = body.encode()
        self.send_response_only(status)
        for name, value in ({"Content-Type": "text/html; charset=utf-8"} | fields).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        # The client may have read enough.
        with contextlib.suppress(OSError):
            self.wfile.write(data)

    do_POST = do_GET
    do_OPTIONS = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    """Serves pages on this machine; gives the function that starts it."""
    servers = []

    def start(pages):
        server = Server(("127.0.0.1", 0), functools.partial(Pages, pages))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def collector(sqlite, serve):
    return serve(sqlite, environment=ENVIRONMENT)


def examine(address, folder, status):
    """The checks by name, each with its state and text."""
    result = run("doctor", "--json", address, folder=folder)
    assert result.returncode == status, (result.stdout, result.stderr)
    answer = json.loads(result.stdout)
    assert answer["conclusion"] == {0: "ok", 1: "problems", 2: "unreachable"}[status]
    found = {}
    for check in answer["checks"]:
        assert bool(check["advice"]) == (check["state"] in ("warning", "problem")), check
        found.setdefault(check["check"], []).append((check["state"], check["message"]))
    return found


def page(collector, attributes="defer", head=""):
    return f'<!doctype html><html><head>{head}<script {attributes} src="{collector.url}/collector.js"></script></head><body><p>x</body></html>'


def only(found, name):
    ((state, message),) = found[name]
    return state, message


def test_the_demo_page_is_right(collector, tmp_path):
    found = examine(f"{collector.url}/demo/", tmp_path, 0)
    assert {name: [state for state, _ in checks] for name, checks in found.items()} == {
        "page": ["ok"], "tag": ["ok"], "attributes": ["ok"], "mixed": ["ok"], "csp": ["ok"], "script": ["ok"], "integrity": ["ok"],
        "caching": ["ok"], "endpoint": ["ok"], "cors": ["ok"], "proxy": ["ok"], "clock": ["skipped"],
    }


def test_another_site_is_right_and_nothing_is_stored(collector, site, sqlite, tmp_path):
    url = site({"/": (200, {"Content-Security-Policy": f"script-src {collector.url}; connect-src {collector.url}"}, page(collector))})
    found = examine(url, tmp_path, 0)
    assert only(found, "cors")[0] == only(found, "csp")[0] == "ok"
    assert "unchanged" in only(found, "script")[1]
    assert events(sqlite) == []


def test_lines_for_people_end_with_a_sum(collector, site, tmp_path):
    url = site({"/": (200, {}, page(collector, "data-stie=x"))})
    result = run("doctor", url, folder=tmp_path)
    assert result.returncode == 0 and "\n                      -> Add defer" in result.stdout
    assert result.stdout.endswith("0 problems, 2 warnings.\n")
    assert all(line[:7].strip() in ("ok", "warning", "problem", "skipped", "") for line in result.stdout.splitlines()[:-1])


@pytest.mark.parametrize(
    ("head", "attributes", "fields", "check", "words"),
    [
        ('<meta http-equiv="Content-Security-Policy" content="script-src \'self\'; connect-src *">', "defer", {}, "csp", "blocks the script"),
        ("", "defer", {"Content-Security-Policy": "connect-src 'self'"}, "csp", "blocks the events"),
        ("", 'defer type="text/plain"', {}, "attributes", "type 'text/plain'"),
        ("", 'defer crossorigin integrity="sha384-AAAA"', {}, "integrity", "does not match"),
        ("", 'defer data-endpoint="/nothing"', {}, "endpoint", "status 404"),
    ],
)
def test_faults_of_a_page_are_problems(collector, site, tmp_path, head, attributes, fields, check, words):
    url = site({"/": (200, fields, page(collector, attributes, head))})
    problems = {name: message for name, checks in examine(url, tmp_path, 1).items() for state, message in checks if state == "problem"}
    assert list(problems) == [check] and words in problems[check]


def test_a_page_without_a_tag(site, tmp_path):
    assert only(examine(site({"/": (200, {}, "<p>x")}), tmp_path, 1), "tag")[0] == "problem"


def test_a_server_that_is_not_collector(site, tmp_path):
    url = site({"/": (200, {}, '<script defer src="/collector.js"></script>'), "/collector.js": (200, {"Content-Type": "text/javascript"}, "alert(1)"), "/events": (200, {}, "ok")})
    found = examine(url, tmp_path, 1)
    assert only(found, "script")[0] == only(found, "endpoint")[0] == "problem"
    html = site({"/": (200, {}, '<script defer src="/collector.js"></script>'), "/collector.js": (200, {}, "<p>not found")})
    assert "text/html" in only(examine(html, tmp_path, 1), "script")[1]


def test_redirects_are_followed_to_web_addresses_only(collector, site, tmp_path):
    loop = {"/loop": (302, {"Location": "/loop"}, ""), "/file": (302, {"Location": "file:///etc/passwd"}, "")}
    url = site(loop | {"/": (301, {"Location": "/home"}, ""), "/home": (200, {}, page(collector))})
    assert "after 1 redirect" in only(examine(url, tmp_path, 0), "page")[1]
    assert "more than 5 times" in only(examine(f"{url}/loop", tmp_path, 2), "page")[1]
    assert "not an http or https address" in only(examine(f"{url}/file", tmp_path, 2), "page")[1]


def test_large_bodies_are_cut(collector, site, tmp_path):
    url = site({"/": (200, {}, page(collector) + "x" * (5 << 20))})
    assert only(examine(url, tmp_path, 0), "page")[0] == "warning"


def test_a_certificate_that_browsers_refuse(collector, tmp_path):
    secure = TLS(collector.port, *make_certificate(tmp_path))
    try:
        assert "certificate" in only(examine(f"{secure.url}/demo/", tmp_path, 2), "page")[1]
    finally:
        secure.close()


def test_what_cannot_be_read_has_an_exit_code_of_its_own(tmp_path):
    # A port that is taken and does not listen: one that is free may be another test's by then.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        for address in (f"http://127.0.0.1:{silent.getsockname()[1]}/", "file:///etc/passwd", "ftp://127.0.0.1/"):
            assert only(examine(address, tmp_path, 2), "page")[0] == "problem"
    assert run("doctor", "--jsn", "x", folder=tmp_path).returncode == 2
