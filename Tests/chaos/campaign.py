"""Rounds, one after the other, on one store."""

import collections
import concurrent.futures
import dataclasses
import datetime
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
from places import PostgresPlace, SQLitePlace, clear

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
    skipped: int = 0
    met_draining: int = 0
    # How often the proxy has cut, and where: a fault that never meets a batch proves nothing.
    cuts: collections.Counter = dataclasses.field(default_factory=collections.Counter)

    def __str__(self):
        rounds = ", ".join(f"{count} rounds on {name}" for name, count in self.rounds.items())
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()))
        return (
            f"{rounds}: {self.acknowledged} acknowledged of {self.sent} sent, {self.repeated} sent twice on purpose; "
            f"0 lost, 0 doubled, 0 half\nfaults: {kinds}; killed while draining {self.met_draining} times"
            + (f"\ncuts: {', '.join(f'{count} {word}' for word, count in sorted(self.cuts.items()))}" if self.cuts else "")
            + (f"\nskipped: {self.skipped} of a full disk, since this system mounts none for us" if self.skipped else "")
        )


def chosen_faults(name, source, seconds, only):
    """The faults of a round with the moments at which they begin."""
    possible = [fault for fault in faults.FAULTS[name] if not only or fault.__name__ in only]
    count = source.randrange(1, FAULTS_MAX + 1)
    return sorted(((source.random() * seconds * 0.8, source.choice(possible), random.Random(source.random())) for _ in range(count)), key=lambda item: item[0])


def inflict(place, moment, fault, source):
    time.sleep(moment)
    if needs_limit(fault) and not place.is_limited:
        return
    fault(place, source)


def needs_limit(fault):
    """Without a limit of its own, the ballast would fill the disk of the machine."""
    return fault in (faults.full_disk, faults.full_disk_in_an_outage)


def now():
    return datetime.datetime.now(datetime.UTC)


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
    cuts, met_draining = place.cuts(), place.met_draining
    started = now()
    counts = load(place, seed, visitor, ledger, seconds, plan)
    span = (started, now())
    recovery = place.wait_until_recovered()
    acknowledged = checker.read_ledger(ledger)
    verdict = checker.check(place.store, visitor, acknowledged, span)
    print(
        f"{seed}: {words}; sent {counts['sent']}, acknowledged {verdict.acknowledged}, stored {verdict.stored}, "
        f"sent twice {counts['repeated']}, killed while draining {place.met_draining - met_draining}, 503 {counts['answered 503']}, "
        f"cuts {(place.cuts() - cuts).total()}, recovered in {recovery:.1f} s: {verdict}",
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
    total.cuts += place.cuts() - cuts
    total.met_draining += place.met_draining - met_draining
    done = [fault for _, fault, _ in plan if place.is_limited or not needs_limit(fault)]
    total.faults.update(fault.__name__ for fault in done)
    total.skipped += len(plan) - len(done)
    return visitor, verdict.stored


def check_again(place, stored):
    """Nothing of an earlier round has come or gone since it was checked."""
    found = checker.counts(place.store)
    changed = {visitor: (count, found.get(visitor, 0)) for visitor, count in stored.items() if found.get(visitor, 0) != count}
    assert not changed, f"rows that came or went after their round, by visitor: {changed}"


def keep_remains(name, folder, seconds, only, seed):
    """Copies what a failed round left, and says how it is repeated."""
    kept = folder.with_name(folder.name + "-failed")
    shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("ballast*"))
    words = f"--store {name} --seconds {seconds} --round-seed {seed}" + (f" --only {','.join(only)}" if only else "")
    print(f"FAILED: what is left is in {kept}; again with: Tests/chaos/run {words}", flush=True)
    return kept


def run(name, seeds, seconds, only, total):
    """All rounds of a store; false when one failed, whose remains are kept."""
    return all(run_in_a_place(name, seeds[start : start + ROUNDS_OF_A_PLACE], seconds, only, total) for start in range(0, len(seeds), ROUNDS_OF_A_PLACE))


def run_in_a_place(name, seeds, seconds, only, total):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="collector-chaos-"))
    place, kept, seed = None, None, None
    stored = {}
    try:
        place = PLACES[name](folder)
        for seed in seeds:
            visitor, count = play(place, name, seed, seconds, only, total)
            stored[visitor] = count
        check_again(place, stored)
    except Exception:
        traceback.print_exc()
        kept = keep_remains(name, folder, seconds, only, seed)
        return False
    finally:
        if place:
            place.close()
        if place and kept:
            (kept / "log").write_text("\n---\n".join(place.logs))
        clear(folder)
    return True
