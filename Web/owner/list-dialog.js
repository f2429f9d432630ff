// All values of a dimension: search, sort, pages and export.

import { skeleton } from "../kit/cards.js";
import { LISTS } from "../kit/contract.js";
import { h, setText } from "../kit/dom.js";
import { exact, percent } from "../kit/format.js";
import { vital } from "../kit/ratings.js";
import { address, ask } from "./api.js";
import { hasCodes, valueLabel } from "./filters.js";
import { changeCell, emptyList, failure, percentile, refusalOf, refused, valueLink } from "./parts.js";
import { isComparing, reportQuery } from "./state.js";

/** Rows of a page of the dialog. */
const ROWS = 100;
/** Rows of a list of codes, which are all of them: there are fewer countries. */
const CODES_MAX = 250;
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

/** What the dialog shows. */
let shown = { dimension: "", offset: 0, contains: "", sort: "", isAscending: false };
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
  sort: FIGURES.some(({ member, isOnServer }) => isOnServer && member === shown.sort) ? shown.sort : undefined,
  compare: isComparing() ? "previous" : undefined,
});

/** @param {string} dimension */
export function openList(dimension) {
  shown = { dimension, offset: 0, contains: "", sort: "", isAscending: false };
  list = null;
  setText(/** @type {HTMLElement} */ (dialog().querySelector("h2")), LISTS[dimension]);
  content().replaceChildren(head(), h("div", { class: "all-rows" }, skeleton(8)));
  if (!dialog().open) {
    dialog().showModal();
    dialog().addEventListener("close", () => {
      loading?.abort();
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
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      [shown.contains, shown.offset] = [search.value.trim(), 0];
      load();
    }, SEARCH_MS);
  });
  return h("div", { class: "all-head" }, search, h("span", { class: "space" }), h("span", { class: "exports" }));
}

function drawExports() {
  const link = (/** @type {string} */ format) =>
    h("a", {
      class: "button",
      href: address("breakdowns", { ...query(), format }),
      download: `${shown.dimension}.${format}`,
      text: `Export ${format.toUpperCase()}`,
    });
  content().querySelector(".exports")?.replaceChildren(link("csv"), " ", link("json"));
}

async function load() {
  loading?.abort();
  const { signal } = loading = new AbortController();
  drawExports();
  const rows = /** @type {HTMLElement} */ (content().querySelector(".all-rows"));
  rows.setAttribute("aria-busy", "true");
  try {
    const limit = hasCodes(shown.dimension) ? CODES_MAX : ROWS;
    const report = await ask("breakdowns", { ...query(), limit, offset: shown.offset || undefined }, { signal });
    list = found(report.dimensions[shown.dimension]);
    draw();
  } catch (error) {
    if (!signal.aborted) rows.replaceChildren(failure(error, load));
  } finally {
    if (!signal.aborted) rows.removeAttribute("aria-busy");
  }
}

/** A list without the values whose names do not have the searched text. @param {any} whole */
function found(whole) {
  if (!hasCodes(shown.dimension) || !shown.contains || refusalOf(whole) !== null) return whole;
  const text = shown.contains.toLowerCase();
  const rows = whole.rows.filter((/** @type {any} */ row) =>
    valueLabel(shown.dimension, row.value).toLowerCase().includes(text)
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
  if (!list.count) {
    const none = shown.contains ? h("p", { class: "empty" }, h("b", { text: "No value has this text" })) : null;
    return rows.replaceChildren(none ?? emptyList(shown.dimension));
  }
  rows.replaceChildren(table(), pages());
}

/** Whether the page has all values, and can be sorted by any column. */
const isWhole = () => list.count <= list.rows.length;
const sortedBy = () => shown.sort || list.by;

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
  const direction = isSorted ? (shown.isAscending ? "ascending" : "descending") : undefined;
  return h(
    "th",
    { scope: "col", "aria-sort": direction },
    h("button", {
      type: "button",
      class: "sort",
      text: name,
      disabled: !isSortable,
      title: isSortable
        ? `Sort by ${name}`
        : `More than ${ROWS} values cannot be sorted by ${name}: search or filter first`,
      onclick: () => sort(member),
    }),
  );
}

/** @param {string} member */
function sort(member) {
  const isSame = sortedBy() === member;
  // Pages of the server begin with the largest.
  shown.isAscending = isWhole() && isSame && !shown.isAscending;
  [shown.sort, shown.offset] = [member, 0];
  if (isWhole()) draw();
  else load();
  /** @type {HTMLElement | null} */ (content().querySelector("[aria-sort] button"))?.focus();
}

function table() {
  const { dimension } = shown;
  const title = LISTS[dimension];
  const value = (/** @type {any} */ row) => {
    const link = valueLink(dimension, row.value);
    link.addEventListener("click", (event) => event.defaultPrevented && dialog().close());
    return link;
  };
  const figures = columns();
  const withChange = isComparing();
  const cells = (/** @type {any} */ row) => [
    ...figures.map(({ cell }) => {
      const shown = cell(row);
      return typeof shown === "string" ? h("td", { text: shown }) : h("td", {}, shown);
    }),
    ...(withChange
      ? [false, true].map((isNumber) => h("td", {}, changeCell(row[list.by], row.previous?.[list.by], isNumber)))
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
        ...sortedRows().map((/** @type {any} */ row) => h("tr", {}, h("td", {}, value(row)), ...cells(row))),
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
      onclick: () => {
        shown.offset = to;
        load();
      },
    });
  return h(
    "div",
    { class: "all-foot" },
    h("span", { class: "note", role: "status", text: `${exact(offset + 1)}–${exact(end)} of ${exact(list.count)}` }),
    h("span", { class: "space" }),
    ...(list.count > list.rows.length
      ? [step("Previous", Math.max(0, offset - ROWS), offset > 0), step("Next", offset + ROWS, end < list.count)]
      : []),
  );
}
