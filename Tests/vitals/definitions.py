"""Core Web Vitals and their attribution, computed from raw performance entries by the definitions published at web.dev.

A separate implementation for comparison with the tracker: it shares no code with Web/tracker or with the web-vitals library. Input are the
lines that recorder.js posted for one document, output is a list of page views, each with its metrics. In a metric, `UNSUPPORTED` means that the
browser has no such entries, and `NOTHING` that the page view has no such value.
"""

import dataclasses
import urllib.parse

UNSUPPORTED = "null"
NOTHING = "–"

#: Shifts closer than this belong to one session window, which is at most so long (web.dev/articles/cls).
SHIFT_GAP_MS = 1000
SHIFT_WINDOW_MS = 5000
#: One in this number of interactions is ignored as an outlier (web.dev/articles/inp).
INTERACTIONS_PER_OUTLIER = 50
#: Interactions below the observed duration leave only a count; restored pages and routes then have this INP.
SHORT_INTERACTION_MS = 8
#: The browser rounds durations to 8 ms; entries that end this close to each other were presented in one frame.
FRAME_MS = 8
LONGEST_INTERACTIONS = 10


@dataclasses.dataclass
class PageView:
    """A page load, a return from the back/forward cache, a route, or a soft navigation within a path."""

    path: str
    url: str
    kind: str
    start: float
    #: The document's time origin, which identifies it.
    origin: float = 0
    end: float = float("inf")
    interactions_before: int = 0
    interactions_after: int = 0
    soft_navigation: dict | None = None
    restored_paint: float | None = None
    #: Expected value by metric or "METRIC.part"; a tuple has alternatives.
    values: dict = dataclasses.field(default_factory=dict)


