// Parts of the views that filter, compare, or change the address.

import { body, empty } from "../kit/cards.js";
import { badge, h } from "../kit/dom.js";
import { visible } from "../kit/visible.js";
import { LISTS } from "../kit/contract.js";
import { dimensionLabel, isDimension, valueLabel, withValue } from "./filters.js";
import { addressWith, change, changeFilters, current, filters } from "./state.js";
import { areFiguresIncomplete } from "./status.js";
import { changeOf, count, exact, isFew, percent, shareOf } from "../kit/format.js";
import { named } from "./words.js";
import { TONE_LABELS } from "../kit/ratings.js";

/**
 * The same for figures: as long as events are not processed, none is not zero.
 *
 * @param {string} title @param {string} text
 */
export const noFigures = (title, text) =>
  areFiguresIncomplete()
    ? empty("Not processed yet", "These figures follow when the events are processed.")
    : empty(title, text);

/** Statuses of a query that cannot succeed without changes. */
const QUERY_STATUSES = new Set([400, 413, 422]);

/** @param {any} error @param {() => void} [again] by default, loads the view again */
export function failure(error, again = reload) {
  if (QUERY_STATUSES.has(error?.status)) return refused(error.message);
  return h(
    "div",
    { class: "empty failed", role: "alert" },
    h("b", { text: "Couldn't load" }),
    h("span", { text: error?.message ?? String(error) }),
    h("button", { type: "button", class: "button", text: "Try again", onclick: again }),
  );
}

/** Loads the view again. */
const reload = () => change({}, { isStep: false });

/**
 * A handler of errors that shows them in cards, unless the user has left the view.
 *
 * @param {AbortSignal} signal @param {...HTMLElement} cards
 * @returns {(error: any) => void}
 */
export const showFailure = (signal, ...cards) => (error) => {
  if (!signal.aborted) { for (const one of cards) body(one).replaceChildren(failure(error)); }
};

/**
 * A query that exceeds the limits of the server, with its message: what to narrow.
 *
 * @param {string} sentence
 */
export const refused = (sentence) =>
  h(
    "div",
    { class: "empty refused" },
    h("b", { text: "Narrow the query" }),
    h("span", { text: sentence }),
  );

/**
 * The message for a part that the server refused; null if it did not.
 *
 * @param {any} part @returns {string | null}
 */
export const refusalOf = (part) =>
  !part?.refused
    ? null
    : typeof part.refused === "string"
    ? part.refused
    : part.refused.message ?? String(part.refused);

/**
 * Draws a part, or the reason why it is refused.
 *
 * @param {HTMLElement} element a card @param {any} part @param {() => void} draw
 */
export function drawPart(element, part, draw) {
  const sentence = refusalOf(part);
  if (sentence === null) draw();
  else body(element).replaceChildren(refused(sentence));
}

/**
 * A value of a list, which filters by it where that is possible.
 *
 * @param {string} dimension @param {string} value @param {string} [label]
 */
export const valueButton = (dimension, value, label = valueLabel(dimension, value)) =>
  isDimension(dimension) && value !== "(other)"
    ? h("button", {
      type: "button",
      class: "value",
      text: label,
      title: `Filter: ${dimensionLabel(dimension)} is ${visible(label)}`,
      onclick: () => changeFilters(withValue(filters(), dimension, value)),
    })
    : h("span", { class: "value", text: label, title: label });

/**
 * A link to the page with other filters. A click changes them here; any other opens the address, as links do.
 *
 * @param {import("./filters.js").Filter[]} list @param {Record<string, any>} properties @param {...(Node | string | null)} children
 */
export function filterLink(list, properties, ...children) {
  const link = h("a", { ...properties, href: addressWith(list) }, ...children);
  link.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    changeFilters(list);
  });
  return link;
}

/**
 * A value of a list as a link that filters by it, where that is possible.
 *
 * @param {string} dimension @param {string} value @param {string} [label]
 */
export const valueLink = (dimension, value, label = valueLabel(dimension, value)) =>
  isDimension(dimension) && value !== "(other)"
    ? filterLink(withValue(filters(), dimension, value), {
      class: "value",
      text: label,
      title: `Filter: ${dimensionLabel(dimension)} is ${visible(label)}`,
    })
    : h("span", { class: "value", text: label, title: label });

