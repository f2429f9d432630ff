// Root causes of slow page views, and the resources that they load.

import { h, isolated, table } from "../kit/dom.js";
import { bytes, exact, percent, shareOf } from "../kit/format.js";
import { bars, noFigures, percentile, refusalOf, refused, restLabel, restOf } from "./parts.js";
import { body } from "../kit/cards.js";
import { BOUNDS, METRICS } from "../kit/contract.js";
import { vital } from "../kit/ratings.js";
import { named, partLabel } from "./words.js";

/** Vitals with the dimensions of their elements and parts. @type {[keyof typeof METRICS, string, string | null][]} */
const CAUSES = [
  ["lcp", "lcp_element", "lcp_part"],
  ["inp", "inp_element", "inp_part"],
  ["cls", "cls_element", null],
];

/** @param {any} row */
const slowViews = (row) => row.slow_pageviews;

/** Slow page views of all values of a list, not of its rows alone; those without a value are in no list. @param {any} ranking @returns {number} */
const slowTotal = (ranking) =>
  ranking.total ??
    ranking.rows.reduce((/** @type {number} */ sum, /** @type {any} */ row) => sum + row.slow_pageviews, 0);

/** @param {HTMLElement} element @param {any} dimensions */
export function drawCauses(element, dimensions) {
  const groups = CAUSES.map(([metric, elements, parts]) =>
    causesOf(metric, dimensions[elements], elements, parts && dimensions[parts], parts)
  ).filter((one) => one !== null);
  body(element).replaceChildren(
    groups.length
      ? h("div", { class: "causes" }, ...groups)
      : noFigures("No data for this period", "No slow page view has a known element."),
  );
}

/**
 * @param {keyof typeof METRICS} metric @param {any} elements @param {string} elementDimension
 * @param {any} parts @param {string | null} partDimension
 */
function causesOf(metric, elements, elementDimension, parts, partDimension) {
  const sentence = refusalOf(elements) ?? refusalOf(parts);
  if (sentence !== null) return h("div", { class: "cause" }, h("h3", { text: METRICS[metric] }), refused(sentence));
  const slow = slowTotal(elements);
  if (!slow || !elements.rows.length) return null;
  const [first] = elements.rows;
  const main = parts?.rows.length ? parts.rows[0] : null;
  return h(
    "div",
    { class: "cause" },
    h("h3", {
      text: `${METRICS[metric]}: ${exact(slow)} page ${slow === 1 ? "view" : "views"} over ${
        vital(metric, BOUNDS[metric][0])
      } with a known element`,
    }),
    h(
      "p",
      {},
      isolated(named(first.value)),
      ` in ${percent(shareOf(first.slow_pageviews, slow))}`,
      ...(main
        ? [
          ". Main cause: ",
          isolated(partLabel(main.value)),
          " ",
          h("span", { class: "share" }, `(${percent(shareOf(main.slow_pageviews, slowTotal(parts)))})`),
        ]
        : []),
      ".",
    ),
    bars(elementDimension, elements, { figure: slowViews }),
    main ? bars(/** @type {string} */ (partDimension), parts, { figure: slowViews, label: partLabel }) : null,
  );
}

/** @param {HTMLElement} element @param {any} ranking @param {string} title */
export function drawResources(element, ranking, title) {
  const sorted = [...ranking.rows].sort((one, other) => (other.duration.p75 ?? 0) - (one.duration.p75 ?? 0));
  if (!sorted.length) {
    return body(element).replaceChildren(noFigures("No data for this period", "No page view has reported any."));
  }
  const rest = restOf(ranking);
  const time = (/** @type {any} */ { duration }, /** @type {string} */ name) =>
    percentile(vital("ttfb", duration[name]), duration.count, "cell");
  body(element).replaceChildren(
    table(
      [title, "p75", "p95", "Requests", "Avg. size"],
      sorted.map((row) => [
        h("span", { class: "summary", text: named(row.value), title: row.value }),
        time(row, "p75"),
        time(row, "p95"),
        exact(row.events),
        bytes(Math.round(row.bytes / Math.max(1, row.events))),
      ]),
      title,
    ),
    rest
      ? h("p", {
        class: "caption",
        text: `Top ${sorted.length} by requests. (rest): ${restLabel(rest.values)}, ${exact(rest.sum)} requests.`,
      })
      : "",
  );
}
