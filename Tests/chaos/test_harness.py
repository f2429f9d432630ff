"""A campaign that cannot fail proves nothing: promises are broken here on purpose, under load, and each breach must be reported."""

import contextlib
import functools
import re
import shutil
import threading

import pytest

import campaign
import checker
import faults
from places import PostgresPlace, SQLitePlace

SECONDS = 1.5
# A round meets what it is to meet about one time in four; the first that does ends the test.
SEEDS = [f"harness-{number}" for number in range(40)]
# The numbers of batches of writers are forgotten all the time, so that a batch in doubt is stored again.
FORGET = "delete from ingest_positions where not is_journal"
FORGET_PAUSE_SECONDS = 0.05
# The program sets this for its sessions; a transaction can still be talked out of it.
HURRY = """
    create function hurry() returns trigger language plpgsql as
    $$ begin perform set_config('synchronous_commit', 'off', true); return null; end $$;
    create trigger hurry before insert on collector_events for each statement execute function hurry()
"""
LOSE = "delete from collector_events where id in (select max(id) from collector_events where path like '/single%')"
DOUBLE = """
    insert into collector_events (received_at, visitor_id, session_id, pageview_id, event_type, seq, path, referrer, payload)
    select received_at, visitor_id, session_id, pageview_id, event_type, seq, path, referrer, payload
    from collector_events where id in (select max(id) from collector_events where path like '/once%')
"""
HALVE = "update collector_events set payload = '{}' where id in (select max(id) from collector_events)"


@pytest.fixture
def campaign_of(monkeypatch, capsys):
    """Runs rounds in a place of ours; gives whether they succeeded and what was said. Folders that a failure kept are removed."""
    kept = []

    def run(name, place, seeds, only):
        monkeypatch.setitem(campaign.PLACES, name, place)
        succeeded = campaign.run(name, seeds, SECONDS, only, campaign.Total())
        output = capsys.readouterr()
        text = output.out + output.err
        kept.extend(re.findall(r"what is left is in (\S+);", text))
        return succeeded, text, kept

    yield run
    for folder in kept:
        shutil.rmtree(folder, ignore_errors=True)


class Broken:
    """Breaks the store behind the program's back when a round is over, before it is checked."""

    def wait_until_recovered(self):
        seconds = super().wait_until_recovered()
        self.store.execute(self.sql)
        return seconds


def broken(place, sql):
    return type(f"Broken{place.__name__}", (Broken, place), {"sql": sql})


class ForgetfulPostgres(PostgresPlace):
    """A store on which nothing keeps a batch in doubt from being stored twice."""

    def __init__(self, folder):
        super().__init__(folder)
        self.closing = threading.Event()
        self.forgetter = threading.Thread(target=self.forget, daemon=True)
        self.forgetter.start()

    def forget(self):
        while not self.closing.wait(FORGET_PAUSE_SECONDS):
            with contextlib.suppress(RuntimeError):
                self.store.execute(FORGET)

    def close(self):
        self.closing.set()
        self.forgetter.join(30)
        super().close()


class LosesLater(SQLitePlace):
    """A store that loses a record of an earlier round, long after that was checked."""

    def wait_until_recovered(self):
        seconds = super().wait_until_recovered()
        if len(checker.counts(self.store)) > 1:
            self.store.execute("delete from collector_events where id in (select min(id) from collector_events)")
        return seconds


class HastyPostgres(PostgresPlace):
    """A server that confirms commits before they are written: what it loses when it is killed was acknowledged by us."""

    SETTINGS = ("wal_writer_delay=10s", "wal_writer_flush_after=1GB", "wal_buffers=64MB", "shared_buffers=128MB")

    def __init__(self, folder):
        super().__init__(folder)
        self.store.execute(HURRY)


@pytest.mark.parametrize(("sql", "word"), [(LOSE, "1 lost"), (DOUBLE, "1 doubled"), (HALVE, "1 half")], ids=["lost", "doubled", "half"])
@pytest.mark.timeout(120)
def test_a_breach_in_a_round_fails_it(campaign_of, sql, word):
    succeeded, text, kept = campaign_of("sqlite", broken(SQLitePlace, sql), ["harness-1"], ["killed_program"])
    assert not succeeded
    assert word in text and "--store sqlite" in text and "--round-seed harness-1" in text
    names = {path.name for path in campaign.pathlib.Path(kept[0]).iterdir()}
    assert {"data", "log", "ledger-harness-1"} <= names


@pytest.mark.timeout(400)
def test_a_server_that_loses_commits_is_found(campaign_of):
    succeeded, text, _ = campaign_of("postgres", HastyPostgres, SEEDS, ["killed_server"])
    assert not succeeded
    assert re.search(r"\d+ lost", text), text


@pytest.mark.parametrize("fault", ["cut_commits", "late_statements"])
@pytest.mark.timeout(400)
def test_batches_that_are_stored_again_are_found(campaign_of, fault):
    """The faults do meet a commit whose answer is lost: without the numbers of batches, records are doubled."""
    succeeded, text, _ = campaign_of("postgres", ForgetfulPostgres, SEEDS, [fault])
    assert not succeeded
    assert re.search(r"\d+ doubled", text), text


@pytest.mark.timeout(120)
def test_what_goes_after_its_round_is_found(campaign_of):
    succeeded, text, _ = campaign_of("sqlite", LosesLater, ["harness-1", "harness-2"], ["killed_program"])
    assert not succeeded
    assert "rows that came or went after their round" in text and "v_harness-1" in text


@pytest.mark.parametrize("name", faults.FAULTS)
def test_a_round_repeats_its_choices(name):
    source = functools.partial(campaign.random.Random, "harness-2")
    first, second = (campaign.chosen_faults(name, source(), SECONDS, []) for _ in range(2))
    assert [(moment, fault, random.getstate()) for moment, fault, random in first] == [
        (moment, fault, random.getstate()) for moment, fault, random in second
    ]
