"""The main-thread time of the measured scripts, from a trace of the browser.

The browser evaluates a script, or calls one of its functions: a listener, a timer, an observer. Each such call is an event of the trace with the
script's address, and so is each compilation. Microtasks have no address; the page itself uses none, so they count as the measured scripts'. The
events nest, and only the outermost count. CPU time of the thread does not contain the time in which it waited for a core of a busy
machine, and does contain the throttling of the browser. It does not contain waiting for another process either, such as the one that keeps
localStorage; elapsed time contains both, so it is printed beside it.
"""

import collections
import json

# With the address in args.data.url.
ENTRIES = {"EvaluateScript", "FunctionCall", "v8.compile", "v8.compileModule", "v8.produceCache", "v8.produceModuleCache"}
MICROTASKS = "RunMicrotasks"
TASK = "ThreadControllerImpl::RunTask"


class Spent:
    """Milliseconds of main thread: `by_kind` of the scripts and `elapsed` by the clock, `longest` in one task, `tasks` of the page and all scripts."""

    def __init__(self):
        self.by_kind = collections.Counter()
        self.longest = self.tasks = self.elapsed = 0.0

    @property
    def scripts(self):
        return sum(self.by_kind.values())


def address(event):
    return event.get("args", {}).get("data", {}).get("url", "")


def main_threads(events, site):
    """Threads that rendered the site's pages, with the time of the first page with scripts."""
    begins = {}
    for event in events:
        if event["name"] == "CommitLoad" and address(event).startswith(site) and not address(event).endswith("/blank"):
            thread = event["pid"], event["tid"]
            begins[thread] = min(event["ts"], begins.get(thread, event["ts"]))
    return begins


def spent(trace, site, scripts):
    """Main-thread time of the site's pages and of the measured scripts in a trace."""
    events = json.loads(trace)["traceEvents"]
    begins = main_threads(events, site)
    if not begins:
        raise RuntimeError("the trace has no page of the site")
    result = Spent()
    for thread, begin in begins.items():
        own = [
            event for event in events
            if event["ph"] == "X" and (event["pid"], event["tid"]) == thread and event["ts"] >= begin and "tdur" in event
        ]
        add_thread(result, sorted(own, key=lambda event: (event["ts"], -event["dur"])), scripts)
    return result


def add_thread(result, events, scripts):
    """Sums the outermost events of one thread, which are ordered by start."""
    task_end = script_end = in_task = 0
    for event in events:
        begin, end, ms = event["ts"], event["ts"] + event["dur"], event["tdur"] / 1000
        if event["name"] == TASK and begin >= task_end:
            task_end, in_task = end, 0
            result.tasks += ms
        if begin < script_end:
            continue
        is_entry = event["name"] in ENTRIES and address(event).startswith(scripts)
        if not is_entry and event["name"] != MICROTASKS:
            continue
        script_end = end
        result.by_kind["microtasks" if event["name"] == MICROTASKS else event["name"]] += ms
        result.elapsed += event["dur"] / 1000
        in_task += ms
        result.longest = max(result.longest, in_task)
