// The card of lists of a theme: a tab for each dimension, its first values, and the dialog with all of them.

import { body, card, skeleton } from "../kit/cards.js";
import { LISTS } from "../kit/contract.js";
import { h } from "../kit/dom.js";
import { count, exact, percent, shareOf } from "../kit/format.js";
import { openList } from "./list-dialog.js";
import { changeCell, emptyList, failure, refusalOf, refused, restLabel, restOf, valueLink } from "./parts.js";
import { report } from "./reports.js";
import { change, current, filters, isComparing, reportQuery } from "./state.js";
import { named } from "./words.js";

/**
 * @typedef {object} Theme
 * @property {string} title
 * @property {string} width
 * @property {[string, string][]} tabs dimensions with the labels of their tabs
 * @property {{label: string, tabs: [string, string][]}} [more] tabs in a menu
 * @property {(tab: string) => string[]} [listed] the dimensions of a tab, if they are not the one of its name
 * @property {(tab: string) => boolean} [isApart] whether a tab has a report of its own, instead of the one for all cards
 */

/** A list that replaces another one where that has one value by the filters. @type {Record<string, string>} */
const FINER = { browser: "browser_version", system: "system_version" };
/** Labels of measures. @type {Record<string, string>} */
const MEASURES = { pageviews: "Page views", sessions: "Sessions", events: "Events" };
const ROWS = 8;

/** All dimensions of a theme. @param {Theme} theme */
const tabsOf = ({ tabs, more }) => [...tabs, ...more?.tabs ?? []];

/** The chosen tab of a theme: the address has the dimensions of tabs that are not the first. @param {Theme} theme */
export function chosenTab(theme) {
  const chosen = (current().lists ?? "").split(",");
  return (tabsOf(theme).find(([dimension]) => chosen.includes(dimension)) ?? theme.tabs[0])[0];
}

/** The dimension that a tab lists. @param {string} tab */
const listed = (tab) =>
  FINER[tab] &&
    filters().some(({ operator, dimension, values }) => operator === "is" && dimension === tab && values.length === 1)
    ? FINER[tab]
    : tab;

/** The dimensions that the open tab of a theme lists; the first is that of its rows. @param {Theme} theme @returns {string[]} */
export function dimensionsOf(theme) {
  const tab = chosenTab(theme);
  return theme.listed?.(tab) ?? [listed(tab)];
}

/** @param {Theme} theme @param {string} dimension */
function choose(theme, dimension) {
  const others = (current().lists ?? "").split(",").filter((name) =>
    name && !tabsOf(theme).some(([known]) => known === name)
  );
  change(
    { lists: [...others, ...(dimension === theme.tabs[0][0] ? [] : [dimension])].join(",") },
    { isStep: false, redraws: false },
  );
}

/** Whether changes are shown as numbers instead of percentages. */
const isAbsolute = () => current().delta === "absolute";

/** What lists are asked with. @param {string[]} dimensions */
export const listQuery = (dimensions) => ({
  ...reportQuery(),
  dimensions: dimensions.join(","),
  limit: ROWS,
  only: "counts",
  compare: isComparing() ? "previous" : undefined,
});

/** The cards that are shown. @type {Set<ListCard>} */
const shown = new Set();

export class ListCard {
  /** @param {Theme} theme @param {AbortSignal} signal of the view */
  constructor(theme, signal) {
    this.theme = theme;
    this.signal = signal;
    shown.add(this);
    signal.addEventListener("abort", () => {
      shown.delete(this);
      this.loading?.abort();
    });
    this.element = card(theme.title, `${theme.width} list`, null, this.tabs());
    body(this.element).append(skeleton(ROWS));
    /** @type {AbortController | undefined} */
    this.loading = undefined;
    /** @type {any} */
    this.list = undefined;
    /** @type {Record<string, any> | undefined} */
    this.lists = undefined;
  }

  get tab() {
    return chosenTab(this.theme);
  }

  /** The dimension of the open tab. */
  get dimension() {
    return this.dimensions[0];
  }

  /** The dimensions whose lists the card shows. */
  get dimensions() {
    return dimensionsOf(this.theme);
  }

  /** The tabs of the card; none for a card of one list. */
  tabs() {
    const { theme } = this;
    if (tabsOf(theme).length < 2) return null;
    const chosen = chosenTab(theme);
    const buttons = theme.tabs.map(([dimension, text]) =>
      h("button", {
        type: "button",
        text,
        "aria-pressed": String(dimension === chosen),
        onclick: () => this.open(dimension),
      })
    );
    return h(
      "div",
      { class: "choices" },
      h("div", { class: "segments", role: "group", "aria-label": theme.title }, ...buttons),
      theme.more ? this.menu(theme.more, chosen) : null,
    );
  }

