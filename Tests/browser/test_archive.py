"""`collector archive` and `collector import`: raw rows of whole days leave a database and come back with the same figures."""

import datetime
import gzip
import hashlib
import json
import os
import signal

import pytest

import test_retention
from bodies import make_ids
from insight import ENVIRONMENT, ask, report
from program import BINARY, started
from small_disk import run_on_disk
from stores import JSON_COLUMNS, SQLiteStore, count, make_store, moment
from test_demo_data import collector, fine
from test_retention import RETENTION
from waits import wait_for

pytestmark = pytest.mark.usefixtures("one_day")

EVENTS = 3000
TIMES = ("received_at", "client_timestamp", "client_timestamp_original", "timestamp", "first_received_at", "last_received_at")
TABLES = ("collector_events", "debug_data", "delivery_reports")


def now():
    return datetime.datetime.now(datetime.UTC)


def figures(port):
    """Reports of whole days without the ids of issues, which each database has its own of."""
    found = test_retention.figures(port)
    found["issues"]["issues"] = sorted(json.dumps({key: value for key, value in issue.items() if key != "issue"}) for issue in found["issues"]["issues"])
    return found


def days_ago(days):
    return str(now().date() - datetime.timedelta(days))


def plain(store, row):
    """A row whose values do not depend on the store."""
    found = dict(row)
    for name, value in row.items():
        if value is None:
            continue
        if name in TIMES:
            found[name] = moment(value)
        elif name in (*JSON_COLUMNS, "payload", "drop_reasons"):
            found[name] = store.json(value)
    return found


def contents(store, table, before="9999"):
    key = "pageview_id" if table == "delivery_reports" else "id"
    time = {"collector_events": "received_at", "debug_data": "timestamp", "delivery_reports": "first_received_at"}[table]
    rows = sorted((plain(store, row) for row in store.rows(f"select * from {table}")), key=lambda row: row[key])
    return [row for row in rows if row[time].isoformat() < before]


def everything(store):
    return {table: contents(store, table, days_ago(0)) for table in TABLES}


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".gz"))


def lines(folder, entry):
    return [json.loads(line) for line in gzip.decompress((folder / entry["name"]).read_bytes()).splitlines()]


def insert(store, name, day, payload="{}"):
    """Stores an event that was received on an earlier day."""
    ids = make_ids()
    columns = "received_at, visitor_id, session_id, pageview_id, event_type, seq, site, path, payload"
    values = ", ".join(f"'{value}'" for value in (f"{day}T12:00:00.123456Z", ids["visitor_id"], ids["session_id"], ids["pageview_id"], name, 1, "shop.example", "/late", payload))
    store.execute(f"insert into collector_events ({columns}) values ({values})")


def submit(store):
    """Stores a submission with values of every kind."""
    values = """'2026-11-01T10:00:00.000001Z', null, 'v_1', 's_1', 'p_1', '203.0.113.9', '{"a": [1, "x\\u00e9"]}', '[1.50]', '"text"', 'null', null, '{"b":"line"}', '7'"""
    store.execute(
        "insert into debug_data (timestamp, client_timestamp, visitor_id, session_id, pageview_id, ip, browser_info, performance_data, fingerprints, errors, network, battery, benchmarks) "
        f"values ({values})"
    )


@pytest.fixture
def demo(store):
    fine(store, "demo", "--events", EVENTS)
    submit(store)
    # The day that is not over is not archived, but shows in totals.
    store.execute(f"delete from collector_events where received_at >= '{days_ago(0)}'; delete from delivery_reports where last_received_at >= '{days_ago(0)}'")
    fine(store, "rebuild")
    return store


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def others(tmp_path, request):
    """Empty stores of both kinds."""
    made = []
    for kind in ("sqlite", "postgres"):
        (tmp_path / f"other-{kind}").mkdir()
        made.append(make_store(kind, tmp_path / f"other-{kind}", request))
    return made


