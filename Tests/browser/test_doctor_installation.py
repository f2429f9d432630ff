"""`collector doctor` without an address: what it finds in settings, folders, databases, limits and a running server, and that it changes nothing."""

import json
import os

import pytest

from insight import ENVIRONMENT
from postgres import PASSWORD, Cluster, free_port
from program import run
from stores import PostgresStore
from test_lifecycle import MIGRATIONS

#: Checks in their order, without those of optional settings.
NAMES = ["settings", "data", "disk", "database", "schema", "rights", "clock", "journal", "limits", "server", "proxy"]
#: No test machine has so much space, and none has less than this.
HUGE, TINY = "1000TiB", "1MiB"


def examine(store, status, environment=None, **options):
    """The checks by name, each with its state and text. The disk of the machine under test must not decide."""
    settings = {"COLLECTOR_DISK_FREE_MIN": "0", "COLLECTOR_JOURNAL_MAX": "16MiB"} | store.environment | (environment or {})
    result = run("doctor", "--json", "--data", store.folder / "data", folder=store.folder, environment=settings, **options)
    assert result.returncode == status, (result.stdout, result.stderr)
    answer = json.loads(result.stdout)
    assert answer["conclusion"] == {0: "ok", 1: "problems"}[status]
    found = {}
    for check in answer["checks"]:
        assert bool(check["advice"]) == (check["state"] in ("warning", "problem")), check
        found.setdefault(check["check"], []).append((check["state"], check["message"]))
    return found


def only(found, name):
    ((state, message),) = found[name]
    return state, message


def states(found):
    return {name: state for name, checks in found.items() for state, _ in checks}


def problems(found):
    return [name for name, checks in found.items() for state, _ in checks if state == "problem"]


@pytest.mark.empty_store
def test_a_new_installation_is_right_and_stays_empty(store):
    found = examine(store, 0)
    expected = dict.fromkeys(found, "ok") | {"server": "skipped", "proxy": "skipped"}
    if store.name == "sqlite":
        assert list(found) == [name for name in NAMES if name not in ("schema", "rights", "clock")]
    else:
        assert list(found) == NAMES
        assert "no tables yet" in only(found, "schema")[1]
        assert store.rows("select 1 as one from pg_tables where schemaname = 'public'") == []
    assert states(found) == expected
    assert "does not exist yet" in only(found, "data")[1]
    assert os.listdir(store.folder) == []


def test_an_installation_with_a_server_is_right(store, serve):
    collector = serve(store, environment=ENVIRONMENT)
    found = examine(store, 0, {"COLLECTOR_URL": collector.url})
    assert list(found) == [*NAMES[:-1], "endpoint", "proxy"]
    expected = dict.fromkeys(found, "ok")
    if store.name == "sqlite":
        expected["clock"] = "skipped"
    assert states(found) == expected
    assert only(found, "database")[1].startswith({"sqlite": "SQLite 3.", "postgres": "PostgreSQL 1"}[store.name])


def test_lines_for_people_say_what_to_do(sqlite):
    settings = {"COLLECTOR_DISK_FREE_MIN": "0", "COLLECTOR_JOURNAL_MAX": "0", "COLLECTOR_TRUSTD_PROXIES": "none"}
    result = run("doctor", folder=sqlite.folder, environment=settings)
    assert result.returncode == 0
    assert "did you mean COLLECTOR_TRUSTED_PROXIES?\n                      -> Correct its name" in result.stdout
    assert "the journal is disabled" in result.stdout
    assert result.stdout.endswith("\n0 problems, 2 warnings.\n")


def test_each_invalid_setting_is_a_problem(sqlite):
    found = examine(sqlite, 1, {"PORT": "x", "COLLECTOR_READ_URL": "postgresql://user:secret@db2/collector", "COLLECTOR_JOURNAL_MAX": "1"})
    assert list(found) == ["settings"] and len(found["settings"]) == 3
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("setting", "value", "state", "words"),
    [("COLLECTOR_DISK_FREE_MIN", HUGE, "problem", "the oldest events are removed"), ("COLLECTOR_JOURNAL_MAX", HUGE, "warning", "the journal may need"), ("COLLECTOR_DISK_FREE_MIN", TINY, "ok", "free")],
)
def test_the_disk_needs_space_for_its_minimum_and_the_journal(sqlite, setting, value, state, words):
    found = examine(sqlite, int(state == "problem"), {setting: value})
    assert only(found, "disk")[0] == state and words in only(found, "disk")[1]


