// Distributions of vitals as SVG: bars with the percentiles and thresholds marked, and outlines of two.

import { h, table } from "../kit/dom.js";
import { count, exact, percent } from "../kit/format.js";
import { BOUNDS, METRICS, vital } from "../kit/ratings.js";
import { visible } from "../kit/visible.js";
import { axisOf, barsOf, stepOf, tickLabel, ticksOf } from "./histogram.js";

const SVG = "http://www.w3.org/2000/svg";
/** Heights in pixels: a line of labels, the bars. */
const LINE = 16;
const PLOT = 170;
/** Lines of labels above the bars. */
const LABELS = 3;
const TOP = LABELS * LINE + 4;
const BOTTOM = TOP + PLOT;
/** Share of the width between bars. */
const GAP = 0.003;

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {number} share */
const x = (share) => `${(share * 100).toFixed(3)}%`;

/** A label at a point of the axis, which stays inside. @param {number} at @param {number} y @param {string} text @param {string} name */
const label = (at, y, text, name) =>
  s("text", {
    x: x(at),
    y,
    dx: at < 0.15 ? 4 : at > 0.85 ? -4 : 0,
    "text-anchor": at < 0.15 ? "start" : at > 0.85 ? "end" : "middle",
    class: name,
  }, text);

/**
 * A label beside a line, on the side with more room unless one is chosen.
 *
 * @param {number} at @param {number} y @param {string} text @param {boolean} [isBefore]
 */
const beside = (at, y, text, isBefore = at > 0.6) =>
  s("text", { x: x(at), y, dx: isBefore ? -5 : 5, "text-anchor": isBefore ? "end" : "start" }, text);

/** @param {string} metric @param {any} axis */
function axisMarks(metric, axis) {
  const [good, fair] = BOUNDS[metric];
  return [
    s("line", { x1: 0, x2: "100%", y1: BOTTOM, y2: BOTTOM, class: "base" }),
    ...(axis.slot ? [label(axis.slot / 2, BOTTOM + LINE, "0", "tick")] : []),
    ...ticksOf(axis.low, axis.high).flatMap(({ value, isMinor }) => [
      s("line", { x1: x(axis.at(value)), x2: x(axis.at(value)), y1: BOTTOM, y2: BOTTOM + 4, class: "base" }),
      label(axis.at(value), BOTTOM + LINE + 2, tickLabel(metric, value), isMinor ? "tick minor" : "tick"),
    ]),
    ...[[good, `Good ≤ ${vital(metric, good)}`, "good"], [fair, `Poor > ${vital(metric, fair)}`, "poor"]].map(
      ([value, text, name], index) =>
        s(
          "g",
          { class: `threshold ${name}` },
          s("line", {
            x1: x(axis.at(Number(value))),
            x2: x(axis.at(Number(value))),
            y1: TOP,
            y2: BOTTOM + (index + 2) * LINE + 2,
          }),
          beside(axis.at(Number(value)), BOTTOM + (index + 2) * LINE + 3, String(text), index === 0 || undefined),
        ),
    ),
  ];
}

/** Horizontal lines with their shares. @param {number} max */
function shareLines(max) {
  const step = stepOf(max);
  return Array.from({ length: Math.floor(max / step) }, (_, index) => (index + 1) * step).flatMap((share) => {
    const y = BOTTOM - PLOT * share / max;
    return [
      s("line", { x1: 0, x2: "100%", y1: y, y2: y, class: "line" }),
      s("text", { x: 0, y: y - 3, class: "tick" }, percent(share)),
    ];
  });
}

/** @param {string} metric @param {number} low @param {number} high the bar in the colors of its parts */
function parts(metric, low, high) {
  const [good, fair] = BOUNDS[metric];
  const edges = [low, ...[good, fair].filter((bound) => bound > low && bound < high), high];
  return edges.slice(1).map((end, index) => ({
    from: edges[index],
    to: end,
    name: end <= good ? "good" : end <= fair ? "fair" : "poor",
  }));
}

/** @param {string} metric @param {any} axis @param {ReturnType<typeof barsOf>} found @param {number} max */
function barMarks(metric, axis, { bars, zero }, max) {
  const bar = (
    /** @type {number} */ from,
    /** @type {number} */ to,
    /** @type {number} */ share,
    /** @type {string} */ name,
  ) =>
    s("rect", {
      x: x(from),
      width: x(Math.max(0, to - from)),
      y: BOTTOM - PLOT * share / max,
      height: PLOT * share / max,
      class: name,
    });
  return [
    ...(zero ? [s("g", {}, s("title", {}, `0: ${percent(zero)}`), bar(0, axis.slot - 2 * GAP, zero, "good"))] : []),
    ...bars.map(({ low, high, share, count: number }) =>
      s(
        "g",
        {},
        s("title", {}, `${vital(metric, low)} – ${vital(metric, high)}: ${percent(share)} (${exact(number)})`),
        ...parts(metric, low, high).map(({ from, to, name }) =>
          bar(axis.at(from), axis.at(to) - (to === high ? GAP : 0), share, name)
        ),
      )
    ),
  ];
}

