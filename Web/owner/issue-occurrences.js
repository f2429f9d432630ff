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
  /** @type {any[]} */
  let list = [];
  /** @type {number | null} */
  let next = null;
  let index = 0;
  const position = h("span", { class: "note", role: "status" });
  const newer = h("button", { type: "button", class: "button", text: "Newer", onclick: () => show(index - 1) });
  const older = h("button", { type: "button", class: "button", text: "Older", onclick: () => go(index + 1) });
  one.querySelector(".head")?.append(position, h("span", { class: "space" }), newer, older);
  body(one).append(skeleton());
  body(all).append(skeleton());

  const show = (/** @type {number} */ wanted) => {
    index = wanted;
    setText(position, index === 0 ? "the latest of the period" : `${index} newer in the period`);
    /** @type {HTMLButtonElement} */ (newer).disabled = index <= 0;
    /** @type {HTMLButtonElement} */ (older).disabled = index + 1 >= list.length && next === null;
    drawOccurrence(body(one), list[index]);
    for (const [at, row] of [...all.querySelectorAll("tbody tr")].entries()) {
      row.toggleAttribute("data-open", at === index);
    }
  };
  const go = async (/** @type {number} */ wanted) => {
    if (wanted >= list.length && next !== null) await more();
    if (wanted < list.length) show(wanted);
  };
  const more = async () => {
    try {
      const query = { ...reportQuery(), limit: PAGE, before: next ?? undefined };
      const page = await ask(`${issuePath(issue.issue)}/occurrences`, query, { signal });
      list = [...list, ...page.occurrences];
      next = page.next;
      drawList();
    } catch (error) {
      if (!signal.aborted) body(list.length ? all : one).replaceChildren(failure(error, more));
    }
  };
  const drawList = () => {
    if (!list.length) {
      // The range or the filters have no error; the latest ones are known anyway.
      list = issue.samples.map((/** @type {any} */ event) => ({ event, frames: null }));
      body(all).replaceChildren(empty("No data for this period", "This issue has no errors in this period."));
      if (!list.length) {
        body(one).replaceChildren(empty("No recent events", "The latest events of this issue are too old to load."));
        return;
      }
      show(0);
      return setText(position, "the latest, before or after the period");
    }
    body(all).replaceChildren(
      occurrenceTable(list, (at) => {
        show(at);
        one.scrollIntoView({ block: "start" });
      }),
      next === null ? "" : h(
        "p",
        { class: "actions" },
        h("button", { type: "button", class: "button", text: "Load more", onclick: more }),
      ),
    );
    show(Math.min(index, list.length - 1));
  };
  more();
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
