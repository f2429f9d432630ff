// Reads the queues that other pages of the site have left in storage, which any script of the origin may have written.

import { itemOf } from "./delivery-queue.js";
import { drop } from "./delivery-report.js";
import { parse, toJSON } from "./guard.js";
import { BODY_BYTES_MAX } from "./limits.js";

/** @typedef {import("./delivery-report.js").Report} Report */
/** @typedef {import("./delivery-queue.js").Item} Item */

/** Types of events that are dropped last: figures are computed from them. */
const RESERVED = /^(pageview|webvitals|engagement)$/;
/** A flat object of texts, then the numbers. The server refuses a whole body when a report is nested too deep. */
const REPORT = /^{("\w+":("(\\.|[^"\\]){0,2048}"|null),){1,9}"emitted":\d{1,9},"dropped":{("\w+":\d+,?){0,20}}}$/;

/**
 * Reads entries of storage, which anything on the page's origin may have written.
 *
 * @param {(string | undefined)[]} entries
 * @param {Report | undefined} current counts each entry that is damaged, wholly or in part
 * @returns {[Item[], Report[]]} what is intact
 */
export const unpack = (entries, current) => {
  /** @type {Item[]} */
  const items = [];
  /** @type {Report[]} */
  const reports = [];
  for (const entry of entries) {
    let isDamaged = false;
    try {
      const { pageviews, events } = parse(entry ?? "");
      const intact = pageviews.filter((/** @type {any} */ report) => REPORT.test(toJSON(report)));
      reports.push(...intact);
      isDamaged = intact.length < pageviews.length;
      for (const { pageview, ...event } of events) {
        const item = itemOf(toJSON(event), pageviews[pageview], RESERVED.test(event.event_type), true);
        if (event.event_id && item[2] <= BODY_BYTES_MAX && intact.includes(item[1])) items.push(item);
        else isDamaged = true;
      }
    } catch {
      isDamaged = true;
    }
    if (isDamaged && current) {
      drop(current, "damaged");
      current.emitted++;
    }
  }
  return [items, reports];
};
