// What the views are built of.

import { badge, h } from "../shared/dom.js";
import { visible } from "../shared/visible.js";
import { change, current, FILTERS } from "./state.js";
import { areFiguresIncomplete } from "./status.js";
import { count, named, percent, TONE_WORDS } from "./words.js";

/** @param {string | (Node | string)[]} title @param {string} width @param {string | null} [note] @param {...(Node | null)} more @returns {HTMLElement} */
export function card(title, width, note = null, ...more) {
  return h(
    "section",
    { class: `card ${width}` },
    h(
      "div",
      { class: "head" },
      typeof title === "string" ? h("h2", { text: title }) : h("h2", {}, ...title),
      note ? h("span", { class: "note", text: note }) : null,
      ...more,
    ),
    h("div", { class: "body" }),
  );
}

/** @param {HTMLElement} card */
export const body = (card) => /** @type {HTMLElement} */ (card.querySelector(".body"));

export const skeleton = (lines = 4) =>
  h(
    "div",
    { "aria-hidden": "true" },
    ...Array.from(
      { length: lines },
      (_, place) => h("div", { class: `skeleton ${["long", "middle", "short"][place % 3]}` }),
    ),
  );

/** @param {string} title @param {string} text */
export const empty = (title, text) => h("p", { class: "empty" }, h("b", { text: title }), h("span", { text }));

/** The same for figures: as long as events are not processed, none is not zero. @param {string} title @param {string} text */
export const noFigures = (title, text) =>
  areFiguresIncomplete()
    ? empty("Not processed yet", "These figures follow when the events are processed.")
    : empty(title, text);

/** @param {any} error @param {() => void} again */
export const failure = (error, again) =>
  h(
    "div",
    { class: "empty failed", role: "alert" },
    h("b", { text: "This could not be read" }),
    h("span", { text: error?.message ?? String(error) }),
    h("button", { type: "button", class: "button", text: "Try again", onclick: again }),
  );

/** What stands above figures that are not of all events. @param {any} sampled */
export const sampleNote = (sampled) =>
  sampled
    ? h("p", {
      class: "sampled",
      role: "note",
      text: `Estimated from ${count(sampled.events)} events, ${
        percent(sampled.share)
      } of the range: no sums are kept for these filters together. Narrow the range for exact figures.`,
    })
    : null;

/**
 * A list of values with bars behind them; each filters when it is chosen.
 *
 * @param {string} dimension
 * @param {{count: number, by: string, total?: number, rows: any[]}} ranking
 * @param {{total?: number, figure?: (row: any) => number}} [options]
 */
export function bars(dimension, ranking, { total, figure = (row) => row[ranking.by] } = {}) {
  if (!ranking.rows.length) return noFigures("Nothing yet", "No event of this range tells it.");
  const most = Math.max(1, ...ranking.rows.map(figure));
  const all = total || ranking.total || ranking.rows.reduce((sum, row) => sum + figure(row), 0);
  const list = h("ol", { class: "bars" });
  for (const row of ranking.rows) {
    const value = figure(row);
    const bar = h("i", { "aria-hidden": "true" });
    bar.style.inlineSize = `${Math.max(0.5, 100 * value / most)}%`;
    const isFilter = dimension in FILTERS && row.value !== "(other)";
    const name = isFilter
      ? h("button", {
        type: "button",
        class: "value",
        text: named(row.value),
        title: `Only ${visible(named(row.value))}`,
        onclick: () => change({ [dimension]: row.value }),
      })
      : h("span", { class: "value", text: named(row.value), title: named(row.value) });
    list.append(
      h(
        "li",
        {},
        bar,
        name,
        h("b", { text: count(value) }),
        h("span", { class: "dim", text: percent(all ? value / all : null) }),
      ),
    );
  }
  return list;
}

/** A change to the time before; what is better is told by the words, too. @param {number | null} now @param {number | null} then @param {boolean} isLessBetter */
export function delta(now, then, isLessBetter = false) {
  if (!then || now === null || now === undefined) return null;
  const share = (now - then) / then;
  if (Math.abs(share) < 0.0005) return h("span", { class: "delta", text: "± 0 %" });
  const isBetter = share < 0 === isLessBetter;
  return h("span", {
    class: `delta ${isBetter ? "good" : "poor"}`,
    title: `${isBetter ? "better" : "worse"} than the time before`,
    text: `${share > 0 ? "↑" : "↓"} ${Math.abs(share) > 9.99 ? ">999 %" : percent(Math.abs(share))}`,
  });
}

const SVG = "http://www.w3.org/2000/svg";

/** The way that a figure went, without scales. @param {(number | null)[]} values @param {string} label */
export function sparkline(values, label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 100 28");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "sparkline");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  const known = values.map((value) => value ?? 0);
  const most = Math.max(...known, 1e-9);
  const step = 100 / Math.max(1, known.length - 1);
  const points = known.map((value, place) => `${(place * step).toFixed(2)},${(26 - 24 * value / most).toFixed(2)}`);
  for (const [tag, list] of [["polygon", ["0,28", ...points, "100,28"]], ["polyline", points]]) {
    const shape = document.createElementNS(SVG, /** @type {string} */ (tag));
    shape.setAttribute("points", /** @type {string[]} */ (list).join(" "));
    svg.append(shape);
  }
  return svg;
}

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
export const toneBadge = (tone) => badge(TONE_WORDS[tone], tone);

/** Buttons of which one is chosen; the choice is in the address. @param {string} label @param {string} name @param {Record<string, string>} choices @param {string} chosen */
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
const tail = (id) => `…${visible(Array.from(id).slice(-VISITOR_SHOWN).join(""))}`;

/** A link to one visitor's journey. @param {string} visitor */
export const visitorLink = (visitor) => {
  const link = h("a", { href: "#raw", text: tail(visitor), title: visitor });
  link.addEventListener("click", (event) => {
    event.preventDefault();
    location.hash = "#raw";
    change({ visitor });
  });
  return link;
};

export const isComparing = () => current().compare !== "0";
