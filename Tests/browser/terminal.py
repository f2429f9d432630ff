"""Runs a command on a pseudo-terminal."""

import fcntl
import os
import pty
import re
import signal
import subprocess
import termios
import threading
import time

from program import BINARY, clean_environment, die_with_parent
from waits import COMMAND_SECONDS_MAX, END_SECONDS_MAX


class Terminal:
    """One command of the program, with a pseudo-terminal for its input and output."""

    def __init__(self, *arguments, folder, environment=None):
        self._master, slave = pty.openpty()
        self._text = ""
        self._changed = threading.Condition()

        def own_terminal():
            die_with_parent()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [BINARY, *map(str, arguments)],
            cwd=folder, env=clean_environment(environment), stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, preexec_fn=own_terminal,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                data = b""
            with self._changed:
                self._text += data.decode(errors="replace")
                self._changed.notify_all()
            if not data:
                return

    @property
    def text(self):
        """All output so far, with line feeds alone."""
        return self._text.replace("\r\n", "\n")

    def wait_for(self, pattern, timeout=COMMAND_SECONDS_MAX):
        """The first match in the output."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not (found := re.search(pattern, self.text)):
                left = deadline - time.monotonic()
                if left <= 0 or not self._reader.is_alive():
                    raise AssertionError(f"nothing like {pattern!r} on the terminal:\n{self.text}")
                self._changed.wait(min(left, 0.2))
        return found

    def press_control_c(self):
        os.write(self._master, b"\x03")

    def wait(self, timeout=COMMAND_SECONDS_MAX):
        """The exit code, after all output has been read."""
        code = self.process.wait(timeout)
        self._reader.join(END_SECONDS_MAX)
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self._reader.join(END_SECONDS_MAX)
        os.close(self._master)
