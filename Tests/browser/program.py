"""Runs the real program and watches its log."""

import contextlib
import ctypes
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import threading
import time

from reuse import note_port
from tls import unchecked
from waits import COMMAND_SECONDS_MAX, END_SECONDS_MAX, START_SECONDS_MAX, STOP_SECONDS_MAX, wait_for
from wire import Closed, get

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("COLLECTOR_BINARY", ROOT / ".build" / "release" / "collector"))
#: Where the servers that tests start are found: unpacked by scripts/setup, or installed.
SERVERS_PATH = os.pathsep.join([*(str(ROOT / ".tools" / "debian" / "usr" / folder) for folder in ("sbin", "bin")), os.environ.get("PATH", ""), "/usr/sbin"])
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def die_with_parent():
    """Runs in the child process, so that it ends with a killed test run."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def raise_open_files_limit():
    """Raises the limit on open files, since some tests hold a thousand connections. Returns the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20


# As in Descriptors.swift: descriptors that the program reserves, and connections over the limit that it rejects at a time.
RESERVED_FILES = 48
REFUSED_MAX = 16


def connections_max(files):
    """Number of connections that a server accepts with this limit on open files."""
    return min(20_000, files - RESERVED_FILES - REFUSED_MAX)


def clean_environment(extra=None):
    """Environment of the program, without the developer's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return kept | {name: str(value) for name, value in (extra or {}).items()}


def run(*arguments, folder, environment=None, timeout=COMMAND_SECONDS_MAX, prefix=()):
    """Runs the program until it exits. Returns exit code and output."""
    return subprocess.run(
        [*prefix, BINARY, *map(str, arguments)],
        cwd=folder,
        env=clean_environment(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def started(store, *words, stderr=subprocess.DEVNULL):
    """Starts a command on the data of a store. Returns its process, which ends with the test run."""
    return subprocess.Popen(
        [BINARY, *map(str, words), "--data", store.folder / "data"],
        cwd=store.folder,
        env=clean_environment(store.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        text=True,
        preexec_fn=die_with_parent,
    )


class Collector:
    """One `collector serve`, in a working folder of its own."""

    def __init__(self, folder, *arguments, environment=None, port=0, wait=True, limits=None):
        """`limits` are resources of the process, and how much it may have of each."""
        self.folder = pathlib.Path(folder)
        self.environment = environment or {}
        self.data = self.folder / "data"
        self.lines = []
        self._changed = threading.Condition()
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [BINARY, "serve", "--port", str(port), "--data", str(self.data), *map(str, arguments)],
            cwd=self.folder,
            env=clean_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            preexec_fn=lambda: self._prepare(limits or {}),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if wait:
            self.wait_until_listening()

    @staticmethod
    def _prepare(limits):
        die_with_parent()
        for name, value in limits.items():
            resource.setrlimit(name, (value, value))

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_for_line(self, pattern, timeout=START_SECONDS_MAX, start=0):
        """Waits for the first matching log line; fails with the log if the program ends or the timeout passes before."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for line in self.lines[start:]:
                    if found := re.search(pattern, line):
                        return found
                left = deadline - time.monotonic()
                if left <= 0 or not self._reader.is_alive():
                    raise AssertionError(f"no line like {pattern!r} in the log:\n" + "\n".join(self.lines))
                self._changed.wait(min(left, 0.2))

    def wait_until_listening(self):
        found = self.wait_for_line(r"Listening on (https?://(\S+):(\d+))\b")
        self.listens_after = time.monotonic() - self.started_at
        self.url, self.host, self.port = found[1], found[2].strip("[]"), int(found[3])
        self.tls = unchecked() if self.url.startswith("https") else None
        note_port(self.port)

    def ask(self, path):
        """A response to the owner, whatever the token is; None while the server does not answer."""
        token = self.environment.get("COLLECTOR_TOKEN") or (self.data / "token").read_text().strip()
        with contextlib.suppress(Closed, OSError):
            return get(self.port, path, [("Authorization", f"Bearer {token}")], address=self.host, tls=self.tls)
        return None

    def wait_until_ready(self):
        """Waits for the database: a server listens without it if it is slow, and then has acknowledged records in its journal."""

        def is_ready():
            assert self.is_running, f"the program ended by itself:\n{self.log}"
            answer = self.ask("/health")
            return answer is not None and answer.status == 200

        wait_for(is_ready, START_SECONDS_MAX, lambda: f"a database that is ready:\n{self.log}")

    def wait_until_stored(self):
        """Waits until each acknowledged record is in the database. On a busy machine some are in the journal for a moment."""

        def is_stored():
            if not self.is_running:
                return True
            answer = self.ask("/health/details")
            details = {} if answer is None else json.loads(answer.body)
            journal = details.get("journal")
            return details.get("database") == "not_configured" or (journal is not None and journal.get("records", 0) == 0)

        wait_for(is_stored, START_SECONDS_MAX, lambda: f"an empty journal:\n{self.log}")

    @property
    def log(self):
        return "\n".join(self.lines)

    @property
    def is_running(self):
        return self.process.poll() is None

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=STOP_SECONDS_MAX):
        """The exit code."""
        code = self.process.wait(timeout)
        self._reader.join(END_SECONDS_MAX)
        return code

    def stop(self, number=signal.SIGTERM):
        """Stops the program by a signal and checks that it exits in time."""
        self.send(number)
        try:
            code = self.wait()
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise AssertionError(f"no end within {STOP_SECONDS_MAX} s of {number!r}:\n{self.log}") from error
        assert code == 0, f"exit code {code}:\n{self.log}"

    def kill(self):
        if self.is_running:
            self.process.kill()
            self.wait()

    def resident_kilobytes(self):
        return self.memory_kilobytes("VmRSS")

    def memory_kilobytes(self, name):
        """A value of /proc: `VmRSS` current, `VmHWM` peak, `VmSize` including reserved memory."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(name + r":\s+(\d+)", status)[1])
