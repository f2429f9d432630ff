"""`collector migrate --plan`: what pending migrations do to a database, before they are applied."""

import hashlib
import re

import pytest

from program import BINARY, ROOT, run
from small_disk import run_on_disk
from test_lifecycle import MIGRATIONS, applied
from waits import wait_for

pytestmark = pytest.mark.empty_store

#: Locks of PostgreSQL on tables in the words of the plan; locks of readers are left out.
LOCKS = {
    "AccessExclusiveLock": "blocks reads and writes",
    "ShareLock": "blocks writes",
    "ShareUpdateExclusiveLock": "runs beside reads and writes",
    "RowExclusiveLock": "runs beside reads and writes",
}
STRENGTH = ("runs beside reads and writes", "blocks writes", "blocks reads and writes")


def sql(store, name):
    return (ROOT / "Migrations" / ("sqlite" if store.name == "sqlite" else "postgres") / f"{name}.sql").read_text()


def apply(store, name):
    """Applies one migration as the program does."""
    text = sql(store, name)
    checksum = hashlib.sha256(text.encode()).hexdigest()
    store.execute(f"begin; insert into schema_migrations (name, checksum) values ('{name}', '{checksum}'); {text}\n; commit")


def make_old(store, last):
    """A database of an earlier version, whose newest migration has the number `last`, with some rows."""
    if store.name == "sqlite":
        store.path.parent.mkdir(exist_ok=True)
    moment = "timestamptz not null default now()" if store.name == "postgres" else "text not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"
    store.execute(f"create table schema_migrations (name text primary key, checksum text not null, applied_at {moment})")
    for name in MIGRATIONS[:last]:
        apply(store, name)
    if last >= 5:
        store.execute(
            "insert into collector_events (visitor_id, session_id, pageview_id, event_type) values "
            + ", ".join(f"('v_{number}', 's_{number}', 'p_{number}', 'pageview')" for number in range(300))
        )


def content(store):
    """Everything in the database: definitions and rows."""
    if store.name == "sqlite":
        definitions = store.rows("select type, name, tbl_name, sql from sqlite_master order by type, name")
        tables = [row["name"] for row in definitions if row["type"] == "table"]
    else:
        definitions = [
            store.rows("select table_name, column_name, data_type, column_default, is_nullable from information_schema.columns where table_schema = 'public' order by 1, 2"),
            store.rows("select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1"),
            store.rows("select relname, relkind, reloptions from pg_class where relnamespace = 'public'::regnamespace order by 1"),
        ]
        tables = [row["name"] for row in store.rows("select tablename as name from pg_tables where schemaname = 'public' order by 1")]
    return definitions, {table: store.rows(f"select * from {table}") for table in tables}


def migrate(store, *arguments):
    return run("migrate", *arguments, folder=store.folder, environment=store.environment)


def planned(store):
    """The lines of the plan by migration, and the lines after the last one."""
    result = migrate(store, "--plan")
    assert result.returncode == 0 and result.stderr.startswith("Database: ") and result.stderr.count("\n") == 1, result
    steps, rest = {}, []
    for line in result.stdout.splitlines():
        if re.match(r"\d{4}_", line):
            steps[line] = []
        elif line.startswith("  "):
            list(steps.values())[-1].append(line.strip())
        else:
            rest.append(line)
    return steps, rest


@pytest.mark.parametrize("last", [0, 5, 12, 18, 31, len(MIGRATIONS) - 1])
def test_the_plan_names_what_is_pending_and_changes_nothing(store, last):
    make_old(store, last)
    before = content(store)
    steps, rest = planned(store)
    assert list(steps) == MIGRATIONS[last:]
    assert content(store) == before
    assert "Unknown" not in str(steps) + str(rest)
    for name, lines in steps.items():
        assert lines[-1].startswith("Duration: "), name
    assert rest[0].startswith(f"Total: {len(MIGRATIONS) - last} pending, duration: ")
    assert rest[-1].startswith("Free space: ")
    assert migrate(store).returncode == 0
    assert applied(store) == MIGRATIONS
    assert planned(store) == ({}, ["Nothing is pending: the database is up to date"])


def test_a_database_that_does_not_exist_is_not_created(store):
    steps, rest = planned(store)
    assert list(steps) == MIGRATIONS
    for name, lines in steps.items():
        assert all(line.startswith(("Not in the database yet: ", "Requests ", "Duration: less than a second; ")) for line in lines), name
    assert rest[0] == f"Total: {len(MIGRATIONS)} pending, duration: less than a second, additional space: less than 1 MB"
    if store.name == "postgres":
        assert store.rows("select relname from pg_class where relnamespace = 'public'::regnamespace") == []
    else:
        assert not store.path.parent.exists()


