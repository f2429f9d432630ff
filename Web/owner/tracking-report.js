// The report on the tracking, which the strip and the view share.

import { isKept, report } from "./reports.js";
import { rangeQuery } from "./state.js";

/** @returns {import("./reports.js").Request} */
const request = () => ["tracking", rangeQuery()];

/** Whether the report of the site and range is current. */
export const isTrackingCurrent = () => isKept(request());

/** @param {AbortSignal} [signal] */
export const readTracking = (signal) => report(request(), signal);
