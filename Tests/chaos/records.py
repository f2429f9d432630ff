"""What the senders of a round say: each record follows from its key, so that whoever finds a row can tell whether it is whole."""

import hashlib
import json
import random
import uuid

# Values that a detour through the journal, an escape or a number's other form would change.
ODD = (
    "", "ä€😀", 'quote " backslash \\ slash /', "line\nfeed\ttab \x01 \x7f", "\u2028", None, True, [], {}, [[], {"": None}],
    0.1, -273.15, 1e-7, 2**53 - 1, -(2**31), "0", " spaces ", {"ключ": ["значение", {"深": 1}]},
)
SPACE = uuid.UUID("0198f0c2-7b1e-7cc3-98c4-dc0c0c07398f")


def filling(key):
    """Text of a length and a content that only this key has; now and then a long one."""
    mark = hashlib.sha256(key.encode()).hexdigest()
    source = random.Random(mark)
    length = source.randrange(20_000) if source.random() < 0.03 else source.randrange(400)
    return (mark * (length // 64 + 1))[:length]


def odd(mark):
    """A few odd values, the same for the same mark."""
    return random.Random(mark).sample(ODD, 3)


def client_timestamp(mark):
    """A time with milliseconds, or none."""
    if mark[1] < "4":
        return None
    return f"20{int(mark[2], 16) + 10}-0{int(mark[3], 16) % 9 + 1}-1{int(mark[4], 16) % 10}T0{int(mark[5], 16) % 10}:59:41.{int(mark[6], 16):03}Z"


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
        "client_timestamp": client_timestamp(mark),
        "path": "/" + key + ("/ä😀" if mark[1] < "8" else ""),
        "referrer": None if mark[0] < "8" else "https://example.com/" + mark[:8],
        "payload": {"key": key, "filling": filling(key), "number": int(mark[:12], 16), "odd": odd(mark)},
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
        "network": None if mark[0] < "8" else {"odd": odd(mark)},
        "battery": {"level": int(mark[7], 16) / 16},
        "benchmarks": odd(mark[::-1]),
    }


def entry(visitor, view, emitted):
    """What a page view says of itself; what it has dropped follows from what it has emitted."""
    dropped = {"queue_full": emitted // 3} if emitted // 3 else {}
    return {"visitor_id": visitor, "session_id": "s_" + view, "pageview_id": view, "site": "chaos.example", "emitted": emitted, "dropped": dropped}


def claim(view, emitted):
    """The acknowledgement of an entry, as a key."""
    return f"ledger:{view}:{emitted}"


def claims(keys):
    """The most that was acknowledged of each page view, out of keys; and the keys of records."""
    most, rest = {}, set()
    for key in keys:
        if key.startswith("ledger:"):
            _, view, emitted = key.split(":")
            most[view] = max(most.get(view, 0), int(emitted))
        else:
            rest.add(key)
    return most, rest


def invalid_event(visitor):
    """An event that must be rejected by itself."""
    return {"visitor_id": visitor, "session_id": "s", "pageview_id": "p", "event_type": "chaos", "seq": "one"}


def as_body(value):
    """JSON, some of it with escapes and some with the characters themselves."""
    text = json.dumps(value)
    return text.encode() if len(text) % 2 else json.dumps(value, ensure_ascii=False).encode()
