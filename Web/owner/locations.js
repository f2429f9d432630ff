// Where visitors are: a world map, and lists of countries, regions and cities.

import { body } from "../kit/cards.js";
import { h } from "../kit/dom.js";
import { exact, percent, shareOf } from "../kit/format.js";
import { CODES_MAX } from "./filters.js";
import { ListCard, listQuery } from "./list-card.js";
import { failure } from "./parts.js";
import { locationSourceLabel, named } from "./words.js";
import { worldMap } from "./world-map.js";

const SOURCE = "location_source";

/** The dimensions of a tab: the sources of countries are shown below them. @param {string} tab */
export const locationDimensions = (tab) => isMap(tab) || tab === "country" ? ["country", SOURCE] : [tab];

/** @param {string} tab */
export const isMap = (tab) => tab === "map";

/** The map needs all countries, and compares no periods. @returns {import("./reports.js").Request} */
export const mapRequest = () => [
  "breakdowns",
  { ...listQuery(locationDimensions("map")), limit: CODES_MAX, compare: undefined },
];

/** @param {any} row */
const isKnown = ({ value }) => named(value) !== named("");

export class LocationCard extends ListCard {
  /** @param {import("./list-card.js").Theme} theme @param {AbortSignal} signal */
  constructor(theme, signal) {
    super(theme, signal);
    this.element.classList.add("locations");
  }

  /** @override @returns {import("./reports.js").Request} */
  request() {
    return isMap(this.tab) ? mapRequest() : super.request();
  }

  /** Loads the map once it is near the window. @override */
  async load() {
    if (!isMap(this.tab)) return await super.load();
    this.loading?.abort();
    this.loading = undefined;
    const element = h("div", { class: "world" });
    this.element.querySelector(".foot-line")?.remove();
    // As high as with the map.
    body(this.element).replaceChildren(element, h("p", { class: "caption" }));
    this.element.append(h("div", { class: "foot-line" }));
    whenSeen(element, this.signal, () => element.isConnected && super.load());
  }

  /** @override @returns {HTMLElement[]} */
  content() {
    const note = this.dimension === "country" ? sourcesOf(this.lists?.[SOURCE]) : knownOf(this.list);
    if (!isMap(this.tab)) return [...super.content(), note];
    const element = h("div", { class: "world" });
    this.drawMap(element, note);
    return [element, note];
  }

  /** @param {HTMLElement} element @param {HTMLElement} note below it */
  async drawMap(element, note) {
    try {
      const missing = await worldMap(element, this.list, this.signal);
      if (!missing || !element.isConnected) return;
      const text = `${exact(missing)} page views are from countries that are too small for the map.`;
      note.after(h("p", { class: "caption", text }));
    } catch (error) {
      if (!this.signal.aborted) element.replaceChildren(failure(error, () => this.draw(this.lists ?? {})));
    }
  }
}

/** @param {HTMLElement} element @param {AbortSignal} signal @param {() => void} load */
function whenSeen(element, signal, load) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    load();
  }, { rootMargin: "200px" });
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
}

/** What countries were read from, by share of page views. @param {any} sources */
function sourcesOf(sources) {
  const known = (sources?.rows ?? []).filter(isKnown);
  const total = known.reduce((/** @type {number} */ sum, /** @type {any} */ row) => sum + row[sources.by], 0);
  const shares = known.map((/** @type {any} */ row) =>
    `${locationSourceLabel(row.value)} ${percent(shareOf(row[sources.by], total))}`
  );
  return h("p", { class: "caption", text: shares.length ? `Country from: ${shares.join(" · ")}` : "" });
}

/** The share of page views with a value. @param {any} ranking */
function knownOf(ranking) {
  const unknown = ranking.rows.find((/** @type {any} */ row) => !isKnown(row));
  const share = unknown && percent(shareOf(ranking.total - unknown[ranking.by], ranking.total));
  const known = share ? `Known for ${share} of page views. ` : "";
  return h("p", { class: "caption", text: `${known}A time zone gives the country only.` });
}
