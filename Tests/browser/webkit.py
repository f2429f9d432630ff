"""WebKitGTK, driven by its own WebDriver on a virtual screen."""

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from postgres import free_port
from program import die_with_parent
from reuse import HOST, TAB_STATE, Reusing
from waits import BROWSER_SECONDS_MAX, END_SECONDS_MAX, PAUSE_SECONDS, START_SECONDS_MAX

KEYS = {"Tab": "\ue004", "Enter": "\ue007", "ArrowLeft": "\ue012", "ArrowRight": "\ue014", "ArrowUp": "\ue013", "ArrowDown": "\ue015", "Home": "\ue011", "End": "\ue010", "Escape": "\ue00c"}

# Seconds for a browser to start and for its first page in the first attempt at both, and the number of attempts. Each has more time than the one before.
OPEN_SECONDS_MAX = 25
OPEN_ATTEMPTS_MAX = 3


class WebKit(Reusing):
    name = "webkit"
    #: Default timeout of a request in seconds.
    _timeout = BROWSER_SECONDS_MAX

    def __init__(self, path, arguments=()):
        self._path = path
        self._arguments = list(arguments)
        # Its sandbox needs privileges that containers do not have.
        self._environment = dict(
            os.environ, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS="1", LIBGL_ALWAYS_SOFTWARE="1", GIO_USE_VFS="local", GSETTINGS_BACKEND="memory", NO_AT_BRIDGE="1", LANG="en_US.UTF-8"
        )
        self._home = tempfile.mkdtemp(prefix="collector-webkit-")
        self._environment |= {"HOME": self._home, "XDG_RUNTIME_DIR": self._home, "DISPLAY": self._start_screen()}
        self._session = None
        self.version = None
        self._start_driver()
        self._open_fresh()

    def _start_driver(self):
        self._port = free_port()
        self._driver = subprocess.Popen(
            ["WebKitWebDriver", f"--port={self._port}", "--host=127.0.0.1"],
            env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent,
        )
        self._wait_for_driver()

    def _start_screen(self):
        reading, writing = os.pipe()
        self._screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1200x24", "-nolisten", "tcp"],
            pass_fds=[writing], stderr=subprocess.DEVNULL, preexec_fn=die_with_parent,
        )
        os.close(writing)
        number = b""
        # The number and the line's end come apart; a pipe that is closed in between ends the screen.
        while not number.endswith(b"\n"):
            part = os.read(reading, 16)
            if not part:
                raise RuntimeError("Xvfb did not start")
            number += part
        os.close(reading)
        return ":" + number.decode().strip()

    def _wait_for_driver(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), END_SECONDS_MAX).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE_SECONDS)

    def _begin(self, timeout):
        """A session of its own has empty storage."""
        options = {"binary": self._path, "args": ["--automation", "--geometry=1440x1000", *self._arguments]}
        capabilities = {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True, "webkitgtk:browserOptions": options}}}
        answer = self._request("POST", "/session", capabilities, timeout=timeout)
        self._session = answer["sessionId"]
        self.version = answer["capabilities"].get("browserVersion")
        self._request("POST", "/timeouts", {"script": 60_000})

    def _end(self):
        if self._session:
            try:
                self._request("DELETE", "", timeout=END_SECONDS_MAX)
            except (OSError, RuntimeError):
                # The window may be gone already.
                pass
            self._session = None

    def _request(self, method, path, body=None, timeout=None):
        prefix = f"/session/{self._session}" if self._session else ""
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{prefix}{path}", data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout or self._timeout) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read()[:800]}") from error

    def _open_fresh(self, url="about:blank"):
        """Starts a browser with a page. The driver sometimes never responds while its browser starts; then another one is started."""
        for attempt in range(OPEN_ATTEMPTS_MAX):
            seconds = OPEN_SECONDS_MAX * (attempt + 1)
            try:
                self._end()
                self._begin(seconds)
                self._tab_state = self._state_of_tab(seconds)
                self._request("POST", "/url", {"url": url}, timeout=seconds)
                return
            except OSError:
                if attempt == OPEN_ATTEMPTS_MAX - 1:
                    raise
                self._session = None
                self._stop_driver()
                self._start_driver()

    def _state_of_tab(self, timeout):
        return self._request("POST", "/execute/sync", {"script": f"return ({TAB_STATE})()", "args": []}, timeout=timeout)

    def _empty_tab(self):
        # The driver deletes only the cookies of the page's host.
        if not self._request("GET", "/url").startswith(f"http://{HOST}:"):
            return False
        self._request("DELETE", "/cookie")
        self.leave("about:blank")
        return len(self._request("GET", "/window/handles")) == 1

    def set_timeout(self, seconds):
        self._timeout = seconds

    def leave(self, url):
        self._request("POST", "/url", {"url": url})

    def back(self):
        self._request("POST", "/back")

    def open_tab(self, url):
        handle = self._request("POST", "/window/new", {"type": "tab"})["handle"]
        self._request("POST", "/window", {"handle": handle})
        self.leave(url)

    def close_tab(self):
        mine = self._request("GET", "/window")
        others = [handle for handle in self._request("GET", "/window/handles") if handle != mine]
        if not others:
            others = [self._request("POST", "/window/new", {"type": "tab"})["handle"]]
        self._request("DELETE", "/window")
        self._request("POST", "/window", {"handle": others[-1]})

    def evaluate(self, function):
        script = (
            "const done = arguments[arguments.length - 1];"
            f"Promise.resolve().then({function}).then((value) => done(JSON.stringify([value ?? null])), (error) => done(String(error)))"
        )
        text = self._request("POST", "/execute/async", {"script": script, "args": []})
        if not text.startswith("["):
            raise RuntimeError(text)
        return json.loads(text)[0]

    def click(self, selector):
        # Its pointer does not scroll elements into view.
        self.evaluate(f"() => document.querySelector({json.dumps(selector)}).scrollIntoView({{ block: 'center' }})")
        element = self._request("POST", "/element", {"using": "css selector", "value": selector})
        actions = [
            {"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": element},
            {"type": "pointerDown", "button": 0},
            {"type": "pause", "duration": 30},
            {"type": "pointerUp", "button": 0},
        ]
        self._request("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}]})

    def press(self, key):
        value = KEYS.get(key, key)
        actions = [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self._request("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def resize(self, width, height):
        self._request("POST", "/window/rect", {"width": width, "height": height})

    def screenshot(self, path, full_page=False):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._request("GET", "/screenshot")))

    def errors(self):
        """The driver reports no errors: returns the page's own list."""
        return []

    def _stop_driver(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._driver.pid, signal.SIGKILL)
        self._driver.wait(END_SECONDS_MAX)

    def quit(self):
        self._end()
        self._stop_driver()
        self._screen.terminate()
        self._screen.wait(END_SECONDS_MAX)
        shutil.rmtree(self._home, ignore_errors=True)
