"""Faults to inject into a deployment under load. Each ends by itself and restores the deployment."""

import signal
import time

from proxy import LATE


def killed_program(deployment, source):
    deployment.restart(signal.SIGKILL, source.random() * 0.5)


def stopped_program(deployment, source):
    deployment.restart(signal.SIGTERM, source.random() * 0.3)


def full_disk(deployment, source):
    with deployment.full_disk():
        time.sleep(1 + source.random() * 2)


def killed_while_draining(deployment, source):
    """The next process takes over a backlog in the middle of a batch, which may or may not be stored already."""
    with deployment.outage():
        time.sleep(1.5 + source.random())
    for _ in range(source.randrange(1, 4)):
        deployment.wait_until_draining()
        time.sleep(source.random() * 0.15)
        deployment.restart(signal.SIGKILL, source.random() * 0.2)


# PostgreSQL


def killed_server(deployment, source):
    with deployment.cluster_lock:
        deployment.cluster.kill()
        time.sleep(0.1 + source.random() * 2)
        deployment.cluster.start()


def stopped_server(deployment, source):
    with deployment.cluster_lock:
        deployment.cluster.stop()
        time.sleep(0.1 + source.random() * 2)
        deployment.cluster.start()


def frozen_server(deployment, source):
    with deployment.cluster_lock, deployment.frozen():
        time.sleep(0.5 + source.random() * 6)


#: Limit of the wait for a commit that is cut.
CUT_SECONDS_MAX = 3


def cut_commits(deployment, source):
    for _ in range(source.randrange(2, 10)):
        cuts = deployment.proxy.cut_count
        deployment.proxy.arm(source, source.randrange(1, 4))
        time.sleep(source.random() * 0.5)
        # On a busy machine, the first commit after that may take longer.
        deadline = time.monotonic() + CUT_SECONDS_MAX
        while deployment.proxy.cut_count == cuts and time.monotonic() < deadline:
            time.sleep(0.02)
    deployment.proxy.disarm()


def late_statements(deployment, source):
    """PostgreSQL receives a statement after the program has given it up and retried or journaled the batch."""
    deployment.proxy.arm(source, source.randrange(1, 4), [LATE])
    time.sleep(1 + source.random() * 3)
    deployment.proxy.disarm()


def stalled_network(deployment, source):
    """The network stalls, then delivers everything."""
    deployment.proxy.flowing.clear()
    try:
        time.sleep(0.5 + source.random() * 6)
    finally:
        deployment.proxy.flowing.set()


def locked_table(deployment, source):
    table = source.choice(["collector_events", "debug_data", "ingest_positions"])
    mode = source.choice(["access exclusive", "share row exclusive"])
    with deployment.cluster_lock:
        deployment.sql(f"begin; lock table {table} in {mode} mode; select pg_sleep({0.5 + source.random() * 4:.2f}); commit")


def read_only_server(deployment, source):
    with deployment.cluster_lock:
        deployment.sql(f"alter database {deployment.store.database} set default_transaction_read_only = on")
        deployment.end_sessions()
        time.sleep(0.2 + source.random() * 2)
        deployment.sql(f"set default_transaction_read_only = off; alter database {deployment.store.database} reset default_transaction_read_only")
        deployment.end_sessions()


def read_only_sessions(deployment, source):
    """As after a switchover to a standby: sessions stay open, but their next transaction is read-only."""
    with deployment.cluster_lock:
        deployment.cluster.psql("postgres", "alter system set default_transaction_read_only = on;\nselect pg_reload_conf()")
        time.sleep(0.2 + source.random() * 2)
        writable = "set default_transaction_read_only = off;\n"
        deployment.cluster.psql("postgres", writable + "alter system reset default_transaction_read_only;\nselect pg_reload_conf()")


def no_connections_left(deployment, source):
    with deployment.cluster_lock:
        deployment.cluster.psql("postgres", f"alter database {deployment.store.database} allow_connections false")
        deployment.end_sessions()
        time.sleep(0.2 + source.random() * 2)
        deployment.cluster.psql("postgres", f"alter database {deployment.store.database} allow_connections true")


def full_disk_in_an_outage(deployment, source):
    """The disk fills up while records go to the journal."""
    with deployment.cluster_lock:
        deployment.cluster.stop()
        time.sleep(0.3 + source.random())
        full_disk(deployment, source)
        deployment.cluster.start()


# SQLite


def locked_file(deployment, source):
    with deployment.locked(source.choice(["begin exclusive", "begin immediate"])):
        time.sleep(0.3 + source.random() * 5)


def long_reader(deployment, source):
    with deployment.reading():
        time.sleep(1 + source.random() * 3)


ANY_STORE = [killed_program, stopped_program, killed_while_draining, full_disk]
FAULTS = {
    "sqlite": [*ANY_STORE, killed_program, locked_file, long_reader],
    "postgres": [
        *ANY_STORE, killed_program, killed_server, stopped_server, frozen_server, cut_commits, cut_commits,
        late_statements, stalled_network, locked_table, read_only_server, read_only_sessions, no_connections_left,
        full_disk_in_an_outage,
    ],
}