def test_a_table_has_its_rows_and_its_lock(store):
    make_old(store, 18)
    steps, rest = planned(store)
    line = next(line for line in steps["0019_session_index"] if line.startswith("collector_events, "))
    lock = "blocks writes for a moment" if store.name == "sqlite" else "blocks reads and writes for a moment"
    assert re.fullmatch(rf"collector_events, 300 rows, \d+ kB: builds an index of all rows, changes the definition; {lock}", line)
    assert steps["0020_delivery_reports"][0].startswith("Empty by then: delivery_reports (now pageview_ledger): changes the definition; ")
    assert any(line.startswith("Then the server rebuilds the rollups of 300 events, which runs beside reads and writes in steps: ") for line in rest)


def test_rows_of_large_tables_are_estimates_of_postgresql(store):
    if store.name == "sqlite":
        pytest.skip("SQLite counts rows")
    make_old(store, 18)
    # Values that do not compress, so that the table has more than 16 MB.
    store.execute(
        "insert into collector_events (visitor_id, session_id, pageview_id, event_type, user_agent) "
        "select 'v', 's', 'p', 'pageview', (select string_agg(md5(random()::text || n || m), '') from generate_series(1, 50) as m) from generate_series(1, 12000) as n"
    )
    # A session adds its rows to the statistics when it ends; `analyze` before that moment would count them twice.
    wait_for(lambda: store.rows("select n_live_tup as rows from pg_stat_all_tables where relname = 'collector_events'") == [{"rows": 12_300}], 20, "the statistics")
    steps, _ = planned(store)
    assert any(re.match(r"collector_events, about 12,\d{3} rows, \d+ MB: ", line) for line in steps["0019_session_index"]), steps


def held_locks(store, name):
    """The tables that a migration locks and that exist before it, each with its strongest lock in the words of the plan."""
    before = {row["id"]: row["name"] for row in store.rows("select oid::text as id, relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")}
    locks = "select 'lock ' || relation::bigint || ' ' || mode from pg_locks where pid = pg_backend_pid() and locktype = 'relation'"
    held = {}
    for line in store.cluster.psql(store.database, f"begin; {sql(store, name)}\n; {locks}; rollback").splitlines():
        if match := re.fullmatch(r"lock (\d+) (\w+)", line):
            table, mode = before.get(match[1]), match[2]
            if table and mode in LOCKS:
                held[table] = max(held.get(table, LOCKS[mode]), LOCKS[mode], key=STRENGTH.index)
    return held


def test_postgresql_takes_the_locks_of_the_plan(store):
    """For each migration: the locks of its open transaction are those of the plan, which was made when only it and later ones were pending."""
    if store.name == "sqlite":
        pytest.skip("SQLite locks the whole file")
    make_old(store, 0)
    compared = 0
    for name in MIGRATIONS:
        locks = {}
        for line in planned(store)[0][name]:
            tables, separator, words = line.partition("; ")
            if separator and not line.startswith("Duration: "):
                # The locks of a table become stronger.
                words = words.split(", then ")[-1]
                lock = next(lock for lock in reversed(STRENGTH) if words.startswith(lock))
                names = tables.removeprefix("Empty by then: ").split(": ")[0]
                names = names.split(", ") if line.startswith("Empty by then: ") else [names.split(", ")[0]]
                locks |= {re.search(r"(\w+)\)?$", name)[1]: lock for name in names}
        assert locks == held_locks(store, name), name
        compared += len(locks)
        apply(store, name)
    assert compared > 100


def test_too_little_free_space_is_a_warning_with_a_status_of_its_own(sqlite):
    make_old(sqlite, 18)
    sqlite.execute(
        "insert into collector_events (visitor_id, session_id, pageview_id, event_type, payload) "
        "with recursive n (x) as (select 1 union all select x + 1 from n where x < 20000) select 'v', 's', 'p', 'click', hex(randomblob(50)) from n"
    )
    size = sqlite.path.stat().st_size // 1024 + 256
    folder = sqlite.folder / "small"
    result = run_on_disk(folder, size, f'cp "{sqlite.path}" "{folder}/" && exec "{BINARY}" migrate --plan --data "{folder}"')
    assert result.returncode == 4, result
    assert re.search(r"collector: warning: the disk has \d+ \w+ of free space, and the migrations need about [\d,]+ [kM]B\n$", result.stderr), result
    assert "Total: " in result.stdout


def test_a_list_and_a_plan_exclude_each_other(sqlite):
    result = migrate(sqlite, "--list", "--plan")
    assert (result.returncode, "choose --list or --plan" in result.stderr) == (2, True), result


def test_a_foreign_migration_history_has_no_plan(store):
    migrate(store)
    store.execute("update schema_migrations set checksum = 'x' where name = '0002_add_phase1_columns'")
    result = migrate(store, "--plan")
    assert (result.returncode, "0002_add_phase1_columns" in result.stderr) == (1, True), result