def test_an_archive_lists_its_files_and_has_all_rows_of_whole_days(demo, folder):
    result = fine(demo, "archive", "--to", folder)
    assert f"written to {folder}" in result.stdout and "collector archive --verify" in result.stdout
    listed = manifest(folder)
    assert listed["format"] == 1 and listed["site"] is None and listed["collector"]
    assert sorted(entry["name"] for entry in listed["files"]) == files(folder)
    for table in TABLES:
        entries = [entry for entry in listed["files"] if entry["table"] == table]
        assert all(entry["day"] < days_ago(0) for entry in entries)
        assert sum(entry["rows"] for entry in entries) == len(contents(demo, table, days_ago(0)))
    for entry in listed["files"]:
        data = (folder / entry["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
        assert len(gzip.decompress(data)) == entry["bytes"]
        found = lines(folder, entry)
        assert len(found) == entry["rows"]
        if entry["table"] == "collector_events":
            ids = [row["id"] for row in found]
            assert ids == sorted(ids) and (ids[0], ids[-1]) == (entry["first_id"], entry["last_id"])
            assert isinstance(found[0]["payload"], dict)
    assert os.stat(folder / files(folder)[0]).st_mode & 0o777 == 0o600
    assert "The archive is complete" in collector(demo, "archive", "--verify", folder).stdout


def test_an_archive_is_imported_into_either_store_with_equal_rows_and_figures(demo, others, serve, folder):
    insert(demo, "odd", days_ago(3), '{"text": "\\u2028 \\" é", "number": 1.50, "deep": [[[{"a": null}]]]}')
    fine(demo, "rebuild")
    server = serve(demo, environment=ENVIRONMENT)
    wait_for(lambda: report(server.port, "status")["rollup_lag_seconds"] == 0, 60, "rollups that keep up")
    before = figures(server.port)
    server.stop()
    fine(demo, "archive", "--to", folder)
    for other in others:
        result = fine(other, "import", folder)
        assert f"{sum(entry['rows'] for entry in manifest(folder)['files']):,} rows imported" in result.stdout
        assert everything(other) == everything(demo)
        assert "match" in fine(other, "verify").stdout
        server = serve(other, environment=ENVIRONMENT)
        wait_for(lambda port=server.port: report(port, "status")["rollup_lag_seconds"] == 0, 60, "rollups that keep up")
        assert figures(server.port) == before
        server.stop()
        # A second import stores nothing, and an archive of the copy has the same rows.
        assert "0 rows imported" in fine(other, "import", folder).stdout
        copy = folder.with_name(f"copy-{other.name}")
        fine(other, "archive", "--to", copy)
        counts = [(entry["name"], entry["rows"]) for entry in manifest(folder)["files"]]
        assert [(entry["name"], entry["rows"]) for entry in manifest(copy)["files"]] == counts
        refused = collector(other, "archive", "--to", folder)
        assert refused.returncode == 1 and "another database" in refused.stderr


def test_events_that_retention_removes_stay_in_the_archive_and_are_imported_once(demo, others, serve, folder):
    fine(demo, "archive", "--to", folder)
    rows, whole = everything(demo), manifest(folder)
    server = serve(demo, environment=ENVIRONMENT)
    wait_for(lambda: report(server.port, "status")["rollup_lag_seconds"] == 0, 60, "rollups that keep up")
    before = figures(server.port)
    server.stop()
    server = serve(demo, environment=ENVIRONMENT | RETENTION)
    server.wait_for_line("old data removed", timeout=60)
    server.stop()
    assert count(demo, "collector_events") < len(rows["collector_events"])
    assert "0 rows in 0 files" in fine(demo, "archive", "--to", folder).stdout
    assert manifest(folder) == whole
    # A late event of a day that has been removed is added to the rows of the archive.
    insert(demo, "late", days_ago(20))
    fine(demo, "archive", "--to", folder)
    late = contents(demo, "collector_events", days_ago(19))[-1:]
    refused = collector(demo, "import", folder)
    assert refused.returncode == 1 and "would count twice" in refused.stderr
    for other in others:
        fine(other, "import", folder)
        found = everything(other)
        assert [row for row in found["collector_events"] if row["event_type"] != "late"] == rows["collector_events"]
        assert [row["id"] for row in found["collector_events"] if row["event_type"] == "late"] == [late[0]["id"]]
        assert found["delivery_reports"] == rows["delivery_reports"]
        fine(other, "verify")
        other.execute("delete from collector_events where event_type = 'late'")
        fine(other, "rebuild")
        server = serve(other, environment=ENVIRONMENT)
        wait_for(lambda port=server.port: report(port, "status")["rollup_lag_seconds"] == 0, 60, "rollups that keep up")
        assert figures(server.port) == before
        server.stop()


def problems(port):
    return {problem["code"]: problem["message"] for problem in report(port, "status")["problems"]}


def test_a_server_archives_days_before_it_removes_their_events(demo, serve, folder):
    before = contents(demo, "collector_events")
    server = serve(demo, environment=ENVIRONMENT | RETENTION | {"COLLECTOR_ARCHIVE": folder})
    oldest = datetime.datetime.now().timestamp() - 11 * 86_400
    wait_for(lambda: (ask(server.port, "storage").json().get("oldest_event") or 0) > oldest, 60, "the end of the removal")
    assert "archive_incomplete" not in problems(server.port)
    server.stop()
    left = {row["id"] for row in contents(demo, "collector_events")}
    archived = {row["id"] for entry in manifest(folder)["files"] if entry["table"] == "collector_events" for row in lines(folder, entry)}
    assert len(left) < len(before) and archived | left == {row["id"] for row in before}
    assert "The archive is complete" in fine(demo, "archive", "--verify", folder).stdout


def test_a_server_removes_nothing_while_its_archive_cannot_be_written(demo, serve, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    before = count(demo, "collector_events")
    server = serve(demo, environment=ENVIRONMENT | RETENTION | {"COLLECTOR_ARCHIVE": tmp_path / "file" / "archive"})
    wait_for(lambda: "archive_incomplete" in problems(server.port), 60, "a problem in the status")
    assert "Not a directory" in problems(server.port)["archive_incomplete"]
    # The first pass of retention ends with a measurement.
    wait_for(lambda: ask(server.port, "storage").json().get("oldest_event"), 60, "a pass of retention")
    server.stop()
    assert count(demo, "collector_events") == before


def test_a_day_with_late_rows_is_written_again_and_others_are_not(demo, folder):
    fine(demo, "archive", "--to", folder)
    first, day = manifest(folder), days_ago(5)
    insert(demo, "late", day)
    result = fine(demo, "archive", "--to", folder)
    assert " rows in 1 files written" in result.stdout
    second = manifest(folder)
    changed = [entry for entry in second["files"] if entry not in first["files"]]
    assert [(entry["day"], entry["name"]) for entry in changed] == [(day, f"{day}-events.2.ndjson.gz")]
    assert [row["event_type"] for row in lines(folder, changed[0])].count("late") == 1
    assert files(folder) == sorted(entry["name"] for entry in second["files"])
    assert "0 rows in 0 files" in fine(demo, "archive", "--to", folder).stdout


def test_days_and_sites_are_chosen(demo, folder):
    fine(demo, "archive", "--to", folder, "--before", days_ago(10))
    assert max(entry["day"] for entry in manifest(folder)["files"]) == days_ago(11)
    fine(demo, "archive", "--to", folder, "--keep", "7d")
    assert max(entry["day"] for entry in manifest(folder)["files"]) == days_ago(8)
    site = demo.rows("select site from collector_events where site is not null limit 1")[0]["site"]
    refused = collector(demo, "archive", "--to", folder, "--site", site)
    assert refused.returncode == 1 and "all sites" in refused.stderr
    own = folder.with_name("own")
    fine(demo, "archive", "--to", own, "--site", site)
    listed = manifest(own)
    assert listed["site"] == site and {entry["table"] for entry in listed["files"]} == {"collector_events", "delivery_reports"}
    assert {row["site"] for row in lines(own, listed["files"][0])} == {site}
    for wrong in (("--to", folder, "--before", "yesterday"), ("--to", folder, "--keep", "1h"), ("--to", folder, "--keep", "7d", "--before", "2026-11-01"), ()):
        assert collector(demo, "archive", *wrong).returncode == 2, wrong


def test_an_archive_that_was_killed_is_valid_and_continued(demo, folder):
    for least in (1, 10, 25):
        run = started(demo, "archive", "--to", folder)
        wait_for(lambda least=least: (folder.exists() and len(files(folder)) >= least) or run.poll() is not None, 30, "files")
        run.send_signal(signal.SIGKILL)
        run.wait()
        if (folder / "manifest.json").exists():
            assert "The archive is complete" in fine(demo, "archive", "--verify", folder).stdout
    fine(demo, "archive", "--to", folder)
    listed = manifest(folder)
    assert files(folder) == sorted(entry["name"] for entry in listed["files"])
    assert sum(entry["rows"] for entry in listed["files"]) == sum(map(len, everything(demo).values()))
    assert sorted(path.name for path in folder.iterdir() if path.name not in files(folder)) == ["lock", "manifest.json"]


def test_an_import_that_was_killed_is_continued(demo, others, folder):
    fine(demo, "archive", "--to", folder)
    for other in others:
        fine(other, "migrate")
        run = started(other, "import", folder)
        wait_for(lambda other=other, run=run: count(other, "collector_events") > 0 or run.poll() is not None, 30, "rows")
        run.send_signal(signal.SIGKILL)
        run.wait()
        fine(other, "import", folder)
        assert everything(other) == everything(demo)
        fine(other, "verify")


def flipped(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x55]) + data[middle + 1 :]


def rewritten(data):
    return gzip.compress(gzip.decompress(data).replace(b'"seq":1', b'"seq":2', 1))


@pytest.mark.parametrize("damage", [flipped, rewritten, lambda data: data[:-30], lambda data: data + b"x", lambda data: b""])
def test_a_damaged_file_is_found_and_nothing_is_imported(sqlite, tmp_path, request, folder, damage):
    fine(sqlite, "demo", "--events", 500)
    fine(sqlite, "archive", "--to", folder)
    name = manifest(folder)["files"][-2]["name"]
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(damage(whole))
    result = collector(sqlite, "archive", "--verify", folder)
    assert result.returncode == 1 and f"{name} is damaged" in result.stdout
    (tmp_path / "other").mkdir()
    other = make_store("sqlite", tmp_path / "other", request)
    result = collector(other, "import", folder)
    assert result.returncode == 1 and f"{name} is damaged" in result.stderr
    assert all(count(other, table) == 0 for table in TABLES)
    # The database has its rows, so the next run writes it again.
    fine(sqlite, "archive", "--to", folder)
    fine(sqlite, "archive", "--verify", folder)
    listed = manifest(folder)["files"][-2]
    assert listed["name"] != name and (folder / listed["name"]).read_bytes() == whole


def test_a_damaged_file_of_removed_rows_is_a_problem(sqlite, folder):
    fine(sqlite, "demo", "--events", 500)
    fine(sqlite, "archive", "--to", folder)
    entry = next(entry for entry in manifest(folder)["files"] if entry["table"] == "collector_events")
    sqlite.execute(f"delete from collector_events where id = {entry['first_id']}")
    (folder / entry["name"]).unlink()
    result = collector(sqlite, "archive", "--to", folder)
    assert result.returncode == 1 and entry["name"] in result.stderr and "no longer has all of its rows" in result.stderr
    assert entry in manifest(folder)["files"]


def test_folders_that_are_no_archive_are_refused(sqlite, folder, tmp_path):
    fine(sqlite, "demo", "--events", 300)
    result = collector(sqlite, "archive", "--verify", folder)
    assert result.returncode == 1 and "is not an archive" in result.stderr
    result = collector(sqlite, "import", tmp_path)
    assert result.returncode == 1 and "is not an archive" in result.stderr
    fine(sqlite, "archive", "--to", folder)
    (folder / "manifest.json").unlink()
    kept = files(folder)
    result = collector(sqlite, "archive", "--to", folder)
    assert result.returncode == 1 and "without manifest.json" in result.stderr and files(folder) == kept
    (tmp_path / "file").write_text("")
    result = collector(sqlite, "archive", "--to", tmp_path / "file" / "archive")
    assert result.returncode == 1 and "Not a directory" in result.stderr


@pytest.mark.parametrize("kilobytes", range(16, 68, 4))
def test_a_folder_that_is_full_keeps_the_archive_valid(full, tmp_path, kilobytes):
    """In some of the folders, the complete files leave no room for the manifest."""
    folder, copy = tmp_path / "archive", tmp_path / "copy"
    # The files are copied out of the disk, which ends with the command.
    script = f'"{BINARY}" archive --to "{folder}" --data "{full.folder}/data"; code=$?; cp -r "{folder}" "{copy}"; exit $code'
    result = run_on_disk(folder, kilobytes, script)
    assert result.returncode == 1 and "No space left" in result.stderr, result
    assert "The archive is complete" in fine(full, "archive", "--verify", copy).stdout
    assert len(manifest(copy)["files"]) > 0
    assert sorted(file["name"] for file in manifest(copy)["files"]) == files(copy)


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A store whose archive is larger than each of the disks."""
    store = SQLiteStore(tmp_path_factory.mktemp("full"))
    fine(store, "demo", "--events", 3000)
    return store


def test_rows_of_another_database_are_refused(sqlite, tmp_path, request, folder):
    fine(sqlite, "demo", "--events", 300)
    fine(sqlite, "archive", "--to", folder)
    (tmp_path / "other").mkdir()
    other = make_store("sqlite", tmp_path / "other", request)
    fine(other, "demo", "--events", 200, "--seed", 2)
    before = everything(other)
    result = collector(other, "import", folder)
    assert result.returncode == 1 and "another row with the id" in result.stderr
    assert everything(other) == before
