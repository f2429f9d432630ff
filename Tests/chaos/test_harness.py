"""A campaign reports each kind of data loss: these tests break the deployment deliberately, under load."""

import contextlib
import functools
import re
import shutil
import threading

import pytest

import campaign
import checker
import faults
from deployments import PostgresDeployment, SQLiteDeployment

SECONDS = 1.5
# About one round in four hits the error; the first that does ends the test.
SEEDS = [f"harness-{number}" for number in range(40)]
# Deletes the sequence numbers of batches, so that an unconfirmed batch is stored again.
FORGET = "delete from ingest_positions where not is_journal"
FORGET_PAUSE_SECONDS = 0.05
# The program sets synchronous_commit for its sessions; these triggers turn it off within transactions. They are on all tables, since each
# commit that is written at once writes those before it, too.
ASYNCHRONOUS_COMMIT = """
    create function asynchronous_commit() returns trigger language plpgsql as
    $$ begin perform set_config('synchronous_commit', 'off', true); return null; end $$;
    do $$
    declare changed text;
    begin
        for changed in select format('%I', tablename) from pg_tables where schemaname = 'public' loop
            execute 'create trigger asynchronous_commit before insert or update or delete on ' || changed
                || ' for each statement execute function asynchronous_commit()';
        end loop;
    end $$
"""
LOSE = "delete from collector_events where id in (select max(id) from collector_events where path like '/single%')"
DUPLICATE = """
    insert into collector_events (received_at, visitor_id, session_id, pageview_id, event_type, seq, path, referrer, payload)
    select received_at, visitor_id, session_id, pageview_id, event_type, seq, path, referrer, payload
    from collector_events where id in (select max(id) from collector_events where path like '/once%')
"""
CORRUPT = "update collector_events set payload = '{}' where id in (select max(id) from collector_events)"


@pytest.fixture
def campaign_of(monkeypatch, capsys):
    """Runs rounds in a given deployment; returns success, output and kept folders, which are removed afterwards."""
    kept = []

    def run(name, deployment, seeds, only):
        monkeypatch.setitem(campaign.DEPLOYMENTS, name, deployment)
        succeeded = campaign.run(name, seeds, SECONDS, only, campaign.Total())
        output = capsys.readouterr()
        text = output.out + output.err
        kept.extend(re.findall(r"artifacts are in (\S+);", text))
        return succeeded, text, kept

    yield run
    for folder in kept:
        shutil.rmtree(folder, ignore_errors=True)


class Broken:
    """Changes the stored rows after a round, before the check."""

    def wait_until_recovered(self):
        seconds = super().wait_until_recovered()
        self.store.execute(self.sql)
        return seconds


def broken(deployment, sql):
    return type(f"Broken{deployment.__name__}", (Broken, deployment), {"sql": sql})


class ForgetfulPostgres(PostgresDeployment):
    """A store that does not remember batches, so that an unconfirmed one is stored twice."""

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


class LosesLater(SQLiteDeployment):
    """A store that loses a record of an earlier round, after that round was checked."""

    def wait_until_recovered(self):
        seconds = super().wait_until_recovered()
        if len(checker.counts(self.store)) > 1:
            self.store.execute("delete from collector_events where id in (select min(id) from collector_events)")
        return seconds


class AsynchronousPostgres(PostgresDeployment):
    """A PostgreSQL that confirms commits before they are on disk: it loses acknowledged records when it is killed."""

    SETTINGS = ("wal_writer_delay=10s", "wal_writer_flush_after=1GB", "wal_buffers=64MB", "shared_buffers=128MB")

    def __init__(self, folder):
        super().__init__(folder)
        self.store.execute(ASYNCHRONOUS_COMMIT)


@pytest.mark.parametrize(("sql", "word"), [(LOSE, "1 lost"), (DUPLICATE, "1 duplicated"), (CORRUPT, "1 corrupted")], ids=["lost", "duplicated", "corrupted"])
def test_a_violation_fails_the_round(campaign_of, sql, word):
    succeeded, text, kept = campaign_of("sqlite", broken(SQLiteDeployment, sql), ["harness-1"], ["killed_program"])
    assert not succeeded
    assert word in text and "--store sqlite" in text and "--round-seed harness-1" in text
    names = {path.name for path in campaign.pathlib.Path(kept[0]).iterdir()}
    assert {"data", "log", "acknowledgements-harness-1"} <= names


@pytest.mark.timeout(900)
def test_a_server_that_loses_commits_is_found(campaign_of):
    succeeded, text, _ = campaign_of("postgres", AsynchronousPostgres, SEEDS, ["killed_server"])
    assert not succeeded
    # What the server had not written when its round was checked may be lost with a later kill.
    assert re.search(r"\d+ lost|row counts changed after the round", text), text


@pytest.mark.parametrize("fault", ["cut_commits", "late_statements"])
@pytest.mark.timeout(900)
def test_batches_that_are_stored_again_are_found(campaign_of, fault):
    """The faults hit commits whose response is lost: without sequence numbers, records are duplicated."""
    succeeded, text, _ = campaign_of("postgres", ForgetfulPostgres, SEEDS, [fault])
    assert not succeeded
    assert re.search(r"\d+ duplicated", text), text


def test_a_loss_after_the_round_is_found(campaign_of):
    succeeded, text, _ = campaign_of("sqlite", LosesLater, ["harness-1", "harness-2"], ["killed_program"])
    assert not succeeded
    assert "row counts changed after the round" in text and "v_harness-1" in text


@pytest.mark.parametrize("name", faults.FAULTS)
def test_a_round_repeats_its_choices(name):
    source = functools.partial(campaign.random.Random, "harness-2")
    first, second = (campaign.chosen_faults(name, source(), SECONDS, []) for _ in range(2))
    assert [(moment, fault, random.getstate()) for moment, fault, random in first] == [
        (moment, fault, random.getstate()) for moment, fault, random in second
    ]
