"""Chromium, driven by Playwright."""

import atexit
import functools
import os
import pathlib

from playwright.sync_api import sync_playwright

from waits import BROWSER_SECONDS_MAX

#: Maximum height of the browser's own toolbars, in pixels.
BARS_HEIGHT_MAX = 200
#: Pages that the address bar loads in each new window. They take two thirds of the CPU time of opening a window.
BAR_PAGES = "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup"
STARTER = pathlib.Path(__file__).with_name("chromium.sh")


@functools.cache
def playwright():
    """One instance for all browsers: a second cannot be started at the same time."""
    started = sync_playwright().start()
    atexit.register(started.stop)
    return started


class Chromium:
    name = "chromium"

    def __init__(self, path, arguments=()):
        self.browser = playwright().chromium.launch(
            executable_path=STARTER,
            timeout=BROWSER_SECONDS_MAX * 1000,
            env=os.environ | {"CHROMIUM": path},
            args=["--no-sandbox", BAR_PAGES, *arguments],
            # Keeps pages in the back/forward cache, as in a browser that is not automated.
            ignore_default_args=["--disable-back-forward-cache"],
        )
        self.version = self.browser.version
        self._context = None
        self.page = None
        self.new_page()

    def new_page(self, **options):
        """A page with empty storage of its own."""
        if self._context:
            self._context.close()
        self._errors = []
        self.requests = []
        self._context = self.browser.new_context(viewport={"width": 1440, "height": 900}, ignore_https_errors=True, **options)
        self.set_timeout(BROWSER_SECONDS_MAX)
        self.page = self._new_tab()
        self.page.on("pageerror", lambda error: self._errors.append(f"exception: {error}"))
        self.page.on("console", lambda message: self._errors.append(f"console: {message.text}") if message.type == "error" else None)
        self.page.on("request", lambda request: self.requests.append(request.url))

    def _new_tab(self):
        page = self._context.new_page()
        self._fit_window(page)
        return page

    @staticmethod
    def _fit_window(page):
        """Playwright makes the window as high as the page. The bars of the browser take a part of that, and what lies at the lower
        end of the page is then never painted: no frame comes of it, and no entry of an event whose only effect is there."""
        session = page.context.new_cdp_session(page)
        window = session.send("Browser.getWindowForTarget")["windowId"]
        size = {"width": page.viewport_size["width"], "height": page.viewport_size["height"] + BARS_HEIGHT_MAX}
        session.send("Browser.setWindowBounds", {"windowId": window, "bounds": size})
        session.detach()

    def open(self, url, **options):
        self.new_page(**options)
        self.page.goto(url)

    def evaluate(self, function):
        return self.page.evaluate(function)

    def click(self, selector):
        self.page.click(selector)

    def press(self, key):
        self.page.keyboard.press(key)

    def resize(self, width, height):
        self.page.set_viewport_size({"width": width, "height": height})
        self._fit_window(self.page)

    def use_scheme(self, scheme):
        self.page.emulate_media(color_scheme=scheme)

    def screenshot(self, path, full_page=False):
        self.page.screenshot(path=path, full_page=full_page)

    def leave(self, url):
        self.page.goto(url)

    def back(self):
        # "load" does not fire again for a page from the back/forward cache.
        self.page.go_back(wait_until="commit")

    def open_tab(self, url):
        """Another tab of the same visitor."""
        self.page = self._new_tab()
        self.page.goto(url)

    def close_tab(self):
        """Closes the tab; the previous tab becomes visible, if there is one."""
        self.page.close()
        self.page = self._context.pages[-1] if self._context.pages else self._new_tab()

    def add_start_script(self, script):
        """Adds a script that runs first on each later page, without clearing storage."""
        self._context.add_init_script(script)

    def set_timeout(self, seconds):
        """Sets the timeout of later calls."""
        self._context.set_default_timeout(seconds * 1000)

    def errors(self):
        return list(self._errors)

    def quit(self):
        self.browser.close()
