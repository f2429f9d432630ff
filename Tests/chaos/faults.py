"""What is done to a place while records come in; each fault ends by itself and heals what it did."""

import signal
import time

from proxy import LATE


def killed_program(place, source):
    place.restart(signal.SIGKILL, source.random() * 0.5)


def stopped_program(place, source):
    place.restart(signal.SIGTERM, source.random() * 0.3)


def full_disk(place, source):
    with place.full_disk():
        time.sleep(1 + source.random() * 2)


def killed_while_draining(place, source):
    """The next process takes a backlog over in the middle of a batch, which is stored already or is not."""
    with place.outage():
        time.sleep(1.5 + source.random())
    for _ in range(source.randrange(1, 4)):
        place.wait_until_draining()
        time.sleep(source.random() * 0.15)
        place.restart(signal.SIGKILL, source.random() * 0.2)


# PostgreSQL


def killed_server(place, source):
    with place.cluster_lock:
        place.kill_server()
        time.sleep(0.1 + source.random() * 2)
        place.cluster.start()


def stopped_server(place, source):
    with place.cluster_lock:
        place.cluster.stop()
        time.sleep(0.1 + source.random() * 2)
        place.cluster.start()


def frozen_server(place, source):
    with place.cluster_lock, place.frozen():
        time.sleep(0.5 + source.random() * 6)


def cut_commits(place, source):
    for _ in range(source.randrange(2, 10)):
        place.proxy.arm(source, source.randrange(1, 4))
        time.sleep(source.random() * 0.5)
    place.proxy.disarm()


def late_statements(place, source):
    """The program gives a batch up and stores it in another way; then the server gets the first attempt."""
    place.proxy.arm(source, source.randrange(1, 4), [LATE])
    time.sleep(1 + source.random() * 3)
    place.proxy.disarm()


def stalled_network(place, source):
    """Nothing arrives for a while, and then all of it does."""
    place.proxy.flowing.clear()
    try:
        time.sleep(0.5 + source.random() * 6)
    finally:
        place.proxy.flowing.set()


def locked_table(place, source):
    table = source.choice(["collector_events", "debug_data", "ingest_positions"])
    mode = source.choice(["access exclusive", "share row exclusive"])
    with place.cluster_lock:
        place.sql(f"begin; lock table {table} in {mode} mode; select pg_sleep({0.5 + source.random() * 4:.2f}); commit")


def read_only_server(place, source):
    with place.cluster_lock:
        place.sql(f"alter database {place.store.database} set default_transaction_read_only = on")
        place.end_sessions()
        time.sleep(0.2 + source.random() * 2)
        place.sql(f"set default_transaction_read_only = off; alter database {place.store.database} reset default_transaction_read_only")
        place.end_sessions()


def read_only_sessions(place, source):
    """As on a server that was made a standby: sessions live on, and their next transaction cannot write."""
    with place.cluster_lock:
        place.cluster.psql("postgres", "alter system set default_transaction_read_only = on;\nselect pg_reload_conf()")
        time.sleep(0.2 + source.random() * 2)
        writable = "set default_transaction_read_only = off;\n"
        place.cluster.psql("postgres", writable + "alter system reset default_transaction_read_only;\nselect pg_reload_conf()")


def no_connections_left(place, source):
    with place.cluster_lock:
        place.cluster.psql("postgres", f"alter database {place.store.database} allow_connections false")
        place.end_sessions()
        time.sleep(0.2 + source.random() * 2)
        place.cluster.psql("postgres", f"alter database {place.store.database} allow_connections true")


def full_disk_in_an_outage(place, source):
    """The journal is all there is, and it has no room."""
    with place.cluster_lock:
        place.cluster.stop()
        time.sleep(0.3 + source.random())
        full_disk(place, source)
        place.cluster.start()


# SQLite


def locked_file(place, source):
    with place.locked(source.choice(["begin exclusive", "begin immediate"])):
        time.sleep(0.3 + source.random() * 5)


def long_reader(place, source):
    with place.reading():
        time.sleep(1 + source.random() * 3)


ANYWHERE = [killed_program, stopped_program, killed_while_draining, full_disk]
FAULTS = {
    "sqlite": [*ANYWHERE, killed_program, locked_file, long_reader],
    "postgres": [
        *ANYWHERE, killed_program, killed_server, stopped_server, frozen_server, cut_commits, cut_commits,
        late_statements, stalled_network, locked_table, read_only_server, read_only_sessions, no_connections_left,
        full_disk_in_an_outage,
    ],
}
