// Runs the collectors, each with a time limit; one that fails does not affect the others.

import { canonical } from "../kit/canonical.js";
import { fnv } from "../kit/fnv.js";
import { breathe, within } from "../kit/time.js";
import { CONFIG } from "./config.js";

/** @typedef {import("./collectors/types.js").Collector} Collector */
/** @typedef {{collector: Collector, value: any, state: "pending" | "ready" | "unavailable", reason: string | null, took: number | null, done: Promise<void> | null, ended: Promise<void>, end: () => void}} Run */
/** @typedef {{name: string, title: string, summary: string, hash: string, isStable: boolean, took: number}} Part */

/** @param {Collector[]} collectors @returns {Map<string, Run>} */
function makeRuns(collectors) {
  return new Map(collectors.map((collector) => {
    let end = () => {};
    /** @type {Promise<void>} */
    const ended = new Promise((resolve) => end = resolve);
    return [collector.name, {
      collector,
      value: undefined,
      state: "pending",
      reason: null,
      took: null,
      done: null,
      ended,
      end,
    }];
  }));
}

/** Adds the values that a collector uses of others to its own. @param {Run} run @param {Map<string, Run>} runs */
function mergeUsed(run, runs) {
  for (const name of run.collector.uses ?? []) {
    const used = runs.get(name);
    run.value = { ...run.value, [name]: used?.value ?? null, [`${name}State`]: used?.state ?? "unavailable" };
  }
}

/** @param {Collector} collector */
const timeLimitOf = (collector) => collector.timeLimit ?? CONFIG.COLLECTOR_TIME_LIMIT;

/**
 * Collects again, to see whether the value is the same.
 *
 * @param {Run} run
 * @returns {Promise<Part>}
 */
async function collectAgain({ collector, value }) {
  const identity = collector.identity ?? ((/** @type {any} */ whole) => whole);
  const { name, title } = collector;
  const start = performance.now();
  try {
    const again = await within((async () => await collector.collect())(), timeLimitOf(collector));
    const took = performance.now() - start;
    const hash = fnv(canonical(identity(value)));
    const isStable = hash === fnv(canonical(identity(again)));
    return { name, title, summary: summaryOf(collector, value), hash, isStable, took };
  } catch {
    return { name, title, summary: "", hash: "", isStable: false, took: 0 };
  }
}

/** @param {Collector} collector @param {any} value */
function summaryOf(collector, value) {
  try {
    return collector.summary?.(value) ?? "";
  } catch {
    return "";
  }
}

/**
 * Sets values of runs, and calls `changed` for each run whose value is another one then.
 *
 * @param {Map<string, Run>} runs
 * @param {(run: Run) => void} changed
 */
const makeSetValue = (runs, changed) => (/** @type {Run} */ run, /** @type {any} */ value) => {
  run.value = value;
  run.state = value === null || value === undefined ? "unavailable" : "ready";
  if (run.state === "ready") mergeUsed(run, runs);
  changed(run);
  for (const other of runs.values()) {
    if (!other.collector.uses?.includes(run.collector.name) || other.state !== "ready") continue;
    mergeUsed(other, runs);
    changed(other);
  }
};

/** @param {Run} run @param {(run: Run, value: any) => void} setValue */
async function collectOnce(run, setValue) {
  const { collector } = run;
  const start = performance.now();
  try {
    const value = (async () => await collector.collect())();
    // A value that arrives after the time limit is still shown.
    value.then((late) => run.reason && setValue(Object.assign(run, { reason: null }), late), () => {});
    setValue(run, await within(value, timeLimitOf(collector)));
  } catch (error) {
    run.reason = error instanceof Error ? error.message : String(error);
    setValue(run, null);
  }
  run.took = performance.now() - start;
  watch(run, setValue);
  run.end();
}

/** @param {Run} run @param {(run: Run, value: any) => void} setValue */
function watch(run, setValue) {
  try {
    run.collector.watch?.((change) => {
      const isWhole = Array.isArray(change) || typeof change !== "object" || change === null;
      setValue(run, isWhole ? change : { ...run.value, ...change });
    });
  } catch {
    // It keeps the value that it has.
  }
}

/** Adds the values that are there to a payload. @param {Iterable<Run>} runs @param {any} payload */
function contribute(runs, payload) {
  for (const { collector, value, state } of runs) {
    if (state !== "ready") continue;
    try {
      collector.contribute?.(value, payload);
    } catch {
      // The parts of the others are good.
    }
  }
}

/**
 * @param {Collector[]} collectors
 * @param {(run: Run) => void} changed called when a collector has a value, a new value, or none
 */
export function createRunner(collectors, changed) {
  const runs = makeRuns(collectors);
  const setValue = makeSetValue(runs, changed);
  /** @type {Part[]} */
  const parts = [];
  const collect = (/** @type {Run} */ run) => run.done ??= collectOnce(run, setValue);

  return {
    runs,
    parts,
    /** Collects all that is not heavy work. Each starts in its own task, so that no task becomes long. */
    async measure() {
      const light = [...runs.values()].filter(({ collector }) => collector.tab !== "fingerprint" && !collector.isHeavy);
      /** @type {Promise<void>[]} */
      const started = [];
      for (const run of light) {
        started.push(collect(run));
        await breathe();
      }
      await Promise.all(started);
    },
    /** Collects what keeps the processor or the graphics busy and is not part of the fingerprint. */
    async runBenchmarks() {
      await Promise.all([...runs.values()].filter(({ collector }) => collector.isHeavy).map(collect));
    },
    /**
     * Collects the parts of the fingerprint one after the other, so that the page can respond between them.
     *
     * @returns {Promise<{hash: string, parts: Part[]}>}
     */
    async fingerprint() {
      for (const run of runs.values()) {
        if (!run.collector.isFingerprint) continue;
        await breathe();
        await collect(run);
        if (run.state !== "ready") continue;
        await breathe();
        parts.push(await collectAgain(run));
      }
      const stable = parts.filter((part) => part.isStable).map((part) => `${part.name}=${part.hash}`).sort();
      return { hash: fnv(stable.join("\n")), parts };
    },
    /** When a collector has ended, with a value or without. @param {string} name */
    ended: async (name) => await runs.get(name)?.ended,
    /** @param {any} payload to which each collector adds its value */
    contribute: (payload) => contribute(runs.values(), payload),
  };
}
