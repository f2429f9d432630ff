"""Shared by tests of the tracker: a visitor on a shop's pages, and the stored rows of the visit."""

import contextlib
import dataclasses

import pytest

from lossy import Lossy
from shop import Shop
from stores import events
from waits import wait_for


@dataclasses.dataclass
class View:
    """A page view, read from its rows."""

    id: str
    rows: list

    def of(self, kind):
        return [row for row in self.rows if row["event_type"] == kind]

    def one(self, kind):
        (row,) = self.of(kind)
        return row["payload"]

    @property
    def path(self):
        (path,) = {row["path"] for row in self.rows}
        return path

    @property
    def kind(self):
        return self.one("pageview")["kind"]

    @property
    def vitals(self):
        """The last value of each."""
        values = {}
        for row in self.of("webvitals"):
            values |= {name: row["payload"][name] for name in ("LCP", "INP", "CLS", "FCP", "TTFB") if name in row["payload"]}
        return values

    @property
    def is_complete(self):
        return {"pageview", "webvitals", "engagement"} <= {row["event_type"] for row in self.rows} and self.has_no_hole

    @property
    def has_no_hole(self):
        """Whether nothing is missing so far. A page that is left sends several requests at once: wait for this, since any may be the first."""
        return sorted(row["seq"] for row in self.rows) == list(range(1, len(self.rows) + 1))


class Visit:
    """A browser, a shop, and the server that the shop's pages report to over an unreliable network."""

    def __init__(self, engine, store, collector, **options):
        self.engine, self.store, self.collector = engine, store, collector
        self.network = Lossy(collector.port)
        attributes = f'data-endpoint="{self.network.url}/events" ' + options.pop("attributes", "")
        self.shop = Shop(collector.url, attributes, **options)
        self.host = self.shop.url

    def close(self):
        self.shop.close()
        self.network.close()

    def open(self, path="/one", **options):
        self.engine.open(self.host + path, **options)
        self.wait_for_tracker()

    def go(self, path):
        self.engine.leave(self.host + path)
        self.wait_for_tracker()

    def go_back(self, path):
        """Goes back to the previous page, which has this path, and waits for it: a driver may respond before the page is there."""

        def is_there():
            with contextlib.suppress(Exception):
                return self.engine.evaluate("() => location.pathname") == path

        self.engine.back()
        wait_for(is_there, 20, f"back at {path}")
        self.wait_for_tracker()

    def wait_for_tracker(self):
        wait_for(lambda: self.engine.evaluate("() => self.collector && collector.id") is not None, 20, "the tracker's first view")

    def wait_for_details(self):
        """Breadcrumbs and titles come from the part of the tracker that is loaded after its core."""
        self.wait_for(lambda views: (self.flush() or True) and views and views[-1].of("resources"), "the part that is loaded apart")

    def flush(self):
        return self.engine.evaluate("() => collector.flush()")

    @property
    def rows(self):
        """The rows of all events that the server has acknowledged."""
        self.collector.wait_until_stored()
        return events(self.store)

    @property
    def views(self):
        """In the order of their first rows; ids begin with the time. The rows of each are in the order in which they were emitted."""
        rows = sorted(self.rows, key=lambda row: row["seq"])
        return [View(id, [row for row in rows if row["pageview_id"] == id]) for id in sorted({row["pageview_id"] for row in rows})]

    def kinds(self):
        return [row["event_type"] for row in self.rows]

    def wait_for(self, condition, what, seconds=20):
        """Waits for page views that match the condition and returns them."""
        views = []

        def holds():
            views[:] = self.views
            return condition(views)

        wait_for(holds, seconds, lambda: f"{what() if callable(what) else what}; there is {[(view.path, [(row['seq'], row['event_type']) for row in view.rows]) for view in views]}")
        return views


#: Built-in functions of a page before the tracker wraps them.
KEEP = "<script>self.before = [console.error, self.fetch];</script>"
IS_WRAPPED = "() => before[0] !== console.error || before[1] !== self.fetch"


def wait_for_wrappers(visit):
    visit.wait_for(lambda _: visit.engine.evaluate(IS_WRAPPED), "the wrappers")


def errors(visit, count=1, kind=None):
    """Payloads of so many error events at least, in their order; of a kind, if one is given."""
    found = []

    def are_there(views):
        visit.flush()
        found[:] = [row["payload"] for view in views for row in view.of("error") if kind in (None, row["payload"]["kind"])]
        return len(found) >= count

    visit.wait_for(are_there, f"{count} errors")
    return found


@pytest.fixture
def visit(engine, sqlite, serve):
    """Makes visits; each ends with the test."""
    made = []

    def make(store=None, environment=None, port=0, **options):
        store = store or sqlite
        collector = serve(store, environment={"COLLECTOR_RATE_LIMIT": 0} | (environment or {}), port=port)
        made.append(Visit(engine, store, collector, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
