// The breakdown of vitals: a table that is sorted, searched, paged and exported.

import { body, skeleton } from "../kit/cards.js";
import { save } from "../kit/csv.js";
import { h } from "../kit/dom.js";
import { exact, SAMPLE_MIN } from "../kit/format.js";
import { METRICS } from "../kit/contract.js";
import { valueLabel } from "./filters.js";
import { failure, noFigures, sortHeading, valueLink } from "./parts.js";
import { change, current } from "./state.js";
import { cellOf } from "./vitals-cells.js";
import { columnsOf, nextOrder, orderOf, orderText, rowsAsCSV, sorted } from "./vitals-rows.js";
import { navigationLabel } from "./words.js";

/** Rows before "View all" and on a page of it, and the most rows that the server sends. */
const FIRST = 10;
const PAGE = 25;
const LOADED_MAX = 500;

/**
 * @typedef {object} Breakdown
 * @property {string} dimension
 * @property {string} title of its values
 * @property {string} metric
 * @property {(query: {limit: number, sort: string, search: string}) => Promise<any>} load
 */

/** Draws a table into a card and keeps its state: rows, order, search, page. */
export class VitalsTable {
  /** @param {HTMLElement} card @param {any} report of the first rows @param {Breakdown} breakdown */
  constructor(card, report, breakdown) {
    this.card = card;
    this.report = report;
    this.breakdown = breakdown;
    /** Whether there are more values than the server sends. */
    this.isLong = report.count > LOADED_MAX;
    /** What the rows were asked with; the first ones are not all. */
    this.loaded = "";
    this.order = orderOf(current().sort, breakdown.metric);
    this.search = "";
    this.page = 0;
    this.isOpen = false;
    this.list = h("div", {});
    this.field = /** @type {HTMLInputElement} */ (h("input", {
      type: "search",
      class: "field",
      placeholder: "Search",
      "aria-label": `Search ${breakdown.title}`,
      oninput: () => this.find(),
    }));
  }

  /** Draws the first rows, after those that the order of the address needs. */
  async start() {
    body(this.card).replaceChildren(h("div", { class: "tools" }, this.field, this.exports()), this.list);
    if (["impact", "pageviews"].includes(this.order.key) && this.order.isDown) this.draw();
    else {
      this.list.replaceChildren(skeleton(8));
      await this.loadAll();
    }
  }

  /** Loads all rows, or as many as the server sends and the search finds, and draws them. */
  async loadAll() {
    const { load, metric } = this.breakdown;
    const { search } = this;
    // Few values are searched here, where the case of letters does not count.
    const asked = { sort: this.order.key === "pageviews" ? "pageviews" : metric, search: this.isLong ? search : "" };
    const text = JSON.stringify(asked);
    try {
      if ((this.isLong || !this.hasAll) && this.loaded !== text) {
        const report = await load({ limit: LOADED_MAX, ...asked });
        // Another search has begun.
        if (search !== this.search) return;
        [this.report, this.loaded] = [report, text];
      }
      this.draw();
    } catch (error) {
      if (!this.card.isConnected) return;
      this.list.replaceChildren(failure(error, () => this.loadAll()));
    }
  }

  get hasAll() {
    return this.report.count <= this.report.rows.length;
  }

  find() {
    this.search = this.field.value.trim();
    [this.page, this.isOpen] = [0, true];
    this.loadAll();
  }

  /** @param {string} key */
  sort(key) {
    this.order = nextOrder(this.order, key);
    this.page = 0;
    change({ sort: orderText(this.order) }, { isStep: false, redraws: false });
    this.loadAll().then(() => this.focus(`[data-key="${key}"]`));
  }

  /** @param {string} selector of the control that was used and drawn again */
  focus(selector) {
    /** @type {HTMLElement | null} */ (this.list.querySelector(selector))?.focus();
  }

  /** The rows that are searched for, in order. */
  rows() {
    const search = this.search.toLowerCase();
    const found = this.report.rows.filter((/** @type {any} */ row) =>
      this.nameOf(row.value).toLowerCase().includes(search)
    );
    return sorted(found, this.order, this.breakdown.metric, (value) => this.nameOf(value));
  }

