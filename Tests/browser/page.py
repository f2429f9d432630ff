"""Shared by tests of the dashboard: visits a page and reads its cards."""

from waits import wait_for

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


def wait_for_script(engine):
    wait_for(lambda: engine.evaluate("() => typeof collectorDashboard") == "object", 10, "the script's start")


def visit(engine, collector, path="/", **options):
    """Opens the page, and waits until all that it sends is stored."""
    engine.open(collector.url + path, **options)
    wait_for_script(engine)
    engine.evaluate("() => collectorDashboard.ready")
    delivered = engine.evaluate("() => collectorDashboard.delivered")
    collector.wait_until_stored()
    return delivered


def show(engine, tab):
    engine.click(f"#tab-{tab}")
    shown = "() => [...document.querySelectorAll('[role=tabpanel]')].filter((panel) => !panel.hidden).map((panel) => panel.id)"
    wait_for(lambda: engine.evaluate(shown) == [f"panel-{tab}"], 10, f"the tab {tab}")


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


DRAWN_BADLY = """() => {
  const cards = [...document.querySelectorAll("main .card")].filter((card) => card.checkVisibility());
  const boxes = cards.map((card) => card.getBoundingClientRect());
  const title = (card) => card.querySelector("h2, h3")?.textContent ?? card.id;
  const problems = cards.length ? [] : ["no card"];
  cards.forEach((card, index) => {
    const box = boxes[index];
    if (box.width < 100 || box.height < 40 || !card.textContent.trim()) problems.push(`${title(card)} is empty`);
    if (card.querySelector(".skeleton")) problems.push(`${title(card)} is loading`);
    if (box.left < -1 || box.right > innerWidth + 1) problems.push(`${title(card)} exceeds the window`);
    boxes.slice(index + 1).forEach((other, next) => {
      const isInside = card.contains(cards[index + 1 + next]);
      const overlaps = box.left < other.right - 1 && other.left < box.right - 1 && box.top < other.bottom - 1 && other.top < box.bottom - 1;
      if (overlaps && !isInside) problems.push(`${title(card)} overlaps ${title(cards[index + 1 + next])}`);
    });
  });
  return problems;
}"""

# Relative brightness of the page's background, from 0 (black) to 1 (white).
BRIGHTNESS = """() => {
  const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number);
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}"""


def check_layout(engine, scheme):
    """Checks that the visible cards have content, fit the window and do not overlap, in the colors of the scheme."""
    wait_for(lambda: engine.evaluate(DRAWN_BADLY) == [], 5, lambda: f"cards are drawn: {engine.evaluate(DRAWN_BADLY)}")

    def has_colors():
        # Colors change little by little.
        brightness = engine.evaluate(BRIGHTNESS)
        return brightness > 0.8 if scheme == "light" else brightness < 0.3

    wait_for(has_colors, 10, lambda: f"the colors of {scheme}; the brightness is {engine.evaluate(BRIGHTNESS)}")
