// All values of a dimension: search, sort, pages and export.

import { skeleton } from "../kit/cards.js";
import { LISTS } from "../kit/contract.js";
import { h, setText } from "../kit/dom.js";
import { exact, percent } from "../kit/format.js";
import { vital } from "../kit/ratings.js";
import { address, ask } from "./api.js";
import { CODES_MAX, folded, hasCodes, valueLabel } from "./filters.js";
import { changeCell, emptyList, failure, percentile, refusalOf, refused, sortHeading, valueLink } from "./parts.js";
import { saveRows } from "./list-file.js";
import { isComparing, onState, reportQuery } from "./state.js";

/** Rows of a page of the dialog. */
const ROWS = 100;
/** Milliseconds after the last key before a search begins. */
const SEARCH_MS = 250;

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {string} member
 * @property {(row: any) => Node | string} cell
 * @property {boolean} [isOnServer] whether the server can sort by it
 */

/** @param {string} name @returns {Column} */
const vitalColumn = (name) => ({
  name: `${name.toUpperCase()} p75`,
  member: `${name}_p75`,
  cell: (row) => row[`${name}_count`] ? percentile(vital(name, row[`${name}_p75`]), row[`${name}_count`], "cell") : "–",
});

/** @type {Column[]} */
const FIGURES = [
  { name: "Visitors", member: "visitors", cell: (row) => exact(row.visitors) },
  { name: "Page views", member: "pageviews", cell: (row) => exact(row.pageviews), isOnServer: true },
  { name: "Sessions", member: "sessions", cell: (row) => exact(row.sessions), isOnServer: true },
  { name: "Bounce rate", member: "bounce_rate", cell: (row) => percent(row.bounce_rate) },
  { name: "Errors", member: "errors", cell: (row) => exact(row.errors), isOnServer: true },
  vitalColumn("lcp"),
  vitalColumn("inp"),
];
/** @type {Column[]} */
const EVENTS = [
  { name: "Events", member: "events", cell: (row) => exact(row.events) },
  { name: "Visitors", member: "visitors", cell: (row) => exact(row.visitors) },
];

const NOTHING = {
  dimension: "",
  offset: 0,
  contains: "",
  sort: "",
  isAscending: false,
  measure: "",
  isSortedByServer: false,
};
/** What the dialog shows. */
let shown = { ...NOTHING };
/** @type {ReturnType<typeof setTimeout> | undefined} */
let searching;
/** @type {AbortController | undefined} */
let loading;
/** @type {any} */
let list = null;

const dialog = () => /** @type {HTMLDialogElement} */ (document.getElementById("all"));
const content = () => /** @type {HTMLElement} */ (dialog().querySelector(".content"));

/** What the list is asked with. */
const query = () => ({
  ...reportQuery(),
  dimensions: shown.dimension,
  // The server knows the codes of countries, not their names.
  contains: hasCodes(shown.dimension) ? undefined : shown.contains,
  sort: shown.isSortedByServer ? shown.sort : undefined,
  compare: isComparing() ? "previous" : undefined,
});

onState(() => dialog().open && dialog().close());

/** @param {string} dimension */
export function openList(dimension) {
  shown = { ...NOTHING, dimension };
  list = null;
  setText(/** @type {HTMLElement} */ (dialog().querySelector("h2")), LISTS[dimension]);
  content().replaceChildren(head(), h("div", { class: "all-rows" }, skeleton(8)));
  if (!dialog().open) {
    dialog().showModal();
    dialog().addEventListener("close", () => {
      loading?.abort();
      clearTimeout(searching);
      content().querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    }, { once: true });
  }
  /** @type {HTMLElement} */ (content().querySelector("input")).focus();
  load();
}

/** Search and export. */
function head() {
  const search = /** @type {HTMLInputElement} */ (h("input", {
    class: "field",
    type: "search",
    "aria-label": `Search ${LISTS[shown.dimension]}`,
    placeholder: "Search",
    autocomplete: "off",
    maxlength: "60",
  }));
  search.addEventListener("input", () => {
    clearTimeout(searching);
    searching = setTimeout(() => {
      [shown.contains, shown.offset] = [search.value.trim(), 0];
      load();
    }, SEARCH_MS);
  });
  return h(
    "div",
    { class: "all-head" },
    search,
    h("span", { class: "note", role: "status" }),
    h("span", { class: "space" }),
    h("span", { class: "exports" }),
  );
}

/** Files of the list: of the rows that are shown, or from the server if it has more. */
function drawExports() {
  const { dimension } = shown;
  const file = (/** @type {"csv" | "json"} */ format) => {
    const text = `Export ${format.toUpperCase()}`;
    return isWhole()
      ? h("button", { type: "button", class: "button", text, onclick: () => saveRows(dimension, format, sortedRows()) })
      : h("a", {
        class: "button",
        href: address("breakdowns", { ...query(), format }),
        download: `${dimension}.${format}`,
        text,
      });
  };
  content().querySelector(".exports")?.replaceChildren(file("csv"), " ", file("json"));
}

/** @param {string} [focused] selector of the control that was used and is drawn again */
async function load(focused) {
  loading?.abort();
  const { signal } = loading = new AbortController();
  const rows = /** @type {HTMLElement} */ (content().querySelector(".all-rows"));
  rows.setAttribute("aria-busy", "true");
  try {
    const limit = hasCodes(shown.dimension) ? CODES_MAX : ROWS;
    const report = await ask("breakdowns", { ...query(), limit, offset: shown.offset || undefined }, { signal });
    list = found(report.dimensions[shown.dimension]);
    if (!shown.isSortedByServer) shown.measure = list.by;
    // Only a list with all values can be sorted here.
    if (!shown.isSortedByServer && !isWhole()) [shown.sort, shown.isAscending] = ["", false];
    draw();
    if (focused) /** @type {HTMLElement | null} */ (rows.querySelector(focused))?.focus();
  } catch (error) {
    if (!signal.aborted) rows.replaceChildren(failure(error, () => load()));
  } finally {
    if (!signal.aborted) rows.removeAttribute("aria-busy");
  }
}

