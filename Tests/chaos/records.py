"""Records that the senders send. Each is derived from its key, so that the checker can compute the expected row."""

import hashlib
import json
import random
import uuid

# Values that an encoding error in the journal, in escapes or in numbers would change.
EDGE_CASES = (
    "", "ä€😀", 'quote " backslash \\ slash /', "line\nfeed\ttab \x01 \x7f", "\u2028", None, True, [], {}, [[], {"": None}],
    0.1, -273.15, 1e-7, 2**53 - 1, -(2**31), "0", " spaces ", {"ключ": ["значение", {"深": 1}]},
)
SPACE = uuid.UUID("0198f0c2-7b1e-7cc3-98c4-dc0c0c07398f")


def filling(key):
    """Filler text derived from the key; about 3 % are long."""
    mark = hashlib.sha256(key.encode()).hexdigest()
    source = random.Random(mark)
    length = source.randrange(20_000) if source.random() < 0.03 else source.randrange(400)
    return (mark * (length // 64 + 1))[:length]


def edge_cases(mark):
    """A few edge cases, the same for the same mark."""
    return random.Random(mark).sample(EDGE_CASES, 3)


def client_timestamp(mark):
    """A timestamp with milliseconds, or None."""
    if mark[1] < "4":
        return None
    return f"20{int(mark[2], 16) + 10}-0{int(mark[3], 16) % 9 + 1}-1{int(mark[4], 16) % 10}T0{int(mark[5], 16) % 10}:59:41.{int(mark[6], 16):03}Z"


def has_id(key):
    """Whether the record has an `event_id`, so that it may be retried."""
    return not key.startswith("once-")


def event(visitor, key):
    mark = hashlib.sha256(key.encode()).hexdigest()
    value = {
        "visitor_id": visitor,
        "session_id": "s_" + mark[:32],
        "pageview_id": "p_" + mark[32:],
        "event_type": "chaos",
        "seq": int(mark[:6], 16),
        "client_timestamp": client_timestamp(mark),
        "path": "/" + key + ("/ä😀" if mark[1] < "8" else ""),
        "referrer": None if mark[0] < "8" else "https://example.com/" + mark[:8],
        "payload": {"key": key, "filling": filling(key), "number": int(mark[:12], 16), "edge_cases": edge_cases(mark)},
    }
    if has_id(key):
        value["event_id"] = str(uuid.uuid5(SPACE, visitor + key))
    return value


def submission(visitor, key):
    mark = hashlib.sha256(key.encode()).hexdigest()
    return {
        "visitor_id": visitor,
        "session_id": "s_" + mark[:32],
        "pageview_id": "p_" + mark[32:],
        "timestamp": client_timestamp(mark),
        "browser": {"key": key},
        "performance": {"filling": filling(key)},
        "fingerprints": {"number": int(mark[:12], 16)},
        "errors": [mark],
        "network": None if mark[0] < "8" else {"edge_cases": edge_cases(mark)},
        "battery": {"level": int(mark[7], 16) / 16},
        "benchmarks": edge_cases(mark[::-1]),
    }


def delivery_report(visitor, view, emitted):
    """Delivery report of a page view. The number of dropped events is derived from `emitted`."""
    dropped = {"queue_full": emitted // 3} if emitted // 3 else {}
    return {"visitor_id": visitor, "session_id": "s_" + view, "pageview_id": view, "site": "chaos.example", "emitted": emitted, "dropped": dropped}


def report_key(view, emitted):
    """Key of an acknowledged delivery report."""
    return f"report:{view}:{emitted}"


def split_keys(keys):
    """Splits keys: the highest acknowledged `emitted` of each page view, and the keys of records."""
    reports, records = {}, set()
    for key in keys:
        if key.startswith("report:"):
            _, view, emitted = key.split(":")
            reports[view] = max(reports.get(view, 0), int(emitted))
        else:
            records.add(key)
    return reports, records


def invalid_event(visitor):
    """An invalid event: only it is rejected, not its batch."""
    return {"visitor_id": visitor, "session_id": "s", "pageview_id": "p", "event_type": "chaos", "seq": "one"}


def as_body(value):
    """JSON, with non-ASCII characters escaped in some bodies and literal in others."""
    text = json.dumps(value)
    return text.encode() if len(text) % 2 else json.dumps(value, ensure_ascii=False).encode()
