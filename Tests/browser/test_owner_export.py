"""Exports: CSV without formula injection, exact NDJSON."""

import csv
import io
import json
import re

import pytest

from bodies import make_ids
from insight import ENVIRONMENT, OWNER, send
from test_insight_api import streamed

EVIL = [
    "=1+1", "+1", "-1", "@SUM(A1)", " =1", '"=1"', "\uff1d1", "\u202e=1", "a;=cmd|' /C calc'!A0", 'a; "=HYPERLINK(1)', "a|=1",
    ";-1", "safe\u202egpj.exe", "\u200b",
]
FORMULA = re.compile("^[\\s\"\u200d]*[=+\\-@\uff1d\uff0b\uff0d\uff20]")


def fields(data, separator, quoted):
    """Cells, as parsed with this separator."""
    return [cell for row in csv.reader(io.StringIO(data), delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE) for cell in row]


def test_no_csv_cell_starts_a_formula(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    events = [make_ids() | {"event_type": "custom", "seq": 1, "path": text, "referrer": text, "site": "shop.example", "payload": {"x": text, text: -1, "n": -1.5}} for text in EVIL]
    send(collector.port, events, "=agent;=1")
    collector.wait_until_stored()
    raw = streamed(collector.port, "/api/export?range=24h&format=csv").decode()
    rows = list(csv.DictReader(io.StringIO(raw)))
    assert len(rows) == len(EVIL)
    for separator in (",", ";", "\t", "|"):
        for quoted in (True, False):
            cells = fields(raw.replace("\r\n", "\n"), separator, quoted)
            if separator == "," and not quoted:
                # A reader that ignores quotes splits our texts at the separator.
                continue
            assert [cell for cell in cells if FORMULA.match(cell)] == [], (separator, quoted)
    assert not any(ord(character) < 32 and character not in "\r\n" or character in "\u202e\u200b" for character in raw)
    for text, row in zip(EVIL, rows, strict=True):
        assert json.loads(row["payload"]) == {"x": text, text: -1, "n": -1.5}
        assert int(row["t"]) > 0 and row["seq"] == "1"
    # The other format, and the API, have the text itself.
    lines = [json.loads(line) for line in streamed(collector.port, "/api/export?range=24h").splitlines()]
    assert [line["path"] for line in lines] == EVIL
    assert all(line["user_agent"] == "=agent;=1" for line in lines)


@pytest.mark.parametrize("format", ["xlsx", "CSV", "csv;x"])
def test_an_unknown_format_is_refused(sqlite, serve, format):
    from wire import get

    assert get(serve(sqlite, environment=ENVIRONMENT).port, f"/api/export?format={format}", OWNER).status == 400
