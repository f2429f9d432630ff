"""Main-thread time of the tracker by function, from V8's sampling profiler, with readable names."""

import collections
import json

import tracker_scripts as scripts
from tracker_site import Endpoint, Site
from tracker_visit import Visitor

CATEGORIES = ["-*", "disabled-by-default-v8.cpu_profiler", "disabled-by-default-v8.cpu_profiler.hires"]
FUNCTIONS_SHOWN = 40
VISITS = 4


def chunks(events):
    """Nodes, samples and microseconds of each process. A profile consists of several chunks."""
    found = collections.defaultdict(lambda: ({}, [], []))
    for event in events:
        if event["name"] != "ProfileChunk":
            continue
        nodes, samples, deltas = found[event["pid"]]
        data = event["args"]["data"]
        profile = data.get("cpuProfile", {})
        nodes.update((node["id"], node) for node in profile.get("nodes", ()))
        samples += profile.get("samples", ())
        deltas += data.get("timeDeltas", ())
    return found.values()


def chain(nodes, id):
    """The frames of a stack, innermost first."""
    while id is not None:
        yield nodes[id]["callFrame"]
        id = nodes[id].get("parent")


def add_profile(own, total, events, prefix):
    """Adds milliseconds by function: `own` includes browser functions that it calls, `total` all callees."""
    for nodes, samples, deltas in chunks(events):
        # A sample lasts until the next one.
        for sample, delta in zip(samples, deltas[1:], strict=False):
            frames = list(chain(nodes, sample))
            ours = [frame for frame in frames if frame.get("url", "").startswith(prefix)]
            if not ours:
                continue
            # The browser's functions have no address; their time is added to the caller.
            native = "" if frames[0].get("url") else f" → {frames[0]['functionName']}"
            own[label(ours[0]) + native] += delta / 1000
            for name in {label(frame) for frame in ours}:
                total[name] += delta / 1000


def label(frame):
    """The name of a function with its file and line."""
    return f"`{frame['functionName'] or '(anonymous)'}` {frame['url'].rsplit('/', 1)[-1]}:{frame['lineNumber'] + 1}"


def print_profile(web, scenario, out):
    endpoint, visitor = Endpoint(scripts.readable_files(web)), Visitor()
    site = Site(scripts.tags(endpoint.url, ["collector"]), scenario.views)
    own, total = collections.Counter(), collections.Counter()
    try:
        for _ in range(VISITS):
            trace = visitor.traced(site, "collector", scenario, 1, CATEGORIES)
            endpoint.take()
            add_profile(own, total, json.loads(trace)["traceEvents"], endpoint.url)
    finally:
        visitor.close()
    views = VISITS * scenario.views
    out.say(f"Sampled about every 0.2 ms, {views} page views: {sum(own.values()) / views:.1f} ms per page view, including the profiler's overhead.\n")
    for title, times in (("own time, including browser functions", own), ("with its callees", total)):
        out.table((f"function, {title}", "ms a page view"), (
            (name, f"{ms / views:.2f}") for name, ms in times.most_common(FUNCTIONS_SHOWN)
        ))