/** How values of a dimension are sent, for lists without any. @type {Record<string, [string, string, string]>} */
const LESSONS = {
  ...Object.fromEntries(
    ["campaign", "utm_source", "utm_medium", "utm_term", "utm_content"].map((name) => [name, [
      "No campaigns in this period",
      "Tag the links that you publish:",
      "?utm_source=newsletter&utm_medium=email&utm_campaign=spring",
    ]]),
  ),
  not_found: [
    "No missing pages in this period",
    "Call this on the page that your site shows instead of a missing one:",
    'collector.track("404")',
  ],
  event: ["No custom events in this period", "Send one from your pages:", 'collector.track("signup", { plan: "pro" })'],
  release: ["No releases in this period", "Add the version of your site to the tag:", 'data-release="1.4.2"'],
  country: [
    "No locations in this period",
    "The tracker sends the time zone of the browser. For cities, give the server a location database:",
    "COLLECTOR_GEOIP=GeoLite2-City.mmdb",
  ],
  ...Object.fromEntries(
    ["region", "city"].map((name) => [name, [
      `No ${LISTS[name].toLowerCase()} in this period`,
      "They are read from a location database, which the server needs:",
      "COLLECTOR_GEOIP=GeoLite2-City.mmdb",
    ]]),
  ),
};

/** What to do for a list without values. @param {string} dimension */
export function emptyList(dimension) {
  const lesson = LESSONS[dimension];
  if (!lesson || areFiguresIncomplete()) return noFigures("No data for this period", "No page view has a value.");
  const [title, text, code] = lesson;
  return h("p", { class: "empty lesson" }, h("b", { text: title }), h("span", { text }), h("code", { text: code }));
}

/** Number and sum of the values beyond the rows of a list. @param {any} ranking */
export function restOf(ranking) {
  const sum = ranking.rest ?? 0;
  const values = Math.max(0, (ranking.count ?? 0) - ranking.rows.length);
  return sum > 0 || values > 0 ? { values, sum } : null;
}

/** @param {number} values */
export const restLabel = (values) =>
  values ? `${exact(values)} more ${values === 1 ? "value" : "values"}` : named("(rest)");

/**
 * A list of values with bars behind them; each filters when it is chosen.
 *
 * @param {string} dimension
 * @param {{count: number, by: string, total?: number, rest?: number, rows: any[]}} ranking
 * @param {{figure?: (row: any) => number, label?: (value: string) => string}} [options]
 */
export function bars(dimension, ranking, { figure = (row) => row[ranking.by], label = named } = {}) {
  if (!ranking.rows.length) return noFigures("No data for this period", "No page view has a value.");
  const most = Math.max(1, ...ranking.rows.map(figure));
  const all = ranking.total ?? ranking.rows.reduce((sum, row) => sum + figure(row), 0) + (ranking.rest ?? 0);
  const list = h("ol", { class: "bars" });
  for (const row of ranking.rows) {
    const value = figure(row);
    const bar = h("i", { "aria-hidden": "true" });
    bar.style.inlineSize = `${Math.max(0.5, 100 * value / most)}%`;
    list.append(h(
      "li",
      {},
      bar,
      valueButton(dimension, row.value, label(row.value)),
      h("b", { text: count(value), title: exact(value) }),
      h("span", { class: "dim", text: percent(shareOf(value, all)) }),
    ));
  }
  const rest = restOf(ranking);
  if (rest) {
    list.append(h(
      "li",
      { class: "rest" },
      h("span", { class: "value", text: restLabel(rest.values) }),
      h("b", { text: count(rest.sum), title: exact(rest.sum) }),
      h("span", { class: "dim", text: percent(shareOf(rest.sum, all)) }),
    ));
  }
  return list;
}

/**
 * A change from the previous period.
 *
 * @param {number | null | undefined} now @param {number | null | undefined} then
 * @param {{isRate?: boolean, isLessBetter?: boolean, title?: string}} [options]
 */
export function delta(now, then, { title = "", ...options } = {}) {
  const found = changeOf(now, then, options);
  if (!found) return null;
  const word = found.tone === "good" ? "Better. " : found.tone === "poor" ? "Worse. " : "";
  return h("span", { class: `delta ${found.tone}`, title: `${word}${title}`, text: found.text });
}

/** Lists whose figures are better if they are lower. */
const LESS_BETTER = new Set(["not_found"]);

/**
 * The change of a figure of a list from the previous period, in percent or as a number.
 *
 * @param {number} now @param {number | undefined} then @param {boolean} isNumber @param {string} dimension
 */
