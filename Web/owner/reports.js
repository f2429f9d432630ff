// Reports, kept for as long as their figures are shown: a view that was open before, or that was loaded ahead, appears
// without a wait. All reports that are kept belong to the same minute, so the views agree with each other.

import { address, ask, onChange } from "./api.js";
import { rangeName } from "./state.js";

/** Reports kept at a time. */
const REPORTS_MAX = 64;
/** Milliseconds for which figures are shown before they are requested again, and in the range of the last half hour. */
const CURRENT_MS = 60_000;
const REALTIME_MS = 20_000;

/** The path of a report below `api/`, and its parameters. @typedef {[path: string, parameters: Record<string, any>]} Request */

/** A report that was received or is on its way. */
class Report {
  /** @param {Request} request */
  constructor([path, parameters]) {
    this.waiting = 0;
    this.isReceived = false;
    /** Milliseconds since 1970: its figures are at least as new. */
    this.time = Date.now();
    this.controller = new AbortController();
    this.content = ask(path, parameters, { signal: this.controller.signal });
    this.content.then(() => this.isReceived = true, () => {});
  }
}

/** By address, in the order of their requests. @type {Map<string, Report>} */
const kept = new Map();
let keptSince = 0;

/** The next report of each request is read from the server. */
export function forgetReports() {
  kept.clear();
  keptSince = Date.now();
}

/** Whether figures of a time (milliseconds since 1970) are so old that they should be requested again. @param {number} time */
export const areFiguresOld = (time) => Date.now() - time > (rangeName() === "realtime" ? REALTIME_MS : CURRENT_MS);

const areReportsOld = () => areFiguresOld(keptSince);

/** The time of the oldest figures that a view can get now, in milliseconds since 1970. */
export function figuresTime() {
  if (areReportsOld()) forgetReports();
  return keptSince;
}

/** @param {Request} request */
export const isKept = (request) => !areReportsOld() && kept.has(address(...request));

/** When a report that is kept was requested, in milliseconds since 1970; null when it is not kept. @param {Request} request */
export const reportTime = (request) => kept.get(address(...request))?.time ?? null;

/** The next report of this request is read from the server. @param {Request} request */
export const forgetReport = (request) => kept.delete(address(...request));

onChange(forgetReports);

/**
 * A report that is kept, or else is requested. Callers that wait for the same report share one request, which is aborted
 * when none of them waits any longer.
 *
 * @param {Request} request
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function report(request, signal) {
  if (areReportsOld()) forgetReports();
  const key = address(...request);
  const one = kept.get(key) ?? keep(key, new Report(request));
  one.waiting += 1;
  try {
    // A view may change what it shows.
    return structuredClone(await unlessAborted(one.content, signal));
  } finally {
    one.waiting -= 1;
    if (!one.isReceived && !one.waiting) {
      one.controller.abort();
      if (kept.get(key) === one) kept.delete(key);
    }
  }
}

/** @param {string} key @param {Report} one */
function keep(key, one) {
  kept.set(key, one);
  for (const [oldest, { isReceived }] of kept) {
    if (kept.size <= REPORTS_MAX) break;
    if (isReceived) kept.delete(oldest);
  }
  return one;
}

/** @template T @param {Promise<T>} content @param {AbortSignal} [signal] @returns {Promise<T>} */
function unlessAborted(content, signal) {
  if (!signal) return content;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    content.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
