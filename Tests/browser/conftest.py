"""Fixtures: the real program on a real database of either kind."""

import os

import pytest

import engines
from page import visit
from postgres import Cluster
from program import BINARY, Collector, raise_open_files_limit
from stores import PostgresStore, SQLiteStore

STORES = ("sqlite", "postgres")


def pytest_sessionstart(session):
    if not BINARY.exists():
        raise pytest.UsageError(f"{BINARY} does not exist: run make build first")
    raise_open_files_limit()


@pytest.fixture(scope="session")
def cluster():
    """A PostgreSQL that nobody stops; each store makes a database of its own in it."""
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def own_cluster():
    """A PostgreSQL that the test may stop."""
    cluster = Cluster()
    yield cluster
    cluster.remove()


def make_store(kind, folder, request):
    if kind == "sqlite":
        return SQLiteStore(folder)
    return PostgresStore(request.getfixturevalue("cluster"), folder)


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    """An empty store, before any migration."""
    return make_store(request.param, tmp_path, request)


@pytest.fixture
def serve(tmp_path):
    """Starts programs that end with the test at the latest; those that still run must stop as they should."""
    started = []

    def start(store=None, *arguments, environment=None, **options):
        folder = store.folder if store else tmp_path
        settings = (store.environment if store else {}) | (environment or {})
        collector = Collector(folder, *arguments, environment=settings, **options)
        started.append(collector)
        return collector

    yield start
    try:
        for collector in started:
            if collector.is_running:
                collector.stop()
    finally:
        for collector in started:
            collector.kill()


class Service:
    """A program and its store, shared by the tests of a file."""

    def __init__(self, collector, store):
        self.collector = collector
        self.store = store
        self.port = collector.port


@pytest.fixture(scope="module", params=STORES)
def service(request, tmp_path_factory):
    store = make_store(request.param, tmp_path_factory.mktemp("service"), request)
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
    """A program on SQLite for what does not touch the store."""
    store = SQLiteStore(tmp_path_factory.mktemp("site"))
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
    """Engines that have been started, each once."""
    started = {}
    yield started
    for driver in started.values():
        driver.quit()


def driver_of(name, drivers):
    if engines.FINDERS[name]() is None:
        message = f"{name} is not installed here (scripts/setup test; on Ubuntu see docs/troubleshooting.md)"
        # Where the tests decide, nothing may be left out unseen.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    if name not in drivers:
        drivers[name] = engines.start(name)
    return drivers[name]


@pytest.fixture(params=engines.wanted())
def engine(request, drivers):
    return driver_of(request.param, drivers)


@pytest.fixture
def chromium(drivers):
    return driver_of("chromium", drivers)


@pytest.fixture
def sqlite(tmp_path):
    return SQLiteStore(tmp_path)


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
