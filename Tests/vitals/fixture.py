"""Types of a fixture: pages, steps of a visitor, and metrics to compare. Files in fixtures/ declare them as data."""

import dataclasses

CHROMIUM, FIREFOX, WEBKIT = "chromium", "firefox", "webkit"
EVERYWHERE = (CHROMIUM, FIREFOX, WEBKIT)
#: Engines that report interactions.
INTERACTIVE = (CHROMIUM, FIREFOX)

METRICS = ("LCP", "INP", "CLS", "FCP", "TTFB")
INP_PARTS = tuple(f"INP.{name}" for name in "interactionTarget interactionType interactionTime inputDelay processingDuration presentationDelay".split())
LCP_PARTS = tuple(f"LCP.{name}" for name in "target url timeToFirstByte resourceLoadDelay resourceLoadDuration elementRenderDelay".split())
CLS_PARTS = tuple(f"CLS.{name}" for name in "largestShiftTarget largestShiftValue largestShiftTime".split())
INVOKER = ("INP.longestScript.invoker",)
EVERYTHING = METRICS + INP_PARTS + INVOKER + LCP_PARTS + CLS_PARTS


@dataclasses.dataclass
class Page:
    """An HTML page with recorder and tracker in its head; `streamed` are later parts, each with a delay in milliseconds."""

    body: str = "<p>Some text that is painted.</p>"
    head: str = ""
    style: str = ""
    tag: str = "defer"
    data: str = ""
    delay_ms: int = 0
    streamed: tuple = ()
    cache: str = "no-cache"
    is_recorded: bool = True


@dataclasses.dataclass
class Fixture:
    """A visit. `page` is opened first; `others` are further pages by name in the same folder."""

    name: str
    page: Page
    steps: list
    row: str = ""
    engines: tuple = EVERYWHERE
    metrics: tuple = EVERYTHING
    others: dict = dataclasses.field(default_factory=dict)
    #: Whether the first step opens the page itself.
    opens: bool = False
    #: Kinds of the page views that must be recorded, so that a fixture cannot pass without doing anything.
    kinds: tuple = ("navigate",)
    #: Minimum expected value by metric, to check that the page triggered the behavior under test.
    causes: dict = dataclasses.field(default_factory=dict)
    #: Maximum number of events of the whole visit, for fixtures that test it.
    events_max: int | None = None

    @property
    def pages(self):
        """Pages by the last part of their paths."""
        return {"page": self.page} | self.others

    def page_of(self, path):
        """The fixture's page with this path; None for routes and unknown paths."""
        return self.pages.get(path.rsplit("/", 1)[-1])


# Steps: pairs of a method of a driver in browsers.py, and its arguments. Paths without a slash are next to the page.


def step(method, *values):
    return (method, *values)


def open_page():
    return step("open", "page")


def open_in_background():
    return step("open_in_background", "page")


def begun():
    """The tracker has begun a page view."""
    return step("wait", "self.collector?.id")


def ready():
    """The tracker has begun a page view, and its part that attributes values has been loaded."""
    return step("wait", "self.collector?.id && performance.getEntriesByType('resource').some(({ name }) => name.includes('collector-details.js'))")


def wait(condition, seconds=10):
    return step("wait", condition, seconds)


def painted():
    """The page was painted, and the browser reported it."""
    return step("wait", "recorder.counts().paint")


def seen(entry_type, number=1):
    """The browser reported this number of entries of a type, in engines that support it."""
    return step("wait", f"!PerformanceObserver.supportedEntryTypes.includes('{entry_type}') || recorder.counts()['{entry_type}'] >= {number}")


def done():
    """The page's own script has finished."""
    return step("wait", "self.isDone")


def rested(milliseconds):
    """Time passed in the page, for metrics that are defined by time, such as session windows."""
    return step("rest", milliseconds)


def click(selector):
    return step("click", selector)


def press(key):
    return step("press", key)


def follow(selector, path="left"):
    """Clicks a link and waits for its page."""
    return step("follow", selector, path)


def leave(path="/left"):
    return step("leave", path)


def back():
    return step("back", "page")


def hide():
    return step("hide")


def show():
    return step("show")


def close():
    return step("close")


def reload():
    return step("reload")


def run(script):
    """Runs a statement in the page."""
    return step("run", script)
