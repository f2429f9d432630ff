// The views of the page, one a tab: how each is drawn, and which controls of the bar it does not use.

import { showFingerprint } from "./fingerprint.js";
import { showGoals } from "./goals.js";
import { showIssues } from "./issues-view.js";
import { showOverview } from "./overview.js";
import { showPerformance } from "./performance.js";
import { showRaw } from "./raw.js";
import { showTracking } from "./tracking.js";
import { showVisitors } from "./visitors.js";

/**
 * @typedef {object} View
 * @property {(panel: HTMLElement, signal: AbortSignal) => Promise<any> | void} show draws the view
 * @property {boolean} [isRefreshed] whether it is drawn again every minute while its range has not ended
 * @property {{controls: string[], reason: string}} [unused] ids of the controls that it does not use, with the reason
 */

/** By the name of the tab. @type {Record<string, View>} */
export const VIEWS = {
  overview: { show: showOverview, isRefreshed: true },
  performance: { show: showPerformance, isRefreshed: true },
  issues: { show: showIssues, isRefreshed: true },
  visitors: {
    show: showVisitors,
    unused: { controls: ["compare"], reason: "Visitors have no comparison with the previous period." },
  },
  goals: { show: showGoals },
  fingerprint: {
    show: showFingerprint,
    unused: { controls: ["compare"], reason: "Fingerprints have no comparison with the previous period." },
  },
  raw: {
    show: showRaw,
    unused: {
      controls: ["compare", "bots", "filter-open"],
      reason:
        "Raw data shows all events of the range. Comparison, bots, and filters do not apply here; use the search below.",
    },
  },
  tracking: {
    show: showTracking,
    isRefreshed: true,
    unused: {
      controls: ["compare", "bots", "filter-open"],
      reason: "Tracking covers all events of the site and range. Comparison, bots, and filters do not apply here.",
    },
  },
};
