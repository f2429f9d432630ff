// The timeline of one visitor: a header, and sessions with their page views, the latest session first.

import { h, isolated, setText } from "../kit/dom.js";
import { body, card, empty, skeleton } from "../kit/cards.js";
import { copy, showResult } from "../kit/clipboard.js";
import { exact } from "../kit/format.js";
import { moment } from "../kit/times.js";
import { address, ask } from "./api.js";
import { openErase } from "./erase-dialog.js";
import { encodeFilters, valueLabel, withValue } from "./filters.js";
import { identityOf, newest, summaryOf } from "./journey-model.js";
import { joined } from "./journey-pages.js";
import { sessionCard } from "./journey-session.js";
import { showFailure } from "./parts.js";
import { change, filters, zone } from "./state.js";

/**
 * @param {HTMLElement} panel @param {string} visitor @param {AbortSignal} signal
 * @param {{previous?: string, next?: string}} neighbors visitors of the list
 */
export async function showJourney(panel, visitor, signal, neighbors) {
  const main = card(["Visitor ", isolated(visitor)], "full profile", null, copyButton(visitor));
  body(main).append(skeleton());
  panel.replaceChildren(actions(visitor, neighbors), main);
  /** @type {any[]} */
  let sessions = [];
  /** @type {Set<string>} */
  const open = new Set();
  const more = h("button", { type: "button", class: "button", text: "Load earlier events" });
  const note = h("p", { class: "note", role: "status" });
  const foot = h("div", { class: "full bare", hidden: true }, more, note);
  /** @param {number} [before] */
  const load = async (before) => {
    const timeline = await ask(`visitors/${encodeURIComponent(visitor)}/timeline`, { before }, { signal });
    const isFirst = before === undefined;
    sessions = isFirst ? timeline.sessions : joined(timeline.sessions, sessions);
    if (!sessions.length) {
      body(main).replaceChildren(empty("Visitor not found", "No event of this visitor is stored."));
      return;
    }
    body(main).replaceChildren(...header(sessions, timeline.next));
    for (const old of panel.querySelectorAll(".session")) old.remove();
    for (const [index, session] of sessions.entries()) {
      main.after(sessionCard(session, index, timeline.next !== null, open));
    }
    if (timeline.next) foot.hidden = false;
    more.hidden = !timeline.next;
    more.onclick = () => attempt(timeline.next);
    setText(note, isFirst || timeline.next ? "" : "All events of this visitor are shown.");
  };
  /** @param {number} before */
  const attempt = async (before) => {
    if (more.getAttribute("aria-disabled")) return;
    more.setAttribute("aria-disabled", "true");
    try {
      await load(before);
    } catch (error) {
      if (!signal.aborted) setText(note, /** @type {Error} */ (error).message);
    }
    more.removeAttribute("aria-disabled");
  };
  panel.append(foot);
  try {
    await load();
  } catch (error) {
    showFailure(signal, main)(error);
  }
}

// Actions

/** @param {string} visitor @param {{previous?: string, next?: string}} neighbors */
function actions(visitor, { previous, next }) {
  const step = (/** @type {string} */ text, /** @type {string | undefined} */ other) =>
    h("button", {
      type: "button",
      class: "button",
      text,
      disabled: other === undefined,
      onclick: () => change({ visitor: other }),
    });
  return h(
    "div",
    { class: "full bare actions" },
    h("button", {
      type: "button",
      class: "button",
      text: "← All visitors",
      onclick: () => change({ visitor: null }),
    }),
    ...(previous === undefined && next === undefined
      ? []
      : [step("Previous visitor", previous), step("Next visitor", next)]),
    filterButton(visitor),
    h("a", {
      class: "button only",
      href: address(`visitors/${encodeURIComponent(visitor)}/export`),
      download: "visitor.ndjson",
      title: "All that is stored about this visitor, as NDJSON",
      text: "Export",
    }),
    h("button", { type: "button", class: "button only", text: "Erase visitor…", onclick: () => openErase(visitor) }),
  );
}

/** @param {string} visitor */
const filterButton = (visitor) =>
  h("button", {
    type: "button",
    class: "button",
    text: "Filter by this visitor",
    onclick: () => {
      location.hash = "#overview";
      change({ visitor: null, filters: encodeFilters(withValue(filters(), "visitor", visitor)) });
    },
  });

/** @param {string} visitor */
function copyButton(visitor) {
  const button = h("button", { type: "button", class: "button", text: "Copy id" });
  button.addEventListener("click", async () => showResult(button, await copy(visitor) ? "Copied" : "Couldn't copy"));
  return button;
}

// Header

/** @param {number} number @param {string} noun */
const counted = (number, noun) => `${exact(number)} ${noun}${number === 1 ? "" : "s"}`;

/** @param {any[]} sessions @param {number | null} next */
function header(sessions, next) {
  const summaries = sessions.map(summaryOf);
  const [first, latest] = [summaries[0], summaries[summaries.length - 1]];
  const last = sessions[sessions.length - 1];
  const views = summaries.reduce((sum, one) => sum + one.views.length, 0);
  const start = Math.min(...summaries.map((one) => one.start));
  const shown = `${counted(sessions.length, "session")}, ${counted(views, "page view")}`;
  const page = (/** @type {string} */ name) => newest(sessions, "pageview", (payload) => payload[name]);
  // As in the figures, a country that the page sends is a code of two letters.
  const sent = (/** @type {any} */ { country: text }) => /^[a-z]{2}$/i.test(text) ? text.toUpperCase() : null;
  const country = newest(sessions, "pageview", (payload, event) => event.country ?? sent(payload));
  const identity = identityOf(sessions);
  /** @type {[string, any][]} */
  const known = [
    ["Identified as", identity],
    ["Device", last.device],
    ["Browser", last.browser],
    ["System", last.system],
    ["Screen", page("screenResolution")],
    ["Language", page("language")],
    ["Country", country === null ? null : valueLabel("country", country)],
    ["Time zone", page("timeZone")],
    [next ? "First source shown" : "First source", first.source],
    ["Latest source", latest.source],
    [next ? "First event shown" : "First seen", moment(start, zone())],
    ["Last seen", moment(Math.max(...summaries.map((one) => one.end)), zone())],
    ["Events", exact(summaries.reduce((sum, one) => sum + one.events, 0))],
    ["Errors", exact(summaries.reduce((sum, one) => sum + one.errors, 0))],
    ["Fingerprint", newest(sessions, "fingerprint_ready", ({ fingerprints }) => fingerprints?.hash)],
    ["Site", last.pageviews[0].events[0].site],
  ];
  return [
    h("p", {
      text: next
        ? `Only the latest events are shown: ${shown}, since ${moment(start, zone())}.`
        : `${shown}, first seen ${moment(start, zone())}.`,
    }),
    h(
      "dl",
      { class: "facts" },
      ...known.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) =>
        h("div", {}, h("dt", { text: name }), h("dd", {}, isolated(value)))
      ),
    ),
    h("p", { class: "note", text: last.pageviews[0].events[0].user_agent ?? "" }),
  ];
}
