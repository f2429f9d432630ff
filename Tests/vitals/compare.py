"""Compares the metrics that the tracker posted with the expected values."""

import dataclasses
import math

from definitions import NOTHING, UNSUPPORTED, Document
from fixture import METRICS

#: Tolerances: milliseconds, and CLS in its own unit.
TIME_TOLERANCE_MS = 0.2
PART_TOLERANCE_MS = 1.0
SHIFT_TOLERANCE = 0.00015
#: Two callbacks measure the paint of a restored page at different times.
RESTORED_TOLERANCE_MS = 100.0

KINDS_OF_LIBRARY = {"bfcache": "back-forward-cache", "route": "soft-navigation", "soft-navigation": "soft-navigation", "back_forward": "back-forward"}


@dataclasses.dataclass
class Row:
    fixture: str
    engine: str
    metric: str
    ours: str
    expected: str
    is_equal: bool
    library: str = ""
    #: Whether the reference library has the expected value; None without a library.
    library_agrees: bool | None = None


def posted(events):
    """Metrics of each page view and of its parts with a kind of their own, by path, in order of time."""
    views = {}
    for event in sorted(events, key=lambda event: (event["pageview_id"], event.get("seq", 0))):
        view = views.setdefault(event["pageview_id"], {"path": event["path"], "is_finished": False, "parts": {}})
        if event["event_type"] == "engagement":
            view["is_finished"] = True
        if event["event_type"] == "webvitals":
            payload = event["payload"]
            part = view["parts"].setdefault(payload.get("navigationType"), {})
            part |= {name: payload[name] for name in METRICS if name in payload}
            for name, attribution in (payload.get("attribution") or {}).items():
                part |= _attribution(name, attribution or {})
    return list(views.values())


def _attribution(name, attribution):
    """Parts by the names of wire format 2."""
    parts = {}
    for key, value in attribution.items():
        if key == "longestScript":
            parts[f"{name}.longestScript.invoker"] = (value or {}).get("invoker") or ""
        else:
            parts[f"{name}.{key}"] = value
    return parts


def by_path(views):
    """Posted metrics by path, in order: (metrics, whether they are final)."""
    found = {}
    for view in views:
        # A page view may post preliminary metrics of a soft navigation first.
        parts = [part for _, part in sorted(view["parts"].items(), key=lambda item: item[0] == "soft-navigation")]
        for part in parts or [{}]:
            found.setdefault(view["path"], []).append((part, view["is_finished"]))
    return found


def expected_views(documents):
    return [view for lines in documents for view in Document(lines).page_views()]


def rows(fixture, engine, documents, events, library):
    """Rows of the comparison, including page views that were recorded but not posted."""
    ours = by_path(posted(events))
    theirs = _library_values(library)
    made = []
    for view in expected_views(documents):
        own = ours.get(view.path, [])
        values, _ = own.pop(0) if own else ({}, False)
        second = next(theirs.get((view.origin, view.url, KINDS_OF_LIBRARY.get(view.kind, view.kind)), iter(())), None)
        label = fixture.name if view.kind == "navigate" else f"{fixture.name} ({view.kind})"
        made += [_row(label, engine, metric, values, view, second) for metric in fixture.metrics if metric in view.values]
    return made + _counts(fixture, engine, ours, len(events))


def _counts(fixture, engine, left, number):
    """Rows for posted page views that did not happen, and for too many events."""
    made = [Row(fixture.name, engine, f"page view of {path}", "posted", NOTHING, False) for path, views in left.items() for _ in views]
    if fixture.events_max is not None:
        made.append(Row(fixture.name, engine, "events", str(number), f"≤ {fixture.events_max}", number <= fixture.events_max))
    return made




def _row(label, engine, metric, values, view, library):
    expected = view.values[metric]
    ours = values.get(metric, NOTHING)
    ours = UNSUPPORTED if ours is None and metric in METRICS else ours
    row = Row(label, engine, metric, show(ours), show(expected), is_equal(metric, ours, expected, view))
    if library is not None and not metric.startswith("INP.longestScript"):
        second = library.get(metric, NOTHING)
        row.library = show(second)
        row.library_agrees = is_equal(metric, second, expected, view) or (second == NOTHING and expected == UNSUPPORTED)
    return row


def is_equal(metric, ours, expected, view):
    if isinstance(expected, tuple):
        return any(is_equal(metric, ours, one, view) for one in expected)
    if expected == NOTHING:
        return ours in (NOTHING, "", UNSUPPORTED, None)
    if expected == UNSUPPORTED:
        return ours == UNSUPPORTED
    if isinstance(expected, list):
        return is_same_element(ours, expected)
    if isinstance(expected, str):
        return ours == expected
    if not isinstance(ours, (int, float)):
        return False
    return math.isclose(ours, expected, rel_tol=0, abs_tol=_tolerance(metric, view))


def _tolerance(metric, view):
    if metric in ("CLS", "CLS.largestShiftValue"):
        return SHIFT_TOLERANCE
    if view.kind == "bfcache" and metric in ("FCP", "LCP"):
        return RESTORED_TOLERANCE_MS
    return PART_TOLERANCE_MS if "." in metric else TIME_TOLERANCE_MS


def is_same_element(selector, chain):
    """Whether a selector names the element that a chain of [name, id, classes] begins with."""
    if not isinstance(selector, str) or not selector:
        return False
    parts = selector.split(">")
    if len(parts) > len(chain):
        return False
    return all(_is_one(part.strip(), element) for part, element in zip(reversed(parts), chain, strict=False))


def _is_one(part, element):
    name, id, classes = element
    if "#" in part:
        own, _, given = part.partition("#")
        return given == id and own in ("", name)
    own, *given = part.split(".")
    return own.lower() == name and set(given) <= set(classes)


def show(value):
    if isinstance(value, tuple):
        return " or ".join(dict.fromkeys(show(one) for one in value))
    if isinstance(value, list):
        name, id, classes = value[0]
        return name + (f"#{id}" if id else "." + classes[0] if classes else "")
    if isinstance(value, float):
        return f"{value:.4f}" if 0 < abs(value) < 1 else f"{value:.1f}"
    return "–" if value in ("", None) else str(value)


def _library_values(library):
    """Iterators over the metrics of successive page views, by document, URL and kind."""
    grouped = {}
    for (name, _), metric in sorted(library.items(), key=lambda item: item[1]["order"]):
        grouped.setdefault((metric["origin"], metric["url"], metric["navigationType"]), {}).setdefault(name, []).append(metric)
    found = {}
    for key, named in grouped.items():
        views = []
        for index in range(max(map(len, named.values()), default=0)):
            values = {}
            for name, list_ in named.items():
                if len(list_) > index:
                    values[name] = list_[index]["value"]
                    values |= {f"{name}.{part}": value for part, value in list_[index]["parts"].items()}
            views.append(values)
        found[key] = iter(views)
    return found
