// The parts of delivery that the first seconds of a page do without: reading what other pages left, and compression.

import { BODY_BYTES_MAX, itemOf } from "./delivery-queue.js";
import { drop } from "./delivery-report.js";
import { parse, toJSON } from "./guard.js";

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
      current.emitted++;
      drop(current, "damaged");
    }
  }
  return [items, reports];
};

/**
 * A body, compressed where the browser can. The server detects gzip by its first bytes: a header would cost a preflight.
 *
 * @param {string} text
 * @returns {Promise<any>} a string or an ArrayBuffer
 */
export const compress = async (text) => {
  try {
    const { body } = /** @type {any} */ (new Response(text));
    return await new Response(body.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
  } catch {
    return text;
  }
};
