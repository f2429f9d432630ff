// Figures over time in buckets of the time zone, with the previous period and annotations. Partial buckets are marked.

import { addBrush } from "../kit/brush.js";
import { color, plot, translucent } from "../kit/charts.js";
import { h, table } from "../kit/dom.js";
import { changeOf, exact, isFew } from "../kit/format.js";
import { lineOptions } from "../kit/plots.js";
import { boundsOf, intervalsFor } from "../kit/ranges.js";
import { ticksOf } from "../kit/ticks.js";
import { bucketEnd, bucketTitle, completeness, counterparts, period } from "../kit/times.js";
import { addMarks, openAnnotations } from "./annotations.js";
import { select } from "./parts.js";
import { change, current, isRangeOver, rangeDays } from "./state.js";

/**
 * @typedef {object} Range
 * @property {number} from
 * @property {number} to
 * @property {import("../kit/times.js").Interval} interval
 * @property {string} zone
 * @property {number} week_start
 * @property {number} previous_from
 * @property {number} previous_to
 */
/**
 * @typedef {{label: string, token: string, value: (point: any) => number | null, width?: number, fill?: boolean}} Line
 */
/**
 * @typedef {object} Timeline
 * @property {string} label
 * @property {number} height
 * @property {Range} range
 * @property {any[]} series points with `t`, seconds since 1970
 * @property {any[]} [previous]
 * @property {Line[]} lines
 * @property {(value: any) => string} format
 * @property {(point: any) => number | null} [sample] values behind a point, below which it is grayed
 * @property {boolean} [isRate] whether a change is in percentage points
 */
/** @typedef {Timeline & {previous: any[], states: string[]}} Shown */

const INTERVALS = /** @type {Record<string, string>} */ ({
  minute: "Minute",
  hour: "Hour",
  day: "Day",
  week: "Week",
  month: "Month",
});
const FILL_OPACITY = 0.12;

export const periodOf = (/** @type {Range} */ range) => period(range.from, range.to, range.zone);
export const previousPeriodOf = (/** @type {Range} */ range) =>
  period(range.previous_from, range.previous_to, range.zone);

/** The state of each bucket of a series. @param {any[]} series @param {Range} range */
export const statesOf = (series, range) => completeness(series.map(({ t }) => t), range, Date.now() / 1000);

/** @param {HTMLElement} element @param {Timeline} timeline */
export function drawTimeline(element, timeline) {
  const { label, height, range, series, format, lines } = timeline;
  const shown = { ...timeline, previous: alignedPrevious(timeline), states: statesOf(series, range) };
  const starts = series.map(({ t }) => t);
  /** @type {ReturnType<typeof addMarks> | null} */
  let marks = null;
  /** @type {Map<number, import("../kit/ticks.js").Tick[]>} */
  const ticks = new Map();
  const ticksFor = (/** @type {number} */ most) => {
    const number = Math.floor(most);
    if (!ticks.has(number)) ticks.set(number, ticksOf(starts, range.interval, range.zone, number));
    return ticks.get(number) ?? [];
  };
  plot(element, {
    label,
    height,
    configure: () =>
      lineOptions({
        count: series.length,
        ticks: ticksFor,
        datasets: datasetsOf(shown),
        format,
        hasLegend: lines.length > 1 || shown.previous.length > 0,
        title: (index) => titleOf(shown, index),
        line: (dataset, index) => lineOf(shown, dataset, index),
        footer: (index) => [...footerOf(shown, index), ...(marks?.texts(index) ?? [])],
        draw: (chart) => marks?.draw(chart),
      }),
    figures: () => figuresOf(shown),
    extend(frame, canvas, chart) {
      addBrush(frame, canvas, chart, {
        label,
        count: series.length,
        describe: (first, last) => describe(shown, first, last),
        choose: (first, last) => openBuckets(range, starts, first, last),
      });
      marks = addMarks(frame, starts, range, chart);
    },
  });
}

/**
 * Shows only some buckets, in shorter ones.
 *
 * @param {Range} range @param {number[]} starts @param {number} first @param {number} last
 */
function openBuckets({ from, to, interval, zone, week_start: firstDay }, starts, first, last) {
  if (first === last && interval === "minute") return;
  const now = Date.now() / 1000;
  if (starts[first] > now) return;
  const isOpen = last === starts.length - 1 && !isRangeOver();
  const end = isOpen ? now : Math.min(to, bucketEnd(starts[last], interval, zone, firstDay));
  change({ ...boundsOf(Math.max(from, starts[first]), end, zone, now), interval: null });
}

/**
 * The previous period's point of each bucket.
 *
 * @param {Timeline} timeline
 * @returns {any[]}
 */
function alignedPrevious({ range, series, previous = [] }) {
  if (!previous.length) return [];
  const [own, theirs] = [series, previous].map((points) => points.map(({ t }) => t));
  return counterparts(own, theirs, range.interval, range.zone).map((index) => previous[index] ?? null);
}

/** @param {string} state */
const note = (state) => state === "partial" ? " (partial)" : state === "future" ? " (to come)" : "";

/** @param {Shown} shown @param {number} index */
const titleOf = ({ series, range, states }, index) =>
  `${bucketTitle(series[index].t, range.interval, range.zone)}${note(states[index])}`;

