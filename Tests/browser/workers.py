"""Distributes tests among processes (pytest-xdist): by engine, otherwise by file."""

import os
import re

import engines

#: Slow groups start first. Tests without an engine mostly wait, so they run next to CPU-intensive ones.
ORDER = (
    "webkit", "firefox", "chromium", "chromium pages", "webkit pages",
    "test_harness.py", "test_chaos.py", "test_many_servers.py", "test_http_refusals.py", "test_insight_page.py", "test_vitals_fixtures.py", "test_insight_status.py",
    "test_implausible_values.py", "test_dashboard_page.py", "test_hidden_characters.py", "test_demo_data.py",
)


def is_one():
    """Whether this process is one of several."""
    return "PYTEST_XDIST_WORKER" in os.environ


def number():
    """The number of this process, from zero."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def group_of(id):
    """The group of a test: its engine or its file. Each engine and each file's fixtures are started once, in one process.

    The tests of the owner's page are a group of their own in each engine: with them, one engine would end long after the others."""
    path, _, name = id.partition("::")
    file_name = path.rpartition("/")[2]
    parameters = re.split(r"[-\[\]]", name)[1:]
    group = next((engine for engine in engines.NAMES if engine in parameters), file_name)
    return group + " pages" if group in engines.NAMES and engines.is_page_test(file_name) else group


def rank(id):
    group = group_of(id)
    return ORDER.index(group) if group in ORDER else len(ORDER)


def make_scheduler(config, log):
    """Assigns each group to the next free process. Imports the scheduler only if there are several processes."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid)

    return Groups(config, log)
