"""Rounds, one after the other, on one store."""

import collections
import concurrent.futures
import dataclasses
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import checker
import faults
from places import PostgresPlace, SQLitePlace

PLACES = {"sqlite": SQLitePlace, "postgres": PostgresPlace}
SENDERS = pathlib.Path(__file__).resolve().parent / "senders.py"
SENDERS_SECONDS_MAX = 90
FAULTS_MAX = 3
ROUNDS_OF_A_PLACE = 20


@dataclasses.dataclass
class Total:
    """What all rounds came to."""

    rounds: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    acknowledged: int = 0
    sent: int = 0
    repeated: int = 0
    faults: collections.Counter = dataclasses.field(default_factory=collections.Counter)

    def __str__(self):
        rounds = ", ".join(f"{count} rounds on {name}" for name, count in self.rounds.items())
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()))
        return (
            f"{rounds}: {self.acknowledged} acknowledged of {self.sent} sent, {self.repeated} sent twice on purpose; "
            f"0 lost, 0 doubled, 0 half\nfaults: {kinds}"
        )


def chosen_faults(name, source, seconds, only):
    """The faults of a round with the moments at which they begin."""
    possible = [fault for fault in faults.FAULTS[name] if not only or fault.__name__ in only]
    count = source.randrange(1, FAULTS_MAX + 1)
    return sorted(((source.random() * seconds * 0.8, source.choice(possible), random.Random(source.random())) for _ in range(count)), key=lambda item: item[0])


def inflict(place, moment, fault, source):
    time.sleep(moment)
    if fault is faults.full_disk and not place.is_limited:
        return
    fault(place, source)


def load(place, seed, visitor, ledger, seconds, plan):
    """Senders at work while the faults happen; gives what the senders counted."""
    command = [sys.executable, SENDERS, "--port", place.port, "--seed", seed, "--visitor", visitor, "--ledger", ledger]
    senders = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        with concurrent.futures.ThreadPoolExecutor(FAULTS_MAX) as pool:
            started = time.monotonic()
            for future in [pool.submit(inflict, place, *item) for item in plan]:
                future.result()
            time.sleep(max(0, seconds - (time.monotonic() - started)))
        output, _ = senders.communicate(timeout=SENDERS_SECONDS_MAX)
        return collections.Counter(json.loads(output))
    finally:
        senders.kill()
        senders.wait()


def play(place, name, seed, seconds, only, total):
    """One round; raises when a promise was broken."""
    source = random.Random(seed)
    plan = chosen_faults(name, source, seconds, only)
    words = ", ".join(f"{fault.__name__} at {moment:.1f} s" for moment, fault, _ in plan)
    visitor = f"v_{seed}_{time.time_ns():x}"
    ledger = place.folder / f"ledger-{seed}"
    ledger.touch()
    counts = load(place, seed, visitor, ledger, seconds, plan)
    recovery = place.wait_until_recovered()
    acknowledged = checker.read_ledger(ledger)
    verdict = checker.check(place.store, visitor, acknowledged)
    print(
        f"{seed}: {words}; sent {counts['sent']}, acknowledged {verdict.acknowledged}, stored {verdict.stored}, "
        f"503 {counts['answered 503']}, recovered in {recovery:.1f} s: {verdict}",
        flush=True,
    )
    odd = {word: count for word, count in counts.items() if count and word.startswith(("unexpected", "never", "still", "mis"))}
    assert verdict.is_right, str(verdict)
    assert not odd, f"the senders saw {odd}"
    assert verdict.acknowledged > 0, "nothing was acknowledged at all"
    ledger.unlink()
    total.rounds[name] += 1
    total.acknowledged += verdict.acknowledged
    total.sent += counts["sent"] + counts["dropped"]
    total.repeated += counts["repeated"]
    total.faults.update(fault.__name__ for _, fault, _ in plan)


def run(name, seeds, seconds, only, total):
    """All rounds of a store; false when one failed, whose remains are kept."""
    for start in range(0, len(seeds), ROUNDS_OF_A_PLACE):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="collector-chaos-"))
        place = PLACES[name](folder)
        keeps = False
        seed = None
        try:
            for seed in seeds[start : start + ROUNDS_OF_A_PLACE]:
                play(place, name, seed, seconds, only, total)
        except Exception:
            keeps = True
            traceback.print_exc()
            kept = folder.with_name(folder.name + "-failed")
            shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("ballast*"))
            print(f"FAILED: what is left is in {kept}; again with: Tests/chaos/run --store {name} --seconds {seconds} --round-seed {seed}", flush=True)
            return False
        finally:
            place.close()
            if keeps:
                (kept / "log").write_text("\n---\n".join(place.logs))
            shutil.rmtree(folder, ignore_errors=True)
    return True
