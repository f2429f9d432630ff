"""All routes other than ingest: pages, files, health, network measurement, cross-origin rules, methods and headers."""

import gzip
import re
import subprocess

import pytest

from bodies import event, submission
from contract import LIMITS, SIZES
from wire import Wire, get, head, post, request

BANDWIDTH_DEFAULT = 500_000
BANDWIDTH_MAX = LIMITS["bandwidthBytesMax"]


def check_security(answer):
    """Checks the security headers of a response."""
    policy = answer.field("Content-Security-Policy")
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["style-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy
    assert answer.field("X-Content-Type-Options") == "nosniff"
    assert answer.field("Referrer-Policy") is not None
    assert answer.field("X-Frame-Options") == "DENY"


# The page


def test_the_page_has_its_four_tabs(site):
    answer = get(site.port, "/")
    assert answer.status == 200
    assert answer.field("Content-Type") == "text/html; charset=utf-8"
    text = answer.body.decode()
    for label in ("Overview", "Performance", "Fingerprint", "Raw Data"):
        assert label in text
    assert 'data-events="on"' in text
    check_security(answer)


def test_the_page_has_no_inline_code_and_no_third_party_request(site):
    text = get(site.port, "/").body.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text)


@pytest.mark.parametrize(
    ("value", "state"),
    [("off", "off"), ("0", "off"), ("No", "off"), ("FALSE", "off"), ("1", "on"), ("true", "on"), ("T", "on"), ("Yes", "on"), ("y", "on"), ("ON", "on"), ("", "on")],
)
def test_events_can_be_turned_off(serve, value, state):
    collector = serve(environment={"COLLECTOR_EVENTS_ENABLED": value})
    assert f'data-events="{state}"' in get(collector.port, "/").body.decode()
    # Even then the server goes on accepting.
    assert post(collector.port, "/event", event()).status == 200


def test_the_page_is_revalidated(site):
    first = get(site.port, "/")
    again = get(site.port, "/", [("If-None-Match", first.field("ETag"))])
    assert (again.status, again.body) == (304, b"")


# Files


def static_paths(port):
    """Paths of static files that the page references."""
    text = get(port, "/").body.decode()
    return sorted(set(re.findall(r"static/[A-Za-z0-9._-]+", text)))


def test_every_file_referenced_by_the_page_exists(site):
    paths = static_paths(site.port)
    assert any(path.endswith(".js") for path in paths) and any(path.endswith(".css") for path in paths)
    for path in paths:
        answer = get(site.port, "/" + path)
        assert answer.status == 200, path
        assert answer.field("Cache-Control") == "public, max-age=31536000, immutable"
        assert re.fullmatch(r'"[^"]+"', answer.field("ETag"))
        assert "Accept-Encoding" in answer.field("Vary")
        assert answer.field("Content-Encoding") is None
        check_security(answer)


KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def test_files_have_their_types(site):
    for path in static_paths(site.port):
        kind = KINDS[path[path.rindex(".") :]]
        assert get(site.port, "/" + path).field("Content-Type").startswith(kind)


def test_files_are_compressed_if_the_client_accepts_it(site):
    for path in static_paths(site.port):
        plain = get(site.port, "/" + path).body
        if len(plain) < 1000:
            continue
        zipped = get(site.port, "/" + path, [("Accept-Encoding", "gzip, deflate")])
        assert zipped.field("Content-Encoding") == "gzip"
        assert gzip.decompress(zipped.body) == plain
        brotli = get(site.port, "/" + path, [("Accept-Encoding", "gzip, deflate, br, zstd")])
        assert brotli.field("Content-Encoding") == "br"
        unpacked = subprocess.run(["brotli", "-d", "-c"], input=brotli.body, capture_output=True, check=True).stdout
        assert unpacked == plain
        assert len(brotli.body) < len(zipped.body) < len(plain)
        refused = get(site.port, "/" + path, [("Accept-Encoding", "br;q=0, gzip;q=0")])
        assert refused.field("Content-Encoding") is None
        tags = {answer.field("ETag") for answer in (zipped, brotli, refused)}
        assert len(tags) == 3, "a strong tag names one form"


def test_files_are_revalidated_by_strong_etag(site):
    path = "/" + static_paths(site.port)[0]
    tag = get(site.port, path).field("ETag")
    for header in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        answer = get(site.port, path, [("If-None-Match", header)])
        assert (answer.status, answer.field("ETag")) == (304, tag), header
        check_security(answer)
    assert get(site.port, path, [("If-None-Match", '"other"')]).status == 200


@pytest.mark.parametrize("path", ["/static/", "/static/nothing.js", "/static/../index.html", "/static/%2e%2e/index.html", "/index.html", "/index-noevents.html"])
def test_unknown_files_respond_404(site, path):
    answer = get(site.port, path)
    assert (answer.status, answer.json()["message"]) == (404, "Not found")


