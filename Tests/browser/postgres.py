"""A temporary PostgreSQL server, created by initdb and removed after the test run."""

import atexit
import contextlib
import functools
import itertools
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import workers
from waits import COMMAND_SECONDS_MAX, PAUSE_SECONDS, START_SECONDS_MAX, STOP_SECONDS_MAX, wait_for

PASSWORD = "not-so-secret-7f3a"


def find_binaries():
    """The folder of the newest installed server, or None."""
    folders = [path.parent for path in pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found := shutil.which("initdb"):
        folders.append(pathlib.Path(found).resolve().parent)
    return max(folders, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0, default=None)


#: Tests kill servers, never the machine: the system's cache outlives them, and a disk would only be waited for. Settings of a cluster win.
UNSYNCED = ("-c", "fsync=off")

#: Below the ephemeral ports of the system, so that no outgoing connection takes a port between its choice and its use.
PORTS_FIRST = 12_000
#: Number of ports for each test process.
PORTS_OF_WORKER = 2_000
_next_ports = itertools.count(random.randrange(PORTS_OF_WORKER))


def free_port():
    """A port without a listener that no other process of these tests chooses."""
    for _ in range(PORTS_OF_WORKER):
        port = PORTS_FIRST + workers.number() * PORTS_OF_WORKER + next(_next_ports) % PORTS_OF_WORKER
        with socket.socket() as probe, contextlib.suppress(OSError):
            # As servers do: old connections may still be in TIME_WAIT.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("there is no free port")


def is_alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def as_owner(program, *arguments):
    """The command as the system's user for PostgreSQL, if this process is root's."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    return [*prefix, str(program), *map(str, arguments)]


def give_to_owner(folder):
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")


def initialize(binaries, folder):
    """Creates the data of a server in a folder."""
    password_file = folder / "password"
    password_file.write_text(PASSWORD + "\n")
    password_file.chmod(0o644)
    subprocess.run(
        as_owner(
            binaries / "initdb", "--pgdata", folder / "data", "--username", "collector", "--pwfile", password_file,
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync",
        ),
        check=True, capture_output=True, cwd=folder,
    )


@functools.cache
def new_data(binaries):
    """The data of a server that has never run. A copy takes a tenth of the CPU time of initdb."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="collector-postgres-new-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    give_to_owner(folder)
    initialize(binaries, folder)
    return folder / "data"


class Cluster:
    """A server. It never runs as root, and a supervising shell ends it when this process ends."""

    # The shell reads until the pipe closes, on purpose or because this process ended, then shuts the server down.
    SUPERVISOR = '"$@" & server=$!; cat >/dev/null; kill -INT $server 2>/dev/null; wait $server'

    def __init__(self, settings=(), primary=None, has_own_identifier=False):
        """A new server or, with `primary`, a standby that streams from that server; its name there is its `name`. All new servers of this
        process have one system identifier, unless `has_own_identifier`."""
        self.binaries = find_binaries()
        if self.binaries is None:
            raise RuntimeError("PostgreSQL's server is not installed (scripts/setup test installs it)")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="collector-postgres-"))
        self.data = self.folder / "data"
        self.port = free_port()
        self.settings = settings
        self.supervisor = None
        self.name = f"standby_{self.port}"
        give_to_owner(self.folder)
        if primary:
            self._copy(primary)
        elif has_own_identifier:
            initialize(self.binaries, self.folder)
        else:
            self._copy_new()
        self.start()

    def _copy_new(self):
        subprocess.run(as_owner("cp", "-a", new_data(self.binaries), self.data), check=True, capture_output=True, cwd=self.folder)

    def _copy(self, primary):
        source = f"host=127.0.0.1 port={primary.port} user=collector password={PASSWORD} application_name={self.name}"
        subprocess.run(
            as_owner(
                self.binaries / "pg_basebackup", "--pgdata", self.data, "--dbname", source, "--write-recovery-conf", "--checkpoint", "fast", "--no-sync",
            ),
            check=True, capture_output=True, cwd=self.folder,
        )

    def start(self):
        command = [
            "sh", "-c", self.SUPERVISOR, "sh", self.binaries / "postgres",
            "-D", self.data, "-p", self.port, "-h", "127.0.0.1", "-k", self.folder, *UNSYNCED,
            *(word for setting in self.settings for word in ("-c", setting)),
        ]
        with open(self.folder / "log", "ab") as log:
            self.supervisor = subprocess.Popen(
                as_owner(*command),
                cwd=self.folder, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self.answers():
            if time.monotonic() > deadline or self.supervisor.poll() is not None:
                raise RuntimeError("PostgreSQL did not start:\n" + (self.folder / "log").read_text()[-3000:])
            time.sleep(PAUSE_SECONDS)

    def answers(self):
        command = [self.binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command).returncode == 0

    def stop(self):
        """A fast shutdown: closes connections and keeps committed data."""
        if self.supervisor is not None:
            self.supervisor.stdin.close()
            self.supervisor.wait(STOP_SECONDS_MAX)
            self.supervisor = None

    def crash(self):
        """An immediate shutdown, as after a loss of power: the next start recovers from the log."""
        subprocess.run(
            as_owner(self.binaries / "pg_ctl", "-D", self.data, "-m", "immediate", "-t", STOP_SECONDS_MAX, "-w", "stop"),
            check=True, capture_output=True, cwd=self.folder,
        )
        self.stop()

    def processes(self):
        """Process IDs of the server and its children."""
        master = int((self.data / "postmaster.pid").read_text().split()[0])
        children = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [master, *map(int, children)]

    def kill(self):
        """Kills all processes, as a failure of the machine would."""
        pids = self.processes()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(is_alive(pid) for pid in pids), 10, "the server's processes to end")
        self.stop()

    def promote(self):
        """Makes a standby the primary."""
        subprocess.run(
            as_owner(self.binaries / "pg_ctl", "-D", self.data, "-w", "promote"),
            check=True, capture_output=True, cwd=self.folder,
        )

    def remove(self):
        # Skips the shutdown checkpoint, which is slow on a busy disk.
        if self.supervisor is not None:
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database):
        return f"postgresql://collector:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def psql(self, database, sql, timeout=COMMAND_SECONDS_MAX):
        """Runs SQL and returns the output of psql, tuples only."""
        result = subprocess.run(
            [self.binaries / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database)],
            input=sql, text=True, capture_output=True, timeout=timeout,
        )
        if result.returncode != 0:
            raise RuntimeError(result.stderr.strip())
        return result.stdout.rstrip("\n")

    def create_database(self, name):
        self.psql("postgres", f'create database "{name}"')

    def copy_database(self, original, name, sql):
        """Creates a database as a copy of one without connections, and runs SQL in it. Each psql costs a process and a login, so one does both."""
        self.psql("postgres", f'create database "{name}" template "{original}";\n\\connect "{name}"\n{sql}')
