// Needs attention: the pages with the largest impact on a vital, each with its main cause.

import { body } from "../kit/cards.js";
import { badge, h, isolated } from "../kit/dom.js";
import { exact, percent } from "../kit/format.js";
import { BOUNDS, METRICS } from "../kit/contract.js";
import { tone, vital } from "../kit/ratings.js";
import { withValue } from "./filters.js";
import { filterLink, noFigures } from "./parts.js";
import { filters } from "./state.js";
import { named, partLabel } from "./words.js";

/** @typedef {{path: string, device: string | null, figures: any, impact: number, element: any, part: any}} SlowPage */

/** @param {HTMLElement} element @param {{vital: string, min: number, rows: SlowPage[]}} report */
export function drawAttention(element, { vital: metric, min, rows }) {
  const label = METRICS[/** @type {keyof typeof METRICS} */ (metric)];
  const good = vital(metric, BOUNDS[metric][0]);
  if (!rows.length) {
    body(element).replaceChildren(
      noFigures("All pages meet the target", `No page with ${min} or more values has a p75 of ${label} above ${good}.`),
    );
    return;
  }
  const most = rows[0].impact;
  body(element).replaceChildren(
    h("ol", { class: "slow-pages" }, ...rows.map((row) => h("li", {}, link(metric, row, most)))),
    h("p", {
      class: "caption",
      text:
        `By impact: page views with ${label} × excess of their p75 over ${good}. Each page is shown on the device ` +
        "that has most of its impact.",
    }),
  );
}

/** @param {string} metric @param {SlowPage} row @param {number} most the largest impact */
function link(metric, row, most) {
  const { path, device, figures, impact } = row;
  let list = withValue(filters(), "path", path);
  if (device !== null) list = withValue(list, "device", device);
  const bar = h("i", { class: "impact", "aria-hidden": "true" });
  bar.style.inlineSize = `${Math.max(2, 100 * impact / most)}%`;
  const excess = figures.p75 - BOUNDS[metric][0];
  return filterLink(
    list,
    { class: "slow-page" },
    h(
      "span",
      { class: "where" },
      h("b", {}, isolated(named(path))),
      " ",
      deviceBadge(device),
    ),
    h(
      "span",
      { class: `cell ${tone(metric, figures.p75)}` },
      h("b", { text: vital(metric, figures.p75) }),
      h("small", { text: "p75" }),
    ),
    h("span", { class: "why" }, ...cause(row)),
    h(
      "span",
      { class: "dim much" },
      bar,
      `${exact(figures.count)} page views × ${vital(metric, excess)}`,
    ),
  );
}

/** None where all page views are of chosen devices. @param {string | null} device */
function deviceBadge(device) {
  if (device !== null) return badge(named(device));
  return filters().some(({ dimension }) => dimension === "device") ? null : badge("All devices");
}

/** @param {SlowPage} row @returns {(Node | string)[]} */
function cause({ element, part }) {
  if (!element && !part) return [h("span", { class: "dim", text: "No known cause" })];
  return [
    ...(part ? [partLabel(part.value), " ", h("span", { class: "dim", text: `(${percent(part.share)})` })] : []),
    ...(part && element ? [" of "] : []),
    ...(element
      ? [
        h("code", {}, isolated(named(element.value))),
        " ",
        h("span", { class: "dim", text: `(${percent(element.share)})` }),
      ]
      : []),
  ];
}
