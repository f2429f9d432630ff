"""Processes under measurement, and their CPU time and memory."""

import contextlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import time

from postgres import Cluster, free_port
from program import BINARY, Collector
from stores import PostgresStore, SQLiteStore
from wire import get

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOAD = ROOT / ".build" / "bench" / "load"
BODIES = ROOT / "Benchmarks" / "bodies"
EVENTS = sorted(BODIES.glob("event-*.json"))
SUBMISSIONS = [BODIES / "collect.json"]
TICKS = os.sysconf("SC_CLK_TCK")
SETTINGS = ("fsync=on", "synchronous_commit=on", "shared_buffers=256MB", "max_wal_size=4GB")


def build_load():
    """Compiles the load generator when one of its sources is newer."""
    folder = ROOT / "Benchmarks"
    sources = [folder / "load.c", folder / "requests.c"]
    if LOAD.exists() and all(path.stat().st_mtime < LOAD.stat().st_mtime for path in (*sources, folder / "requests.h")):
        return
    compiler = next((name for name in ("cc", "clang", "gcc") if shutil.which(name)), None)
    if compiler is None:
        sys.exit("no C compiler found: install clang, or gcc and libc6-dev")
    LOAD.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([compiler, "-O2", "-std=gnu2x", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", LOAD, *sources], check=True)


def load(port, path, *options, bodies=()):
    """Runs the load generator and returns its results."""
    command = [LOAD, "--port", port, "--path", path, *options]
    for body in bodies:
        command += ["--body", body]
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600)
    if result.returncode != 0:
        sys.exit(result.stderr)
    return json.loads(result.stdout)


def cpu_seconds(pid):
    """User and system time of a process and its children, including ended ones."""
    ticks = 0
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(entry.name) == pid:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


def memory_mib(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return 0


class Bench:
    """A server on its own store, used for all measurements of a run."""

    def __init__(self, folder, name):
        self.name = name
        folder.mkdir()
        self.collector = None
        self.cluster = Cluster(SETTINGS) if name == "postgres" else None
        try:
            self.store = PostgresStore(self.cluster, folder) if self.cluster else SQLiteStore(folder)
            self.collector = Collector(folder, environment=self.store.environment)
            deadline = time.monotonic() + 10
            while get(self.port, "/health").status != 200:
                if time.monotonic() > deadline:
                    sys.exit("the server does not become healthy:\n" + self.collector.log)
                time.sleep(0.05)
        except BaseException:
            self.close()
            raise

    @property
    def port(self):
        return self.collector.port

    @property
    def pid(self):
        return self.collector.process.pid

    @property
    def database_pid(self):
        return int((self.cluster.data / "postmaster.pid").read_text().split()[0]) if self.cluster else None

    def close(self):
        try:
            if self.collector:
                self.collector.stop()
        finally:
            if self.cluster:
                self.cluster.remove()


NGINX = """
worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ return 204; }} }}
}}
"""


@contextlib.contextmanager
def nginx(folder):
    """Runs nginx, which responds 204 to each request. Yields its port and process ID, or None if it is not installed."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        yield None
        return
    folder.mkdir()
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    process = subprocess.Popen([program, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
    try:
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError):
                if get(port, "/").status == 204:
                    break
            if time.monotonic() > deadline or process.poll() is not None:
                sys.exit("nginx does not start:\n" + (folder / "error.log").read_text())
            time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(10)


def git(*arguments):
    """Output of a git command, without updating the index."""
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0"}
    result = subprocess.run(["git", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    return result.stdout.strip()


def shape():
    """Describes the machine and the version of the code."""
    memory = next(line for line in pathlib.Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    built = time.strftime("%Y-%m-%d %H:%M", time.gmtime(BINARY.stat().st_mtime))
    return (
        f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, commit {git('rev-parse', '--short', 'HEAD') or 'unknown'}"
        f"{' with changes' if git('status', '--porcelain') else ''}, binary built {built}, {os.cpu_count()} cores, "
        f"{int(memory.split()[1]) / 1048576:.0f} GiB, Linux {platform.release()}, load average before {os.getloadavg()[0]:.1f}"
    )
