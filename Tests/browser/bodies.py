"""Builds events and submissions for tests."""

import itertools
import json
import uuid

_numbers = itertools.count(1)


def make_ids():
    """IDs that no other test uses."""
    mark = f"{next(_numbers):08x}" + uuid.uuid4().hex[:24]
    return {"visitor_id": f"v_{mark}", "session_id": f"s_{mark}", "pageview_id": f"p_{mark}"}


def event(**changes):
    """An event as our pages send it; a change to `...` leaves the field out."""
    value = {
        **make_ids(),
        "event_type": "pageview",
        "seq": 1,
        "client_timestamp": "2026-11-23T17:59:41.673Z",
        "path": "/",
        "referrer": None,
        "payload": {"language": "en-US", "hardwareConcurrency": 2},
        **changes,
    }
    return {key: item for key, item in value.items() if item is not ...}


def submission(**changes):
    value = {
        **make_ids(),
        "timestamp": "2026-11-23T17:59:41.673Z",
        "browser": {"userAgent": "Mozilla/5.0", "language": "en-US"},
        "performance": {"timing": {"fetchStart": 1}, "memory": {}},
        "fingerprints": {"canvas": "data:,", "fonts": ["Arial"]},
        "errors": [{"message": "x is not defined"}],
        "network": {"effectiveType": "4g"},
        "battery": {"level": 1},
        "benchmarks": {"baselineFps": 60},
        **changes,
    }
    return {key: item for key, item in value.items() if item is not ...}


def filled(bytes_count, make=event, key="filler"):
    """The JSON of a record, padded to an exact number of bytes."""
    text = json.dumps(make(**{key: ""}))
    return text.replace(f'"{key}": ""', f'"{key}": "' + "x" * (bytes_count - len(text)) + '"').encode()
