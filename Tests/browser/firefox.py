"""Firefox, driven by WebDriver BiDi straight to the browser: no geckodriver is needed."""

import base64
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from websockets.sync.client import connect

from program import die_with_parent
from waits import BROWSER_SECONDS_MAX, END_SECONDS_MAX

# Disables the browser's own requests and dialogs.
PREFERENCES = {
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.safebrowsing.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "remote.active-protocols": 1,
}
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "ArrowLeft": "\ue012", "ArrowRight": "\ue014", "ArrowUp": "\ue013", "ArrowDown": "\ue015", "Home": "\ue011", "End": "\ue010", "Escape": "\ue00c"}


class Firefox:
    name = "firefox"
    #: Timeout of a response in seconds.
    _timeout = BROWSER_SECONDS_MAX

    def __init__(self, path, preferences=None):
        self._profile = tempfile.mkdtemp(prefix="collector-firefox-")
        with open(os.path.join(self._profile, "user.js"), "w") as file:
            for name, value in (PREFERENCES | (preferences or {})).items():
                file.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
        command = [path, "--headless", "--no-remote", "--profile", self._profile, "--remote-debugging-port", "0", "about:blank"]
        environment = dict(os.environ, HOME=self._profile)
        self._process = subprocess.Popen(
            command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True, preexec_fn=die_with_parent
        )
        url = self._find_url()
        # Keep reading the pipe: the browser blocks when it is full.
        threading.Thread(target=lambda: [None for _ in self._process.stderr], daemon=True).start()
        self._numbers = itertools.count(1)
        self._events = []
        self._socket = connect(url + "/session", max_size=None, compression=None).__enter__()
        session = self._command("session.new", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})
        self.version = session["capabilities"]["browserVersion"]
        self._command("session.subscribe", {"events": ["log.entryAdded"]})
        self._user = None
        self._others = []
        self._tab = self._command("browsingContext.getTree", {})["contexts"][0]["context"]

    def _find_url(self):
        for line in self._process.stderr:
            if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                return found[1]
        raise RuntimeError("Firefox ended before it listened")

    def _command(self, method, parameters):
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        deadline = time.monotonic() + self._timeout
        while True:
            message = json.loads(self._socket.recv(timeout=max(0.01, deadline - time.monotonic())))
            if message.get("id") != number:
                self._events.append(message)
            elif message["type"] == "error":
                raise RuntimeError(f"{method}: {message['error']} {message.get('message')}")
            else:
                return message["result"]

    def set_timeout(self, seconds):
        self._timeout = seconds

    def open(self, url):
        """Opens a page with empty storage of its own."""
        user = self._command("browser.createUserContext", {})["userContext"]
        tab = self._command("browsingContext.create", {"type": "tab", "userContext": user})["context"]
        self._command("browsingContext.close", {"context": self._tab})
        if self._user:
            self._command("browser.removeUserContext", {"userContext": self._user})
        self._tab, self._user, self._events, self._others = tab, user, [], []
        self.set_timeout(BROWSER_SECONDS_MAX)
        self.resize(1440, 900)
        self.leave(url)

    def leave(self, url):
        self._command("browsingContext.navigate", {"context": self._tab, "url": url, "wait": "complete"})

    def back(self):
        self._command("browsingContext.traverseHistory", {"context": self._tab, "delta": -1})

    def open_tab(self, url):
        self._others = [*self._others, self._tab]
        self._tab = self._command("browsingContext.create", {"type": "tab", "userContext": self._user})["context"]
        self.leave(url)

    def open_behind(self, url):
        """Opens a background tab, which later calls use."""
        self._others = [*self._others, self._tab]
        self._tab = self._command("browsingContext.create", {"type": "tab", "userContext": self._user, "background": True})["context"]
        self.leave(url)

    def show(self):
        self._command("browsingContext.activate", {"context": self._tab})

    def close_tab(self):
        others = self._others
        if not others:
            others = [self._command("browsingContext.create", {"type": "tab", "userContext": self._user})["context"]]
        self._command("browsingContext.close", {"context": self._tab})
        *self._others, self._tab = others

    def evaluate(self, function):
        expression = f"(async () => JSON.stringify(await ({function})() ?? null))()"
        result = self._command("script.evaluate", {"expression": expression, "target": {"context": self._tab}, "awaitPromise": True})
        if result["type"] != "success":
            raise RuntimeError(str(result)[:800])
        return json.loads(result["result"]["value"])

    def _perform(self, source):
        self._command("input.performActions", {"context": self._tab, "actions": [source]})

    def click(self, selector):
        position = self.evaluate(
            f"() => {{ const element = document.querySelector({json.dumps(selector)}); element.scrollIntoView({{ block: 'center' }});"
            " const box = element.getBoundingClientRect();"
            " return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]; }"
        )
        actions = [{"type": "pointerMove", "x": position[0], "y": position[1]}, {"type": "pointerDown", "button": 0}, {"type": "pause", "duration": 30}, {"type": "pointerUp", "button": 0}]
        self._perform({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions})

    def press(self, key):
        value = KEYS.get(key, key)
        self._perform({"type": "key", "id": "keyboard", "actions": [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]})

    def resize(self, width, height):
        self._command("browsingContext.setViewport", {"context": self._tab, "viewport": {"width": width, "height": height}})

    def screenshot(self, path, full_page=False):
        origin = "document" if full_page else "viewport"
        result = self._command("browsingContext.captureScreenshot", {"context": self._tab, "origin": origin})
        with open(path, "wb") as file:
            file.write(base64.b64decode(result["data"]))

    def errors(self):
        self._command("browsingContext.getTree", {})
        entries = [event["params"] for event in self._events if event.get("method") == "log.entryAdded"]
        return [f"{entry['type']}: {entry.get('text')}" for entry in entries if entry["level"] == "error"]

    def quit(self):
        try:
            self.set_timeout(END_SECONDS_MAX)
            self._command("browser.close", {})
        except Exception:
            # It may exit before it responds; remaining processes are ended below.
            pass
        try:
            self._process.wait(END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)
