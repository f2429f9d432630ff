// Where visitors are: a world map, and lists of countries, regions and cities.

import { body } from "../kit/cards.js";
import { h } from "../kit/dom.js";
import { exact, percent, shareOf } from "../kit/format.js";
import { CODES_MAX } from "./filters.js";
import { ListCard } from "./list-card.js";
import { failure } from "./parts.js";
import { report } from "./reports.js";
import { reportQuery } from "./state.js";
import { locationSourceLabel, named } from "./words.js";
import { worldMap } from "./world-map.js";

const SOURCE = "location_source";

/** The dimensions of a tab: the sources of countries are shown below them. @param {string} tab */
export const locationDimensions = (tab) => tab === "map" || tab === "country" ? ["country", SOURCE] : [tab];

/** @param {any} row */
const isKnown = ({ value }) => named(value) !== named("");

export class LocationCard extends ListCard {
  /** @param {import("./list-card.js").Theme} theme @param {AbortSignal} signal */
  constructor(theme, signal) {
    super(theme, signal);
    this.element.classList.add("locations");
  }

  /** @override @param {Record<string, any>} lists */
  draw(lists) {
    super.draw(lists);
    if (!this.element.querySelector(".foot-line")) return;
    const content = body(this.element);
    if (this.tab === "map") this.drawMap();
    content.append(this.dimension === "country" ? sourcesOf(lists[SOURCE]) : knownOf(this.list));
  }

  /** Replaces the list by the map, which needs all countries. */
  drawMap() {
    const element = h("div", { class: "world" });
    body(this.element).replaceChildren(element);
    // The map has all values.
    this.element.querySelector(".foot-line .note")?.remove();
    whenSeen(element, this.signal, async () => {
      const query = { ...reportQuery(), dimensions: "country", limit: CODES_MAX, only: "counts" };
      try {
        const { dimensions } = await report(["breakdowns", query], this.signal);
        const missing = await worldMap(element, dimensions.country, this.signal);
        if (!missing || !element.isConnected) return;
        const text = `${exact(missing)} page views are from countries that are too small for the map.`;
        body(this.element).append(h("p", { class: "caption", text }));
      } catch (error) {
        if (!this.signal.aborted) element.replaceChildren(failure(error, () => this.draw(this.lists ?? {})));
      }
    });
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
