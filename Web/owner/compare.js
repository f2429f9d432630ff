// Two segments, releases or periods side by side: all vitals, and the distributions of the chosen one.

import { body, skeleton } from "../kit/cards.js";
import { h, table } from "../kit/dom.js";
import { changeOf, isFew, percent, round } from "../kit/format.js";
import { METRICS } from "../kit/contract.js";
import { tone, vital } from "../kit/ratings.js";
import { overlaid } from "./distribution.js";
import { encodeFilters, valueLabel, withValue } from "./filters.js";
import { differs } from "./histogram.js";
import { failure, noFigures } from "./parts.js";
import { report } from "./reports.js";
import { scoreText, scoreTone } from "./score.js";
import { change, current, filters, reportQuery } from "./state.js";
import { figureCell } from "./vitals-cells.js";
import { navigationLabel } from "./words.js";

/** What can be compared: a period with the one before, or two values of a dimension. */
const COMPARED = Object.freeze({
  device: "Device",
  release: "Release",
  browser: "Browser",
  system: "Operating system",
  country: "Country",
  connection: "Connection",
  navigation: "Navigation",
  path: "Page",
  campaign: "Campaign",
  referrer: "Referrer",
  language: "Language",
  screen: "Screen size",
  period: "Previous period",
});
/** Values to choose from: those with the most page views. */
const VALUES_MAX = 50;
/** Pixels of the card while it loads. */
export const HEIGHT = 352;
const SIDES = /** @type {const} */ (["a", "b"]);

/** @typedef {{name: string, report: any}} Side */

/** @param {string} dimension */
const dimensionOf = (dimension) => Object.hasOwn(COMPARED, dimension) ? dimension : "device";

/** The filters other than those of the compared dimension. @param {string} dimension */
const others = (dimension) => filters().filter((one) => one.dimension !== dimension);

/** Shows the comparison of the address. @param {HTMLElement} element a card @param {string} metric @param {AbortSignal} signal */
export async function showComparison(element, metric, signal) {
  const dimension = dimensionOf(current().versus ?? "device");
  const again = () => showComparison(element, metric, signal);
  element.querySelector(".choices")?.remove();
  const choices = h("div", { class: "choices" }, dimensionSelect(dimension, again));
  element.querySelector(".head")?.append(choices);
  body(element).replaceChildren(skeleton(6, HEIGHT));
  try {
    const values = dimension === "period" ? [] : await valuesOf(dimension, signal);
    if (choices !== element.querySelector(".choices")) return;
    const chosen = chosenOf(values);
    if (dimension !== "period") choices.append(...valueSelects(dimension, values, chosen, again));
    if (dimension !== "period" && chosen.some((value) => value === undefined)) {
      body(element).replaceChildren(
        noFigures(
          "Nothing to compare",
          `The page views of this period have fewer than two values of ${
            COMPARED[/** @type {keyof typeof COMPARED} */ (dimension)].toLowerCase()
          }.`,
        ),
      );
      return;
    }
    const sides = dimension === "period" ? await periods(signal) : await segments(dimension, chosen, signal);
    if (choices === element.querySelector(".choices")) draw(element, metric, sides);
  } catch (error) {
    if (!signal.aborted) body(element).replaceChildren(failure(error, again));
  }
}

/** Requests what the comparison of the address shows. @param {AbortSignal} signal */
export async function readComparison(signal) {
  const dimension = dimensionOf(current().versus ?? "device");
  if (dimension === "period") {
    await periods(signal);
    return;
  }
  const chosen = chosenOf(await valuesOf(dimension, signal));
  if (chosen.every((value) => value !== undefined)) await segments(dimension, chosen, signal);
}

/** @param {string} dimension @param {AbortSignal} signal @returns {Promise<string[]>} */
async function valuesOf(dimension, signal) {
  const query = { ...reportQuery(), filters: encodeFilters(others(dimension)) };
  const { rows } = await report(["vitals-by", { ...query, dimension, limit: VALUES_MAX }], signal);
  const values = rows.map((/** @type {any} */ { value }) => value).filter((/** @type {string} */ one) =>
    one !== "(other)"
  );
  // Those of the address, too, however rare they are.
  return [...new Set([...values, ...SIDES.map((side) => current()[side]).filter(Boolean)])];
}

/** The values of the address; else the first ones. @param {string[]} values @returns {(string | undefined)[]} */
function chosenOf(values) {
  const { a, b } = current();
  const first = a ?? values.find((value) => value !== b);
  return [first, b ?? values.find((value) => value !== first)];
}

/** @param {string} dimension @param {(string | undefined)[]} chosen @param {AbortSignal} signal @returns {Promise<Side[]>} */
const segments = (dimension, chosen, signal) =>
  Promise.all(chosen.map(async (value) => ({
    name: valueName(dimension, value ?? ""),
    report: await report(["performance", {
      ...reportQuery(),
      compare: "none",
      filters: encodeFilters(withValue(others(dimension), dimension, value ?? "")),
    }], signal),
  })));