class Document:
    """The recorded lines of one document."""

    def __init__(self, lines):
        self.lines = lines
        self.started = next(data for kind, data in lines if kind == "started")
        self.supported = set(self.started["supported"])
        self.sent = [data for kind, data in lines if kind == "sent"]
        self.last = self.sent[-1]
        self.activation = self.last["activationStart"]
        self.resources = {}
        for data in self.sent:
            self.resources |= {url: entry for url, entry in data["resources"].items() if entry}

    def entries(self, *types):
        return [data for kind, data in self.lines if kind == "entry" and data["entryType"] in types]

    def first_hidden(self, start):
        """When the page was first hidden at or after `start`, by the browser's record or by our own listener."""
        times = [data["time"] for kind, data in self.lines if kind == "visibility" and data["hidden"]]
        times += [entry["startTime"] for entry in self.entries("visibility-state") if entry["name"] == "hidden"]
        if self.started["hidden"] and not self.started["prerendering"]:
            times.append(0)
        return min([time for time in times if time >= start], default=float("inf"))

    def first_input(self):
        """When the first click or key press was handled. Content that appears later may be its effect, and browsers differ in what they still report."""
        inputs = [entry for entry in self.entries("event", "first-input") if entry["name"] in ("click", "keydown")]
        return min([entry["processingStart"] for entry in inputs], default=float("inf"))

    def page_views(self):
        views = self._split()
        for index, view in enumerate(views):
            last = index == len(views) - 1
            view.end = float("inf") if last else views[index + 1].start
            view.interactions_after = self.last["interactions"] if last else views[index + 1].interactions_before
            view.origin = self.started["origin"]
            self._measure(view)
        return views

    def _split(self):
        """Page views of the document, without their metrics."""
        url = self.started["url"]
        kind = "prerender" if self.started["prerendering"] or self.activation else self.sent[0]["type"]
        views = [PageView(_path(url), url, kind, 0)]
        unused = self.entries("soft-navigation")
        for name, data in self.lines:
            if name == "restored":
                last = views[-1]
                views.append(PageView(last.path, last.url, "bfcache", data["time"], interactions_before=data["interactions"]))
            elif name == "restoredPaint":
                views[-1].restored_paint = data["value"]
            elif name == "route":
                soft = next((entry for entry in unused if entry["startTime"] <= data["time"] and entry["name"] == data["url"]), None)
                if soft:
                    unused.remove(soft)
                is_new_path = _path(data["url"]) != views[-1].path
                # Within a path, only the browser can report that new content was shown.
                if soft or is_new_path:
                    kind = "route" if is_new_path else "soft-navigation"
                    view = PageView(_path(data["url"]), data["url"], kind, data["time"], interactions_before=data["interactions"])
                    view.soft_navigation = soft
                    views.append(view)
        return views

    def _measure(self, view):
        is_route = view.kind in ("route", "soft-navigation")
        if is_route:
            self._measure_route(view)
        elif view.kind == "bfcache":
            value = NOTHING if view.restored_paint is None else view.restored_paint
            view.values |= {"TTFB": 0, "FCP": value, "LCP": value if "largest-contentful-paint" in self.supported else UNSUPPORTED}
        else:
            self._measure_load(view)
        # Shifts of a page that was never painted while visible do not count.
        has_painted = is_route or view.kind == "bfcache" or view.values["FCP"] not in (NOTHING, UNSUPPORTED)
        self._measure_shifts(view, has_painted)
        self._measure_interactions(view)

    def _measure_load(self, view):
        response = self.last["responseStart"]
        view.values["TTFB"] = max(0, response - self.activation) if response > 0 else NOTHING
        first_hidden = self.first_hidden(self.activation)
        paints = [entry for entry in self.entries("paint") if entry["name"] == "first-contentful-paint" and entry["startTime"] < first_hidden]
        view.values["FCP"] = max(0, paints[0]["startTime"] - self.activation) if paints else NOTHING
        if "largest-contentful-paint" not in self.supported:
            view.values["LCP"] = UNSUPPORTED
            return
        end = min(first_hidden, self.first_input())
        candidates = [entry for entry in self.entries("largest-contentful-paint") if 0 < entry["startTime"] < end]
        if not candidates:
            view.values["LCP"] = NOTHING
            return
        # The largest candidate of a frame, since they are not always delivered in order.
        largest = max(candidates, key=lambda entry: (entry["startTime"], entry["size"]))
        view.values["LCP"] = max(0, largest["startTime"] - self.activation)
        self._attribute_paint(view, largest, self.activation, response)

    def _measure_route(self, view):
        if "soft-navigation" not in self.supported:
            view.values |= {"TTFB": UNSUPPORTED, "FCP": UNSUPPORTED, "LCP": UNSUPPORTED}
            return
        soft = view.soft_navigation
        if not soft:
            view.values |= {"TTFB": NOTHING, "FCP": NOTHING, "LCP": NOTHING}
            return
        view.values |= {"TTFB": 0, "FCP": max(0, soft["paintTime"] - soft["startTime"]), "LCP": NOTHING}
        later = [entry for entry in self.entries("interaction-contentful-paint") if entry["interactionId"] == soft["interactionId"]]
        candidates = [entry for entry in [soft.get("largest"), *later] if entry and entry.get("largest")]
        # Paints after the next interaction or in the background do not count.
        first_hidden = self.first_hidden(soft["startTime"])
        candidates = [entry for entry in candidates if entry["largest"]["renderTime"] < first_hidden]
        if candidates:
            entry = max(candidates, key=lambda entry: entry["largest"]["renderTime"])
            view.values["LCP"] = max(0, entry["largest"]["renderTime"] - entry["startTime"])
            self._attribute_paint(view, entry["largest"], soft["startTime"], 0)

    def _attribute_paint(self, view, largest, start, response):
        """The four parts of an LCP (web.dev/articles/optimize-lcp); their sum is its value."""
        value = view.values["LCP"]
        resource = (self.resources.get(largest["url"]) or largest["resource"]) if largest["url"] else None
        first_byte = max(0, response - start)
        request, finish = first_byte, first_byte
        if resource:
            request = max(first_byte, (resource["requestStart"] or resource["startTime"]) - start)
            finish = max(request, resource["responseEnd"] - start)
        finish = min(value, finish)
        view.values |= {
            "LCP.target": largest["target"] or ([["", largest["id"], []]] if largest["id"] else NOTHING),
            "LCP.url": largest["url"].split("?")[0].split("#")[0] or NOTHING,
            "LCP.timeToFirstByte": first_byte,
            "LCP.resourceLoadDelay": request - first_byte,
            "LCP.resourceLoadDuration": finish - request,
            "LCP.elementRenderDelay": value - finish,
        }

    def _measure_shifts(self, view, has_painted):
        if "layout-shift" not in self.supported:
            view.values["CLS"] = UNSUPPORTED
            return
        if not has_painted:
            view.values["CLS"] = NOTHING
            return
        shifts = [entry for entry in self.entries("layout-shift") if not entry["hadRecentInput"] and view.start <= entry["startTime"] < view.end]
        windows = []
        for shift in shifts:
            window = windows[-1] if windows else None
            if window and shift["startTime"] - window[-1]["startTime"] < SHIFT_GAP_MS and shift["startTime"] - window[0]["startTime"] < SHIFT_WINDOW_MS:
                window.append(shift)
            else:
                windows.append([shift])
        worst = max(windows, key=lambda window: sum(shift["value"] for shift in window), default=[])
        view.values["CLS"] = sum(shift["value"] for shift in worst)
        if worst:
            most = max(shift["value"] for shift in worst)
            # Shifts of the same size are equally largest.
            equal = [shift for shift in worst if most - shift["value"] < 1e-9]
            view.values |= {
                "CLS.largestShiftValue": most,
                "CLS.largestShiftTime": tuple(shift["startTime"] for shift in equal),
                "CLS.largestShiftTarget": tuple(_shifted(shift["sources"]) for shift in equal),
            }

    def _measure_interactions(self, view):
        if not self.started["hasInteractionIds"] or "event" not in self.supported:
            view.values["INP"] = UNSUPPORTED
            return
        events = [entry for entry in self.entries("event", "first-input") if view.start <= entry["startTime"] < view.end]
        interactions = {}
        for entry in events:
            if entry["interactionId"] or entry["entryType"] == "first-input":
                interactions.setdefault(entry["interactionId"], []).append(entry)
        longest = sorted(interactions.values(), key=lambda entries: -_longest(entries))[:LONGEST_INTERACTIONS]
        number = view.interactions_after - view.interactions_before
        if not longest:
            is_counted = number > 0 and view.kind not in ("navigate", "reload", "back_forward", "prerender")
            view.values["INP"] = SHORT_INTERACTION_MS if is_counted else NOTHING
            return
        chosen = longest[min(len(longest) - 1, number // INTERACTIONS_PER_OUTLIER)]
        view.values["INP"] = _longest(chosen)
        self._attribute_interaction(view, chosen, events)

    def _attribute_interaction(self, view, interaction, events):
        """Parts of an INP (web.dev/articles/optimize-inp); processing includes all handlers of the frame."""
        duration = _longest(interaction)
        first = next(entry for entry in interaction if entry["duration"] == duration)
        paint = first["startTime"] + duration
        frame = [entry for entry in events if abs(entry["startTime"] + entry["duration"] - paint) <= FRAME_MS]
        processing_start = max(first["startTime"], min(entry["processingStart"] for entry in frame))
        paint = max(paint, processing_start)
        processing_end = min(paint, max(entry["processingEnd"] for entry in frame))
        view.values |= {
            "INP.interactionTarget": _target([entry for entry in interaction if entry in frame], first),
            "INP.interactionType": "keyboard" if first["name"].startswith("key") else "pointer",
            "INP.interactionTime": first["startTime"],
            "INP.inputDelay": processing_start - first["startTime"],
            "INP.processingDuration": processing_end - processing_start,
            "INP.presentationDelay": paint - processing_end,
        }
        if "long-animation-frame" in self.supported:
            script = self._longest_script(first["startTime"], processing_end)
            view.values["INP.longestScript.invoker"] = script["invoker"] if script else NOTHING

    def _longest_script(self, start, end):
        """The script that ran longest within an interaction."""
        frames = [entry for entry in self.entries("long-animation-frame") if entry["startTime"] <= end and entry["startTime"] + entry["duration"] >= start]
        scripts = [(script["startTime"] + script["duration"] - max(start, script["startTime"]), script) for frame in frames for script in frame["scripts"]]
        _, script = max((pair for pair in scripts if pair[0] > 0), key=lambda pair: pair[0], default=(0, None))
        return script


def _path(url):
    return urllib.parse.urlsplit(url).path


def _longest(entries):
    return max(entry["duration"] for entry in entries)


def _target(entries, longest):
    """The element that an interaction was with: of its events in a frame the first that knows one, those as long as the longest before others."""
    ordered = sorted(entries, key=lambda entry: (entry["duration"] != longest["duration"], entry["startTime"]))
    return next((entry["target"] for entry in ordered if entry["target"]), NOTHING)


def _shifted(sources):
    """The element that a shift is attributed to: the first source that is an element, or the parent of the first source."""
    source = next((source for source in sources if source["isElement"]), sources[0] if sources else None)
    return (source and source["target"]) or NOTHING
