"""`collector migrate`, and the database of the original program."""

import contextlib
import sqlite3

import pytest

from bodies import event, submission
from program import ROOT, run
from stores import PostgresStore, SQLiteStore, count, events, submissions
from test_lifecycle import MIGRATIONS, applied
from wire import get, post

pytestmark = pytest.mark.empty_store

ORIGINAL_NAMES = [
    "001_initial_schema",
    "002_add_phase1_columns",
    "003_convert_text_to_jsonb",
    "004_add_identity_keys",
    "005_create_events_table",
]

# Schema after each migration of the original program.
ORIGINAL_STEPS = [
    """create table debug_data (id serial primary key, ip text, browser_info text, performance_data text, fingerprints text,
       errors text, timestamp timestamp default current_timestamp);
       insert into debug_data (ip, browser_info, performance_data, fingerprints, errors)
       values ('203.0.113.7', '{"language": "en"}', '{"timing": {"n": 123456789012345678901234567890}}', '{}', '[]')""",
    """alter table debug_data add column network text, add column battery text, add column benchmarks text,
       add column client_timestamp timestamptz;
       insert into debug_data (ip, network) values ('203.0.113.8', '{"effectiveType": "4g"}')""",
    "alter table debug_data "
    + ", ".join(
        f"alter column {column} type jsonb using {column}::jsonb"
        for column in ("browser_info", "performance_data", "fingerprints", "errors", "network", "battery", "benchmarks")
    ),
    """alter table debug_data add column visitor_id text, add column session_id text, add column pageview_id text;
       create index idx_debug_data_visitor_id on debug_data (visitor_id)""",
    """create table collector_events (id bigserial primary key, received_at timestamptz not null default now(),
       client_timestamp timestamptz, visitor_id text not null, session_id text not null, pageview_id text not null,
       event_type text not null, seq integer not null default 0, path text, referrer text, ip_hash text, user_agent text,
       payload jsonb not null default '{}'::jsonb);
       create index idx_events_visitor on collector_events (visitor_id);
       insert into collector_events (visitor_id, session_id, pageview_id, event_type, payload)
       values ('v_old', 's_old', 'p_old', 'pageview', '{"k": 1.50}')""",
]


def make_original(store, steps):
    """A database of the original program after a number of its migrations."""
    store.execute(
        "create table schema_migrations (id serial primary key, migration_name text unique, applied_at timestamp default current_timestamp)"
    )
    for name, sql in list(zip(ORIGINAL_NAMES, ORIGINAL_STEPS, strict=True))[:steps]:
        store.execute(f"{sql}; insert into schema_migrations (migration_name, applied_at) values ('{name}', '2024-05-06 07:08:09')")


def migrate(store, *arguments):
    return run("migrate", *arguments, folder=store.folder, environment=store.environment)


def listed(store):
    """Names by their state, and the last line."""
    result = migrate(store, "--list")
    assert result.returncode == 0 and result.stderr.startswith("Database: ") and result.stderr.count("\n") == 1, result
    *lines, total = result.stdout.strip().splitlines()
    states = {}
    for line in lines:
        state, name = line.split()
        assert state in ("APPLIED", "PENDING")
        states[name] = state
    return states, total


def test_the_folders_of_both_engines_have_the_same_names():
    for engine in ("sqlite", "postgres"):
        assert sorted(path.stem for path in (ROOT / "Migrations" / engine).glob("*.sql")) == MIGRATIONS


def test_migrate_applies_and_lists(store):
    states, total = listed(store)
    assert states == dict.fromkeys(MIGRATIONS, "PENDING")
    assert total == f"Total: {len(MIGRATIONS)} migrations, 0 applied, {len(MIGRATIONS)} pending"
    first = migrate(store)
    assert first.returncode == 0
    for name in MIGRATIONS:
        assert name in first.stdout
    assert listed(store)[0] == dict.fromkeys(MIGRATIONS, "APPLIED")
    again = migrate(store)
    assert again.returncode == 0
    for name in MIGRATIONS:
        assert name not in again.stdout
    assert applied(store) == MIGRATIONS


def test_listing_changes_nothing(store, cluster):
    listed(store)
    if store.name == "postgres":
        assert store.rows("select 1 as n from pg_tables where schemaname = 'public'") == []
    else:
        assert not store.path.exists()


def test_each_migration_is_recorded_with_checksum_and_time(store):
    migrate(store)
    rows = store.rows("select name, checksum, applied_at from schema_migrations order by name")
    assert all(len(row["checksum"]) == 64 and row["applied_at"] for row in rows)


def test_columns_and_indexes(store):
    migrate(store)
    if store.name == "postgres":
        columns = "select column_name as name, data_type as type from information_schema.columns where table_name = '{}' order by ordinal_position"
        indexes = "select indexname as name from pg_indexes where tablename = '{}'"
    else:
        columns = "select name, type from pragma_table_info('{}')"
        indexes = "select name from pragma_index_list('{}')"

    def names(query, table):
        return {row["name"] for row in store.rows(query.format(table))}

    assert names(columns, "debug_data") == set(
        "id ip browser_info performance_data fingerprints errors network battery benchmarks client_timestamp timestamp visitor_id session_id pageview_id".split()
    )
    assert names(columns, "collector_events") == set(
        "id received_at client_timestamp visitor_id session_id pageview_id event_type seq path referrer ip_hash user_agent payload event_id site client_timestamp_original country region city location_source".split()
    )
    # The index of sessions has their visitors, too.
    for column in ("visitor_id", "session", "pageview_id", "received_at", "event_id"):
        assert any(column in name for name in names(indexes, "collector_events")), column
    for column in ("visitor_id", "session_id", "pageview_id"):
        assert any(column in name for name in names(indexes, "debug_data")), column