def test_a_folder_that_cannot_be_used_is_a_problem(sqlite):
    (sqlite.folder / "data").chmod(0o755)
    assert "owner's token" in only(examine(sqlite, 0), "data")[1]
    (sqlite.folder / "archive").write_text("")
    assert problems(examine(sqlite, 1, {"COLLECTOR_ARCHIVE": sqlite.folder / "archive"})) == ["archive"]
    (sqlite.folder / "broken.mmdb").write_text("no database")
    found = examine(sqlite, 1, {"COLLECTOR_GEOIP": sqlite.folder / "broken.mmdb", "COLLECTOR_ARCHIVE": sqlite.folder / "new" / "archive"})
    assert problems(found) == ["locations"] and only(found, "archive")[0] == "ok"
    assert not (sqlite.folder / "new").exists()


def test_pending_migrations_are_a_warning(store):
    store.execute("delete from schema_migrations where name = (select max(name) from schema_migrations)")
    assert only(examine(store, 0), "schema") == ("warning", f"1 of {len(MIGRATIONS)} migrations are pending")


def test_rights_that_the_role_lacks_are_named(cluster, postgres_template, tmp_path):
    store = postgres_template.copy(tmp_path)
    role = f"plain_{store.database}"
    store.execute(f"create role {role} login password '{PASSWORD}'; grant select on all tables in schema public to {role}")
    store.environment = {"DB_URL": cluster.url(store.database).replace("//collector:", f"//{role}:")}
    found = examine(store, 1)
    assert problems(found) == ["rights"]
    assert only(found, "rights")[1].startswith("missing: delete on ") and only(found, "rights")[1].endswith(" more")
    store.execute(f"grant select, insert, update, delete on all tables in schema public to {role}")
    assert only(examine(store, 1), "rights")[1].startswith("missing: usage on ")
    store.execute(f"grant usage, select on all sequences in schema public to {role}")
    assert problems(examine(store, 0)) == []


def test_a_database_that_does_not_respond_is_a_problem(tmp_path, sqlite):
    sqlite.environment = {"DB_URL": f"postgresql://collector@127.0.0.1:{free_port()}/collector"}
    assert problems(examine(sqlite, 1)) == ["database"]


def test_a_damaged_file_is_a_problem(sqlite):
    sqlite.path.write_bytes(b"not a database" * 1000)
    assert problems(examine(sqlite, 1)) == ["database"]


@pytest.mark.parametrize(("files", "state", "words"), [(40, "problem", "at least"), (300, "warning", "connections")])
def test_limits_of_the_process_are_checked(sqlite, files, state, words):
    found = examine(sqlite, int(state == "problem"), prefix=["prlimit", f"--nofile={files}:{files}"])
    assert only(found, "limits")[0] == state and words in only(found, "limits")[1]


def test_a_server_that_was_killed_is_a_problem(sqlite, serve):
    collector = serve(sqlite, environment=ENVIRONMENT)
    collector.kill()
    found = examine(sqlite, 1, {"COLLECTOR_URL": collector.url})
    assert problems(found) == ["server", "endpoint"]


def test_a_standby_is_checked(own_cluster, tmp_path, request):
    store = PostgresStore(own_cluster, tmp_path)
    standby = Cluster(primary=own_cluster)
    request.addfinalizer(standby.remove)
    assert only(examine(store, 0, {"COLLECTOR_READ_URL": standby.url(store.database)}), "replica")[0] == "ok"
    found = examine(store, 1, {"COLLECTOR_READ_URL": store.environment["DB_URL"]})
    assert problems(found) == ["replica"] and "not a standby" in only(found, "replica")[1]
