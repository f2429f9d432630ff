// Data quality: delivery of events, invalid values, duplicates, and bots.

import { facts, h } from "../kit/dom.js";
import { body } from "../kit/cards.js";
import { refusalOf } from "./parts.js";
import { exact, percent, shareOf } from "../kit/format.js";

/**
 * Events that were received again and stored once, since the program started; null when it is not known.
 *
 * @param {AbortSignal} signal
 */
export async function duplicatesRemoved(signal) {
  // Counters of the process are the owner's.
  if (document.body.dataset.access !== "owner") return null;
  try {
    const response = await fetch(new URL("health/details", document.baseURI), { signal });
    return response.ok ? (await response.json()).ingest.duplicates : null;
  } catch {
    return null;
  }
}

/** @param {HTMLElement} element @param {any} report @param {number | null} duplicates */
export function drawQuality(element, report, duplicates) {
  const { events, pageviews, emitted } = report;
  const withShare = (/** @type {number} */ part, /** @type {number} */ all) => {
    const share = shareOf(part, all);
    return share === null ? exact(part) : `${exact(part)} (${percent(share)})`;
  };
  const ofSent = (/** @type {number} */ part) => pageviews ? withShare(part, emitted) : "–";
  body(element).replaceChildren(
    facts([
      ["Events", exact(events)],
      ["Bot events", withShare(report.bot_events, events)],
      ["Sent", pageviews ? exact(emitted) : "–"],
      ["Received", ofSent(report.received)],
      ["Dropped by client", ofSent(report.dropped)],
      ["Lost in transit", ofSent(report.lost)],
      ["Invalid values", exact(report.invalid_values)],
      ["Duplicates removed", duplicates === null ? "–" : `${exact(duplicates)} since the server started`],
    ]),
    h("p", { class: "caption", text: `Bots are included. ${sourceOf(report)}` }),
  );
}

/** @param {any} report */
const sourceOf = (report) =>
  refusalOf(report) ??
    (report.pageviews
      ? `Sent, received, dropped, and lost count the ${exact(report.pageviews)} page views with a delivery report.`
      : "No page view has sent a delivery report.");