/** @param {Shown} shown @param {any} dataset @param {number} index */
const lineOf = ({ format, previous, range }, dataset, index) =>
  dataset.isPrevious
    ? `${bucketTitle(previous[index].t, range.interval, range.zone)}: ${format(dataset.data[index])}`
    : `${dataset.name}: ${format(dataset.data[index])}`;

/** The change against the previous period. @param {Shown} shown @param {number} index */
function changeAt({ series, previous, lines, isRate, states }, index) {
  if (!previous[index] || states[index] === "future") return null;
  const [{ value }] = lines;
  return changeOf(value(series[index]), value(previous[index]), { isRate })?.text ?? null;
}

/** @param {Shown} shown @param {number} index @returns {string[]} */
function footerOf(shown, index) {
  const change = changeAt(shown, index);
  const number = shown.sample?.(shown.series[index]) ?? null;
  return [
    ...(change === null ? [] : [`Change: ${change}`]),
    ...(number === null ? [] : [`n = ${exact(number)}${isFew(number) ? ": too few for a percentile" : ""}`]),
  ];
}

/** @param {Shown} shown @param {number} first @param {number} last */
function describe(shown, first, last) {
  const { lines, series, format } = shown;
  if (first !== last) return `${titleOf(shown, first)} to ${titleOf(shown, last)}`;
  const values = lines.map(({ label, value }) => `${label} ${format(value(series[first]))}`);
  return [titleOf(shown, first), ...values, ...footerOf(shown, first)].join(", ");
}

/** @param {Shown} shown */
function datasetsOf({ range, series, previous, states, lines, sample }) {
  const isGray = (/** @type {number} */ index) => isFew(sample?.(series[index]));
  const isHollow = (/** @type {number} */ index) => states[index] === "partial" || isGray(index);
  const gray = color("--quiet");
  const dataOf = (/** @type {Line} */ { value }) =>
    series.map((point, index) => states[index] === "future" ? null : value(point));
  const areas = lines.filter(({ fill }) => fill).map((line) => ({
    // The area is a dataset of its own: one whose line changes its style has seams.
    ...{ label: "", data: dataOf(line), fill: "origin", borderWidth: 0, pointHitRadius: 0, order: 2 },
    backgroundColor: translucent(line.token, FILL_OPACITY),
  }));
  const datasets = lines.map((line) => ({
    label: lines.length === 1 ? `Current period (${periodOf(range)})` : line.label,
    name: line.label,
    data: dataOf(line),
    borderColor: color(line.token),
    backgroundColor: color(line.token),
    borderWidth: line.width ?? 2,
    order: 0,
    // A part of a bucket is no fall, and a percentile of few values no jump.
    pointRadius: series.map((_, index) => isHollow(index) || series.length === 1 ? 3.5 : 0),
    pointBackgroundColor: color("--panel"),
    pointBorderColor: series.map((_, index) => isGray(index) ? gray : color(line.token)),
    segment: {
      borderDash: (/** @type {any} */ part) =>
        states[part.p0DataIndex] === "partial" || states[part.p1DataIndex] === "partial" ? [5, 4] : undefined,
      borderColor: (/** @type {any} */ part) => isGray(part.p0DataIndex) || isGray(part.p1DataIndex) ? gray : undefined,
    },
  }));
  if (!previous.length) return [...areas, ...datasets];
  const [{ value }] = lines;
  return [...areas, ...datasets, {
    label: `Previous period (${previousPeriodOf(range)})`,
    isPrevious: true,
    data: series.map((_, index) => previous[index] ? value(previous[index]) : null),
    borderColor: translucent("--quiet", 0.75),
    backgroundColor: gray,
    borderWidth: 1.5,
    // Between the area and the line of the current period.
    order: 1,
  }];
}

/** @param {Shown} shown */
function figuresOf(shown) {
  const { label, range, series, previous, lines, format, sample, states } = shown;
  const [first] = lines;
  return table(
    [
      `${INTERVALS[range.interval]} (${range.zone})`,
      ...lines.map((line) => line.label),
      ...(sample ? ["Sample size"] : []),
      ...(previous.length ? ["Previous period", "Change"] : []),
    ],
    series.map((point, index) => [
      titleOf(shown, index),
      ...lines.map(({ value }) => states[index] === "future" ? "–" : format(value(point))),
      ...(sample ? [exact(sample(point))] : []),
      ...(previous.length ? [previous[index] ? format(first.value(previous[index])) : "–"] : []),
      ...(previous.length ? [changeAt(shown, index) ?? "–"] : []),
    ]),
    label,
  );
}

/** The controls of a chart: its annotations, and the intervals that make sense for the range. */
export function intervalSelect() {
  const chosen = current().interval ?? "";
  const names = intervalsFor(rangeDays());
  const choices = Object.entries(INTERVALS).filter(([name]) => names.includes(name) || name === chosen);
  return h(
    "span",
    { class: "controls" },
    h("button", { type: "button", class: "button", text: "Annotations", onclick: () => openAnnotations() }),
    select("Interval", "interval", { "": "Auto interval", ...Object.fromEntries(choices) }, chosen),
  );
}
