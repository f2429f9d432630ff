// The errors of an issue: one with its stack and breadcrumbs, and the list of all in the range.

import { h, isolated, setText, table } from "../kit/dom.js";
import { body, empty, skeleton } from "../kit/cards.js";
import { moment } from "../kit/times.js";
import { ask } from "./api.js";
import { drawOccurrence } from "./issue-event.js";
import { issuePath } from "./issues.js";
import { failure, visitorLink } from "./parts.js";
import { reportQuery, zone } from "./state.js";

/** Errors of a page. */
const PAGE = 20;

/**
 * Shows the occurrences of an issue in two cards.
 *
 * @param {HTMLElement} one the card of a single error @param {HTMLElement} all that of the list
 * @param {any} issue @param {AbortSignal} signal
 */
export function showOccurrences(one, all, issue, signal) {
  const show = startSteps(one, (wanted) => go(wanted));
  body(one).append(skeleton());
  body(all).append(skeleton());
  /** @type {{list: any[], next: number | null, index: number}} */
  const state = { list: [], next: null, index: 0 };

  const open = (/** @type {number} */ wanted) => {
    state.index = wanted;
    show(state);
    drawOccurrence(body(one), state.list[wanted]);
    for (const [at, row] of [...all.querySelectorAll("tbody tr")].entries()) {
      row.toggleAttribute("data-open", at === wanted);
    }
  };
  const go = async (/** @type {number} */ wanted) => {
    if (wanted >= state.list.length && state.next !== null) await more();
    if (wanted < state.list.length) open(wanted);
  };
  const more = async () => {
    try {
      const query = { ...reportQuery(), limit: PAGE, before: state.next ?? undefined };
      const page = await ask(`${issuePath(issue.issue)}/occurrences`, query, { signal });
      state.list = [...state.list, ...page.occurrences];
      state.next = page.next;
      if (!state.list.length) return showSamples(one, all, issue);
      drawList(all, state, more, (at) => {
        open(at);
        one.scrollIntoView({ block: "start" });
      });
      open(state.index);
    } catch (error) {
      if (!signal.aborted) body(state.list.length ? all : one).replaceChildren(failure(error, more));
    }
  };
  more();
}

/**
 * Adds buttons for the next newer and older error, and returns what shows the position.
 *
 * @param {HTMLElement} one @param {(index: number) => void} go
 */
function startSteps(one, go) {
  let index = 0;
  const position = h("span", { class: "note", role: "status" });
  const button = (
    /** @type {string} */ text,
    /** @type {number} */ step,
  ) => /** @type {HTMLButtonElement} */ (h("button", {
    type: "button",
    class: "button",
    text,
    disabled: true,
    onclick: () => go(index + step),
  }));
  const [newer, older] = [button("Newer", -1), button("Older", 1)];
  one.querySelector(".head")?.append(position, h("span", { class: "space" }), newer, older);
  return (/** @type {{list: any[], next: number | null, index: number}} */ state) => {
    index = state.index;
    setText(position, index === 0 ? "the latest of the period" : `${index} newer in the period`);
    newer.disabled = index <= 0;
    older.disabled = index + 1 >= state.list.length && state.next === null;
  };
}

/** Shows the latest error where the period and the filters have none. @param {HTMLElement} one @param {HTMLElement} all @param {any} issue */
function showSamples(one, all, { samples: [event] }) {
  body(all).replaceChildren(empty("No data for this period", "This issue has no errors in this period."));
  if (event) drawOccurrence(body(one), { event, frames: null });
  else body(one).replaceChildren(empty("No recent events", "The latest events of this issue are too old to load."));
  setText(
    /** @type {HTMLElement} */ (one.querySelector(".note")),
    event ? "the latest, outside of the period or the filters" : "",
  );
}

/** @param {HTMLElement} all @param {{list: any[], next: number | null}} state @param {() => void} more @param {(index: number) => void} open */
function drawList(all, { list, next }, more, open) {
  body(all).replaceChildren(
    occurrenceTable(list, open),
    next === null ? "" : h(
      "p",
      { class: "actions" },
      h("button", { type: "button", class: "button", text: "Load more", onclick: more }),
    ),
  );
}

/** @param {any[]} list @param {(index: number) => void} open */
const occurrenceTable = (list, open) =>
  table(
    ["Time", "Page", "Visitor", "Message", "User agent"],
    list.map(({ event }, index) => [
      h("button", { type: "button", class: "value", text: moment(event.t, zone()), onclick: () => open(index) }),
      isolated(event.path ?? "–"),
      visitorLink(event.visitor),
      h("span", { class: "cut", title: event.payload?.message ?? "", text: event.payload?.message ?? "" }),
      h("span", { class: "cut dim", title: event.user_agent ?? "", text: event.user_agent ?? "–" }),
    ]),
    "Occurrences",
  );
