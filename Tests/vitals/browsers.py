"""Drives the three engines for fixtures: real input, background tabs, and no instrumentation of the page."""

import contextlib
import itertools
import json
import re
import shutil
import subprocess
import tempfile
import threading
import time

from websockets.sync.client import connect

import engines
from firefox import Firefox
from program import die_with_parent
from webkit import WebKit

POLL_SECONDS = 0.03
STEP_SECONDS_MAX = 60
#: After this time of a wait, sessions with pages are renewed.
RENEWAL_SECONDS = 3
ANSWER_SECONDS_MAX = 90
#: The same for a poll, which is repeated.
POLL_ANSWER_SECONDS_MAX = 3
STOP_SECONDS_MAX = 30
MOUSE_DOWN_MS = 20
#: Disables the browser's own requests and dialogs.
ARGUMENTS = (
    "--headless=new --no-sandbox --remote-debugging-port=0 --window-size=1280,900 --hide-scrollbars --no-first-run --no-default-browser-check "
    "--disable-background-networking --disable-component-update --disable-default-apps --disable-sync --disable-extensions --mute-audio "
    "--disable-features=OptimizationHints,MediaRouter,Translate,HttpsUpgrades"
).split()
RECT = (
    "(() => {{ const element = document.querySelector({selector}); element.scrollIntoView({{ block: 'nearest' }});"
    " const box = element.getBoundingClientRect(); return [box.x + Math.min(box.width / 2, 30), box.y + box.height / 2]; }})()"
)


class StepFailed(Exception):
    """A page did not reach the state that a step waits for."""


class Steps:
    """Shared by all engines; a driver adds `value(expression)` and the other methods that steps use."""

    def wait(self, condition, seconds=STEP_SECONDS_MAX):
        start = renewed = time.monotonic()
        while True:
            with contextlib.suppress(RuntimeError, TimeoutError):
                # A page that is unloading may not respond, and a new tab shows an empty page first.
                if self.poll(f"location.href !== 'about:blank' && !document.prerendering && !!({condition})"):
                    return
            now = time.monotonic()
            is_stale = now - renewed > RENEWAL_SECONDS
            renewed = now if is_stale else renewed
            self.find_page(is_stale)
            if now - start > seconds:
                raise StepFailed(f"after {seconds} s not: {condition}")
            time.sleep(POLL_SECONDS)

    def poll(self, expression):
        """The value of an expression, or an error soon if there is none."""
        return self.value(expression)

    def find_page(self, is_stale):
        """Switches to another page of the tab, in engines that have several; `is_stale` attaches to all of them again."""

    def rest(self, milliseconds):
        self.value(f"new Promise((resolve) => setTimeout(resolve, {milliseconds}))")

    def run(self, script):
        self.value(f"(() => {{ {script} }})()")

    def follow(self, selector, path):
        with contextlib.suppress(RuntimeError, TimeoutError, OSError):
            self.click(selector, is_leaving=True)
        self.wait_for_path(path)

    def wait_for_path(self, path):
        self.wait(f"location.pathname === {json.dumps(self.absolute(path))} && document.readyState === 'complete'")

    def absolute(self, path):
        return path if path.startswith("/") else "/left" if path == "left" else self.site.prefix + path

    def url(self, path):
        return self.site.url + self.absolute(path)

    def perform(self, fixture, site):
        self.site = site
        steps = fixture.steps if fixture.opens else [("open", "page"), *fixture.steps]
        for method, *values in steps:
            getattr(self, method)(*values)


