"""Shared by tests of the dashboard: visits a page and reads its cards."""

import pathlib

from load import wait_for

SCREENSHOTS = pathlib.Path(__file__).resolve().parent / "screenshots"
PAGE_GZIP_BYTES_MAX = 150_000
TABS = ("overview", "performance", "fingerprint", "raw")
UUID7 = r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}"
UNAVAILABLE = "not available in this browser"

# Cards that must have a value, by engine; the others may have none.
EVERYWHERE = {
    "status", "vitals", "browser", "device", "network", "preferences", "load", "navigation", "slowest", "waterfall", "bytes", "fps",
    "canvas", "fonts", "audio", "features",
}
READY = {
    "chromium": EVERYWHERE | {"battery", "heap", "frames", "webgl", "webgl2", "storage", "permissions", "media", "identity"},
    "firefox": EVERYWHERE | {"storage", "permissions", "identity"},
    "webkit": EVERYWHERE | {"webgl", "identity"},
}


def visit(engine, collector, path="/", **options):
    engine.open(collector.url + path, **options)
    wait_for(lambda: engine.evaluate("() => typeof collectorDashboard") == "object", 10, "the script's start")
    engine.evaluate("() => collectorDashboard.ready")
    return engine.evaluate("() => collectorDashboard.delivered")


def show(engine, tab):
    engine.click(f"#tab-{tab}")
    assert engine.evaluate("() => [...document.querySelectorAll('[role=tabpanel]')].filter((panel) => !panel.hidden).map((panel) => panel.id)") == [f"panel-{tab}"]


def cards(engine):
    """States and texts of all cards, by name."""
    found = engine.evaluate(
        "() => [...document.querySelectorAll('[id^=card-]')].map((card) => [card.id.slice(5), card.dataset.state ?? null, card.textContent])"
    )
    return {name: (state, text) for name, state, text in found}


def check_clean(engine, collector):
    """Checks that no request failed, was blocked, or went to another origin."""
    assert engine.evaluate("() => collectorDashboard.errors()") == []
    assert engine.errors() == []
    addresses = engine.evaluate("() => performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert addresses
    for address in addresses + getattr(engine, "requests", []):
        assert address.startswith((collector.url + "/", "data:", "blob:")), address
