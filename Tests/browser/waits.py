"""Waits, and how long they may take.

The limits matter only when a test fails: a busy machine takes twenty times as long for anything as an idle one, and a condition that holds
ends its wait at once."""

import time

#: Minimum timeout of a wait.
WAIT_SECONDS_MIN = 60
#: Timeout of a response.
ANSWER_SECONDS_MAX = 60
#: Timeout of a server's start, and of its end after a signal.
START_SECONDS_MAX = 90
STOP_SECONDS_MAX = 60
#: Timeout of a command.
COMMAND_SECONDS_MAX = 150
#: Timeout of a step of a browser.
BROWSER_SECONDS_MAX = 90
#: Timeout of the end of a thread or process that has to end.
END_SECONDS_MAX = 30
#: Within this time everything responds that does not hang; what hangs ends later, or never.
HANGING_SECONDS_MIN = 20
PAUSE_SECONDS = 0.02
#: A pause is longer than the one before, up to this: a page that is asked often has less time to become ready.
LONG_PAUSE_SECONDS = 0.06
PAUSE_GROWTH = 1.2


def wait_for(condition, seconds, what):
    """Polls a condition until it holds; `what` describes it in the error, as a text or a function that returns one."""
    seconds = max(seconds, WAIT_SECONDS_MIN)
    deadline = time.monotonic() + seconds
    pause = PAUSE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds} s: not {what() if callable(what) else what}"
        time.sleep(pause)
        pause = min(pause * PAUSE_GROWTH, LONG_PAUSE_SECONDS)