/** A list without the values whose names do not have the searched text. @param {any} whole */
function found(whole) {
  if (!hasCodes(shown.dimension) || !shown.contains || refusalOf(whole) !== null) return whole;
  const text = folded(shown.contains);
  const rows = whole.rows.filter((/** @type {any} */ { value }) =>
    folded(valueLabel(shown.dimension, value)).includes(text) || folded(value) === text
  );
  return { ...whole, rows, count: rows.length };
}

const columns = () =>
  list.by === "events"
    ? EVENTS
    // Bounces are those of the page on which a session began.
    : FIGURES.filter(({ member }) =>
      member !== "bounce_rate" || list.rows.some((/** @type {any} */ row) => row.bounce_rate !== null)
    );

function draw() {
  const rows = /** @type {HTMLElement} */ (content().querySelector(".all-rows"));
  const sentence = refusalOf(list);
  if (sentence !== null) return rows.replaceChildren(refused(sentence));
  drawExports();
  drawCount();
  if (!list.count && !shown.isSortedByServer) {
    const none = shown.contains ? h("p", { class: "empty" }, h("b", { text: "No value has this text" })) : null;
    return rows.replaceChildren(none ?? emptyList(shown.dimension));
  }
  rows.replaceChildren(table(), pages());
}

/** The number of the values, in an element that stays, so that changes are announced. */
function drawCount() {
  const { offset } = shown;
  // The server lists the values that the order is about, such as the pages with errors.
  const column = shown.isSortedByServer ? FIGURES.find(({ member }) => member === shown.sort) : undefined;
  const kind = column ? ` with ${column.name.toLowerCase()}` : "";
  const range = list.count
    ? `${exact(offset + 1)}–${exact(offset + list.rows.length)} of ${exact(list.count)}`
    : "None";
  setText(/** @type {HTMLElement} */ (content().querySelector("[role=status]")), `${range}${kind}`);
}

/** Whether the page has all values, and can be sorted by any column. */
const isWhole = () => !shown.isSortedByServer && list.count <= list.rows.length;
const sortedBy = () => shown.sort || shown.measure;

function sortedRows() {
  if (!isWhole()) return list.rows;
  const member = sortedBy();
  const value = (/** @type {any} */ row) => row[member] ?? -1;
  const sorted = [...list.rows].sort((one, other) => value(other) - value(one));
  return shown.isAscending ? sorted.reverse() : sorted;
}

/** @param {Column} column */
function heading({ name, member, isOnServer }) {
  const isSorted = sortedBy() === member;
  const isSortable = isWhole() || isOnServer && list.by !== "events";
  const title = isSortable
    ? `Sort by ${name}`
    : `More than ${ROWS} values cannot be sorted by ${name}: search or filter first`;
  const direction = isSorted ? (shown.isAscending ? "ascending" : "descending") : null;
  return sortHeading(name, { direction, title, isDisabled: !isSortable }, () => sort(member));
}

/** @param {string} member */
function sort(member) {
  const isSame = sortedBy() === member;
  const focused = "[aria-sort] button";
  // Pages of the server begin with the largest.
  shown.isAscending = isWhole() && isSame && !shown.isAscending;
  if (!isWhole()) {
    shown.isSortedByServer = member !== shown.measure;
    [shown.sort, shown.offset] = [member, 0];
    load(focused);
    return;
  }
  shown.sort = member;
  draw();
  /** @type {HTMLElement | null} */ (content().querySelector(focused))?.focus();
}

function table() {
  const { dimension } = shown;
  const title = LISTS[dimension];
  const figures = columns();
  const withChange = isComparing();
  const cells = (/** @type {any} */ row) => [
    ...figures.map(({ cell }) => {
      const shown = cell(row);
      return typeof shown === "string" ? h("td", { text: shown }) : h("td", {}, shown);
    }),
    ...(withChange
      ? [false, true].map((isNumber) =>
        h("td", {}, changeCell(row[list.by], row.previous?.[list.by], isNumber, dimension))
      )
      : []),
  ];
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": title },
    h(
      "table",
      {},
      h("caption", { class: "unseen", text: title }),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col", text: "Value" }),
          ...figures.map(heading),
          ...(withChange
            ? [h("th", { scope: "col", text: "Change" }), h("th", { scope: "col", text: "Difference" })]
            : []),
        ),
      ),
      h(
        "tbody",
        {},
        ...sortedRows().map((/** @type {any} */ row) =>
          h("tr", {}, h("td", {}, valueLink(dimension, row.value)), ...cells(row))
        ),
      ),
    ),
  );
}

function pages() {
  const { offset } = shown;
  const end = offset + list.rows.length;
  const step = (/** @type {string} */ text, /** @type {number} */ to, /** @type {boolean} */ isPossible) =>
    h("button", {
      type: "button",
      class: "button",
      text,
      disabled: !isPossible,
      "data-step": text,
      onclick: () => {
        shown.offset = to;
        load(`[data-step=${text}]:not(:disabled), [data-step]:not(:disabled)`);
      },
    });
  return h(
    "div",
    { class: "all-foot" },
    h("span", { class: "space" }),
    ...(list.count > list.rows.length
      ? [step("Previous", Math.max(0, offset - ROWS), offset > 0), step("Next", offset + ROWS, end < list.count)]
      : []),
  );
}
