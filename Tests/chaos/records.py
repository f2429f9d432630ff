"""What the senders of a round say: each record follows from its key, so that whoever finds a row can tell whether it is whole."""

import hashlib
import json
import random
import uuid

SPACE = uuid.UUID("0198f0c2-7b1e-7cc3-98c4-dc0c0c07398f")


def filling(key):
    """Text of a length and a content that only this key has; now and then a long one."""
    mark = hashlib.sha256(key.encode()).hexdigest()
    source = random.Random(mark)
    length = source.randrange(20_000) if source.random() < 0.03 else source.randrange(400)
    return (mark * (length // 64 + 1))[:length]


def has_id(key):
    """Whether the record carries an `event_id`, and may therefore be sent again."""
    return not key.startswith("once-")


def event(visitor, key):
    mark = hashlib.sha256(key.encode()).hexdigest()
    value = {
        "visitor_id": visitor,
        "session_id": "s_" + mark[:32],
        "pageview_id": "p_" + mark[32:],
        "event_type": "chaos",
        "seq": int(mark[:6], 16),
        "path": "/" + key,
        "referrer": None if mark[0] < "8" else "https://example.com/" + mark[:8],
        "payload": {"key": key, "filling": filling(key), "number": int(mark[:12], 16)},
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
        "browser": {"key": key},
        "performance": {"filling": filling(key)},
        "fingerprints": {"number": int(mark[:12], 16)},
        "errors": [mark],
    }


def invalid_event(visitor):
    """An event that must be rejected by itself."""
    return {"visitor_id": visitor, "session_id": "s", "pageview_id": "p", "event_type": "chaos", "seq": "one"}


def as_body(value):
    return json.dumps(value).encode()