  /** @param {{label: string, tabs: [string, string][]}} more @param {string} chosen */
  menu({ label, tabs }, chosen) {
    const isChosen = tabs.some(([dimension]) => dimension === chosen);
    const select = /** @type {HTMLSelectElement} */ (h(
      "select",
      { class: `choice${isChosen ? " chosen" : ""}`, "aria-label": `${label} parameters` },
      ...(isChosen ? [] : [h("option", { value: "", text: label, selected: true })]),
      ...tabs.map(([value, text]) => h("option", { value, text, selected: value === chosen })),
    ));
    select.addEventListener("change", () => select.value && this.open(select.value));
    return select;
  }

  /** @param {string} dimension */
  open(dimension) {
    choose(this.theme, dimension);
    const hadFocus = this.element.querySelector(".choices")?.contains(document.activeElement);
    this.element.querySelector(".choices")?.replaceWith(/** @type {Node} */ (this.tabs()));
    if (hadFocus) {
      /** @type {HTMLElement | null} */ (this.element.querySelector(".choices [aria-pressed=true], .choices .chosen"))
        ?.focus();
    }
    this.load();
  }

  /** The report of the open tab alone. @returns {import("./reports.js").Request} */
  request() {
    return ["breakdowns", listQuery(this.dimensions)];
  }

  /** Loads the list of another tab. */
  async load() {
    this.loading?.abort();
    const { signal } = this.loading = new AbortController();
    this.element.setAttribute("aria-busy", "true");
    try {
      const { dimensions } = await report(this.request(), signal);
      this.draw(dimensions);
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    } finally {
      if (!signal.aborted) this.element.removeAttribute("aria-busy");
    }
  }

  /** @param {any} error */
  fail(error) {
    this.element.querySelector(".foot-line")?.remove();
    body(this.element).replaceChildren(failure(error, () => this.load()));
  }

  /** @param {Record<string, any>} lists by dimension */
  draw(lists) {
    this.lists = lists;
    const list = this.list = lists[this.dimension];
    this.element.querySelector(".foot-line")?.remove();
    const sentence = refusalOf(list);
    if (sentence !== null) return body(this.element).replaceChildren(refused(sentence));
    const isEmpty = list.rows.every((/** @type {any} */ { value }) => named(value) === "(none)");
    if (isEmpty) return body(this.element).replaceChildren(emptyList(this.dimension));
    body(this.element).replaceChildren(...this.content());
    this.element.append(this.foot());
  }

  /** What shows the list. @returns {HTMLElement[]} */
  content() {
    return [this.names(), this.rows()];
  }

  /** Draws a list with changes in their new form; not while that of another tab is loaded. */
  drawAgain() {
    if (this.lists && this.dimension in this.lists && this.element.querySelector(".names .change")) {
      this.draw(this.lists);
    }
  }

  /** The names of the columns; that of changes switches between percent and numbers. */
  names() {
    const withChange = isComparing();
    return h(
      "div",
      { class: "names" },
      h("span", { class: "value", text: LISTS[this.dimension] }),
      h("span", { class: "figure-name", text: MEASURES[this.list.by] ?? this.list.by }),
      h("span", { class: "share-name", text: "Share" }),
      withChange
        ? h("button", {
          type: "button",
          class: "change",
          text: "Change",
          title: isAbsolute() ? "Show changes in percent" : "Show changes as numbers",
          onclick: () => {
            change({ delta: isAbsolute() ? null : "absolute" }, { isStep: false, redraws: false });
            for (const one of shown) one.drawAgain();
            /** @type {HTMLElement | null} */ (this.element.querySelector(".names .change"))?.focus();
          },
        })
        : null,
    );
  }

  rows() {
    const { by, rows, total } = this.list;
    const most = Math.max(1, ...rows.map((/** @type {any} */ row) => row[by]));
    const list = h("ol", { class: "bars" });
    for (const row of rows) {
      const bar = h("i", { "aria-hidden": "true" });
      bar.style.inlineSize = `${Math.max(0.5, 100 * row[by] / most)}%`;
      list.append(h(
        "li",
        {},
        bar,
        valueLink(this.dimension, row.value),
        h("b", { text: count(row[by]), title: exact(row[by]) }),
        h("span", { class: "dim", text: percent(shareOf(row[by], total)) }),
        isComparing() ? changeCell(row[by], row.previous?.[by], isAbsolute(), this.dimension) : null,
      ));
    }
    return list;
  }

  foot() {
    const rest = restOf(this.list);
    const title = LISTS[this.dimension];
    return h(
      "div",
      { class: "foot-line" },
      rest
        ? h("span", { class: "note", text: `${restLabel(rest.values)}: ${count(rest.sum)}`, title: exact(rest.sum) })
        : null,
      h("button", {
        type: "button",
        class: "all",
        text: "View all",
        "aria-label": `View all ${exact(this.list.count)} values: ${title}`,
        onclick: () => openList(this.dimension),
      }),
    );
  }
}