# Health and measuring


def test_health_checks_the_database(service):
    answer = get(service.port, "/health")
    assert (answer.status, answer.json()) == (200, {"status": "healthy", "database": "connected"})
    assert answer.field("Cache-Control") == "no-store"
    check_security(answer)


def test_ping_responds_ok(site):
    answer = get(site.port, "/ping?x=1")
    assert (answer.status, answer.body, answer.field("Cache-Control")) == (200, b'{"ok":true}', "no-store")
    check_security(answer)


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("", BANDWIDTH_DEFAULT),
        ("?bytes=0", 0),
        ("?bytes=1", 1),
        ("?bytes=70000", 70_000),
        ("?x=1&bytes=10", 10),
        ("?bytes=5000000", BANDWIDTH_MAX),
        ("?bytes=5000001", BANDWIDTH_MAX),
        ("?bytes=99999999999999999999999", BANDWIDTH_MAX),
        ("?bytes=-1", 0),
    ],
)
def test_bandwidth_responds_with_the_requested_bytes(site, query, size):
    answer = get(site.port, "/bw" + query)
    assert (answer.status, len(answer.body), answer.field("Cache-Control")) == (200, size, "no-store")
    assert answer.field("Content-Type").startswith("text/plain")
    check_security(answer)


def test_an_invalid_bandwidth_request_gets_a_json_error(site):
    answer = get(site.port, "/bw?bytes=many")
    assert answer.status in (200, 400)
    if answer.status == 400:
        assert "bytes" in answer.json()["message"]


# Methods, paths and headers


