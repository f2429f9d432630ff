// Delivery reports: how many events each page view has emitted and dropped, and which of these numbers the server has
// confirmed. No browser and no clock.

import { toJSON } from "./guard.js";
import { REPORTS_MAX } from "./limits.js";

/**
 * The fields that all events of a page view share, with its delivery report.
 *
 * @typedef {{pageview_id: string, visitor_id: string, session_id: string, site: string | null, path?: string, referrer?: string, privacy?: string, emitted: number, dropped: Record<string, number>, [CONFIRMED]?: string}} Report
 */

/** Property of a report: its text as the server has confirmed it. JSON leaves properties with symbols out. */
export const CONFIRMED = Symbol();

/**
 * Confirmed reports that the next page repeats. A proxy may confirm what it then loses. At a loss of 10 %, each repetition
 * makes it ten times less likely that the last numbers of a page view never arrive.
 */
export const REPEATED_MAX = 6;

/** Counts an event that will not be sent. @param {{dropped: Record<string, number>}} report @param {string} reason */
export const drop = (report, reason) => {
  report.dropped[reason] = (report.dropped[reason] ?? 0) + 1;
};

/** Adds reports, the latest last. @param {...Report} reports */
export const track = (...reports) => reports.slice(-REPORTS_MAX);

/**
 * Reports that the server has not confirmed, and the latest ones in any case.
 *
 * @param {Report[]} reports
 * @param {number} [latest]
 */
export const unconfirmed = (reports, latest = 0) =>
  reports.filter((report, index) => index >= reports.length - latest || report[CONFIRMED] !== toJSON(report));
