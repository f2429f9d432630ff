"""Compares stored rows with acknowledged records."""

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
# received_at is when the server received a record, not when it was drained from the journal.
DATED_SECONDS_MAX = 1


@dataclasses.dataclass
class CheckResult:
    acknowledged: int = 0
    stored: int = 0
    lost: list = dataclasses.field(default_factory=list)
    duplicated: list = dataclasses.field(default_factory=list)
    corrupted: list = dataclasses.field(default_factory=list)
    unwanted: list = dataclasses.field(default_factory=list)
    misdated: list = dataclasses.field(default_factory=list)

    @property
    def is_correct(self):
        return not (self.lost or self.duplicated or self.corrupted or self.unwanted or self.misdated)

    def __str__(self):
        parts = [f"{len(keys)} {word} ({', '.join(map(str, keys[:5]))})" for word, keys in vars(self).items() if isinstance(keys, list) and keys]
        return "; ".join(parts) or "correct"


def read_acknowledgements(path):
    """Keys of all complete lines; a torn last line is ignored."""
    with open(path, encoding="ascii") as file:
        return {line[:-1] for line in file if line.endswith("\n")}


def key_of(row, is_event):
    """The key in a row's payload, or None if it is missing."""
    try:
        return row["payload"]["key"] if is_event else row["browser_info"]["key"]
    except (KeyError, TypeError):
        return None


def expected(visitor, key, is_event):
    """Expected values of a record's row, except for when it was received."""
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
    """Number of stored rows by visitor."""
    found = {}
    for table in ("collector_events", "debug_data"):
        for row in store.rows(f"select visitor_id, count(*) as n from {table} group by visitor_id"):
            found[row["visitor_id"]] = found.get(row["visitor_id"], 0) + row["n"]
    return found


def is_dated(text, span):
    slack = datetime.timedelta(seconds=DATED_SECONDS_MAX)
    return span is None or span[0] - slack <= moment(text) <= span[1] + slack


def check(store, visitor, acknowledged, span=None):
    """Checks the stored rows of a round: those of its visitor, received within `span` (two moments)."""
    result = CheckResult(acknowledged=len(acknowledged))
    reports, keys = records.split_keys(acknowledged)
    seen = set()
    for table, columns, is_event in (("collector_events", EVENT_COLUMNS, True), ("debug_data", SUBMISSION_COLUMNS, False)):
        for row in rows_of(store, table, columns, visitor):
            result.stored += 1
            key = key_of(row, is_event)
            received_at = row.pop(columns[-1])
            if not is_dated(received_at, span):
                result.misdated.append(f"{key} at {received_at}")
            if key is None or row != expected(visitor, key, is_event):
                result.corrupted.append(key or repr(row)[:200])
            if key in seen:
                result.duplicated.append(key)
            if key is not None and key.startswith("cut-"):
                result.unwanted.append(key)
            seen.add(key)
    result.lost = sorted(keys - seen)
    check_delivery_reports(store, visitor, reports, result)
    return result


def check_delivery_reports(store, visitor, reports, result):
    """Checks that each stored delivery report is at least as recent as the last acknowledged one, and consistent."""
    rows = store.rows(f"select pageview_id, session_id, site, emitted, dropped, drop_reasons from delivery_reports where visitor_id = {quoted(visitor)}")
    stored = {}
    for row in rows:
        view, emitted = row["pageview_id"], row["emitted"]
        if view in stored:
            result.duplicated.append(view)
        stored[view] = emitted
        report = records.delivery_report(visitor, view, emitted)
        found = (row["session_id"], row["site"], row["dropped"], store.json(row["drop_reasons"]))
        if found != (report["session_id"], report["site"], sum(report["dropped"].values()), report["dropped"]):
            result.corrupted.append(f"delivery report of {view}")
    result.lost += [records.report_key(view, emitted) for view, emitted in reports.items() if stored.get(view, 0) < emitted]
