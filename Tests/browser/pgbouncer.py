"""A temporary PgBouncer in front of a temporary PostgreSQL."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from postgres import PASSWORD, free_port
from program import SERVERS_PATH
from waits import COMMAND_SECONDS_MAX, PAUSE_SECONDS, START_SECONDS_MAX, STOP_SECONDS_MAX


def find_binary():
    return shutil.which("pgbouncer", path=SERVERS_PATH)


class PgBouncer:
    """One pooler; ends with `stop`."""

    def __init__(self, cluster, pool_mode, pool_size=4):
        self.binary = find_binary()
        if self.binary is None:
            raise RuntimeError("pgbouncer is not installed (scripts/setup test installs it)")
        self.cluster = cluster
        self.pool_mode = pool_mode
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="collector-pgbouncer-"))
        (self.folder / "users").write_text(f'"collector" "{PASSWORD}"\n')
        (self.folder / "pgbouncer.ini").write_text(
            "[databases]\n"
            f"* = host=127.0.0.1 port={cluster.port}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir = {self.folder}\n"
            f"auth_type = plain\nauth_file = {self.folder}/users\n"
            f"pool_mode = {pool_mode}\ndefault_pool_size = {pool_size}\nserver_login_retry = 1\nlogfile = {self.folder}/log\n"
        )
        prefix = []
        if os.getuid() == 0:
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, "postgres", "postgres")
            prefix = ["runuser", "-u", "postgres", "--"]
        self.process = subprocess.Popen(
            [*prefix, self.binary, "--quiet", str(self.folder / "pgbouncer.ini")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self.answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError("PgBouncer did not start:\n" + self.log())
            time.sleep(PAUSE_SECONDS)

    def answers(self):
        command = [self.cluster.binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command).returncode == 0

    def log(self):
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def url(self, database):
        return f"postgresql://collector:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def psql(self, database, sql):
        """Runs SQL through the pooler; each statement is sent by itself."""
        return subprocess.run(
            [self.cluster.binaries / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database)],
            input=sql, text=True, capture_output=True, timeout=COMMAND_SECONDS_MAX, check=True,
        ).stdout.strip()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS_MAX)
        shutil.rmtree(self.folder, ignore_errors=True)
