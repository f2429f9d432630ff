"""Runs a fixture in an engine: performs its steps and waits until everything has been posted."""

import time

import compare
from browsers import StepFailed
from definitions import NOTHING, UNSUPPORTED, Document

#: Longest wait for posts in seconds, and the time without a post after which no more are expected.
ARRIVAL_SECONDS_MAX = 90
QUIET_SECONDS = 20
SETTLED_SECONDS = 0.15
POLL_SECONDS = 0.03
#: A busy machine may paint too late, and a browser may not keep a page.
ATTEMPTS_MAX = 4


def run(fixture, engine, driver, site):
    """Rows of the comparison and an error of the fixture, if any. Retries a visit that did not run as intended."""
    for _ in range(ATTEMPTS_MAX):
        rows, failure = _attempt(fixture, engine, driver, site)
        if not failure and not _is_target_lost(fixture, rows):
            break
    return rows, failure


def _is_target_lost(fixture, rows):
    """Whether only the element of the click that left the page differs. Chromium forgets it while it replaces the page, which may be
    between two readers of the same entry: then there is no right value."""
    unequal = {row.metric for row in rows if not row.is_equal}
    return unequal == {"INP.interactionTarget"} and any(step[0] == "follow" for step in fixture.steps)


def _attempt(fixture, engine, driver, site):
    site.serve(fixture)
    try:
        driver.perform(fixture, site)
    except (StepFailed, RuntimeError, OSError, TimeoutError) as error:
        return [], f"{type(error).__name__}: {error}"
    rows = _settled_rows(fixture, engine, site)
    return rows, _fault(fixture, site)


def _settled_rows(fixture, engine, site):
    """Compares once all page views are final or no posts have arrived for a while."""
    began = time.monotonic()
    deadline = began + ARRIVAL_SECONDS_MAX
    while True:
        documents, events = site.documents(), site.tracked()
        rows = compare.rows(fixture, engine, documents, events, site.library)
        quiet = time.monotonic() - max(began, site.last_post_at)
        is_finished = rows and all(row.is_equal for row in rows) and quiet > SETTLED_SECONDS
        if is_finished or quiet > QUIET_SECONDS or time.monotonic() > deadline:
            return rows
        time.sleep(POLL_SECONDS)


def inputs(site):
    """The events of each document as the recorder saw them, and the vitals that were posted: what an unequal interaction came from."""
    seen = [Document(lines).entries("event", "first-input") for lines in site.documents()]
    return seen, [event["payload"] for event in site.tracked() if event["event_type"] == "webvitals"]


def _fault(fixture, site):
    """Describes how the visit differs from the fixture's intent; None if it does not."""
    views = compare.expected_views(site.documents())
    kinds = tuple(view.kind for view in views)
    if kinds != fixture.kinds:
        return f"page views were {', '.join(kinds) or 'none'}, not {', '.join(fixture.kinds)}"
    for metric, least in fixture.causes.items():
        values = [view.values.get(metric, NOTHING) for view in views]
        known = [value for value in values if isinstance(value, (int, float))]
        if all(value != UNSUPPORTED for value in values) and not any(value >= least for value in known):
            return f"{metric} was {', '.join(map(compare.show, values))}, not at least {least}"
    return None
