"""Vitals of a representative part of the fixture pages equal the published definitions; `make vitals` runs all of them (docs/vitals.md)."""

import pathlib
import sys

import pytest

VITALS = pathlib.Path(__file__).resolve().parents[1] / "vitals"
sys.path.append(str(VITALS))

import browsers
import fixtures
import table
import visit
from contract import SIZES
from engines import FINDERS, wanted
from program import Collector
from site_server import Site
from wire import get

REPRESENTATIVE = (
    "slow-image-lcp late-lcp async-tag-streamed slow-click slow-keydown slow-clicks-then-many slow-link slow-click-then-left shifts-of-two-windows "
    "text-node-shifts background-shown background-closed hidden-before-tracker-shown speculative-prefetch prerender restored-then-slow-click route "
    "slow-click-to-route-left-at-once hidden-ten-times-then-slow-click"
).split()
FIXTURES = {one.name: one for one in fixtures.ALL}
CASES = [(engine, name) for engine in wanted() for name in REPRESENTATIVE if engine in FIXTURES[name].engines]


def served_tracker(folder):
    """The files of the tracker by name, from the binary under test."""
    collector = Collector(folder)
    try:
        answers = {path.lstrip("/"): get(collector.port, path) for path in SIZES}
        assert {answer.status for answer in answers.values()} == {200}
        return {name: answer.body for name, answer in answers.items()}
    finally:
        collector.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(served_tracker(tmp_path_factory.mktemp("tracker")))
    yield site
    site.close()


@pytest.fixture(scope="module")
def own_drivers():
    """Browsers that no library instruments; each is started once."""
    started = {}
    yield started
    for driver in started.values():
        driver.quit()


@pytest.mark.parametrize(("engine", "name"), CASES)
def test_posted_vitals_equal_the_published_definitions(engine, name, site, own_drivers):
    if FINDERS[engine]() is None:
        pytest.skip(f"{engine} is not installed here")
    if engine not in own_drivers:
        own_drivers[engine] = browsers.start(engine)
    rows, failure = visit.run(FIXTURES[name], engine, own_drivers[engine], site)
    assert failure is None, failure
    assert rows
    assert not [table.line(row) for row in rows if not row.is_equal], visit.inputs(site)
