"""Deployments under test: the server, its database and the operations that faults use."""

import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

from postgres import Cluster, free_port
from program import Collector
from proxy import Proxy
from stores import PostgresStore, SQLiteStore
from waits import WAIT_SECONDS_MIN, wait_for
from wire import Closed, get

TOKEN = "token-of-the-chaos"
DATA_BYTES = 1 << 30
DRAINING_SECONDS_MAX = 4
RECOVERY_SECONDS_MAX = 150


class Deployment:
    """A store, a server on it, and a data folder on a file system of limited size if the test may mount one."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DATA_BYTES},mode=0700", "tmpfs", self.data]
        self.is_limited = os.getuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
        self.program_lock = threading.Lock()
        self.port = free_port()
        self.logs = []
        self.met_draining = 0
        self.collector = None
        # The server ends when the thread that started it ends: this thread lives as long as the deployment.
        self.starter = concurrent.futures.ThreadPoolExecutor(1)

    def environment(self):
        return self.store.environment | {"COLLECTOR_TOKEN": TOKEN}

    def start(self):
        options = {"environment": self.environment(), "port": self.port}
        self.collector = self.starter.submit(Collector, self.folder, **options).result()

    def stop_program(self, number):
        """Sends a signal to the server and waits until it has ended."""
        if number == signal.SIGKILL:
            self.collector.kill()
        else:
            self.collector.stop(number)
        self.logs.append(self.collector.log)

    def restart(self, number, seconds):
        with self.program_lock:
            self.stop_program(number)
            time.sleep(seconds)
            self.start()

    def details(self):
        """The response of /health/details, or None if there is none."""
        try:
            response = get(self.port, "/health/details", [("Authorization", f"Bearer {TOKEN}")])
            return response.json() if response.status in (200, 503) else None
        except (OSError, Closed, ValueError):
            return None

    def has_recovered(self):
        if self.is_in_flight():
            return False
        details = self.details()
        if details is None or details["status"] != "healthy":
            return False
        return details["journal"].get("records", 0) == 0 and details["ingest"]["waiting_records"] == 0

    def cuts(self):
        """Counts connections that the proxy has cut, by point of the cut."""
        return collections.Counter()

    def is_in_flight(self):
        """Whether the proxy still holds a statement that the server has given up."""
        return False

    def wait_until_draining(self):
        """Waits until the journal is draining, or until the timeout."""
        deadline = time.monotonic() + DRAINING_SECONDS_MAX
        while time.monotonic() < deadline:
            details = self.details()
            if details and details["journal"]["state"] == "draining":
                self.met_draining += 1
                return
            time.sleep(0.005)

    def wait_until_recovered(self):
        started = time.monotonic()
        try:
            wait_for(self.has_recovered, RECOVERY_SECONDS_MAX, "recovered")
        except AssertionError as error:
            raise AssertionError(f"{error}: {json.dumps(self.details())}") from error
        return time.monotonic() - started

    @contextlib.contextmanager
    def full_disk(self):
        """Fills the data folder's file system."""
        ballast = self.data / f"ballast-{time.monotonic_ns()}"
        with open(ballast, "wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * 65_536)
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * 512)
        try:
            yield
        finally:
            ballast.unlink()

    def close(self):
        if self.collector:
            # Wait for a start that a fault has requested meanwhile.
            self.starter.submit(lambda: None).result()
            self.collector.kill()
            self.logs.append(self.collector.log)
        self.starter.shutdown()
        if self.is_limited:
            subprocess.run(["umount", self.data], capture_output=True, check=False)


class SQLiteDeployment(Deployment):
    def __init__(self, folder):
        super().__init__(folder)
        self.store = SQLiteStore(self.folder)
        self.start()

    @contextlib.contextmanager
    def locked(self, statement):
        connection = sqlite3.connect(self.store.path, timeout=WAIT_SECONDS_MIN, isolation_level=None)
        try:
            connection.execute(statement)
            yield
        finally:
            connection.close()

    def outage(self):
        return self.locked("begin immediate")

    @contextlib.contextmanager
    def reading(self):
        """Holds a read transaction, which prevents a checkpoint from resetting the write-ahead log."""
        connection = sqlite3.connect(self.store.path, timeout=WAIT_SECONDS_MIN, isolation_level=None)
        try:
            connection.execute("begin")
            connection.execute("select count(*) from collector_events").fetchone()
            yield
        finally:
            connection.close()


class PostgresDeployment(Deployment):
    """A server that connects to PostgreSQL through the proxy."""

    SETTINGS = ("fsync=on", "synchronous_commit=on", "shared_buffers=64MB", "max_wal_size=2GB")

    def __init__(self, folder):
        super().__init__(folder)
        self.cluster = Cluster(self.SETTINGS)
        self.cluster_lock = threading.Lock()
        self.proxy = Proxy(self.cluster.port)
        self.store = PostgresStore(self.cluster, self.folder)
        direct = f":{self.cluster.port}/"
        self.store.environment["DB_URL"] = self.store.environment["DB_URL"].replace(direct, f":{self.proxy.port}/")
        self.start()

    def cuts(self):
        return self.proxy.cuts.copy()

    def is_in_flight(self):
        return self.proxy.held > 0

    @contextlib.contextmanager
    def outage(self):
        with self.cluster_lock:
            self.cluster.stop()
            try:
                yield
            finally:
                self.cluster.start()

    @contextlib.contextmanager
    def frozen(self):
        pids = self.cluster.processes()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def sql(self, text):
        return self.cluster.psql(self.store.database, text)

    def end_sessions(self):
        self.cluster.psql("postgres", f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{self.store.database}'")

    def close(self):
        super().close()
        self.proxy.close()
        self.cluster.remove()


def clear(folder):
    """Unmounts and removes the folder of a deployment, also if it failed to start."""
    subprocess.run(["umount", "-l", folder / "data"], capture_output=True, check=False)
    shutil.rmtree(folder, ignore_errors=True)


class ServersDeployment:
    """Several servers on one PostgreSQL, each with a port and a data folder of its own, behind a balancer."""

    def __init__(self, folder, environment, count=2):
        self.environment = environment
        self.folders = [pathlib.Path(folder) / f"server-{number}" for number in range(count)]
        for path in self.folders:
            path.mkdir()
        self.ports = [free_port() for _ in range(count)]
        self.collectors = [None] * count
        self.balancer = Proxy(*self.ports)
        self.port = self.balancer.port
        for number in range(count):
            self.start(number)

    def start(self, number):
        """Starts a server and waits until it has its database."""
        self.collectors[number] = Collector(self.folders[number], environment=self.environment, port=self.ports[number])
        wait_for(lambda: get(self.ports[number], "/health").status == 200, 30, "a database that is ready")

    def details(self, number):
        return get(self.ports[number], "/health/details", [("Authorization", f"Bearer {self.environment['COLLECTOR_TOKEN']}")]).json()

    def is_drained(self):
        """Whether no server has records that are not in the database."""
        parts = [self.details(number) for number in range(len(self.ports))]
        return all(part["status"] == "healthy" and part["journal"]["records"] == part["ingest"]["waiting_records"] == 0 for part in parts)

    def close(self):
        self.balancer.close()
        try:
            for collector in self.collectors:
                if collector and collector.is_running:
                    collector.stop()
        finally:
            for collector in self.collectors:
                if collector:
                    collector.kill()
