// Asks one signal after the other, gently: a breath between them, none may take too long, none can harm another.

import { canonical } from "../shared/canonical.js";
import { fnv } from "../shared/fnv.js";
import { breathe, pause } from "../shared/time.js";

/** @typedef {Record<string, () => any>} Signals */

/** A new version of the same browser is the same browser, and it may be offline. */
const FLEETING = /version|userAgent|brands|onLine/i;

/**
 * @param {Signals} lasting what tells this browser from others
 * @param {Signals} fleeting what changes by itself and is no part of the fingerprint
 * @param {string[]} doubted the lasting ones that are asked twice, since some browsers answer at random on purpose
 * @param {number} timeLimit milliseconds for one answer
 */
export async function survey(lasting, fleeting, doubted, timeLimit) {
  /** @type {Record<string, {hash: string, stable: boolean}>} */
  const parts = {};
  /** @type {Record<string, any>} */
  const signals = {};
  let all = "";
  for (const [name, ask] of Object.entries({ ...lasting, ...fleeting })) {
    // Each in a task of its own.
    const answer = () => Promise.race([breathe().then(ask), pause(timeLimit)]);
    try {
      const value = signals[name] = await answer() ?? null;
      if (value === null || !lasting[name]) continue;
      const hash = fnv(canonical(value, FLEETING));
      const stable = !doubted.includes(name) || hash === fnv(canonical(await answer(), FLEETING));
      parts[name] = { hash, stable };
      if (stable) all += name + hash;
    } catch {
      signals[name] = null;
    }
  }
  return { hash: fnv(all), parts, signals };
}
