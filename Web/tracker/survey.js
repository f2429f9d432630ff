// Reads one signal after the other, each in a task of its own, with a time limit. A signal that fails is null.

import { canonical } from "../kit/canonical.js";
import { fnv } from "../kit/fnv.js";
import { breathe, pause } from "../kit/time.js";

/** @typedef {Record<string, () => any>} Signals */

/** Properties that change while the browser stays the same. */
const VOLATILE = /version|userAgent|brands|onLine/i;

/**
 * @param {Signals} stable signals of the fingerprint
 * @param {Signals} volatile signals that change by themselves and are no part of the fingerprint
 * @param {string[]} verifyTwice stable signals that are read twice, since some browsers randomize them on purpose
 * @param {number} timeLimit milliseconds for one signal
 */
export async function survey(stable, volatile, verifyTwice, timeLimit) {
  /** @type {Record<string, {hash: string, stable: boolean}>} */
  const parts = {};
  /** @type {Record<string, any>} */
  const signals = {};
  let all = "";
  for (const [name, ask] of Object.entries({ ...stable, ...volatile })) {
    // Each in a task of its own.
    const answer = () => Promise.race([breathe().then(ask), pause(timeLimit)]);
    try {
      const value = signals[name] = await answer() ?? null;
      if (value === null || !stable[name]) continue;
      const hash = fnv(canonical(value, VOLATILE));
      const isStable = !verifyTwice.includes(name) || hash === fnv(canonical(await answer(), VOLATILE));
      parts[name] = { hash, stable: isStable };
      if (isStable) all += name + hash;
    } catch {
      signals[name] = null;
    }
  }
  return { hash: fnv(all), parts, signals };
}
