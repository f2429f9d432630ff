// The views of the page, one a tab: how each is drawn, and which controls of the bar it does not use.

import { fingerprintRequests, showFingerprint } from "./fingerprint.js";
import { readGoalsView, showGoals } from "./goals.js";
import { issuesRequests, showIssues } from "./issues-view.js";
import { overviewRequests, showOverview } from "./overview.js";
import { readPerformance, showPerformance } from "./performance.js";
import { rawRequests, showRaw } from "./raw.js";
import { report } from "./reports.js";
import { showTracking } from "./tracking.js";
import { readTracking } from "./tracking-report.js";
import { showVisitors, visitorsRequests } from "./visitors.js";

/**
 * @typedef {object} View
 * @property {(panel: HTMLElement, signal: AbortSignal) => Promise<any> | void} show draws the view
 * @property {(signal: AbortSignal) => Promise<any>} [read] requests its reports one after the other, so that they are kept
 * @property {boolean} [isRefreshed] whether it is drawn again every minute while its range has not ended
 * @property {{controls: string[], reason: string}} [unused] ids of the controls that it does not use, with the reason
 */

/** @param {() => import("./reports.js").Request[]} requests @returns {(signal: AbortSignal) => Promise<void>} */
const readAll = (requests) => async (signal) => {
  for (const request of requests()) await report(request, signal);
};

/** By the name of the tab. @type {Record<string, View>} */
export const VIEWS = {
  overview: { show: showOverview, read: readAll(overviewRequests), isRefreshed: true },
  performance: { show: showPerformance, read: readPerformance, isRefreshed: true },
  issues: { show: showIssues, read: readAll(issuesRequests), isRefreshed: true },
  visitors: {
    show: showVisitors,
    read: readAll(visitorsRequests),
    unused: { controls: ["compare"], reason: "Visitors have no comparison with the previous period." },
  },
  goals: { show: showGoals, read: readGoalsView },
  fingerprint: {
    show: showFingerprint,
    read: readAll(fingerprintRequests),
    unused: { controls: ["compare"], reason: "Fingerprints have no comparison with the previous period." },
  },
  raw: {
    show: showRaw,
    read: readAll(rawRequests),
    unused: {
      controls: ["compare", "bots", "filter-open"],
      reason:
        "Raw data shows all events of the range. Comparison, bots, and filters do not apply here; use the search below.",
    },
  },
  tracking: {
    show: showTracking,
    read: readTracking,
    isRefreshed: true,
    unused: {
      controls: ["compare", "bots", "filter-open"],
      reason: "Tracking covers all events of the site and range. Comparison, bots, and filters do not apply here.",
    },
  },
};
