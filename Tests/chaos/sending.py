"""Runs the senders as a process of their own, whose load does not slow the test down."""

import collections
import json
import pathlib
import subprocess
import sys

import checker

SENDERS = pathlib.Path(__file__).resolve().parent / "senders.py"
SENDERS_SECONDS_MAX = 150


class Senders:
    """Senders that post to a port until `stop`; used in a `with` statement, which ends them if the test fails."""

    def __init__(self, port, seed, visitor, acknowledgements, pause=0):
        self.acknowledgements = acknowledgements
        command = [sys.executable, SENDERS, "--port", port, "--seed", seed, "--visitor", visitor, "--acknowledgements", acknowledgements, "--pause", pause]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def acknowledged(self):
        """Keys of the records that have been acknowledged so far."""
        return checker.read_acknowledgements(self.acknowledgements) if self.acknowledgements.exists() else set()

    def stop(self):
        """Lets each sender finish its request. Returns what they have counted."""
        output, _ = self.process.communicate(timeout=SENDERS_SECONDS_MAX)
        return collections.Counter(json.loads(output))


def unexpected(counts):
    """Counts of responses that no sender should get, by name."""
    return {word: count for word, count in counts.items() if count and word.startswith(("unexpected", "timed out", "unfinished", "mis"))}
