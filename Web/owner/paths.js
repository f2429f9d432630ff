// Paths: the pages that sessions saw after a page, or before it.

import { body } from "../kit/cards.js";
import { h } from "../kit/dom.js";
import { count, exact, percent } from "../kit/format.js";
import { suggest } from "./goal-dialog.js";
import { noFigures, segments } from "./parts.js";
import { report } from "./reports.js";
import { change, current, reportQuery } from "./state.js";
import { named } from "./words.js";

const DIRECTIONS = Object.freeze({ forward: "From a page", backward: "To a page" });
const STEPS = 4;
const STEPS_MAX = 5;
const ROWS = 8;

/** The pages chosen after the first one. @returns {string[]} */
function chosenPages() {
  try {
    const pages = JSON.parse(current().via ?? "[]");
    return Array.isArray(pages) ? pages.filter((page) => typeof page === "string").slice(0, STEPS_MAX) : [];
  } catch {
    return [];
  }
}

/** @param {string[]} via @param {Record<string, string | null>} [more] */
const choose = (via, more = {}) => change({ via: via.length ? JSON.stringify(via) : null, ...more });

const chosenDirection = () => current().direction === "backward" ? "backward" : "forward";

/** @returns {import("./reports.js").Request} */
export function pathsRequest() {
  const via = chosenPages();
  const steps = Math.min(STEPS_MAX, Math.max(STEPS, via.length + 2));
  return ["paths", {
    ...{ ...reportQuery(), direction: chosenDirection(), page: current().start },
    ...{ via: via.length ? JSON.stringify(via) : undefined, steps, limit: ROWS },
  }];
}

/** @param {HTMLElement} element a card @param {AbortSignal} signal */
export async function showPaths(element, signal) {
  const direction = chosenDirection();
  const { start } = current();
  const head = /** @type {HTMLElement} */ (element.querySelector(".head"));
  const list = h("datalist", { id: "path-pages" });
  const field = /** @type {HTMLInputElement} */ (h("input", {
    ...{ class: "field", list: list.id, autocomplete: "off", maxlength: "200", value: start ?? "" },
    placeholder: direction === "forward" ? "First page" : "Last page",
    "aria-label": direction === "forward" ? "Start page" : "End page",
  }));
  field.addEventListener("change", () => choose([], { start: field.value.trim() || null }));
  field.addEventListener("focus", () => suggest(list, "path"), { once: true });
  head.append(h("span", { class: "space" }), segments("Direction", "direction", DIRECTIONS, direction), field, list);
  drawPaths(body(element), await report(pathsRequest(), signal));
}

/** @param {any} step */
const sessionsOf = (step) =>
  step.rows.reduce((/** @type {number} */ sum, /** @type {any} */ row) => sum + row.sessions, step.other);

/** @param {HTMLElement} element @param {any} report */
function drawPaths(element, report) {
  const { steps, via, direction, page } = report;
  const all = sessionsOf(steps[0]);
  if (!all) {
    const text = page === null && !via.length
      ? "The pages of sessions appear here, step by step."
      : "No session took this way. Choose another page.";
    return element.replaceChildren(trail(report), noFigures("No data for this period", text));
  }
  const shown = steps.filter((/** @type {any} */ step, /** @type {number} */ index) =>
    index === 0 || sessionsOf(step) || step.ended
  );
  element.replaceChildren(
    trail(report),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Paths" },
      h(
        "div",
        { class: "paths" },
        ...shown.map((/** @type {any} */ step, /** @type {number} */ index) => column(step, index, report, all)),
      ),
    ),
    h("p", {
      class: "caption",
      text: `${exact(all)} sessions. Select a page to follow only the sessions that saw it ${
        direction === "forward" ? "next" : "before"
      }. A page that is loaded again is not a step.`,
    }),
  );
}

/** The chosen pages, each of which goes back to itself. @param {any} report */
function trail({ page, via }) {
  if (page === null && !via.length) return h("div", {});
  const pages = [page ?? "Any page", ...via];
  return h(
    "p",
    { class: "trail" },
    ...pages.flatMap((name, index) => [
      index ? " → " : "",
      h("button", { type: "button", class: "button", text: named(name), onclick: () => choose(via.slice(0, index)) }),
    ]),
    " ",
    h("button", { type: "button", class: "all", text: "Start over", onclick: () => choose([], { start: null }) }),
  );
}

/** @param {any} step @param {number} index @param {any} report @param {number} all */
function column(step, index, { via, direction }, all) {
  const title = index === 0
    ? direction === "forward" ? "Start" : "End"
    : `${index} ${index === 1 ? "step" : "steps"} ${direction === "forward" ? "later" : "before"}`;
  const onSelect = (/** @type {string} */ name) =>
    index === 0
      ? () => choose([], { start: name })
      : index <= via.length + 1
      ? () => choose([...via.slice(0, index - 1), name])
      : null;
  const rows = step.rows.map((/** @type {any} */ row) => node(named(row.page), row.sessions, all, onSelect(row.page)));
  if (step.other) rows.push(node(`${exact(step.other_pages)} more pages`, step.other, all, null, "rest"));
  if (step.ended) {
    rows.push(node(direction === "forward" ? "Session ended" : "Session began", step.ended, all, null, "ended"));
  }
  return h("section", { class: "column" }, h("h3", { text: title }), h("ol", { class: "bars" }, ...rows));
}

/** @param {string} label @param {number} sessions @param {number} all @param {(() => void) | null} onclick @param {string} [name] */
function node(label, sessions, all, onclick, name = "") {
  const bar = h("i", { "aria-hidden": "true" });
  bar.style.inlineSize = `${Math.max(0.5, 100 * sessions / all)}%`;
  return h(
    "li",
    { class: name },
    bar,
    onclick
      ? h("button", { type: "button", class: "value", text: label, title: label, onclick })
      : h("span", { class: "value", text: label, title: label }),
    h("b", { text: count(sessions), title: exact(sessions) }),
    h("span", { class: "dim", text: percent(sessions / all) }),
  );
}