@pytest.mark.parametrize("path", ["/nothing", "/event/", "/Event", "//event", "/x/../event", "/%65vent", "/favicon.ico", "/events/1"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_paths_respond_404(site, method, path):
    answer = request(site.port, method, path)
    assert (answer.status, answer.json()["message"]) == (404, "Not found")
    check_security(answer)


@pytest.mark.parametrize("path", ["/event", "/events", "/collect"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "FOO", "post"])
def test_ingest_routes_accept_only_post(site, method, path):
    answer = request(site.port, method, path)
    assert (answer.status, answer.field("Allow")) == (405, "POST, OPTIONS")
    assert "message" in answer.json()
    check_security(answer)


@pytest.mark.parametrize("path", ["/", "/health", "/ping", "/bw", "/static/x.js"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "FOO"])
def test_pages_accept_only_get_and_head(site, method, path):
    answer = request(site.port, method, path, b"" if method == "POST" else None)
    assert answer.status in (405, 404 if path.startswith("/static") else 405)
    if answer.status == 405:
        assert answer.field("Allow") == "GET, HEAD"
    check_security(answer)


@pytest.mark.parametrize("path", ["/", "/health", "/ping", "/bw?bytes=1000", "/nothing", "/static/nothing"])
def test_head_is_get_without_a_body(site, path):
    full, bare = get(site.port, path), request(site.port, "HEAD", path)
    assert (bare.status, bare.body) == (full.status, b"")
    assert bare.field("Content-Length") == full.field("Content-Length") == str(len(full.body))
    assert bare.field("Content-Type") == full.field("Content-Type")
    with Wire(site.port) as wire:
        wire.send(head("HEAD", path) + head("GET", "/ping"))
        assert wire.read("HEAD").status == full.status
        assert wire.read().body == b'{"ok":true}'


def test_errors_carry_the_security_headers_too(service):
    for answer in (post(service.port, "/event", b"x"), post(service.port, "/collect", b"x" * 1_048_577), post(service.port, "/event", event()), post(service.port, "/collect", submission())):
        check_security(answer)


# Other sites


@pytest.mark.parametrize("path", ["/event", "/events", "/collect"])
def test_every_origin_may_post_by_default(service, path):
    fields = [("Origin", "https://shop.example"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type")]
    answer = request(service.port, "OPTIONS", path, None, fields)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.field("Access-Control-Allow-Origin") == "*"
    assert "POST" in answer.field("Access-Control-Allow-Methods")
    assert "content-type" in answer.field("Access-Control-Allow-Headers").lower()
    assert int(answer.field("Access-Control-Max-Age")) > 0
    assert answer.field("Access-Control-Allow-Credentials") is None
    bodies = {"/event": event(), "/events": [event()], "/collect": submission()}
    posted = post(service.port, path, bodies[path], fields[:1])
    assert (posted.status, posted.field("Access-Control-Allow-Origin")) == (200, "*")
    refused = post(service.port, path, b"nonsense", fields[:1])
    assert (refused.status, refused.field("Access-Control-Allow-Origin")) == (400, "*")
    large = post(service.port, path, b" " * 1_048_577, fields[:1])
    assert (large.status, large.field("Access-Control-Allow-Origin")) == (413, "*")


@pytest.mark.parametrize("path", ["/", "/health", "/ping", "/bw?bytes=1"])
def test_other_routes_reject_cross_origin_requests(site, path):
    answer = get(site.port, path, [("Origin", "https://shop.example")])
    assert answer.field("Access-Control-Allow-Origin") is None


def test_origins_can_be_listed(serve, store):
    collector = serve(store, environment={"COLLECTOR_ALLOWED_ORIGINS": "https://a.example, http://b.example:8080"})
    port = collector.port
    for origin in ("https://a.example", "http://b.example:8080"):
        answer = post(port, "/event", event(), [("Origin", origin)])
        assert (answer.status, answer.field("Access-Control-Allow-Origin")) == (200, origin)
        assert "Origin" in answer.field("Vary")
        preflight = request(port, "OPTIONS", "/event", None, [("Origin", origin), ("Access-Control-Request-Method", "POST")])
        assert (preflight.status, preflight.field("Access-Control-Allow-Origin")) == (204, origin)
        echoed = post(port, "/collect", submission(), [("Origin", origin)])
        assert (echoed.status, echoed.field("Access-Control-Allow-Origin")) == (200, origin)
    # Our own page, and clients that are no browsers.
    assert post(port, "/event", event(), [("Origin", f"http://localhost:{port}")], host=f"localhost:{port}").status == 200
    assert post(port, "/event", event()).status == 200
    for origin in ("https://evil.example", "https://a.example.evil.example", "http://a.example", "null", "https://a.example:444"):
        answer = post(port, "/event", event(), [("Origin", origin)])
        assert (answer.status, answer.field("Access-Control-Allow-Origin")) == (403, None), origin
        preflight = request(port, "OPTIONS", "/event", None, [("Origin", origin), ("Access-Control-Request-Method", "POST")])
        assert preflight.field("Access-Control-Allow-Origin") is None


# A base path


BASE_PATHS = {"/collector": "/collector", "/collector/": "/collector", "/a/b": "/a/b", "/": ""}


@pytest.mark.parametrize("setting", BASE_PATHS)
def test_a_base_path_with_and_without_a_proxy_that_strips_it(serve, setting):
    prefix = BASE_PATHS[setting]
    collector = serve(environment={"COLLECTOR_BASE_PATH": setting})
    for base in {prefix, ""}:
        assert get(collector.port, base + "/").status == 200
        assert get(collector.port, base + "/health").status == 200
        assert post(collector.port, base + "/event", event()).status == 200
        for path in static_paths(collector.port):
            assert get(collector.port, f"{base}/{path}").status == 200
    if prefix:
        answer = get(collector.port, prefix)
        assert answer.status in (301, 308)
        assert answer.field("Location") == prefix + "/"
        assert get(collector.port, prefix + "x/health").status == 404
        assert get(collector.port, prefix + prefix + "/health").status == 404


# Files for other sites, and the demo


@pytest.mark.parametrize("path", SIZES)
def test_any_site_may_load_the_tracker(site, path):
    answer = get(site.port, path, [("Origin", "https://shop.example"), ("Accept-Encoding", "gzip")])
    assert answer.status == 200 and answer.field("Content-Type").startswith("text/javascript")
    assert answer.field("Access-Control-Allow-Origin") == "*" and answer.field("Timing-Allow-Origin") == "*"
    assert answer.field("Cross-Origin-Resource-Policy") == "cross-origin"
    assert answer.field("Cache-Control") == "public, max-age=3600, stale-while-revalidate=86400"
    check_security(answer)
    again = get(site.port, path, [("If-None-Match", answer.field("ETag")), ("Accept-Encoding", "gzip")])
    assert again.status == 304 and again.field("Access-Control-Allow-Origin") == "*"


@pytest.mark.parametrize(("path", "bytes_max"), SIZES.items())
def test_the_tracker_is_small(site, path, bytes_max):
    answer = get(site.port, path, [("Accept-Encoding", "gzip")])
    assert answer.field("Content-Encoding") == "gzip" and len(answer.body) <= bytes_max


def test_the_demo_is_three_pages_of_its_own(site):
    answer = get(site.port, "/demo")
    assert (answer.status, answer.field("Location")) == (308, "/demo/")
    for path in ("/demo/", "/demo/shop", "/demo/about"):
        answer = get(site.port, path)
        assert answer.status == 200 and answer.field("Content-Type").startswith("text/html"), path
        check_security(answer)
        for name in re.findall(r'(?:src|href)="\.\./([^"]+)"', answer.body.decode()):
            assert get(site.port, "/" + name).status == 200, name
    assert get(site.port, "/demo/home.html").status == 404