  /** @param {string} value */
  nameOf(value) {
    const { dimension } = this.breakdown;
    return dimension === "navigation" ? navigationLabel(value) : valueLabel(dimension, value);
  }

  // Drawing

  draw() {
    const rows = this.rows();
    const size = this.isOpen ? PAGE : FIRST;
    const first = this.page * size;
    const shown = rows.slice(first, first + size);
    const title = this.search ? "No matches" : "No data for this period";
    this.list.replaceChildren(
      rows.length ? this.table(shown) : noFigures(title, "No page view has a value."),
      this.pager(rows.length, first, shown.length),
      h("p", { class: "caption", text: this.caption() }),
    );
  }

  caption() {
    const { report: { rows, count: all }, order: { key } } = this;
    const label = METRICS[/** @type {keyof typeof METRICS} */ (this.breakdown.metric)];
    const text = `p75 with sample size; gray and last below ${SAMPLE_MIN} values. ` +
      `Impact: page views with ${label} × excess of their p75 over the target.`;
    if (this.hasAll || !this.loaded) return text;
    return `${text} Sorted among the ${exact(rows.length)} values with the ${
      key === "pageviews" ? "most page views" : "largest impact"
    } of ${exact(all)}.`;
  }

  /** @param {any[]} rows */
  table(rows) {
    const { title, metric } = this.breakdown;
    const columns = columnsOf(title, metric);
    const caption = `Vitals by ${title}`;
    return h(
      "div",
      { class: "scroll vitals-table", tabindex: "0", role: "region", "aria-label": caption },
      h(
        "table",
        {},
        h("caption", { class: "unseen", text: caption }),
        h("thead", {}, h("tr", {}, ...columns.map(([key, text]) => this.heading(key, text)))),
        h("tbody", {}, ...rows.map((row) => h("tr", {}, ...columns.map(([key]) => h("td", {}, this.cell(row, key)))))),
      ),
    );
  }

  /** @param {string} key @param {string} text */
  heading(key, text) {
    const direction = this.order.key !== key ? null : this.order.isDown ? "descending" : "ascending";
    return sortHeading(text, { direction, key }, () => this.sort(key));
  }

  /** @param {any} row @param {string} key */
  cell(row, key) {
    const { dimension, metric } = this.breakdown;
    return key === "value" ? valueLink(dimension, row.value, this.nameOf(row.value)) : cellOf(row, key, metric);
  }

  /** @param {number} all @param {number} first @param {number} shown */
  pager(all, first, shown) {
    const { report: { count: total }, isOpen } = this;
    if (!isOpen) {
      return total > shown && !this.search
        ? h("button", {
          type: "button",
          class: "button",
          "data-all": "",
          text: `View all ${exact(total)}`,
          onclick: () => this.open(),
        })
        : "";
    }
    const step = (/** @type {string} */ text, /** @type {number} */ page, /** @type {boolean} */ isPossible) =>
      h("button", {
        type: "button",
        class: "button",
        "data-step": text,
        text,
        disabled: !isPossible,
        onclick: () => this.turn(page, text),
      });
    return h(
      "div",
      { class: "pager" },
      step("Previous", this.page - 1, this.page > 0),
      h("span", {
        role: "status",
        text: all ? `${exact(first + 1)}–${exact(first + shown)} of ${exact(all)}` : "0 of 0",
      }),
      step("Next", this.page + 1, first + shown < all),
    );
  }

  async open() {
    this.isOpen = true;
    await this.loadAll();
    this.focus(".scroll");
  }

  /** @param {number} page @param {string} text */
  turn(page, text) {
    this.page = page;
    this.draw();
    this.focus(`[data-step="${text}"]:not(:disabled)`);
  }

  // Export

  exports() {
    const { dimension } = this.breakdown;
    const button = (/** @type {string} */ text, /** @type {() => void} */ write) =>
      h("button", { type: "button", class: "button", text, onclick: async () => (await this.loadAll(), write()) });
    const name = `vitals-by-${dimension}`;
    return h(
      "span",
      { class: "exports" },
      button("CSV", () => save(`${name}.csv`, "text/csv", rowsAsCSV(dimension, this.rows()))),
      button(
        "JSON",
        () => save(`${name}.json`, "application/json", JSON.stringify({ ...this.report, rows: this.rows() })),
      ),
    );
  }
}
