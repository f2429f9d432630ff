// The card "Storage" of the view "Tracking": sizes, growth, and how long there is space.

import { body, card } from "../kit/cards.js";
import { h, table } from "../kit/dom.js";
import { exact } from "../kit/format.js";
import { moment } from "../kit/times.js";
import { report } from "./reports.js";
import { zone } from "./state.js";
import { ageText, bytesText, eventsKeptText, spaceText } from "./storage-words.js";

/** The card; nothing for guests, and until the server has measured the database. @param {AbortSignal} signal */
export async function storageCard(signal) {
  try {
    return storage(await report(["storage", {}], signal));
  } catch {
    return null;
  }
}

/** @param {any} found */
function storage(found) {
  const { sizes, policy } = found;
  const element = card("Storage", "full");
  body(element).append(
    h("p", {}, spaceText(found)),
    table(
      ["Data", "Size", "Kept by default"],
      [
        [
          "Events and delivery reports",
          bytesText(sizes.events - Math.min(sizes.reusable, sizes.events)),
          eventsKeptText(found),
        ],
        ["Submissions", bytesText(sizes.submissions), eventsKeptText(found)],
        ["Figures", bytesText(sizes.figures), ageText(policy.pageviews)],
        ["Free space inside the database", bytesText(sizes.reusable), "–"],
      ],
      "Size of the data",
    ),
    h("p", { class: "caption", text: eventsText(found) }),
  );
  return element;
}

/** @param {any} report */
function eventsText({ oldest_event: oldest, removed_events: removed, late_events: late }) {
  const parts = [oldest === null ? "There are no events." : `The oldest event is of ${moment(oldest * 1000, zone())}.`];
  parts.push("The sizes of the kinds of data are estimates.");
  if (removed) parts.push(`${exact(removed)} events have been removed; their figures stay.`);
  if (late) parts.push(`${exact(late)} events came too late to count.`);
  return parts.join(" ");
}
