"""Holds what was acknowledged against what is stored."""

import dataclasses
import json

import records
from stores import quoted

EVENT_COLUMNS = ("session_id", "pageview_id", "event_type", "seq", "path", "referrer", "event_id", "payload")
SUBMISSION_COLUMNS = ("session_id", "pageview_id", "browser_info", "performance_data", "fingerprints", "errors")
PARTS = {"browser_info": "browser", "performance_data": "performance"}
JSON_COLUMNS = {"payload", "browser_info", "performance_data", "fingerprints", "errors"}


@dataclasses.dataclass
class Verdict:
    acknowledged: int = 0
    stored: int = 0
    lost: list = dataclasses.field(default_factory=list)
    doubled: list = dataclasses.field(default_factory=list)
    half: list = dataclasses.field(default_factory=list)
    unwanted: list = dataclasses.field(default_factory=list)

    @property
    def is_right(self):
        return not (self.lost or self.doubled or self.half or self.unwanted)

    def __str__(self):
        parts = [f"{len(keys)} {word} ({', '.join(map(str, keys[:5]))})" for word, keys in vars(self).items() if isinstance(keys, list) and keys]
        return "; ".join(parts) or "right"


def read_ledger(path):
    """Keys of whole lines, several times where they were acknowledged several times."""
    with open(path, encoding="ascii") as file:
        return {line[:-1] for line in file if line.endswith("\n")}


def key_of(row, is_event):
    """The key that a row claims to have, or None when it is not even that whole."""
    try:
        return row["payload"]["key"] if is_event else row["browser_info"]["key"]
    except (KeyError, TypeError):
        return None


def expected(visitor, key, is_event):
    """What the columns of a record's row must hold."""
    if not is_event:
        value = records.submission(visitor, key)
        return {column: value.get(PARTS.get(column, column)) for column in SUBMISSION_COLUMNS}
    value = records.event(visitor, key)
    return {column: value.get(column) for column in EVENT_COLUMNS}


def rows_of(store, table, columns, visitor):
    rows = store.rows(f"select {', '.join(columns)} from {table} where visitor_id = {quoted(visitor)}")
    for row in rows:
        for column in JSON_COLUMNS & row.keys():
            row[column] = store.json(row[column])
    return rows


def check(store, visitor, acknowledged):
    """What became of a round's records, which all have the round's visitor."""
    verdict = Verdict(acknowledged=len(acknowledged))
    seen = set()
    for table, columns, is_event in (("collector_events", EVENT_COLUMNS, True), ("debug_data", SUBMISSION_COLUMNS, False)):
        for row in rows_of(store, table, columns, visitor):
            verdict.stored += 1
            key = key_of(row, is_event)
            if key is None or row != expected(visitor, key, is_event):
                verdict.half.append(key or json.dumps(row)[:200])
            if key in seen:
                verdict.doubled.append(key)
            if key is not None and key.startswith("cut-"):
                verdict.unwanted.append(key)
            seen.add(key)
    verdict.lost = sorted(acknowledged - seen)
    return verdict
