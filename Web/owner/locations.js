// Where visitors are: a world map, and lists of countries, regions and cities.

import { body, card, skeleton } from "../kit/cards.js";
import { h } from "../kit/dom.js";
import { percent, shareOf } from "../kit/format.js";
import { ask } from "./api.js";
import { bars, failure, noFigures, refusalOf, refused } from "./parts.js";
import { reportQuery } from "./state.js";
import { countryLabel, locationSourceLabel, named } from "./words.js";
import { worldMap } from "./world-map.js";

/** Countries that the map can color; there are fewer than 250. */
const COUNTRIES_MAX = 250;
const ROWS = 8;
/** Tabs, with the dimension of their list. @type {Record<string, {label: string, dimension: string}>} */
const TABS = {
  map: { label: "Map", dimension: "country" },
  countries: { label: "Countries", dimension: "country" },
  regions: { label: "Regions", dimension: "region" },
  cities: { label: "Cities", dimension: "city" },
};
const SOURCE = "location_source";
const DIMENSIONS = ["country", "region", "city", SOURCE];

/** @param {any} row */
const isKnown = ({ value }) => named(value) !== named("");

/** The tab that is open, also after the figures are drawn again. */
let open = "map";

/**
 * The card of locations. It requests its figures and the map when it is first seen.
 *
 * @param {AbortSignal} signal ends its requests @param {string} [width] of the card
 */
export function locations(signal, width = "full") {
  const tabs = h("div", { class: "segments", role: "tablist", "aria-label": "Locations" });
  const element = card("Locations", width, null, tabs);
  element.classList.add("locations");
  const panel = h("div", { role: "tabpanel", "aria-label": TABS[open].label }, h("div", { class: "unseen" }));
  body(element).append(panel);
  /** @type {any} */
  let report;
  const draw = () => report && drawTab(panel, report, signal);
  tabs.append(...Object.entries(TABS).map(([name, { label }]) => tabButton(tabs, name, label, draw)));
  const load = () => {
    panel.replaceChildren(skeleton(ROWS));
    ask("breakdowns", { ...reportQuery(), dimensions: DIMENSIONS, limit: COUNTRIES_MAX, only: "counts" }, { signal })
      .then(({ dimensions }) => {
        report = dimensions;
        draw();
      }, (error) => {
        if (!signal.aborted) panel.replaceChildren(failure(error, load));
      });
  };
  whenSeen(element, signal, load);
  return element;
}

/** @param {HTMLElement} tabs @param {string} name @param {string} label @param {() => void} draw */
function tabButton(tabs, name, label, draw) {
  const choose = (/** @type {HTMLElement} */ button) => {
    open = /** @type {string} */ (button.dataset.tab);
    for (const one of /** @type {Iterable<HTMLElement>} */ (tabs.children)) markTab(one);
    draw();
  };
  const button = h("button", {
    type: "button",
    role: "tab",
    "data-tab": name,
    text: label,
    onclick: () => choose(button),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const all = /** @type {HTMLElement[]} */ ([...tabs.children]);
      const next = all[(all.indexOf(button) + step + all.length) % all.length];
      choose(next);
      next.focus();
    },
  });
  markTab(button);
  return button;
}

/** @param {HTMLElement} button */
function markTab(button) {
  const isOpen = button.dataset.tab === open;
  button.setAttribute("aria-selected", String(isOpen));
  button.tabIndex = isOpen ? 0 : -1;
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

/** @param {HTMLElement} panel @param {any} report @param {AbortSignal} signal */
function drawTab(panel, report, signal) {
  const { label, dimension } = TABS[open];
  panel.setAttribute("aria-label", label);
  const ranking = report[dimension];
  const sentence = refusalOf(ranking);
  if (sentence !== null) return panel.replaceChildren(refused(sentence));
  if (!ranking.rows.some(isKnown)) {
    return panel.replaceChildren(emptyOf(dimension));
  }
  const list = listOf(dimension, ranking);
  const content = open === "map"
    ? h("div", { class: "map-and-list" }, worldMap(ranking, list, signal), h("div", {}, list))
    : list;
  panel.replaceChildren(content, dimension === "country" ? sourcesOf(report[SOURCE]) : knownOf(ranking));
}

/** The list of the first rows; all others are its rest. @param {string} dimension @param {any} ranking */
function listOf(dimension, ranking) {
  const rows = ranking.rows.slice(0, ROWS);
  const cut = ranking.rows.slice(ROWS).reduce(
    (/** @type {number} */ sum, /** @type {any} */ row) => sum + row[ranking.by],
    0,
  );
  return bars(dimension, { ...ranking, rows, rest: (ranking.rest ?? 0) + cut }, {
    label: dimension === "country" ? countryLabel : named,
  });
}

/** @param {string} dimension */
const emptyOf = (dimension) =>
  dimension === "country"
    ? noFigures("No locations for this period", "Page views before this version have no time zone.")
    : noFigures(
      `No ${TABS[open].label.toLowerCase()} for this period`,
      "They are read from a location database: set COLLECTOR_GEOIP on the server.",
    );

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
  const sum = (/** @type {any[]} */ rows) => rows.reduce((all, row) => all + row[ranking.by], 0);
  const total = ranking.total ?? sum(ranking.rows) + (ranking.rest ?? 0);
  const unknown = sum(ranking.rows.filter((/** @type {any} */ row) => !isKnown(row)));
  const share = percent(shareOf(total - unknown, total));
  return h("p", { class: "caption", text: `Known for ${share} of page views. A time zone gives the country only.` });
}
