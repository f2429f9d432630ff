"""Reads the databases under test directly, without the program."""

import contextlib
import datetime
import itertools
import json
import secrets
import shutil
import sqlite3
import subprocess
import threading

from waits import WAIT_SECONDS_MIN, wait_for

#: Seconds for which a lock is held at most: longer than any test. The test ends it.
HELD_SECONDS_MAX = 900

_numbers = itertools.count(1)


def new_secret():
    """The statement that gives a copied database a secret of its own, as the migration gives one to each new database."""
    return f"update insight_hash_key set secret = '{secrets.token_hex(32)}'"


class SQLiteStore:
    """A SQLite file in a data folder. Neither exists before the program creates it."""

    name = "sqlite"

    def __init__(self, folder):
        self.folder = folder
        self.environment = {}

    def copy(self, folder):
        """A store in another folder with the same rows, except for the secret. No process may have this one open."""
        store = SQLiteStore(folder)
        # With the modes of the program and, if there is one, the log of the file.
        shutil.copytree(self.path.parent, store.path.parent)
        store.execute(new_secret())
        return store

    @property
    def path(self):
        return self.folder / "data" / "collector.sqlite"

    def rows(self, sql):
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=WAIT_SECONDS_MIN)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]
        finally:
            connection.close()

    def execute(self, sql):
        connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS_MIN)
        try:
            connection.executescript(sql)
        finally:
            connection.close()

    @contextlib.contextmanager
    def held(self, table):
        """Blocks other writers, as a long transaction of another process does; readers are not blocked."""
        connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS_MIN, isolation_level=None)
        try:
            connection.execute("begin immediate")
            yield
        finally:
            connection.close()

    def wait_until_left(self):
        """A process has left its file when it has ended."""

    @staticmethod
    def json(value):
        return None if value is None else json.loads(value)


class PostgresStore:
    """A database in a cluster: a new one without tables, or a copy of the database of another store."""

    name = "postgres"

    def __init__(self, cluster, folder, original=None):
        self.cluster = cluster
        self.folder = folder
        self.database = f"test_{next(_numbers)}"
        if original:
            cluster.copy_database(original.database, self.database, new_secret())
        else:
            cluster.create_database(self.database)
        self.environment = {"DB_URL": cluster.url(self.database)}

    def copy(self, folder):
        """A store in the same cluster with the same rows, except for the secret. This one must not have connections."""
        return PostgresStore(self.cluster, folder, original=self)

    def rows(self, sql):
        # In hexadecimal, since psql does not print every character unchanged.
        result = f"select encode(convert_to(coalesce(json_agg(t), '[]')::text, 'UTF8'), 'hex') from ({sql.rstrip().rstrip(';')}) t"
        return json.loads(bytes.fromhex(self.cluster.psql(self.database, result)))

    def execute(self, sql):
        self.cluster.psql(self.database, sql)

    @contextlib.contextmanager
    def held(self, table, mode="exclusive"):
        """Blocks other writers of the table; readers are not blocked, unless by the mode `access exclusive`."""
        sleep = f"select pg_sleep({HELD_SECONDS_MAX})"
        sleeping = f"select pid from pg_stat_activity where datname = '{self.database}' and query like '%{sleep}%' and pid <> pg_backend_pid()"

        def hold():
            # It is ended from outside.
            with contextlib.suppress(RuntimeError, subprocess.TimeoutExpired):
                self.cluster.psql(self.database, f"begin; lock table {table} in {mode} mode; {sleep}", timeout=HELD_SECONDS_MAX)

        holder = threading.Thread(target=hold)
        holder.start()
        try:
            # It sleeps once it has the lock.
            wait_for(lambda: self.cluster.psql(self.database, sleeping), 30, "the lock")
            yield
        finally:
            self.cluster.psql(self.database, f"select pg_terminate_backend(pid) from ({sleeping}) as holders")
            holder.join()

    def wait_until_left(self):
        """Waits for the end of all connections: the server may go on with the work of a process that has ended."""
        # From another database, since the connection that asks is not left at once, either.
        connections = f"select count(*) from pg_stat_activity where datname = '{self.database}'"
        wait_for(lambda: self.cluster.psql("postgres", connections) == "0", WAIT_SECONDS_MIN, "the end of all connections")

    @staticmethod
    def json(value):
        return value


def moment(text):
    """A time of either store as a datetime in UTC."""
    value = datetime.datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=datetime.UTC)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def count(store, table):
    return store.rows(f"select count(*) as n from {table}")[0]["n"]


def make_store(kind, folder, request):
    """An empty store of a kind in a folder of its own, with the cluster of the session if it needs one."""
    if kind == "sqlite":
        return SQLiteStore(folder)
    return PostgresStore(request.getfixturevalue("cluster"), folder)


def events(store, **where):
    """Rows of collector_events in order of their ids."""
    condition = " and ".join(f"{column} = {quoted(value)}" for column, value in where.items()) or "1 = 1"
    rows = store.rows(f"select * from collector_events where {condition} order by id")
    for row in rows:
        row["payload"] = store.json(row["payload"])
    return rows


JSON_COLUMNS = ("browser_info", "performance_data", "fingerprints", "errors", "network", "battery", "benchmarks")


def submissions(store, **where):
    """Rows of debug_data in order of their ids."""
    condition = " and ".join(f"{column} = {quoted(value)}" for column, value in where.items()) or "1 = 1"
    rows = store.rows(f"select * from debug_data where {condition} order by id")
    for row in rows:
        for column in JSON_COLUMNS:
            row[column] = store.json(row[column])
    return rows
