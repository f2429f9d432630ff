"""The fingerprint module on a third-party site: with a strict CSP, in three engines, with and without a secure context."""

import gzip
import http.server
import json
import re
import threading

import pytest

import engines
from contract import SIZES
from listener import Server
from waits import wait_for
from wire import get

GZIP_BYTES_MAX = SIZES["/collector-fingerprint.js"]
POLICY = "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
PAGE = b"<!doctype html><title>shop</title><h1 id=navigation>A shop</h1><script src=page.js></script>"
# The page's script loads the module as the tracker's core does.
SCRIPT = b"""
globalThis.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
globalThis.run = async () => (await import("./collector-fingerprint.js")).fingerprint();
"""

EVERYWHERE = {"navigator", "display", "traits", "locale", "localeCounts", "names", "canvas", "fonts", "audio"}
PARTS = {"chromium": EVERYWHERE | {"hints", "webgl", "webgl2"}, "firefox": EVERYWHERE, "webkit": EVERYWHERE | {"webgl", "webgl2"}}
SIGNALS = EVERYWHERE | {"hints", "webgl", "webgl2", "webgpu", "screen", "preferences", "permissions", "devices", "storage", "connection", "battery"}
# Signals that an engine does not support, or not without a screen or graphics card.
ABSENT = {
    "chromium": set(),
    "firefox": {"hints", "webgl", "webgl2", "connection", "battery", "webgpu"},
    "webkit": {"hints", "connection", "battery", "storage", "webgpu"},
}


@pytest.fixture(scope="module")
def module(site):
    """The script as it is served."""
    return get(site.port, "/collector-fingerprint.js").body


@pytest.fixture(scope="module")
def shop(module):
    """The port of a site with a strict policy."""
    files = {"/": ("text/html", PAGE), "/page.js": ("text/javascript", SCRIPT), "/collector-fingerprint.js": ("text/javascript", module)}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kind, body = files.get(self.path, ("text/plain", b""))
            self.send_response(200 if body else 204)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            # The browsers ask for an icon, which is not the module's business.
            self.send_header("Content-Security-Policy", POLICY + "; img-src 'self'")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def visit_shop(engine, port, host="127.0.0.1"):
    engine.open(f"http://{host}:{port}/")
    wait_for(lambda: engine.evaluate("() => typeof run") == "function", 10, "the page's script")


def take(engine):
    return engine.evaluate("() => run()")


def test_the_script_is_small(module):
    assert len(gzip.compress(module, 9)) <= GZIP_BYTES_MAX


def test_each_engine_reports_its_signals_and_null_for_the_others(engine, shop):
    visit_shop(engine, shop)
    result = take(engine)
    signals, parts = result["signals"], result["parts"]
    assert set(signals) == SIGNALS
    absent = {name for name, value in signals.items() if value is None}
    if engine.name == "webkit":
        # Whether it has an estimate of the storage depends on how it was built.
        absent.add("storage")
    assert absent >= ABSENT[engine.name] and not absent & PARTS[engine.name]
    assert set(parts) >= PARTS[engine.name] and "battery" not in parts
    assert all(re.fullmatch("[0-9a-f]{16}", part["hash"]) and part["stable"] for part in parts.values())
    assert re.fullmatch("[0-9a-f]{16}", result["hash"]) and re.fullmatch("[0-9a-f]{16}", signals["canvas"])
    assert signals["navigator"]["userAgent"] == engine.evaluate("() => navigator.userAgent")
    assert signals["navigator"]["hardwareConcurrency"] >= 1
    assert signals["locale"]["timeZone"] and len(signals["localeCounts"]) == 6 and all(signals["localeCounts"])
    assert signals["audio"]["sum"] > 1
    assert signals["traits"]["color-gamut"] in ("srgb", "p3", "rec2020")
    assert signals["preferences"]["prefers-color-scheme"] in ("light", "dark")
    assert set(signals["permissions"]) == {"geolocation", "notifications", "camera", "microphone"}
    assert result["took"] >= 0
    # No picture and no long list: it goes along with a visitor's other events.
    text = json.dumps(result)
    assert "data:" not in text and len(text) < 8000
    assert engine.evaluate("() => violations") == [] and engine.errors() == []


def test_chromium_is_distinguished_by_its_hints_and_its_renderer(chromium, shop):
    visit_shop(chromium, shop)
    result = take(chromium)
    signals = result["signals"]
    assert signals["hints"]["platform"] == "Linux"
    assert signals["hints"]["brands"] and not any(re.search("not.?a.?brand", item["brand"], re.I) for item in signals["hints"]["brands"])
    assert "SwiftShader" in signals["webgl"]["UNMASKED_RENDERER_WEBGL"]
    assert signals["webgl2"]["MAX_3D_TEXTURE_SIZE"] >= 256
    assert re.fullmatch(r"\d+ [0-9a-f]{16}", signals["webgl2"]["extensions"])
    assert signals["battery"]["level"] % 10 == 0
    assert {"webdriver", "headless", "software_renderer"} <= set(result["automation"])