class ChromiumProtocol(Steps):
    """Chromium over its own protocol, without a library, since libraries keep pages visible and instrument them."""

    name = "chromium"

    def __init__(self, path):
        self._profile = tempfile.mkdtemp(prefix="collector-chromium-")
        self._process = subprocess.Popen(
            [path, *ARGUMENTS, f"--user-data-dir={self._profile}", "about:blank"],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, preexec_fn=die_with_parent,
        )
        address = self._find_address()
        # Keep reading the pipe: the browser blocks when it is full.
        threading.Thread(target=lambda: [None for _ in self._process.stderr], daemon=True).start()
        self._numbers = itertools.count(1)
        self._socket = connect(address, max_size=None, compression=None).__enter__()
        self._context = None
        self._pages = []
        self.version = self._command("Browser.getVersion")["product"].split("/")[1]

    def _find_address(self):
        for line in self._process.stderr:
            if found := re.search(r"DevTools listening on (ws://\S+)", line):
                return found[1]
        raise RuntimeError("Chromium ended before it listened")

    def _send(self, method, parameters, session=None):
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})))
        return number

    def _command(self, method, parameters=None, session=None, seconds=ANSWER_SECONDS_MAX):
        number = self._send(method, parameters or {}, session)
        deadline = time.monotonic() + seconds
        while True:
            message = json.loads(self._socket.recv(timeout=max(0.01, deadline - time.monotonic())))
            if message.get("id") == number:
                break
            self._notice(message.get("method"), message.get("params"))
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def _notice(self, method, parameters):
        """Tracks the pages of the tab as (session, target): first the visible one, then a prerendered one until its activation."""
        if method == "Target.attachedToTarget" and parameters["targetInfo"]["type"] == "page":
            self._pages.append((parameters["sessionId"], parameters["targetInfo"]["targetId"]))
        elif method == "Target.detachedFromTarget":
            self._pages = [page for page in self._pages if page[0] != parameters["sessionId"]]

    def _page(self, method, parameters=None, seconds=ANSWER_SECONDS_MAX):
        if not self._pages:
            raise RuntimeError("the tab has no page")
        return self._command(method, parameters, self._pages[0][0], seconds)

    def _new_tab(self, url="about:blank", **options):
        return self._command("Target.createTarget", {"url": url, "browserContextId": self._context, **options})["targetId"]

    def _attach(self, tab):
        """Attaches to the tab, not to the page: a page that is attached to directly cannot prerender another."""
        self._pages = []
        session = self._command("Target.attachToTarget", {"targetId": tab, "flatten": True})["sessionId"]
        self._command("Target.setAutoAttach", {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True}, session)
        deadline = time.monotonic() + STEP_SECONDS_MAX
        while not self._pages:
            if time.monotonic() > deadline:
                raise StepFailed("the tab has no page")
            self._command("Browser.getVersion")

    def _start_visit(self):
        """Empty storage and an empty cache."""
        if self._context:
            self._command("Target.disposeBrowserContext", {"browserContextId": self._context})
        self._context = self._command("Target.createBrowserContext")["browserContextId"]
        self._other = None

    def find_page(self, is_stale):
        # After the activation of a prerendered page, the visible page and its session are not always reported.
        self._pages = [*self._pages[1:], *self._pages[:1]]
        # The session of a prerendered page may end with its activation, which changes its target as well.
        known = {target for _, target in self._pages if not is_stale} | {self._other}
        for target in self._command("Target.getTargets", {"filter": [{"type": "page"}]})["targetInfos"]:
            if target.get("browserContextId") == self._context and not target.get("subtype") and target["targetId"] not in known:
                session = self._command("Target.attachToTarget", {"targetId": target["targetId"], "flatten": True})["sessionId"]
                self._pages = [(session, target["targetId"]), *(page for page in self._pages if page[1] != target["targetId"])]

    def open(self, path):
        self._start_visit()
        self._attach(self._new_tab(newWindow=True, forTab=True))
        self.leave(path, is_waiting=False)

    def open_in_background(self, path):
        self._start_visit()
        self._other = self._new_tab(newWindow=True)
        self._attach(self._new_tab(self.url(path), background=True, forTab=True))

    def leave(self, path, is_waiting=True):
        self._page("Page.navigate", {"url": self.url(path)})
        if is_waiting:
            self.wait_for_path(path)

    def reload(self):
        self._page("Page.reload")

    def back(self, path):
        history = self._page("Page.getNavigationHistory")
        entry = history["entries"][history["currentIndex"] - 1]
        self._page("Page.navigateToHistoryEntry", {"entryId": entry["id"]})
        self.wait(f"location.pathname === {json.dumps(self.absolute(path))} && (recorder.isRestored() || recorder.counts().paint)")

    def hide(self):
        if self._other:
            self._command("Target.activateTarget", {"targetId": self._other})
        else:
            self._other = self._new_tab()
        self.wait("document.hidden")

    def show(self):
        self._command("Target.activateTarget", {"targetId": self._pages[0][1]})
        self.wait("!document.hidden")

    def close(self):
        self._other = self._other or self._new_tab(background=True)
        self._command("Target.closeTarget", {"targetId": self._pages[0][1]})

    def poll(self, expression):
        # The session of a page that was replaced does not respond.
        return self.value(expression, POLL_ANSWER_SECONDS_MAX)

    def value(self, expression, seconds=ANSWER_SECONDS_MAX):
        answer = self._page("Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True}, seconds)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["result"].get("description", "exception"))
        return answer["result"].get("value")

    def click(self, selector, is_leaving=False):
        x, y = self.value(RECT.format(selector=json.dumps(selector)))
        mouse = {"x": x, "y": y, "button": "left", "clickCount": 1}
        self._page("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y})
        self._page("Input.dispatchMouseEvent", {"type": "mousePressed", "buttons": 1, **mouse})
        if is_leaving:
            # A page that is unloading may never respond.
            self._send("Input.dispatchMouseEvent", {"type": "mouseReleased", **mouse}, self._pages[0][0])
        else:
            self._page("Input.dispatchMouseEvent", {"type": "mouseReleased", **mouse})

    def click_while_busy(self, selector, milliseconds):
        """Clicks while a script of the page blocks the main thread."""
        x, y = self.value(RECT.format(selector=json.dumps(selector)))
        mouse = {"x": x, "y": y, "button": "left", "clickCount": 1}
        self._send("Runtime.evaluate", {"expression": f"block({milliseconds})"}, self._pages[0][0])
        self._send("Input.dispatchMouseEvent", {"type": "mousePressed", "buttons": 1, **mouse}, self._pages[0][0])
        self._page("Input.dispatchMouseEvent", {"type": "mouseReleased", **mouse})

    def press(self, key):
        text = {"Enter": "\r"}.get(key, key)
        code = ord(text.upper())
        self._page("Input.dispatchKeyEvent", {"type": "keyDown", "key": key, "text": text, "windowsVirtualKeyCode": code})
        self._page("Input.dispatchKeyEvent", {"type": "keyUp", "key": key, "windowsVirtualKeyCode": code})

    def quit(self):
        with contextlib.suppress(Exception):
            self._command("Browser.close")
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)


class FirefoxSteps(Steps, Firefox):
    """Firefox over WebDriver BiDi."""

    def _create(self, **options):
        return self._command("browsingContext.create", {"type": "tab", "userContext": self._user, **options})["context"]

    def _start_visit(self):
        """Clears storage and closes the tabs of the previous visit."""
        old = getattr(self, "_visit", [self._tab])
        self._user = self._command("browser.createUserContext", {})["userContext"]
        self._other = None
        self._tab = self._create()
        self._visit = [self._tab]
        for tab in old:
            with contextlib.suppress(RuntimeError):
                # A step may have closed it.
                self._command("browsingContext.close", {"context": tab})
        self._events.clear()

    def open(self, path):
        self._start_visit()
        self._go(path, "none")

    def open_in_background(self, path):
        self._start_visit()
        self._other = self._tab
        self._tab = self._create(background=True)
        self._visit.append(self._tab)
        self._go(path, "none")

    def _go(self, path, until):
        self._command("browsingContext.navigate", {"context": self._tab, "url": self.url(path), "wait": until})

    def leave(self, path):
        self._go(path, "none")
        self.wait_for_path(path)

    def reload(self):
        self._command("browsingContext.reload", {"context": self._tab, "wait": "none"})

    def back(self, path):
        Firefox.back(self)
        self.wait(f"location.pathname === {json.dumps(self.absolute(path))} && (recorder.isRestored() || recorder.counts().paint)")

    def hide(self):
        if self._other:
            self._command("browsingContext.activate", {"context": self._other})
        else:
            self._other = self._create()
            self._visit.append(self._other)
        self.wait("document.hidden")

    def show(self):
        self._command("browsingContext.activate", {"context": self._tab})
        self.wait("!document.hidden")

    def close(self):
        if not self._other:
            self._visit.append(self._create(background=True))
        self._command("browsingContext.close", {"context": self._tab})

    def value(self, expression):
        return self.evaluate(f"() => {expression}")

    def click(self, selector, is_leaving=False):
        x, y = self.value(RECT.format(selector=json.dumps(selector)))
        actions = [
            {"type": "pointerMove", "x": round(x), "y": round(y)}, {"type": "pointerDown", "button": 0},
            {"type": "pause", "duration": MOUSE_DOWN_MS}, {"type": "pointerUp", "button": 0},
        ]
        self._perform({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions})


class WebKitSteps(Steps, WebKit):
    """WebKitGTK over its own driver."""

    def open(self, path):
        WebKit.open(self, self.url(path))
        self._other = None

    def open_in_background(self, path):
        WebKit.open(self, "about:blank")
        self._other = self._request("GET", "/window")
        self._request("POST", "/window", {"handle": self._request("POST", "/window/new", {"type": "tab"})["handle"]})
        self.leave(path)

    def leave(self, path):
        self._request("POST", "/url", {"url": self.url(path)})
        self.wait_for_path(path)

    def reload(self):
        self._request("POST", "/refresh")

    def back(self, path):
        WebKit.back(self)
        self.wait(f"location.pathname === {json.dumps(self.absolute(path))} && (recorder.isRestored() || recorder.counts().paint)")

    def close(self):
        self.close_tab()

    def value(self, expression):
        return self.evaluate(f"() => {expression}")

    def click(self, selector, is_leaving=False):
        WebKit.click(self, selector)


def start(name):
    path = engines.FINDERS[name]()
    if path is None:
        raise FileNotFoundError(f"{name} is not installed (scripts/setup test)")
    return {"chromium": ChromiumProtocol, "firefox": FirefoxSteps, "webkit": WebKitSteps}[name](path)
