// Figures over time in buckets of the time zone, with the previous period. Partial buckets are marked.

import { color, plot } from "../kit/charts.js";
import { table } from "../kit/dom.js";
import { lineOptions } from "../kit/plots.js";
import { bucketLabel, bucketTitle, completeness, counterparts, period } from "../kit/times.js";
import { select } from "./parts.js";
import { current } from "./state.js";
import { exact, isFew } from "../kit/format.js";

/**
 * @typedef {object} Range
 * @property {number} from
 * @property {number} to
 * @property {import("../kit/times.js").Interval} interval
 * @property {string} zone
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
 */

const HOUR_SECONDS_MAX = 90_000;
const INTERVALS = { minute: "Minute", hour: "Hour", day: "Day", week: "Week", month: "Month" };

export const periodOf = (/** @type {Range} */ range) => period(range.from, range.to, range.zone);
export const previousPeriodOf = (/** @type {Range} */ range) =>
  period(range.previous_from, range.previous_to, range.zone);

/** @param {HTMLElement} element @param {Timeline} timeline */
export function drawTimeline(element, timeline) {
  const { label, height, range, series, format } = timeline;
  const previous = alignedPrevious(timeline);
  const states = completeness(series.map(({ t }) => t), range, Date.now() / 1000);
  const isOneDay = range.to - range.from <= HOUR_SECONDS_MAX;
  const labels = series.map(({ t }) => bucketLabel(t, range.interval, range.zone, { isOneDay }));
  plot(element, {
    label,
    height,
    configure: () =>
      lineOptions({
        labels,
        format,
        datasets: datasetsOf({ ...timeline, previous }, states),
        hasLegend: timeline.lines.length > 1 || previous.length > 0,
        title: (index) => `${bucketTitle(series[index].t, range.interval, range.zone)}${note(states[index])}`,
        footer: (index) => footerOf(timeline, index),
      }),
    figures: () => figuresOf({ ...timeline, previous }, states),
  });
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

/** @param {Timeline} timeline @param {number} index */
function footerOf({ series, sample }, index) {
  const number = sample?.(series[index]) ?? null;
  if (number === null) return "";
  return isFew(number) ? `n = ${exact(number)}: too few for a percentile` : `n = ${exact(number)}`;
}

/** @param {Timeline} timeline @param {string[]} states */
function datasetsOf({ range, series, previous = [], lines, sample }, states) {
  const isGray = (/** @type {number} */ index) => isFew(sample?.(series[index]));
  const isHollow = (/** @type {number} */ index) => states[index] === "partial" || isGray(index);
  const gray = color("--quiet");
  const datasets = lines.map(({ label, token, value, width = 2, fill = false }) => ({
    label: lines.length === 1 ? `Current period (${periodOf(range)})` : label,
    data: series.map((point, index) => states[index] === "future" ? null : value(point)),
    borderColor: color(token),
    backgroundColor: color("--accent-soft"),
    borderWidth: width,
    fill,
    // A part of a bucket is no fall, and a percentile of few values no jump.
    pointRadius: series.map((_, index) => isHollow(index) || series.length === 1 ? 3.5 : 0),
    pointBackgroundColor: color("--panel"),
    pointBorderColor: series.map((_, index) => isGray(index) ? gray : color(token)),
    segment: {
      borderDash: (/** @type {any} */ part) =>
        states[part.p0DataIndex] === "partial" || states[part.p1DataIndex] === "partial" ? [5, 4] : undefined,
      borderColor: (/** @type {any} */ part) => isGray(part.p0DataIndex) || isGray(part.p1DataIndex) ? gray : undefined,
    },
  }));
  if (!previous.length) return datasets;
  const [{ value }] = lines;
  return [...datasets, {
    label: `Previous period (${previousPeriodOf(range)})`,
    data: series.map((_, index) => previous[index] ? value(previous[index]) : null),
    titles: previous.map((point) => point ? bucketTitle(point.t, range.interval, range.zone) : ""),
    borderColor: gray,
    borderDash: [2, 3],
    borderWidth: 1.5,
    fill: false,
    // In front of the area of the current period.
    order: -1,
  }];
}

/** @param {Timeline} timeline @param {string[]} states */
function figuresOf({ label, range, series, previous = [], lines, format, sample }, states) {
  const [first] = lines;
  return table(
    [
      `${INTERVALS[range.interval]} (${range.zone})`,
      ...lines.map((line) => line.label),
      ...(sample ? ["Sample size"] : []),
      ...(previous.length ? ["Previous period"] : []),
    ],
    series.map((point, index) => [
      `${bucketTitle(point.t, range.interval, range.zone)}${note(states[index])}`,
      ...lines.map(({ value }) => states[index] === "future" ? "–" : format(value(point))),
      ...(sample ? [exact(sample(point))] : []),
      ...(previous.length ? [previous[index] ? format(first.value(previous[index])) : "–"] : []),
    ]),
    label,
  );
}

/** Lengths of buckets to choose from; the server refuses what would be too many. */
export const intervalSelect = () =>
  select("Interval", "interval", { "": "Auto interval", ...INTERVALS }, current().interval ?? "");
