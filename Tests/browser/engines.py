"""Finds the three browser engines on this machine and drives them through one interface.

A driver opens one page at a time and has: name, version, open(url), evaluate(function), click(selector), press(key), resize(width, height),
screenshot(path), leave() (to another page, as a visitor does), set_timeout(seconds) (of later calls), errors() (those that the engine reported), quit().
Drivers that reuse a tab (see reuse.py) also have end_test(has_passed).
"""

import functools
import os
import pathlib
import shutil
import sys

NAMES = ("chromium", "firefox", "webkit")


def _first_program(*names):
    """The first that is installed and is not a stub which needs snap."""
    for name in names:
        if path := shutil.which(name):
            real = os.path.realpath(path)
            if real.startswith("/snap/") or real.endswith("/snap"):
                continue
            with open(real, "rb") as file:
                if b"snap" in file.read(2000):
                    continue
            return path
    return None


def find_chromium():
    if path := os.environ.get("COLLECTOR_CHROMIUM") or _first_program("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"):
        return path
    try:
        from chromium import playwright

        path = playwright().chromium.executable_path
    except ImportError:
        return None
    return path if os.path.exists(path) else None


def find_headless_shell():
    """Chromium without its windows and toolbars, which take a third of its CPU time; else the whole one. Pages that neither measure
    themselves nor are restored from the back/forward cache are the same in both."""
    return os.environ.get("COLLECTOR_CHROMIUM") or _first_program("chromium-headless-shell") or find_chromium()


def find_firefox():
    return os.environ.get("COLLECTOR_FIREFOX") or _first_program("firefox-esr", "firefox")


def find_webkit():
    """The small browser of WebKitGTK, when its driver and a virtual screen are there too."""
    browsers = sorted(pathlib.Path("/usr").glob("lib*/*/webkit2gtk-4.*/MiniBrowser")) + sorted(pathlib.Path("/usr").glob("libexec/webkit2gtk-4.*/MiniBrowser"))
    if browsers and shutil.which("WebKitWebDriver") and shutil.which("Xvfb"):
        return str(browsers[-1])
    return None


FINDERS = {"chromium": find_chromium, "firefox": find_firefox, "webkit": find_webkit}


def wanted():
    """The engines to test; `COLLECTOR_TEST_ENGINES` limits them."""
    names = os.environ.get("COLLECTOR_TEST_ENGINES", ",".join(NAMES)).split(",")
    return [name.strip() for name in names if name.strip()]


#: Tests of the owner's page: its logic and the server's responses do not depend on the engine, so these files run in one.
#: A test whose result does depend on it (layout, focus, storage, streams, time zones) is marked `every_engine`.
PAGE_TESTS = ("test_insight_", "test_hidden_characters", "test_access")


def is_page_test(file_name):
    return file_name.startswith(PAGE_TESTS)


def is_long_run():
    """Whether all tests run in all engines, as in `make test-long`."""
    return os.environ.get("COLLECTOR_TEST_LONG") == "1"


@functools.cache
def first():
    """The first wanted engine that is installed, in which tests run that need only one."""
    return next((name for name in wanted() if FINDERS[name]() is not None), wanted()[0])


def start(name, is_for_pages=False):
    """Starts an engine, or the small variant of it for tests of the owner's page; its driver is imported on demand."""
    path = find_headless_shell() if name == "chromium" and is_for_pages else FINDERS[name]()
    if path is None:
        raise FileNotFoundError(f"{name} is not installed (scripts/setup test)")
    if name == "chromium":
        from chromium import Chromium

        return Chromium(path)
    if name == "firefox":
        from firefox import Firefox

        return Firefox(path)
    from webkit import WebKit

    return WebKit(path)


if __name__ == "__main__":
    sys.exit(0 if FINDERS[sys.argv[1]]() else 1)
