"""How the tests are shared among processes (pytest-xdist): those of an engine stay in one process, the others go by file."""

import os
import re

import engines

#: What takes minutes is begun first. Tests without an engine mostly wait, and run beside those that keep the machine busy.
ORDER = (
    "chromium", "firefox", "webkit",
    "test_harness.py", "test_chaos.py", "test_http_refusals.py", "test_insight_page.py", "test_vitals_fixtures.py", "test_insight_status.py",
    "test_hostile_claims.py", "test_dashboard_page.py", "test_hidden_characters.py", "test_demo_data.py",
)


def is_one():
    """Whether this process is one of several."""
    return "PYTEST_XDIST_WORKER" in os.environ


def number():
    """The number of this process, from zero."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def group_of(id):
    """So an engine is started once, and what it does at one time is one test's; and what the tests of a file share is made once."""
    path, _, name = id.partition("::")
    parameters = re.split(r"[-\[\]]", name)[1:]
    return next((engine for engine in engines.NAMES if engine in parameters), path.rpartition("/")[2])


def rank(id):
    group = group_of(id)
    return ORDER.index(group) if group in ORDER else len(ORDER)


def make_scheduler(config, log):
    """Gives one group after another to the next free process; the import waits until there are several processes."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid)

    return Groups(config, log)
