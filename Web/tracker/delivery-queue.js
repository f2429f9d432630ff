// The queue of events that the server has not confirmed: its limits, and its form in requests and in storage. No browser and
// no clock.

import { drop } from "./delivery-report.js";
import { toJSON } from "./guard.js";
import { QUEUE_BYTES_MAX, QUEUE_EVENTS_MAX } from "./limits.js";

/** @typedef {import("./delivery-report.js").Report} Report */
/**
 * An event as JSON without the fields of its report; its size; whether it is dropped last; whether a beacon took it.
 *
 * @typedef {[text: string, report: Report, bytes: number, isReserved: any, isTaken?: boolean]} Item
 */

/** The bytes of a well-formed text in UTF-8, without an encoder, whose first use is slow. @param {string} text */
export const bytesOf = (text) =>
  text.replace(/[^\0-\x7f]+/g, (run) => encodeURIComponent(run).replace(/%../g, "_")).length;

/** @param {string} text @param {Report} report @param {any} [isReserved] @param {boolean} [isTaken] @returns {Item} */
export const itemOf = (text, report, isReserved, isTaken) => [text, report, bytesOf(text), isReserved, isTaken];

/** Sorts a list in place, reserved items first. @param {Item[]} items */
export const sort = (items) => items.sort((left, right) => +!left[3] - +!right[3]);

/** The items that fit, first come first served. @param {Item[]} items @param {number} bytesMax @param {number} countMax */
export const fit = (items, bytesMax, countMax) =>
  items.filter(([, , bytes]) => countMax && bytes <= bytesMax && (bytesMax -= bytes, countMax--));

/** Drops and counts events until the rest fits: the oldest first, those with `isReserved` last. @param {Item[]} queue */
export const trim = (queue) => {
  const kept = fit(sort([...queue].reverse()), QUEUE_BYTES_MAX, QUEUE_EVENTS_MAX);
  return queue.filter((item) => kept.includes(item) || !item[4] && drop(item[1], "queue_full"));
};

/**
 * The body of a request, which is also the form in storage. Lists are joined by hand, since a page may have changed how
 * arrays are serialized.
 *
 * @param {Item[]} items
 * @param {Report[]} reports in addition to those of the items
 * @param {string} sentAt
 * @returns {[string, Report[], string[]]} the body, its reports, and their texts
 */
export const pack = (items, reports, sentAt) => {
  const all = [...reports];
  const events = items.map(([text, report]) => {
    if (!all.includes(report)) all.push(report);
    return `{"pageview":${all.indexOf(report)},` + text.slice(1);
  });
  const texts = all.map(toJSON);
  return [
    `{"v":2,"sent_at":"${sentAt}","pageviews":[${texts.join()}],"events":[${events.join()}]}`,
    all,
    texts,
  ];
};