/** The chosen period and the one before. @param {AbortSignal} signal @returns {Promise<Side[]>} */
async function periods(signal) {
  const now = await report(["performance", { ...reportQuery(), compare: "none" }], signal);
  const { previous_from: from, previous_to: to } = now.range;
  const query = { ...reportQuery(), range: undefined, from, to, compare: "none" };
  const before = await report(["performance", query], signal);
  return [{ name: "Previous period", report: before }, { name: "Current period", report: now }];
}

/** @param {string} dimension @param {string} value */
const valueName = (dimension, value) =>
  dimension === "navigation" ? navigationLabel(value) : valueLabel(dimension, value);

// Choices

/** @param {string} dimension @param {() => void} again */
function dimensionSelect(dimension, again) {
  const select = chooser("Compare by", Object.entries(COMPARED), dimension);
  select.addEventListener("change", () => {
    change({ versus: select.value, a: null, b: null }, { isStep: false, redraws: false });
    again();
  });
  return select;
}

/** @param {string} dimension @param {string[]} values @param {(string | undefined)[]} chosen @param {() => void} again */
const valueSelects = (dimension, values, chosen, again) =>
  SIDES.flatMap((side, index) => {
    const options = values.map((value) => /** @type {[string, string]} */ ([value, valueName(dimension, value)]));
    const select = chooser(side.toUpperCase(), options, chosen[index] ?? "");
    select.classList.add("side", side);
    select.addEventListener("change", () => {
      const both = { a: chosen[0], b: chosen[1], [side]: select.value };
      change({ versus: dimension, ...both }, { isStep: false, redraws: false });
      again();
    });
    return index ? [h("span", { class: "dim", text: "and" }), select] : [select];
  });

/** @param {string} label @param {[string, string][]} options @param {string} chosen @returns {HTMLSelectElement} */
const chooser = (label, options, chosen) => /** @type {HTMLSelectElement} */ (h(
  "select",
  { class: "choice", "aria-label": label },
  ...options.map(([value, text]) => h("option", { value, text, selected: value === chosen })),
));

// Figures

/** @param {HTMLElement} element @param {string} metric @param {Side[]} sides */
function draw(element, metric, sides) {
  const found = sides.map(({ name, report }) => ({ name, ...report.metrics[metric] }));
  const label = METRICS[/** @type {keyof typeof METRICS} */ (metric)];
  body(element).replaceChildren(
    h(
      "div",
      { class: "comparison" },
      h("div", {}, figures(sides)),
      h(
        "div",
        {},
        h("h3", { text: `Distributions of ${label}` }),
        ...(found.some(({ figures: { count } }) => count)
          ? overlaid(metric, found)
          : [noFigures("No data for this period", `No page view has a value of ${label}.`)]),
      ),
    ),
    h("p", {
      class: "caption",
      text:
        "Differences of B from A. Significant: the shares of values above the p75 of both together differ with 95 % confidence.",
    }),
  );
}

/** @param {Side[]} sides */
function figures(sides) {
  const [a, b] = sides.map(({ name }, index) => `${"AB"[index]}: ${name}`);
  return table(
    ["p75", a, b, "Difference", "Good A", "Good B", "Significance"],
    [scoreRow(sides), ...Object.entries(METRICS).map(([name, text]) => vitalRow(name, text, sides))],
    `Vitals of ${a} and ${b}`,
  );
}

/** @param {Side[]} sides */
function scoreRow(sides) {
  const [a, b] = sides.map(({ report }) => report.score);
  const isSmall = isFew(a.count) || isFew(b.count);
  return [
    "Score",
    ...[a, b].map(({ value, count: number }) => figureCell(scoreText(value), number, scoreTone(value))),
    isSmall ? "–" : points(b.value - a.value),
    "–",
    "–",
    isSmall ? "Too few values" : "",
  ];
}

/** @param {number} value a difference of scores */
const points = (value) =>
  Math.abs(value) < 0.5 ? "±0" : h("span", {
    class: `delta ${value > 0 ? "good" : "poor"}`,
    text: `${value > 0 ? "+" : "−"}${round(Math.abs(value), 0)}`,
  });

/** @param {string} name @param {string} text @param {Side[]} sides */
function vitalRow(name, text, sides) {
  const [a, b] = sides.map(({ report }) => report.metrics[name]);
  const isSmall = isFew(a.figures.count) || isFew(b.figures.count);
  const isSignificant = !isSmall && differs(a.distribution, b.distribution);
  const cells = [a, b].map(({ figures: { p75, count: number } }) =>
    figureCell(vital(name, p75), number, tone(name, p75))
  );
  return [
    text,
    ...cells,
    isSmall ? "–" : difference(a.figures.p75, b.figures.p75, isSignificant),
    percent(a.figures.good),
    percent(b.figures.good),
    isSmall ? "Too few values" : isSignificant ? "Significant" : "Not significant",
  ];
}

/** @param {number | null} from @param {number | null} to @param {boolean} isSignificant */
function difference(from, to, isSignificant) {
  const found = changeOf(to, from, { isLessBetter: true });
  return found ? h("span", { class: `delta ${isSignificant ? found.tone : ""}`, text: found.text }) : "–";
}