def test_an_automated_browser_is_reported_as_such(engine, shop):
    visit_shop(engine, shop)
    assert "webdriver" in take(engine)["automation"]


def test_the_same_browser_has_the_same_hash(engine, shop):
    visit_shop(engine, shop)
    first, second = take(engine), take(engine)
    visit_shop(engine, shop)
    third = take(engine)
    assert first["parts"] == second["parts"] == third["parts"]
    assert first["hash"] == second["hash"] == third["hash"]


def test_the_script_leaves_the_page_unchanged(engine, shop):
    visit_shop(engine, shop)
    look = "() => [document.documentElement.outerHTML, Object.keys(globalThis).length, document.cookie]"
    before = engine.evaluate(look)
    take(engine)
    assert engine.evaluate(look) == before
    assert engine.evaluate("() => [localStorage.length, sessionStorage.length]") == [0, 0]


def test_graphics_contexts_are_released(chromium, shop):
    visit_shop(chromium, shop)
    chromium.evaluate("() => { globalThis.own = document.createElement('canvas').getContext('webgl'); }")
    # A browser takes the oldest context away when there are more than sixteen.
    for _ in range(10):
        take(chromium)
    assert chromium.evaluate("() => own.isContextLost()") is False
    assert chromium.errors() == []


def test_an_insecure_origin_has_fewer_signals_and_the_same_hash(shop):
    from chromium import Chromium

    path = engines.find_chromium()
    if path is None:
        pytest.skip("chromium is not installed here")
    driver = Chromium(path, ["--host-resolver-rules=MAP shop.example 127.0.0.1"])
    try:
        visit_shop(driver, shop)
        secure = take(driver)
        visit_shop(driver, shop, "shop.example")
        assert driver.evaluate("() => [isSecureContext, typeof crypto.subtle]") == [False, "undefined"]
        open_ = take(driver)
        assert driver.errors() == [] and driver.evaluate("() => violations") == []
    finally:
        driver.quit()
    for name in ("hints", "webgpu", "devices", "storage", "battery"):
        assert open_["signals"][name] is None, name
    assert "deviceMemory" not in open_["signals"]["navigator"]
    assert set(open_["parts"]) == EVERYWHERE | {"webgl", "webgl2"}
    for name in ("canvas", "fonts", "audio", "webgl", "webgl2", "locale", "localeCounts", "traits", "display"):
        assert open_["parts"][name] == secure["parts"][name], name


BROKEN = """
  const broken = () => { throw new Error("broken on purpose"); };
  HTMLCanvasElement.prototype.getContext = broken;
  globalThis.OfflineAudioContext = broken;
  navigator.getBattery = () => new Promise(() => {});
  navigator.permissions.query = broken;
  globalThis.matchMedia = broken;
  Intl.DateTimeFormat = broken;
  Object.defineProperty(Navigator.prototype, "platform", { enumerable: true, get: broken });
"""


def test_a_failing_signal_does_not_affect_the_others(chromium, shop):
    chromium.new_page()
    chromium.page.add_init_script(BROKEN)
    chromium.page.goto(f"http://127.0.0.1:{shop}/")
    result = take(chromium)
    signals = result["signals"]
    for name in ("canvas", "fonts", "webgl", "webgl2", "audio", "battery", "traits", "preferences", "locale"):
        assert signals[name] is None, name
    assert set(signals["permissions"].values()) == {None}
    assert signals["navigator"]["userAgent"] and signals["localeCounts"] and signals["screen"]["width"]
    assert re.fullmatch("[0-9a-f]{16}", result["hash"])
    assert chromium.errors() == []


# Changes some bytes of what is read: the given ones, or others each time.
NOISE = """
  const getImageData = CanvasRenderingContext2D.prototype.getImageData;
  CanvasRenderingContext2D.prototype.getImageData = function (...area) {
    const image = getImageData.apply(this, area);
    for (const index of INDEXES) image.data[index] ^= 1;
    return image;
  };
"""


def take_with_noise(chromium, shop, indexes):
    chromium.new_page()
    chromium.page.add_init_script(NOISE.replace("INDEXES", indexes))
    chromium.page.goto(f"http://127.0.0.1:{shop}/")
    return take(chromium)


def test_a_randomized_canvas_is_left_out_of_the_hash(chromium, shop):
    # Below the lines that are compared.
    first, second = (take_with_noise(chromium, shop, "[40000 + 4 * (globalThis.reads = (globalThis.reads ?? 0) + 1)]") for _ in range(2))
    assert first["parts"]["canvas"]["stable"] is False
    assert first["hash"] == second["hash"]


def test_per_session_noise_is_detected_and_left_out_of_the_hash(chromium, shop):
    first = take_with_noise(chromium, shop, "[400, 2000, 41000, 60000]")
    second = take_with_noise(chromium, shop, "[804, 10000, 42000, 61000]")
    assert first["signals"]["canvas"] == second["signals"]["canvas"] == "noise"
    assert first["hash"] == second["hash"]
