// A map of the world whose countries are colored by their share.

import { h } from "../kit/dom.js";
import { exact, percent, shareOf } from "../kit/format.js";
import { withValue } from "./filters.js";
import { changeFilters, filters } from "./state.js";
import { countryLabel } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
/** Steps of color, from few to many. */
const STEPS = 5;
/** Pixels between the pointer and the tooltip. */
const TOOLTIP_GAP = 12;

/** @typedef {{width: number, height: number, countries: Record<string, string>}} World */

/** The outlines, requested once. @type {Promise<World> | undefined} */
let world;

/** @returns {Promise<World>} */
const outlines = () =>
  world ??= fetch(new URL(/** @type {string} */ (document.body.dataset.world), document.baseURI)).then((response) => {
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.json();
  }).catch((error) => {
    world = undefined;
    throw error;
  });

/**
 * The step of color of a share; 0 without figures. Steps are those of the square root, so that small countries differ, too.
 *
 * @param {number} figure @param {number} most
 */
export const stepOf = (figure, most) =>
  figure > 0 ? Math.max(1, Math.min(STEPS, Math.ceil(STEPS * Math.sqrt(figure / most)))) : 0;

/**
 * Draws a map of countries; a click filters. The list of countries has the same figures and works with the keyboard.
 *
 * @param {HTMLElement} element @param {any} ranking of countries @param {AbortSignal} signal
 * @returns {Promise<number>} page views of countries that are too small for an outline
 */
export async function worldMap(element, ranking, signal) {
  const found = await outlines();
  if (!signal.aborted) element.replaceChildren(...draw(found, ranking, element));
  const isMissing = (/** @type {string} */ code) => /^[A-Z]{2}$/.test(code) && !Object.hasOwn(found.countries, code);
  return ranking.rows.filter((/** @type {any} */ { value }) => isMissing(value))
    .reduce((/** @type {number} */ sum, /** @type {any} */ row) => sum + row[ranking.by], 0);
}

/** @param {World} world @param {any} ranking @param {HTMLElement} element */
function draw(world, ranking, element) {
  const figures = new Map(ranking.rows.map((/** @type {any} */ row) => [row.value, row[ranking.by]]));
  const known = [...figures].filter(([code]) => Object.hasOwn(world.countries, code)).map(([, figure]) => figure);
  const most = Math.max(1, ...known);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${world.width} ${world.height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "World map of page views by country; the tab Countries has the figures");
  for (const [code, path] of Object.entries(world.countries)) {
    const shape = document.createElementNS(SVG, "path");
    shape.setAttribute("d", path);
    shape.setAttribute("class", `step-${stepOf(figures.get(code) ?? 0, most)}`);
    shape.dataset.country = code;
    svg.append(shape);
  }
  const tooltip = h("div", { class: "map-tooltip", hidden: true, "aria-hidden": "true" });
  watchPointer(svg, tooltip, figures, ranking, element);
  return [svg, tooltip, legend()];
}

const legend = () =>
  h(
    "p",
    { class: "map-legend", "aria-hidden": "true" },
    h("span", { text: "Fewer" }),
    ...Array.from({ length: STEPS }, (_, index) => h("i", { class: `step-${index + 1}` })),
    h("span", { text: "More page views" }),
  );

/** The country at the pointer. @param {Event} event */
const countryAt = (event) => /** @type {SVGElement} */ (event.target).dataset?.country;

/**
 * @param {SVGElement} svg @param {HTMLElement} tooltip @param {Map<string, number>} figures @param {any} ranking
 * @param {HTMLElement} element
 */
function watchPointer(svg, tooltip, figures, ranking, element) {
  const total = ranking.total ?? [...figures.values()].reduce((sum, figure) => sum + figure, 0);
  svg.addEventListener("pointermove", (event) => {
    const code = countryAt(event);
    tooltip.hidden = code === undefined;
    if (code === undefined) return;
    const figure = figures.get(code) ?? 0;
    tooltip.replaceChildren(
      h("b", { text: countryLabel(code) }),
      h("span", { text: figure ? `${exact(figure)} page views, ${percent(shareOf(figure, total))}` : "No page views" }),
    );
    const box = element.getBoundingClientRect();
    const x = event.clientX - box.left;
    // On the side of the pointer that has more room.
    const isRight = x > box.width / 2;
    tooltip.style.insetInlineStart = isRight ? "auto" : `${x + TOOLTIP_GAP}px`;
    tooltip.style.insetInlineEnd = isRight ? `${box.width - x + TOOLTIP_GAP}px` : "auto";
    tooltip.style.insetBlockStart = `${event.clientY - box.top + TOOLTIP_GAP}px`;
  });
  svg.addEventListener("pointerleave", () => tooltip.hidden = true);
  svg.addEventListener("click", (event) => {
    const code = countryAt(event);
    if (code !== undefined && figures.get(code)) changeFilters(withValue(filters(), "country", code));
  });
}
