"""The layout of the owner's page at common widths: full rows of cards, and a query bar of one line."""

import pytest

from insight import ENVIRONMENT, send, settle, visit_events
from test_insight_page import open_page
from waits import wait_for

#: Right ends of the rows of cards, in pixels from that of the grid.
GAPS = """() => {
  const grid = document.querySelector("#panel-overview").getBoundingClientRect();
  const rows = new Map();
  for (const card of document.querySelectorAll("#panel-overview .card:not([hidden])")) {
    const { top, right } = card.getBoundingClientRect();
    rows.set(Math.round(top), Math.max(rows.get(Math.round(top)) ?? 0, right));
  }
  return [...rows.values()].map((right) => Math.round(grid.right - right));
}"""
CARDS = "() => document.querySelectorAll('#panel-overview .card.list').length"


@pytest.mark.parametrize("extra", [{}, {"release": "1.0"}, {"release": "1.0", "campaign": {"utm_campaign": "autumn"}}], ids=["empty tabs", "a release", "a campaign"])
def test_rows_are_full_and_the_bar_is_one_line(chromium, sqlite, serve, extra):
    collector = serve(sqlite, environment=ENVIRONMENT)
    error = {"kind": "error", "name": "Error", "message": "broken", "count": 1, "frames": []}
    settle(collector.port, send(collector.port, visit_events("/page", extra=extra, error=error)))
    chromium.signed_in_at = None
    open_page(chromium, collector)
    assert chromium.evaluate(CARDS) == 7
    for width in (1440, 1024, 800, 390):
        chromium.resize(width, 900)
        # Charts follow the width of the window a moment later.
        wait_for(lambda: chromium.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"), 3, f"no wider than {width}")
        assert set(chromium.evaluate(GAPS)) == {0}, width
        if width >= 1024:
            middle = "() => ['#ranges', '#zone'].map((one) => document.querySelector(one).getBoundingClientRect()).map(({ top, bottom }) => Math.round((top + bottom) / 2))"
            ranges, zone = chromium.evaluate(middle)
            assert abs(ranges - zone) <= 2, width
    chromium.resize(1440, 900)
