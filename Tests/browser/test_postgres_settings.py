"""PostgreSQL configurations: settings of a role or database, encodings, missing privileges, sockets, TLS, connection strings."""

import os
import shutil
import subprocess

import pytest

from insight import ENVIRONMENT, OWNER, ask, send, settle, visit_events
from postgres import PASSWORD, Cluster
from program import run
from stores import PostgresStore, count
from waits import wait_for
from wire import get

SETTINGS = {
    "bytea_output": "escape", "datestyle": "German, DMY", "timezone": "Asia/Kathmandu", "intervalstyle": "sql_standard",
    "extra_float_digits": "-15", "standard_conforming_strings": "off", "statement_timeout": "200", "lock_timeout": "1",
    "idle_in_transaction_session_timeout": "1", "search_path": "''", "client_encoding": "LATIN1",
    "default_transaction_isolation": "serializable", "synchronous_commit": "off", "client_min_messages": "debug5",
}


def status(collector):
    return get(collector.port, "/health/details", OWNER).json()


def is_ready(collector):
    found = status(collector)
    return found["status"] == "healthy" and found["journal"]["state"] == "empty"


@pytest.mark.parametrize("when", ["before the first start", "after it"])
def test_unusual_database_settings_do_not_affect_results(cluster, tmp_path, serve, when):
    store = PostgresStore(cluster, tmp_path)
    first = visit_events(fingerprint={"canvas": "data:,é"})

    def configure():
        for name, value in SETTINGS.items():
            store.execute(f'alter database {store.database} set {name} = {value if name in ("search_path", "datestyle") else repr(value)}')

    if when == "before the first start":
        configure()
    collector = serve(store, environment=ENVIRONMENT)
    wait_for(lambda: is_ready(collector), 20, "ready")
    send(collector.port, first)
    settle(collector.port, len(first))
    if when == "after it":
        collector.stop()
        configure()
        collector = serve(store, environment=ENVIRONMENT)
        wait_for(lambda: is_ready(collector), 20, "ready")
    second = visit_events(path="/b")
    send(collector.port, second)
    settle(collector.port, len(first) + len(second))
    assert ask(collector.port, "overview", range="24h").json()["totals"]["visitors"] == 2
    assert "database unavailable; writing to journal" not in collector.log.split("database available; writing to database", 1)[1]
    collector.stop()
    verified = run("verify", folder=store.folder, environment=store.environment)
    assert verified.returncode == 0, verified.stderr + verified.stdout
    schemas = "select nspname from pg_class join pg_namespace on pg_namespace.oid = relnamespace where relname = 'segments'"
    assert store.rows(schemas) == [{"nspname": "public"}]


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_with_another_encoding_is_refused(cluster, tmp_path, encoding):
    name = f"encoded_{encoding.lower()}"
    cluster.psql("postgres", f"create database {name} encoding '{encoding}' locale 'C' template template0")
    for command in (["serve", "--port", "0"], ["migrate"]):
        ended = run(*command, folder=tmp_path, environment={"DB_URL": cluster.url(name)})
        assert ended.returncode == 1
        sentence = [line for line in ended.stderr.splitlines() if line.startswith("collector: ")]
        assert len(sentence) == 1 and encoding in sentence[0] and "encoding 'UTF8'" in sentence[0] and PASSWORD not in sentence[0]
    # The suggested fix works.
    command = sentence[0].split('"')[1].replace("collector", f"{name}_utf8", 1)
    cluster.psql("postgres", command)
    assert run("migrate", folder=tmp_path, environment={"DB_URL": cluster.url(f"{name}_utf8")}).returncode == 0


def test_an_unprivileged_role_can_serve_a_migrated_database(cluster, tmp_path, serve):
    store = PostgresStore(cluster, tmp_path)
    role = f"plain_{store.database}"
    store.execute(f"create role {role} login password '{PASSWORD}'; revoke create on schema public from public")
    plain = {"DB_URL": cluster.url(store.database).replace("//collector:", f"//{role}:")}
    ended = run("serve", "--port", "0", folder=tmp_path, environment=plain)
    assert ended.returncode == 1 and "permission denied for schema public" in ended.stderr
    assert "collector migrate" in ended.stderr and PASSWORD not in ended.stderr
    assert run("migrate", folder=tmp_path, environment=store.environment).returncode == 0
    store.execute(
        f"grant select, insert, update, delete on all tables in schema public to {role};"
        f"grant usage, select on all sequences in schema public to {role}"
    )
    collector = serve(store, environment=ENVIRONMENT | plain)
    wait_for(lambda: is_ready(collector), 20, "ready")
    events = visit_events()
    send(collector.port, events)
    settle(collector.port, len(events))
    collector.stop()
    assert run("verify", folder=tmp_path, environment=plain).returncode == 0
    assert run("rebuild", folder=tmp_path, environment=plain).returncode == 0


def test_a_unix_socket_and_a_list_of_keys_and_values(cluster, tmp_path, serve):
    store = PostgresStore(cluster, tmp_path)
    text = f"host={cluster.folder} port={cluster.port} dbname={store.database} user=collector password='{PASSWORD}'"
    collector = serve(store, environment=ENVIRONMENT | {"DB_URL": text})
    wait_for(lambda: is_ready(collector), 20, "ready")
    events = visit_events()
    send(collector.port, events)
    wait_for(lambda: count(store, "collector_events") == len(events), 10, "stored")
    assert PASSWORD not in collector.log


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    """A server with TLS; its certificate is from our own authority and valid for localhost only."""
    folder = tmp_path_factory.mktemp("authority")

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.crt", "-days", "2", "-extfile", "names")
    cluster = Cluster()
    cluster.stop()
    for name in ("server.key", "server.crt"):
        shutil.copy(folder / name, cluster.data / name)
        if os.getuid() == 0:
            shutil.chown(cluster.data / name, "postgres", "postgres")
        (cluster.data / name).chmod(0o600)
    cluster.settings = ("ssl=on",)
    rules = (cluster.data / "pg_hba.conf").read_text().replace("host ", "hostssl ")
    (cluster.data / "pg_hba.conf").write_text(rules)
    cluster.start()
    yield cluster, folder / "ca.crt"
    cluster.remove()


def test_tls_with_verify_full(secured, tmp_path, serve):
    cluster, authority = secured
    store = PostgresStore(cluster, tmp_path)
    secure = f"sslmode=verify-full&sslrootcert={authority}"
    url = cluster.url(store.database)
    collector = serve(store, environment=ENVIRONMENT | {"DB_URL": f"{url.replace('127.0.0.1', 'localhost')}?{secure}"})
    wait_for(lambda: is_ready(collector), 20, "ready")
    events = visit_events()
    send(collector.port, events)
    wait_for(lambda: count(store, "collector_events") == len(events), 10, "stored")
    collector.stop()
    for address, sentence in (
        (f"{url}?{secure}", "certificate does not match the host"),
        (f"{url.replace('127.0.0.1', 'localhost')}?sslmode=verify-full&sslrootcert=/nowhere", "cannot read the sslrootcert file"),
    ):
        ended = run("migrate", folder=tmp_path, environment={"DB_URL": address})
        assert ended.returncode == 1 and sentence in ended.stderr and PASSWORD not in ended.stderr
