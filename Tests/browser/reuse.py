"""Decides whether a browser shows the first page of a test in the tab of the test before.

WebKit has empty storage only in a new browser, whose start takes eight times the CPU time of a navigation. Storage, caches and service
workers belong to an origin, and most tests have servers of their own: on new ports, a page finds nothing that another test has stored. A page
on the test's own server must not use a second server that several tests share: the browser may have cached its responses.
"""

import urllib.parse

from waits import BROWSER_SECONDS_MAX, HANGING_SECONDS_MIN

#: The tests' servers listen on this address. Cookies belong to it, whatever the port, so drivers delete them.
HOST = "127.0.0.1"
#: What a test may have left in an empty tab: the size and focus change, for example, with the browser's list of downloads.
TAB_STATE = "() => [innerWidth, innerHeight, devicePixelRatio, document.hasFocus(), document.visibilityState, name]"
#: Number of service workers of a page: a browser may request their scripts again some time after the page was left.
SERVICE_WORKERS = "async () => (await navigator.serviceWorker?.getRegistrations().catch(() => []) ?? []).length"

_ports = []


def note_port(port):
    """Records the port of a server that has started."""
    _ports.append(port)


class Reusing:
    """Base of drivers that reuse a tab. Such a driver has: `_open_fresh(url)`, which opens a page with empty storage and sets `_tab_state` to the
    state of its tab before; and `_empty_tab()`, which leaves the page, deletes cookies, and returns whether there is only this tab."""

    #: Number of ports at the end of the last test; None if the tab must not be reused.
    _ports_before = None
    _tab_state = None

    def end_test(self, has_passed):
        """A test has ended. A test that failed may leave anything behind, so the next one does not reuse its tab."""
        self._ports_before = len(_ports) if has_passed else None

    def open(self, url):
        """Opens a page with empty storage of its own."""
        self.set_timeout(BROWSER_SECONDS_MAX)
        # The second page of a test may be on a server of the first, so this holds once.
        before, self._ports_before = self._ports_before, None
        if before is not None and is_new(url, before) and self._is_clean():
            self.leave(url)
        else:
            self._open_fresh(url)

    def _is_clean(self):
        try:
            self.set_timeout(HANGING_SECONDS_MIN)
            return not self.evaluate(SERVICE_WORKERS) and self._empty_tab() and self.evaluate(TAB_STATE) == self._tab_state
        except (OSError, RuntimeError):
            # The page hangs or the tab is gone.
            return False
        finally:
            self.set_timeout(BROWSER_SECONDS_MAX)


def is_new(url, before):
    """Whether a page is on a server that started after the first `before` servers, and no later server has the port of another."""
    address = urllib.parse.urlsplit(url)
    new = _ports[before:]
    is_first_use = len(set(new)) == len(new) and not set(new) & set(_ports[:before])
    return is_first_use and address.scheme == "http" and address.hostname == HOST and address.port in new
