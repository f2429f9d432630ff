// Runs the collectors: each in its own place, with a time limit, and none can harm another.

import { canonical } from "../kit/canonical.js";
import { sha256 } from "../kit/hash.js";
import { breathe, within } from "../kit/time.js";
import { CONFIG } from "./config.js";

/** @typedef {import("./collectors/types.js").Collector} Collector */
/** @typedef {{collector: Collector, value: any, state: "pending" | "ready" | "unavailable", reason: string | null, took: number | null, done: Promise<void> | null, ended: Promise<void>, end: () => void}} Run */
/** @typedef {{name: string, title: string, summary: string, hash: string, isStable: boolean, took: number}} Part */

/**
 * @param {Collector[]} collectors
 * @param {(run: Run) => void} changed told when a collector has a value, a new value, or none
 */
export function createRunner(collectors, changed) {
  /** @type {Map<string, Run>} */
  const runs = new Map();
  /** @type {Part[]} */
  const parts = [];
  for (const collector of collectors) {
    let end = () => {};
    /** @type {Promise<void>} */
    const ended = new Promise((resolve) => end = resolve);
    const start = {
      state: /** @type {"pending"} */ ("pending"),
      value: undefined,
      reason: null,
      took: null,
      done: null,
    };
    runs.set(collector.name, { collector, ...start, ended, end });
  }

  /** @param {Run} run @param {any} value */
  function take(run, value) {
    run.value = value;
    run.state = value === null || value === undefined ? "unavailable" : "ready";
    if (run.state === "ready") mergeUsed(run);
    changed(run);
    for (const other of runs.values()) {
      if (!other.collector.uses?.includes(run.collector.name) || other.state !== "ready") continue;
      mergeUsed(other);
      changed(other);
    }
  }

  /** @param {Run} run */
  function mergeUsed(run) {
    for (const name of run.collector.uses ?? []) {
      const used = runs.get(name);
      run.value = { ...run.value, [name]: used?.value ?? null, [`${name}State`]: used?.state ?? "unavailable" };
    }
  }

  /** @param {Run} run */
  const collect = (run) => run.done ??= collectOnce(run);

  /** @param {Run} run */
  async function collectOnce(run) {
    const { collector } = run;
    const start = performance.now();
    try {
      const value = (async () => await collector.collect())();
      // What comes too late is still shown.
      value.then((late) => run.reason && take(Object.assign(run, { reason: null }), late), () => {});
      take(run, await within(value, collector.timeLimit ?? CONFIG.COLLECTOR_TIME_LIMIT));
    } catch (error) {
      run.reason = error instanceof Error ? error.message : String(error);
      take(run, null);
    }
    run.took = performance.now() - start;
    watch(run);
    run.end();
  }

  /** @param {Run} run */
  function watch(run) {
    try {
      run.collector.watch?.((change) => {
        const isWhole = Array.isArray(change) || typeof change !== "object" || change === null;
        take(run, isWhole ? change : { ...run.value, ...change });
      });
    } catch {
      // It keeps the value that it has.
    }
  }

  /** Twice, to see whether the browser says the same both times. @param {Run} run */
  async function collectPart(run) {
    const { collector } = run;
    await collect(run);
    if (run.state !== "ready") return;
    await breathe();
    const { value } = run;
    const identity = collector.identity ?? ((/** @type {any} */ whole) => whole);
    const start = performance.now();
    try {
      const limit = collector.timeLimit ?? CONFIG.COLLECTOR_TIME_LIMIT;
      const again = await within((async () => await collector.collect())(), limit);
      const took = performance.now() - start;
      const hash = await sha256(canonical(identity(value)));
      const isStable = hash === await sha256(canonical(identity(again)));
      parts.push({
        name: collector.name,
        title: collector.title,
        summary: summarise(collector, value),
        hash,
        isStable,
        took,
      });
    } catch {
      parts.push({ name: collector.name, title: collector.title, summary: "", hash: "", isStable: false, took: 0 });
    }
  }

  /** @param {Collector} collector @param {any} value */
  function summarise(collector, value) {
    try {
      return collector.summary?.(value) ?? "";
    } catch {
      return "";
    }
  }

  return {
    runs,
    parts,
    /** Everything that is no heavy work: each begins in a task of its own, so that none becomes a long one. */
    async measure() {
      const light = [...runs.values()].filter(({ collector }) => collector.tab !== "fingerprint" && !collector.isHeavy);
      /** @type {Promise<void>[]} */
      const begun = [];
      for (const run of light) {
        begun.push(collect(run));
        await breathe();
      }
      await Promise.all(begun);
    },
    /** What keeps the processor or the graphics busy, but is no part of the fingerprint. */
    async strain() {
      await Promise.all([...runs.values()].filter(({ collector }) => collector.isHeavy).map(collect));
    },
    /**
     * One part after the other, with room to breathe between them.
     *
     * @returns {Promise<{hash: string, parts: Part[]}>}
     */
    async fingerprint() {
      for (const run of runs.values()) {
        if (!run.collector.isFingerprint) continue;
        await breathe();
        await collectPart(run);
      }
      const stable = parts.filter((part) => part.isStable).map((part) => `${part.name}=${part.hash}`).sort();
      return { hash: await sha256(stable.join("\n")), parts };
    },
    /**
     * When a collector has come to an end, well or not.
     *
     * @param {string} name
     */
    ended: async (name) => await runs.get(name)?.ended,
    /** @param {any} payload what each puts its value into */
    contribute(payload) {
      for (const { collector, value, state } of runs.values()) {
        if (state !== "ready") continue;
        try {
          collector.contribute?.(value, payload);
        } catch {
          // The others' parts are good.
        }
      }
    },
  };
}
