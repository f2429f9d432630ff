// The report on the tracking, which the strip and the view share.

import { ask } from "./api.js";
import { rangeQuery } from "./state.js";

/** Milliseconds for which a report is current. */
const CURRENT_MS = 55_000;

/** @type {{key: string, at: number, report: any} | null} */
let latest = null;

/** The report of the site and range if it is current; otherwise undefined. */
export const currentReport = () =>
  latest && latest.key === JSON.stringify(rangeQuery()) && Date.now() - latest.at < CURRENT_MS
    ? latest.report
    : undefined;

/** @param {AbortSignal} [signal] */
export async function readTracking(signal) {
  const query = rangeQuery();
  const report = await ask("tracking", query, { signal });
  latest = { key: JSON.stringify(query), at: Date.now(), report };
  return report;
}
