"""A visitor in Chromium, driven by real input through the browser's protocol."""

import dataclasses
import time

from chromium import Chromium
from engines import find_chromium
from tracker_site import NEXT_LINK, SLOW_BUTTON

# Trace categories of main-thread events and tasks.
CATEGORIES = ["-*", "toplevel", "devtools.timeline", "v8.execute"]
WHEEL_PIXELS = 700
WHEEL_TURNS = 4
NAVIGATION_MS_MAX = 60_000


@dataclasses.dataclass
class Scenario:
    """A number of page views in one tab, each left by a link after a number of seconds."""

    views: int
    stay_seconds: float

    @property
    def title(self):
        return f"{self.views} page views of {self.stay_seconds:g} s"


class Visitor:
    def __init__(self):
        path = find_chromium()
        if path is None:
            raise SystemExit("Chromium is not installed: run scripts/setup test")
        self.chromium = Chromium(path)

    def close(self):
        self.chromium.quit()

    def visit(self, site, name, scenario, rate=1):
        """Visits the pages in a new tab with empty storage and caches, with the CPU throttled by `rate`."""
        page = self.begin(site, rate)
        page.goto(f"{site.url}/{name}/1", wait_until="load", timeout=NAVIGATION_MS_MAX)
        for _ in range(scenario.views):
            self.view(page, scenario.stay_seconds)
            with page.expect_navigation(wait_until="load", timeout=NAVIGATION_MS_MAX):
                page.mouse.click(*NEXT_LINK)

    def traced(self, site, name, scenario, rate, categories=CATEGORIES):
        """Like `visit`, and returns the browser's trace."""
        browser = self.chromium.browser
        browser.start_tracing(categories=categories)
        try:
            self.visit(site, name, scenario, rate)
        finally:
            trace = browser.stop_tracing()
        return trace

    def begin(self, site, rate):
        self.chromium.new_page()
        page = self.chromium.page
        # Throttling applies to a process: open a page of the site first, so that the visit uses the throttled process.
        page.goto(site.url + "/blank")
        self.session = page.context.new_cdp_session(page)
        self.session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
        return page

    def view(self, page, seconds):
        """Clicks the slow button, scrolls, and then waits."""
        leaves_at = time.monotonic() + seconds
        page.wait_for_timeout(min(1000, seconds * 400))
        page.mouse.click(*SLOW_BUTTON)
        for _ in range(WHEEL_TURNS):
            page.mouse.wheel(0, WHEEL_PIXELS)
            page.wait_for_timeout(min(300, seconds * 50))
        page.wait_for_timeout(max(0, leaves_at - time.monotonic()) * 1000)
