"""Composition of the tracker's request bodies: bytes before compression, by event type and field."""

import collections
import json

FIELDS_SHOWN = 25


def length(value):
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def add_fields(sums, where, value):
    """Adds the bytes of each field and its name."""
    for key, inner in value.items():
        sums[f"{where}{key}"] += length(key) + length(inner) + 2


def parts(posts):
    """Sums over Collector's bodies in wire format 1 or 2: bytes and number of events by type, and bytes by field."""
    by_type, by_field = collections.Counter(), collections.Counter()
    count = collections.Counter()
    for post in posts:
        body = post.json
        reports = "pageviews" if "pageviews" in body else "ledger"
        by_type[reports] += length(body.get(reports, []))
        count[reports] += len(body.get(reports, []))
        for event in body["events"]:
            name = event["event_type"]
            by_type[name] += length(event)
            count[name] += 1
            add_fields(by_field, "", {key: value for key, value in event.items() if key != "payload"})
            add_fields(by_field, f"{name}.", event.get("payload") or {})
    return by_type, count, by_field


def print_parts(posts, views, out):
    """Prints tables of the bytes that a page view posts."""
    by_type, count, by_field = parts(posts)
    out.table(("part of Collector's bodies, before compression", "number per page view", "bytes per page view"), (
        (name, f"{count[name] / views:.1f}", f"{size / views:,.0f}") for name, size in by_type.most_common()
    ))
    out.table(("field", "bytes per page view"), (
        (f"`{name}`", f"{size / views:,.0f}") for name, size in by_field.most_common(FIELDS_SHOWN)
    ))
