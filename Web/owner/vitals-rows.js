// Columns, order and export of the breakdown of vitals. Pure: it draws nothing.

import { csv } from "../kit/csv.js";
import { isFew } from "../kit/format.js";
import { METRICS } from "../kit/contract.js";

/** @typedef {{value: string, pageviews: number, score: {value: number | null, count: number}, [vital: string]: any}} Row */
/** @typedef {{key: string, isDown: boolean}} Order */

/** Columns that are no vital, by their keys. */
const PLAIN = Object.freeze({ value: "", pageviews: "Page views", score: "Score" });

/**
 * The columns of the table, by their keys: shares and impact are those of the chosen vital.
 *
 * @param {string} title of the values @param {string} metric @returns {[string, string][]}
 */
export const columnsOf = (title, metric) => {
  const label = METRICS[/** @type {keyof typeof METRICS} */ (metric)];
  return [
    ...Object.entries({ ...PLAIN, value: title }),
    ...Object.entries(METRICS),
    ["good", `Good ${label}`],
    ["impact", `Impact ${label}`],
  ];
};

/** What a row is sorted by, and the number of values behind it. @param {Row} row @param {string} key @param {string} metric */
function sortedBy(row, key, metric) {
  if (key === "pageviews") return { figure: row.pageviews, number: Infinity };
  if (key === "score") return { figure: row.score.value, number: row.score.count };
  if (key === "good") return { figure: row[metric].good, number: row[metric].count };
  if (key === "impact") return { figure: row[metric].impact, number: row[metric].count };
  return { figure: row[key].p75, number: row[key].count };
}

/**
 * Rows with few values come last, and rows without any after them, in either direction.
 *
 * @param {Row[]} rows @param {Order} order @param {string} metric
 * @param {(value: string) => string} [nameOf] how values are shown
 */
export function sorted(rows, { key, isDown }, metric, nameOf = (/** @type {string} */ value) => value) {
  const sign = isDown ? -1 : 1;
  if (key === "value") {
    return [...rows].sort((one, other) => sign * nameOf(one.value).localeCompare(nameOf(other.value)));
  }
  const rank = (/** @type {{figure: number | null, number: number}} */ { figure, number }) =>
    number === 0 ? 2 : figure === null || isFew(number) ? 1 : 0;
  return rows.map((row) => ({ row, by: sortedBy(row, key, metric) })).sort((one, other) =>
    rank(one.by) - rank(other.by) || sign * ((one.by.figure ?? 0) - (other.by.figure ?? 0)) ||
    other.row.pageviews - one.row.pageviews
  ).map(({ row }) => row);
}

/** Columns that begin with the smallest value. */
const ASCENDING = new Set(["value"]);

/** @param {string | undefined} text of the address: a key, or a key after a minus @param {string} metric @returns {Order} */
export function orderOf(text, metric) {
  const key = text?.replace(/^-/, "") ?? "";
  if (!columnsOf("", metric).some(([name]) => name === key)) return { key: "impact", isDown: true };
  return { key, isDown: text?.startsWith("-") === ASCENDING.has(key) };
}

/** The text of an order in an address. @param {Order} order */
export const orderText = ({ key, isDown }) => isDown === ASCENDING.has(key) ? `-${key}` : key;

/** @param {Order} order @param {string} key of the column that is clicked @returns {Order} */
export const nextOrder = (order, key) =>
  order.key === key ? { key, isDown: !order.isDown } : { key, isDown: !ASCENDING.has(key) };

/** @param {string} title @param {Row[]} rows */
export function rowsAsCSV(title, rows) {
  const names = Object.keys(METRICS);
  const figures = ["count", "p50", "p75", "p95", "good", "needs_improvement", "poor", "impact"];
  return csv(
    [title, "pageviews", "score", ...names.flatMap((name) => figures.map((figure) => `${name}_${figure}`))],
    rows.map((row) => [
      row.value,
      row.pageviews,
      row.score.value,
      ...names.flatMap((name) => figures.map((figure) => row[name][figure])),
    ]),
  );
}
