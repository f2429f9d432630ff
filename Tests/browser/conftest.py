"""Fixtures: the real program on a real database of either kind."""

import contextlib
import os
import re
import threading
import time

import pytest

import engines
import workers
from page import visit
from postgres import Cluster
from program import BINARY, Collector, raise_open_files_limit, run
from reuse import Reusing
from stores import PostgresStore, SQLiteStore, make_store
from waits import wait_for

STORES = ("sqlite", "postgres")
DAY_SECONDS = 86_400
#: Longer than a test that depends on the day takes on a busy machine.
TEST_SECONDS_MAX = 150


def pytest_sessionstart(session):
    if not BINARY.exists():
        raise pytest.UsageError(f"{BINARY} does not exist: run make build first")
    raise_open_files_limit()


def pytest_collection_modifyitems(items):
    if workers.is_one():
        items.sort(key=lambda item: workers.rank(item.nodeid))


def pytest_generate_tests(metafunc):
    """Chooses the engines and stores of each test that does not choose them itself."""
    given = ",".join(str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize"))
    names = {name for name in ("engine", "store") if name in metafunc.fixturenames and name not in re.findall(r"\w+", given)}
    wanted = engines.wanted()
    if engines.is_page_test(metafunc.definition.path.name) and not metafunc.definition.get_closest_marker("every_engine") and not engines.is_long_run():
        wanted = [engines.first()]
    if names == {"engine"}:
        metafunc.parametrize("engine", wanted, indirect=True)
    elif names == {"store"}:
        metafunc.parametrize("store", STORES, indirect=True)
    elif names:
        # What a store keeps does not depend on the engine that sent it: one engine is enough on each further store.
        pairs = [(name, kind) for kind in STORES for name in (wanted if kind == STORES[0] or engines.is_long_run() else [engines.first()])]
        metafunc.parametrize(("engine", "store"), pairs, indirect=True)


# pytest-xdist has its own groups, but reads them from a field that pytest no longer has.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return workers.make_scheduler(config, log)


@pytest.fixture(scope="session")
def cluster(stops):
    """A PostgreSQL that runs for the whole session; each store creates its own database in it."""
    cluster = Cluster()
    yield cluster
    # Servers that are still stopping need it.
    stops.finish()
    cluster.remove()


@pytest.fixture
def own_cluster():
    """A PostgreSQL that the test may stop."""
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def one_day():
    """The day in UTC does not end during the test."""
    left = DAY_SECONDS - time.time() % DAY_SECONDS
    if left < TEST_SECONDS_MAX:
        wait_for(lambda: time.time() % DAY_SECONDS < DAY_SECONDS / 2, TEST_SECONDS_MAX, "the next day")


def migrated(store):
    """The store, with the current schema and without a connection."""
    result = run("migrate", folder=store.folder, environment=store.environment)
    assert result.returncode == 0, result.stderr
    store.wait_until_left()
    return store


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    return migrated(SQLiteStore(tmp_path_factory.mktemp("template")))


@pytest.fixture(scope="session")
def postgres_template(cluster, tmp_path_factory):
    return migrated(PostgresStore(cluster, tmp_path_factory.mktemp("template")))


def store_of(request, kind, folder):
    """A store for the tests of a node: with the current schema and no records or, if they have the mark `empty_store`, before any migration.

    The schema is copied from a template, which `collector migrate` creates once per test process: that saves a third of the CPU time of a
    first start on PostgreSQL, and half of it on SQLite. The secret, the only random value in a migrated database, is replaced in each copy.
    What else is in a data folder, such as the token, is created by the server of the test."""
    if request.node.get_closest_marker("empty_store"):
        return make_store(kind, folder, request)
    return request.getfixturevalue(f"{kind}_template").copy(folder)


@pytest.fixture
def store(request, tmp_path):
    """A store without records. Tests run on each kind."""
    return store_of(request, request.param, tmp_path)


class Stops:
    """Programs that have been asked to stop, each held to it by a thread of its own. A browser leaves its connections open, and the
    program waits a second for what may come on them: the next test need not wait, too."""

    def __init__(self):
        self._threads = []
        self._failures = []

    def begin(self, collector, test):
        thread = threading.Thread(target=self._stop, args=(collector, test))
        thread.start()
        self._threads.append(thread)

    def _stop(self, collector, test):
        try:
            collector.stop()
        except Exception as error:
            self._failures.append(f"the program of {test} did not stop as it should: {error}")

    def check(self):
        failures, self._failures = self._failures, []
        assert not failures, "\n".join(failures)

    def finish(self):
        for thread in self._threads:
            thread.join()
        self.check()


@pytest.fixture(scope="session")
def stops():
    stops = Stops()
    yield stops
    stops.finish()


def stop_all(started):
    """Ends all servers; those still running must stop cleanly."""
    try:
        for collector in started:
            if collector.is_running:
                collector.stop()
    finally:
        for collector in started:
            collector.kill()


@pytest.fixture
def serve(request, tmp_path, stops):
    """Starts servers that end with the test, or soon after it if a browser has connections to them."""
    started = []

    def start(store=None, *arguments, environment=None, is_ready=True, wait=True, **options):
        """Waits for the server's database, unless `is_ready` is False: few tests are about the first moments after a start."""
        folder = store.folder if store else tmp_path
        settings = (store.environment if store else {}) | (environment or {})
        collector = Collector(folder, *arguments, environment=settings, wait=wait, **options)
        started.append(collector)
        if wait and is_ready:
            collector.wait_until_ready()
        return collector

    yield start
    # A test's own PostgreSQL ends with the test, so these servers must end before it.
    if "drivers" not in request.fixturenames or "own_cluster" in request.fixturenames:
        stop_all(started)
        return
    for collector in started:
        if collector.is_running:
            stops.begin(collector, request.node.nodeid)
    stops.check()


class Service:
    """A program and its store, shared by the tests of a file."""

    def __init__(self, collector, store):
        self.collector = collector
        self.port = collector.port
        self._store = store
        collector.wait_until_ready()

    @property
    def store(self):
        """The store, with all records that were acknowledged before."""
        self.collector.wait_until_stored()
        return self._store


@pytest.fixture(scope="module", params=STORES)
def service(request, tmp_path_factory):
    store = store_of(request, request.param, tmp_path_factory.mktemp("service"))
    settings = store.environment | getattr(request.module, "ENVIRONMENT", {})
    collector = Collector(store.folder, environment=settings)
    yield Service(collector, store)
    try:
        assert collector.is_running, f"the program ended by itself:\n{collector.log}"
        collector.stop()
    finally:
        collector.kill()


@pytest.fixture(scope="module")
def site(request, tmp_path_factory):
    """A server on SQLite, for tests that do not use the store."""
    store = store_of(request, "sqlite", tmp_path_factory.mktemp("site"))
    collector = Collector(store.folder, environment=getattr(request.module, "ENVIRONMENT", {}))
    yield Service(collector, store)
    try:
        assert collector.is_running, f"the program ended by itself:\n{collector.log}"
        collector.stop()
    finally:
        collector.kill()


# Engines, each started once and kept for all tests


@pytest.fixture(scope="session")
def drivers():
    """Started engines by name; each is started once."""
    started = {}
    yield started
    for driver in started.values():
        driver.quit()


def driver_of(name, drivers, item):
    if engines.FINDERS[name]() is None:
        message = f"{name} is not installed here (scripts/setup test; on Ubuntu see docs/troubleshooting.md)"
        # In CI, a missing engine is an error.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    key = driver_key(name, item)
    if key not in drivers:
        drivers[key] = engines.start(name, is_for_pages=engines.is_page_test(item.path.name))
    # A server may get the port of an earlier one, whose sessions it does not know.
    drivers[key].signed_in_at = None
    return drivers[key]


def driver_key(name, item):
    """Tests of the owner's page have a Chromium of their own."""
    return "chromium for pages" if name == "chromium" and engines.is_page_test(item.path.name) else name


@pytest.fixture
def engine(request, drivers):
    """A started browser engine. `pytest_generate_tests` chooses the engines of each test."""
    return driver_of(request.param, drivers, request.node)


@pytest.fixture
def chromium(request, drivers):
    return driver_of("chromium", drivers, request.node)


def driver_keys(item):
    """The engines that a test uses."""
    names = {item.callspec.params["engine"]} if "engine" in getattr(getattr(item, "callspec", None), "params", {}) else set()
    names |= {"chromium"} & set(getattr(item, "fixturenames", ()))
    return {driver_key(name, item) for name in names}


def pytest_runtest_teardown(item, nextitem):
    """Closes the page of an engine that the next test does not use: it would run until the end, with its animations and retries."""
    drivers = item.funcargs.get("drivers", {}) if hasattr(item, "funcargs") else {}
    for key in driver_keys(item) - driver_keys(nextitem):
        if key in drivers:
            # A page that hangs was the concern of the test.
            with contextlib.suppress(Exception):
                drivers[key].leave("about:blank")


def pytest_runtest_makereport(item, call):
    """Reports to the engines of a test how it ended."""
    drivers = (getattr(item, "funcargs", None) or {}).get("drivers", {})
    if call.when == "call" or call.excinfo:
        for key in driver_keys(item) & set(drivers):
            if isinstance(drivers[key], Reusing):
                drivers[key].end_test(has_passed=call.excinfo is None)


@pytest.fixture
def sqlite(request, tmp_path):
    return store_of(request, "sqlite", tmp_path)


@pytest.fixture
def visited(engine, store, serve):
    """A page that has collected and delivered everything."""
    collector = serve(store)
    visit(engine, collector)
    return engine, collector, store


@pytest.fixture
def visited_on_sqlite(engine, sqlite, serve):
    collector = serve(sqlite)
    visit(engine, collector)
    return engine, collector, sqlite