/** @param {string} metric @param {any} axis @param {any} figures */
const percentileMarks = (metric, axis, figures) =>
  ["p50", "p75", "p95"].map((name, index) => {
    const at = axis.at(figures[name]);
    const y = (index + 1) * LINE - 3;
    return s(
      "g",
      { class: `percentile ${name}` },
      s("line", { x1: x(at), x2: x(at), y1: y - 10, y2: BOTTOM }),
      beside(at, y, `${name} ${vital(metric, figures[name])}`),
    );
  });

/** @param {string} text @param {...Node} children */
const picture = (text, ...children) =>
  h(
    "div",
    { class: "histogram" },
    s(
      "svg",
      { role: "img", "aria-label": visible(text), width: "100%", height: BOTTOM + 4 * LINE - 6 },
      ...children,
    ),
  );

/** @param {string} metric @param {any} figures */
const summary = (metric, figures) =>
  ["p50", "p75", "p95"].map((name) => `${name} ${vital(metric, figures[name])}`).join(", ");

/** @param {string} caption @param {() => HTMLElement} figures made when it is opened */
function asTable(caption, figures) {
  const details = /** @type {HTMLDetailsElement} */ (h("details", {}, h("summary", { text: "View as table" })));
  details.addEventListener("toggle", () => details.childElementCount < 2 && details.append(figures()));
  details.setAttribute("aria-label", caption);
  return details;
}

/**
 * The distribution of a vital, with its percentiles and thresholds.
 *
 * @param {string} metric @param {{figures: any, distribution: [number, number][]}} found with values
 * @returns {Node[]}
 */
export function distribution(metric, { figures, distribution: bins }) {
  const found = barsOf(bins, metric);
  const axis = axisOf([found], metric);
  const max = Math.max(found.zero, ...found.bars.map((bar) => bar.share));
  const name = METRICS[/** @type {keyof typeof METRICS} */ (metric)];
  const rows = [
    ...(found.zero ? [["0", percent(found.zero)]] : []),
    ...found.bars.map((bar) => [`${vital(metric, bar.low)} – ${vital(metric, bar.high)}`, percent(bar.share)]),
  ];
  return [
    picture(
      `Distribution of ${name}: ${summary(metric, figures)}`,
      ...shareLines(max),
      ...barMarks(metric, axis, found, max),
      ...axisMarks(metric, axis),
      ...percentileMarks(metric, axis, figures),
    ),
    asTable("Distribution as a table", () => table(["Value", "Share"], rows, `Distribution of ${name}`)),
  ];
}

/** Steps along the tops of bars, in a box of 1000 by the height of the plot. @param {any} axis @param {ReturnType<typeof barsOf>} found @param {number} max */
function outline(axis, { bars, zero }, max) {
  const point = (/** @type {number} */ at, /** @type {number} */ share) =>
    `${(at * 1000).toFixed(1)},${(PLOT * (1 - share / max)).toFixed(1)}`;
  return [
    ...(zero ? [point(0, 0), point(0, zero), point(axis.slot, zero), point(axis.slot, 0)] : []),
    ...(bars.length ? [point(axis.at(bars[0].low), 0)] : []),
    ...bars.flatMap(({ low, high, share }) => [point(axis.at(low), share), point(axis.at(high), share)]),
    ...(bars.length ? [point(axis.at(bars[bars.length - 1].high), 0)] : []),
  ].join(" ");
}

/**
 * The distributions of a vital in two groups of page views, one over the other.
 *
 * @param {string} metric @param {{name: string, distribution: [number, number][], figures: any}[]} sides A and B
 * @returns {Node[]}
 */
export function overlaid(metric, sides) {
  const found = sides.map((side) => barsOf(side.distribution, metric));
  const axis = axisOf(found, metric);
  const max = Math.max(...found.flatMap((one) => [one.zero, ...one.bars.map((bar) => bar.share)]));
  const name = METRICS[/** @type {keyof typeof METRICS} */ (metric)];
  return [
    h(
      "p",
      { class: "sides" },
      ...sides.map((side, index) =>
        h(
          "span",
          { class: `side ${"ab"[index]}` },
          h("i", {}),
          h("bdi", { text: side.name }),
          ` ${count(found[index].total)} values`,
        )
      ),
    ),
    picture(
      `Distributions of ${name}: ${sides.map((side) => `${side.name} ${summary(metric, side.figures)}`).join("; ")}`,
      ...shareLines(max),
      s(
        "svg",
        { x: 0, y: TOP, width: "100%", height: PLOT, viewBox: `0 0 1000 ${PLOT}`, preserveAspectRatio: "none" },
        ...found.map((one, index) => s("polygon", { points: outline(axis, one, max), class: `side ${"ab"[index]}` })),
      ),
      ...axisMarks(metric, axis),
      ...sides.flatMap(({ figures }, index) => {
        if (figures.p75 === null) return [];
        const [at, y] = [axis.at(figures.p75), (index + 1) * LINE - 3];
        return [s(
          "g",
          { class: `percentile side ${"ab"[index]}` },
          s("line", { x1: x(at), x2: x(at), y1: y - 10, y2: BOTTOM }),
          beside(at, y, `${"AB"[index]} p75 ${vital(metric, figures.p75)}`),
        )];
      }),
    ),
  ];
}
