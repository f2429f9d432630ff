"""Runs rounds of faults on one store and checks each."""

import collections
import concurrent.futures
import dataclasses
import datetime
import pathlib
import random
import shutil
import tempfile
import time
import traceback

import checker
import faults
from deployments import PostgresDeployment, SQLiteDeployment, clear
from sending import Senders, unexpected
from waits import WAIT_SECONDS_MIN, wait_for

DEPLOYMENTS = {"sqlite": SQLiteDeployment, "postgres": PostgresDeployment}
#: A round lasts until so many records are acknowledged, however busy the machine is.
ACKNOWLEDGED_MIN = 250
FAULTS_MAX = 3
ROUNDS_PER_DEPLOYMENT = 20


@dataclasses.dataclass
class Total:
    """Totals of all rounds."""

    rounds: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    acknowledged: int = 0
    sent: int = 0
    repeated: int = 0
    faults: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    skipped: int = 0
    met_draining: int = 0
    # Connections that the proxy has cut, by point of the cut. Shows that the faults met batches.
    cuts: collections.Counter = dataclasses.field(default_factory=collections.Counter)

    def __str__(self):
        rounds = ", ".join(f"{count} rounds on {name}" for name, count in self.rounds.items())
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()))
        return (
            f"{rounds}: {self.acknowledged} acknowledged of {self.sent} sent, {self.repeated} sent twice deliberately; "
            f"0 lost, 0 duplicated, 0 corrupted\nfaults: {kinds}; killed while draining {self.met_draining} times"
            + (f"\ncuts: {', '.join(f'{count} {word}' for word, count in sorted(self.cuts.items()))}" if self.cuts else "")
            + (f"\nskipped: {self.skipped} full-disk faults, because mounting a tmpfs failed" if self.skipped else "")
        )


def chosen_faults(name, source, seconds, only):
    """Chooses the faults of a round: (start in seconds, fault, random source), ordered by start."""
    possible = [fault for fault in faults.FAULTS[name] if not only or fault.__name__ in only]
    count = source.randrange(1, FAULTS_MAX + 1)
    return sorted(((source.random() * seconds * 0.8, source.choice(possible), random.Random(source.random())) for _ in range(count)), key=lambda item: item[0])


def inject(deployment, moment, fault, source):
    time.sleep(moment)
    if needs_limit(fault) and not deployment.is_limited:
        return
    fault(deployment, source)


def needs_limit(fault):
    """Whether a fault fills the data folder, which is only safe on a file system of its own."""
    return fault in (faults.full_disk, faults.full_disk_in_an_outage)


def now():
    return datetime.datetime.now(datetime.UTC)


def load(deployment, seed, visitor, acknowledgements, seconds, plan):
    """Runs the senders while faults are injected, and returns the senders' counts."""
    with Senders(deployment.port, seed, visitor, acknowledgements) as senders:
        with concurrent.futures.ThreadPoolExecutor(FAULTS_MAX) as pool:
            started = time.monotonic()
            for future in [pool.submit(inject, deployment, *item) for item in plan]:
                future.result()
            time.sleep(max(0, seconds - (time.monotonic() - started)))
            wait_for(lambda: len(senders.acknowledged()) >= ACKNOWLEDGED_MIN, WAIT_SECONDS_MIN, "enough load")
        return senders.stop()


def run_round(deployment, name, seed, seconds, only, total):
    """Runs one round. Raises an error if a record was lost, duplicated or corrupted."""
    source = random.Random(seed)
    plan = chosen_faults(name, source, seconds, only)
    words = ", ".join(f"{fault.__name__} at {moment:.1f} s" for moment, fault, _ in plan)
    visitor = f"v_{seed}_{time.time_ns():x}"
    acknowledgements = deployment.folder / f"acknowledgements-{seed}"
    acknowledgements.touch()
    cuts, met_draining = deployment.cuts(), deployment.met_draining
    started = now()
    counts = load(deployment, seed, visitor, acknowledgements, seconds, plan)
    span = (started, now())
    recovery = deployment.wait_until_recovered()
    acknowledged = checker.read_acknowledgements(acknowledgements)
    result = checker.check(deployment.store, visitor, acknowledged, span)
    print(
        f"{seed}: {words}; sent {counts['sent']}, acknowledged {result.acknowledged}, stored {result.stored}, "
        f"sent twice {counts['repeated']}, killed while draining {deployment.met_draining - met_draining}, 503 {counts['status 503']}, "
        f"cuts {(deployment.cuts() - cuts).total()}, recovered in {recovery:.1f} s: {result}",
        flush=True,
    )
    assert result.is_correct, str(result)
    assert not unexpected(counts), f"unexpected results of senders: {unexpected(counts)}"
    assert result.acknowledged > 0, "no record was acknowledged"
    acknowledgements.unlink()
    total.rounds[name] += 1
    total.acknowledged += result.acknowledged
    total.sent += counts["sent"] + counts["dropped"]
    total.repeated += counts["repeated"]
    total.cuts += deployment.cuts() - cuts
    total.met_draining += deployment.met_draining - met_draining
    done = [fault for _, fault, _ in plan if deployment.is_limited or not needs_limit(fault)]
    total.faults.update(fault.__name__ for fault in done)
    total.skipped += len(plan) - len(done)
    return visitor, result.stored


def check_again(deployment, stored):
    """Checks that no earlier round has gained or lost rows since its own check."""
    found = checker.counts(deployment.store)
    changed = {visitor: (count, found.get(visitor, 0)) for visitor, count in stored.items() if found.get(visitor, 0) != count}
    assert not changed, f"row counts changed after the round, by visitor (before, after): {changed}"


def keep_artifacts(name, folder, seconds, only, seed):
    """Copies the data folder of a failed round and prints the command that repeats the round."""
    kept = folder.with_name(folder.name + "-failed")
    shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("ballast*"))
    words = f"--store {name} --seconds {seconds} --round-seed {seed}" + (f" --only {','.join(only)}" if only else "")
    print(f"FAILED: artifacts are in {kept}; repeat with: Tests/chaos/run {words}", flush=True)
    return kept


def run(name, seeds, seconds, only, total):
    """Runs all rounds on a store. Returns False if one failed, and keeps its artifacts."""
    groups = [seeds[start : start + ROUNDS_PER_DEPLOYMENT] for start in range(0, len(seeds), ROUNDS_PER_DEPLOYMENT)]
    return all(run_deployment(name, group, seconds, only, total) for group in groups)


def run_deployment(name, seeds, seconds, only, total):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="collector-chaos-"))
    deployment, kept, seed = None, None, None
    stored = {}
    try:
        deployment = DEPLOYMENTS[name](folder)
        for seed in seeds:
            visitor, count = run_round(deployment, name, seed, seconds, only, total)
            stored[visitor] = count
        check_again(deployment, stored)
    except Exception:
        traceback.print_exc()
        kept = keep_artifacts(name, folder, seconds, only, seed)
        return False
    finally:
        if deployment:
            deployment.close()
        if deployment and kept:
            (kept / "log").write_text("\n---\n".join(deployment.logs))
        clear(folder)
    return True
