// The privacy page of a site: what is collected in its mode, why, where it is stored, and for how long.

import { body, card, empty, skeleton } from "../kit/cards.js";
import { PRIVACY_MODES as MODES } from "../kit/contract.js";
import { h, setText, table } from "../kit/dom.js";
import { startTheme } from "../kit/theme.js";
import { EVENTS, FIELDS, PURPOSES } from "./contract.js";

/** @typedef {{site: string, mode: string, retention_seconds: number | null, pageviews_retention_seconds: number | null}} Privacy */

const SECONDS_OF_DAY = 86_400;

/** Whether a mode keeps a key: the modes are in order, the least strict first. @param {string} strictest @param {string} mode */
const isKept = (strictest, mode) => Object.keys(MODES).indexOf(strictest) >= Object.keys(MODES).indexOf(mode);

/** @param {string} name */
const code = (name) => name === "*" ? "any other field" : h("code", { text: name });

/** @param {number} seconds */
function afterText(seconds) {
  const days = Math.ceil(seconds / SECONDS_OF_DAY);
  return days === 1 ? "after one day" : `after ${days} days`;
}

/** @param {number | null} events @param {number | null} pageviews both in seconds */
function keptText(events, pageviews) {
  const parts = [events === null ? "Events are not removed by age." : `Events are removed ${afterText(events)}.`];
  if (pageviews !== null) parts.push(`Page views are removed from all totals ${afterText(pageviews)}.`);
  else if (events !== null) parts.push("Totals computed from them stay.");
  return parts.join(" ");
}

/** @param {Privacy} privacy */
function summary({ mode, retention_seconds: events, pageviews_retention_seconds: pageviews }) {
  const element = card(`Mode: ${MODES[mode].label}`, "full");
  const stores = mode === "full"
    ? "The browser stores the ids of visitor and session, and events until they are sent, in its local storage. There are no cookies."
    : "The browser stores nothing, unless a visitor opts out: that choice has to be stored.";
  body(element).append(
    h("p", { text: MODES[mode].description }),
    h(
      "ul",
      {},
      h("li", { text: stores }),
      h("li", {
        text:
          "All data is stored in the database of the operator of this server, and in a journal on the same server " +
          "while the database is unavailable. None is sent to anyone else.",
      }),
      h("li", {
        text:
          "The IP address is used to limit the rate of requests and to look up the location. It is not stored with events.",
      }),
      h("li", { text: keptText(events, pageviews) }),
    ),
  );
  return element;
}

/** @param {string} mode */
function columns(mode) {
  const element = card("Stored with each event", "full");
  const rows = FIELDS.map(({ name, label, purpose, modes }) => [
    h("span", {}, label, " ", h("code", { text: name })),
    modes[mode] ?? h("b", { text: "Not stored" }),
    PURPOSES[purpose],
  ]);
  body(element).append(table(["Field", "Content", "Purpose"], rows, "Fields of all events"));
  return element;
}

/** @param {string} mode */
function payloads(mode) {
  return EVENTS.map(({ type, description, keys }) => {
    const title = type === "*" ? "Events of the site's own" : type;
    const element = card(title, "full", type === "*" ? null : description);
    const kept = keys.filter(([, , strictest]) => isKept(strictest, mode));
    const removed = keys.filter(([, , strictest]) => !isKept(strictest, mode)).map(([name]) =>
      name === "*" ? "any other field" : name
    );
    const rows = kept.map(([name, purpose, , text]) => [code(name), text, PURPOSES[purpose]]);
    body(element).append(
      rows.length
        ? table(["Field", "Content", "Purpose"], rows, `Fields of ${title}`)
        : h("p", { text: "Only the number of these events is kept." }),
    );
    if (removed.length) {
      body(element).append(
        h("p", { class: "caption", text: `Removed in this mode before anything is stored: ${removed.join(", ")}.` }),
      );
    }
    return element;
  });
}

async function show() {
  const site = new URLSearchParams(location.search).get("site") ?? "";
  const cards = /** @type {HTMLElement} */ (document.getElementById("cards"));
  setText(/** @type {HTMLElement} */ (document.getElementById("title")), site ? `Privacy on ${site}` : "Privacy");
  const waiting = card("Mode", "full");
  body(waiting).append(skeleton(4));
  cards.replaceChildren(waiting);
  try {
    const response = await fetch(`api/privacy?site=${encodeURIComponent(site)}`);
    const found = await response.json();
    if (!response.ok) throw new Error(found.message);
    cards.replaceChildren(summary(found), columns(found.mode), ...payloads(found.mode));
  } catch (error) {
    body(waiting).replaceChildren(empty("The mode cannot be shown", /** @type {Error} */ (error).message));
  }
}

startTheme();
show();
