"""Holds what was acknowledged against what is stored."""

import dataclasses
import datetime

import records
from stores import moment, quoted

EVENT_COLUMNS = ("session_id", "pageview_id", "event_type", "seq", "path", "referrer", "event_id", "payload", "client_timestamp", "received_at")
SUBMISSION_COLUMNS = (
    "session_id", "pageview_id", "browser_info", "performance_data", "fingerprints", "errors", "network", "battery", "benchmarks",
    "client_timestamp", "timestamp",
)
PARTS = {"browser_info": "browser", "performance_data": "performance", "client_timestamp": "timestamp"}
JSON_COLUMNS = {"payload", "browser_info", "performance_data", "fingerprints", "errors", "network", "battery", "benchmarks"}
# A record is dated when it comes in, not when it leaves the journal.
DATED_SECONDS_MAX = 1


@dataclasses.dataclass
class Verdict:
    acknowledged: int = 0
    stored: int = 0
    lost: list = dataclasses.field(default_factory=list)
    doubled: list = dataclasses.field(default_factory=list)
    half: list = dataclasses.field(default_factory=list)
    unwanted: list = dataclasses.field(default_factory=list)
    misdated: list = dataclasses.field(default_factory=list)

    @property
    def is_right(self):
        return not (self.lost or self.doubled or self.half or self.unwanted or self.misdated)

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
    """What the columns of a record's row must hold, besides the time at which it came."""
    value = records.event(visitor, key) if is_event else records.submission(visitor, key)
    columns = EVENT_COLUMNS if is_event else SUBMISSION_COLUMNS
    names = {} if is_event else PARTS
    row = {column: value.get(names.get(column, column)) for column in columns[:-1]}
    row["client_timestamp"] = row["client_timestamp"] and moment(row["client_timestamp"])
    return row


def rows_of(store, table, columns, visitor):
    rows = store.rows(f"select {', '.join(columns)} from {table} where visitor_id = {quoted(visitor)}")
    for row in rows:
        for column in JSON_COLUMNS & row.keys():
            row[column] = store.json(row[column])
        row["client_timestamp"] = row["client_timestamp"] and moment(row["client_timestamp"])
    return rows


def counts(store):
    """How many rows of each visitor there are."""
    found = {}
    for table in ("collector_events", "debug_data"):
        for row in store.rows(f"select visitor_id, count(*) as n from {table} group by visitor_id"):
            found[row["visitor_id"]] = found.get(row["visitor_id"], 0) + row["n"]
    return found


def is_dated(text, span):
    slack = datetime.timedelta(seconds=DATED_SECONDS_MAX)
    return span is None or span[0] - slack <= moment(text) <= span[1] + slack


def check(store, visitor, acknowledged, span=None):
    """What became of a round's records, which all have the round's visitor and came in the span of two times."""
    verdict = Verdict(acknowledged=len(acknowledged))
    most, keys = records.claims(acknowledged)
    seen = set()
    for table, columns, is_event in (("collector_events", EVENT_COLUMNS, True), ("debug_data", SUBMISSION_COLUMNS, False)):
        for row in rows_of(store, table, columns, visitor):
            verdict.stored += 1
            key = key_of(row, is_event)
            received_at = row.pop(columns[-1])
            if not is_dated(received_at, span):
                verdict.misdated.append(f"{key} at {received_at}")
            if key is None or row != expected(visitor, key, is_event):
                verdict.half.append(key or repr(row)[:200])
            if key in seen:
                verdict.doubled.append(key)
            if key is not None and key.startswith("cut-"):
                verdict.unwanted.append(key)
            seen.add(key)
    verdict.lost = sorted(keys - seen)
    check_ledgers(store, visitor, most, verdict)
    return verdict


def check_ledgers(store, visitor, most, verdict):
    """A page view's numbers are at least what was acknowledged, and belong together."""
    rows = store.rows(f"select pageview_id, session_id, site, emitted, dropped, drop_reasons from delivery_reports where visitor_id = {quoted(visitor)}")
    stored = {}
    for row in rows:
        view, emitted = row["pageview_id"], row["emitted"]
        if view in stored:
            verdict.doubled.append(view)
        stored[view] = emitted
        said = records.entry(visitor, view, emitted)
        dropped = sum(said["dropped"].values())
        if (row["session_id"], row["site"], row["dropped"], store.json(row["drop_reasons"])) != (said["session_id"], said["site"], dropped, said["dropped"]):
            verdict.half.append(f"ledger of {view}")
    verdict.lost += [records.claim(view, emitted) for view, emitted in most.items() if stored.get(view, 0) < emitted]
