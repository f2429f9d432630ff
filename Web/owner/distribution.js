// Distributions of vitals as SVG: bars with the percentiles and thresholds marked, and outlines of two.

import { h, table } from "../kit/dom.js";
import { count, exact, percent } from "../kit/format.js";
import { BOUNDS, METRICS } from "../kit/contract.js";
import { vital } from "../kit/ratings.js";
import { axisOf, barsOf } from "./histogram.js";
import { axisMarks, beside, BOTTOM, LINE, picture, PLOT, s, shareLines, TOP, topShare, x, zeroLabel } from "./marks.js";

/** Share of the width between bars. */
const GAP = 0.003;

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
    ...(zero
      ? [s("g", {}, s("title", {}, `0: ${percent(zero)}`), bar(0, axis.slot - 2 * GAP, Math.min(zero, max), "good"))]
      : []),
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
  const max = topShare([found]);
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
      ...zeroLabel(found.zero),
    ),
    asTable("Distribution as a table", () => table(["Value", "Share"], rows, `Distribution of ${name}`)),
  ];
}

/** Steps along the tops of bars, in a box of 1000 by the height of the plot. @param {any} axis @param {ReturnType<typeof barsOf>} found @param {number} max */
function outline(axis, { bars, zero }, max) {
  const point = (/** @type {number} */ at, /** @type {number} */ share) =>
    `${(at * 1000).toFixed(1)},${(PLOT * (1 - share / max)).toFixed(1)}`;
  return [
    ...(zero
      ? [point(0, 0), point(0, Math.min(zero, max)), point(axis.slot, Math.min(zero, max)), point(axis.slot, 0)]
      : []),
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
  const max = topShare(found);
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
      ...zeroLabel(...found.map((one) => one.zero)),
    ),
  ];
}
