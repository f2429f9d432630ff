"""The owner's page does not move under the reader: layout shifts of each view while it loads, as the browser counts them."""

import pytest

from insight import ENVIRONMENT, send, settle, visit_events
from test_insight_page import open_page, ready

#: Good by the definition of CLS, and what the page keeps: a page is not its own worst page.
SHIFTS_MAX = 0.1
TABS = ("overview", "performance", "issues", "visitors", "goals", "fingerprint", "raw", "tracking")

#: Collects the shifts from the start of the page, each with what moved.
START = """
self.shifts = [];
new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
        const nameOf = ({ node }) => node && (node.id || node.className || node.nodeName);
        if (!hadRecentInput) shifts.push([value, ...sources.map(nameOf)]);
    }
}).observe({ type: "layout-shift", buffered: true });
"""
#: Shifts are reported with the frame after them.
SHIFTS = "() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))).then(() => self.shifts)"


@pytest.fixture
def visited(sqlite, serve):
    """A server with visits of two pages: errors, a custom event, a fingerprint and slow vitals."""
    collector = serve(sqlite, environment=ENVIRONMENT)
    events = 0
    error = {"kind": "error", "name": "TypeError", "message": "x is not a function", "count": 1, "frames": [{"function": "open", "file": "https://shop.example/a.js", "line": 1, "column": 2}]}
    fingerprint = {"hash": "h", "parts": {name: {"hash": name, "stable": True} for name in ("canvas", "fonts", "webgl", "audio")}}
    for number in range(40):
        events += send(collector.port, visit_events(f"/page-{number % 2}", lcp=2000 + 100 * number, error=error, fingerprint=fingerprint, referrer="https://search.example/", extra={"release": "1.0", "campaign": {"utm_campaign": "autumn"}}))
    settle(collector.port, events)
    return collector


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_a_view_does_not_move_while_it_loads(chromium, visited, width):
    chromium.signed_in_at = None
    open_page(chromium, visited)
    chromium.resize(width, 900)
    chromium.add_start_script(START)
    for view in TABS:
        open_page(chromium, visited, f"&width={width}", view)
        shifts = chromium.evaluate(SHIFTS)
        assert sum(value for value, *_ in shifts) < SHIFTS_MAX, (view, shifts)
    chromium.resize(1440, 900)


def test_signing_in_does_not_move_the_page(chromium, visited):
    chromium.open("about:blank")
    chromium.add_start_script(START)
    chromium.leave(f"{visited.url}/insight?range=24h#token={ENVIRONMENT['COLLECTOR_TOKEN']}")
    ready(chromium)
    shifts = chromium.evaluate(SHIFTS)
    assert sum(value for value, *_ in shifts) < SHIFTS_MAX / 2, shifts
    chromium.signed_in_at = visited.url