export function changeCell(now, then, isNumber, dimension) {
  if (then === undefined) return h("span", { class: "change dim", text: "–", title: "No data in the previous period" });
  const difference = now - then;
  const isBetter = LESS_BETTER.has(dimension) ? difference < 0 : difference > 0;
  const tone = difference === 0 ? "" : isBetter ? "good" : "poor";
  const number = `${difference > 0 ? "+" : difference < 0 ? "−" : "±"}${exact(Math.abs(difference))}`;
  const found = changeOf(now, then);
  return h("span", {
    class: `change delta ${tone}`,
    text: isNumber ? number : found?.text ?? "new",
    title: `Previous period: ${exact(then)} (${number})`,
  });
}

/**
 * A percentile; of few values it is grayed, with their number.
 *
 * @param {string} text @param {number | null | undefined} number @param {string} [name] of the class
 */
export const percentile = (text, number, name = "") =>
  isFew(number)
    ? h(
      "span",
      { class: `${name} few`, title: "Too few values for a percentile" },
      h("b", { text }),
      " ",
      h("small", { text: `n = ${number}` }),
    )
    : h("span", { class: name }, h("b", { text }));

/**
 * The head of a column that sorts its table.
 *
 * @param {string} text
 * @param {{direction?: "ascending" | "descending" | null, name?: string | null, key?: string, title?: string, isDisabled?: boolean}} options
 *   `direction`: null unless the table is sorted by the column; `name` of the class; `key` of the column
 * @param {() => void} onclick
 */
export const sortHeading = (text, { direction = null, name = null, key, title, isDisabled = false }, onclick) =>
  h(
    "th",
    { scope: "col", class: name, "aria-sort": direction },
    h("button", { type: "button", class: "sort", "data-key": key, disabled: isDisabled, title, text, onclick }),
  );

/** Shares of good, needs improvement and poor. @param {any} figures */
export function shares(figures) {
  const list = h("div", {
    class: "shares",
    role: "img",
    "aria-label": `good ${percent(figures.good)}, needs improvement ${percent(figures.needs_improvement)}, poor ${
      percent(figures.poor)
    }`,
  });
  for (const [name, share] of [["good", figures.good], ["fair", figures.needs_improvement], ["poor", figures.poor]]) {
    const part = h("i", { class: name });
    part.style.flexGrow = String(share ?? 0);
    list.append(part);
  }
  return list;
}

/** @param {"good" | "fair" | "poor" | "plain"} tone */
export const toneBadge = (tone) => badge(TONE_LABELS[tone], tone);

/**
 * Buttons of which one is chosen; the choice is in the address.
 *
 * @param {string} label @param {string} name @param {Record<string, string>} choices @param {string} chosen
 */
export const segments = (label, name, choices, chosen) =>
  h(
    "div",
    { class: "segments", role: "group", "aria-label": label },
    ...Object.entries(choices).map(([value, text]) =>
      h("button", {
        type: "button",
        "aria-pressed": String(value === chosen),
        text,
        onclick: () => change({ [name]: value }, { isStep: false }),
      })
    ),
  );

/** @param {string} label @param {string} name @param {Record<string, string>} choices @param {string} chosen */
export function select(label, name, choices, chosen) {
  const element = /** @type {HTMLSelectElement} */ (h(
    "select",
    { "aria-label": label, class: "choice" },
    ...Object.entries(choices).map(([value, text]) => h("option", { value, text, selected: value === chosen })),
  ));
  element.addEventListener("change", () => change({ [name]: element.value }, { isStep: false }));
  return element;
}

/** Characters of a visitor's id that are displayed. */
const VISITOR_SHOWN = 8;

/** The end of an id: its beginning is a time, and much the same for all of a day. @param {string} id */
export const visitorTail = (id) => `…${visible(Array.from(id).slice(-VISITOR_SHOWN).join(""))}`;

/** The address of a visitor's timeline, with the range and filters of the page. @param {string} visitor */
export const visitorHref = (visitor) => `?${new URLSearchParams({ ...current(), visitor })}#visitors`;

/** A link to a visitor's timeline. @param {string} visitor */
export const visitorLink = (visitor) => {
  const link = h("a", { href: visitorHref(visitor), text: visitorTail(visitor), title: visitor });
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    location.hash = "#visitors";
    change({ visitor }, { isStep: false });
  });
  return link;
};