@pytest.mark.parametrize("fault", ["edited", "gap", "unknown"])
def test_a_foreign_migration_history_is_an_error(store, serve, fault):
    migrate(store)
    name = {"edited": MIGRATIONS[1], "gap": MIGRATIONS[2], "unknown": "0099_from_the_future"}[fault]
    store.execute(
        {
            "edited": f"update schema_migrations set checksum = 'x' where name = '{name}'",
            "gap": f"delete from schema_migrations where name = '{name}'",
            "unknown": f"insert into schema_migrations (name, checksum) values ('{name}', 'x')",
        }[fault]
    )
    before = applied(store)
    for arguments in ((), ("--list",)):
        result = migrate(store, *arguments)
        assert (result.returncode, name in result.stderr) == (1, True), result
    collector = serve(store, wait=False)
    assert collector.wait() == 1
    assert name in collector.log
    assert applied(store) == before


def test_a_start_that_fails_leaves_a_whole_journal_or_none(sqlite, serve):
    """The server creates the journal while it checks the database: when it exits, the file must not look as if it had lost its records."""
    migrate(sqlite)
    sqlite.execute(f"update schema_migrations set checksum = 'x' where name = '{MIGRATIONS[1]}'")
    journal = sqlite.path.parent / "journal.sqlite"
    for _ in range(10):
        collector = serve(sqlite, wait=False)
        assert collector.wait() == 1
        if journal.exists():
            with contextlib.closing(sqlite3.connect(journal)) as connection:
                assert connection.execute("select count(*) from sqlite_master where name = 'records'").fetchone() == (1,)
            for path in journal.parent.glob("journal.sqlite*"):
                path.unlink()


def test_an_unreachable_database_fails_the_migration(own_cluster, tmp_path):
    store = PostgresStore(own_cluster, tmp_path)
    own_cluster.stop()
    for arguments in ((), ("--list",)):
        result = migrate(store, *arguments)
        assert result.returncode == 1
        assert result.stderr and "not-so-secret" not in result.stderr


def test_two_migrating_at_once_apply_each_once(store):
    import threading

    results = []
    threads = [threading.Thread(target=lambda: results.append(migrate(store))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.returncode for result in results] == [0] * 6, results
    output = "".join(result.stdout for result in results)
    for name in MIGRATIONS:
        assert output.count(name) == 1
    assert applied(store) == MIGRATIONS


# The original's database


@pytest.fixture
def original(cluster, tmp_path):
    return PostgresStore(cluster, tmp_path)


@pytest.mark.parametrize("steps", range(6))
def test_the_original_is_adopted_without_loss(original, steps):
    make_original(original, steps)
    expected = dict.fromkeys(MIGRATIONS, "PENDING") | dict.fromkeys(MIGRATIONS[:steps], "APPLIED")
    assert listed(original)[0] == expected
    # Reading has changed nothing.
    assert [row["migration_name"] for row in original.rows("select migration_name from schema_migrations order by id")] == ORIGINAL_NAMES[:steps]

    result = migrate(original)
    assert result.returncode == 0, result
    for name in MIGRATIONS[:steps]:
        assert name not in result.stdout, "applied a second time"
    assert listed(original)[0] == dict.fromkeys(MIGRATIONS, "APPLIED")
    assert applied(original) == MIGRATIONS
    if steps >= 1:
        row = submissions(original, ip="203.0.113.7")[0]
        assert row["browser_info"] == {"language": "en"}
        assert row["performance_data"] == {"timing": {"n": 123456789012345678901234567890}}
        kept = original.rows("select applied_at from schema_migrations where name = '0001_initial_schema'")
        assert kept[0]["applied_at"].startswith("2024-05-06")
    if steps >= 2:
        assert submissions(original, ip="203.0.113.8")[0]["network"] == {"effectiveType": "4g"}
    if steps >= 5:
        assert events(original, visitor_id="v_old")[0]["payload"] == {"k": 1.5}


def test_the_original_is_served_at_once(original, serve):
    make_original(original, 5)
    collector = serve(original)
    assert get(collector.port, "/health").status == 200
    assert post(collector.port, "/event", event()).status == 200
    assert post(collector.port, "/collect", submission()).status == 200
    collector.wait_until_stored()
    assert count(original, "collector_events") == 2
    assert count(original, "debug_data") == 3
    newest = original.rows("select id from collector_events order by id")
    assert [row["id"] for row in newest] == [1, 2], "the sequence goes on"


def test_an_original_with_an_unknown_migration_is_an_error(original):
    make_original(original, 5)
    original.execute("insert into schema_migrations (migration_name) values ('006_something_else')")
    result = migrate(original)
    assert result.returncode == 1
    assert "006_something_else" in result.stderr
    assert len(original.rows("select migration_name from schema_migrations")) == 6


def test_invalid_json_in_an_original_table_is_kept_as_text(original):
    make_original(original, 2)
    original.execute("insert into debug_data (ip, browser_info) values ('203.0.113.9', 'not json')")
    assert migrate(original).returncode == 0
    assert submissions(original, ip="203.0.113.9")[0]["browser_info"] == "not json"


def test_a_sqlite_file_may_be_moved_with_its_folder(serve, tmp_path):
    store = SQLiteStore(tmp_path)
    collector = serve(store)
    assert post(collector.port, "/event", event()).status == 200
    collector.stop()
    moved = tmp_path / "elsewhere"
    (tmp_path / "data").rename(moved)
    assert run("migrate", "--list", "--data", moved, folder=tmp_path).stdout.count("APPLIED") == len(MIGRATIONS)
