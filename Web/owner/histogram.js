// Bars and axes of distributions, and whether two distributions differ. Pure: it draws nothing.

import { BOUNDS } from "../kit/contract.js";

/** @typedef {{low: number, high: number, count: number, share: number}} Bar of the values above `low`, up to `high` */
/** @typedef {[number, number][]} Distribution upper bounds and counts, ascending, as the server sends them */

/** Where bars begin in an octave: bounds of the server's bins, about a quarter of an octave apart. */
const EDGES = [1, 1.1875, 1.40625, 1.6875];
/** Rounded bounds are this much larger at most than those of the bin. */
const TOLERANCE = 0.002;
/** Shares below which bars at the ends are left out, since they would make the middle narrow. */
const SHARE_MIN = 0.001;

/** The server's bins of CLS are thousandths. @param {string} metric */
const scaleOf = (metric) => metric === "cls" ? 1000 : 1;

/** @param {number} bound upper, above zero @param {number} scale */
function indexOf(bound, scale) {
  const value = bound * scale / (1 + TOLERANCE);
  const octave = Math.floor(Math.log2(value));
  const part = EDGES.findLastIndex((edge) => edge <= value / 2 ** octave);
  return EDGES.length * octave + part;
}

/** @param {number} index @param {number} scale */
function lowOf(index, scale) {
  const octave = Math.floor(index / EDGES.length);
  return 2 ** octave * EDGES[index - octave * EDGES.length] / scale;
}

/**
 * Bars of almost equal width on a logarithmic axis, without gaps; those that are rare at the ends are left out.
 *
 * @param {Distribution} distribution @param {string} metric
 * @returns {{bars: Bar[], zero: number, total: number}} `zero` is the share of values that are zero
 */
export function barsOf(distribution, metric) {
  const scale = scaleOf(metric);
  /** @type {Map<number, number>} */
  const counts = new Map();
  let [zeros, total] = [0, 0];
  for (const [bound, count] of distribution) {
    total += count;
    if (bound * scale < 0.5) zeros += count;
    else {
      const index = indexOf(bound, scale);
      counts.set(index, (counts.get(index) ?? 0) + count);
    }
  }
  const shown = [...counts].filter(([, count]) => count / total >= SHARE_MIN).map(([index]) => index);
  const bars = [];
  for (let index = Math.min(...shown); index <= Math.max(...shown); index++) {
    const count = counts.get(index) ?? 0;
    bars.push({ low: lowOf(index, scale), high: lowOf(index + 1, scale), count, share: count / total });
  }
  return { bars, zero: total ? zeros / total : 0, total };
}

/**
 * A logarithmic axis that contains all of some bars; zero has a slot of its own at the start.
 *
 * @param {{bars: Bar[], zero: number}[]} all @param {string} metric
 */
export function axisOf(all, metric) {
  const bars = all.flatMap((one) => one.bars);
  const [good, fair] = BOUNDS[metric];
  // Both thresholds are always on the axis.
  const low = Math.log2(Math.min(good / 2, ...bars.map((bar) => bar.low)));
  const high = Math.log2(Math.max(fair * 1.3, ...bars.map((bar) => bar.high)));
  const slot = all.some((one) => one.zero > 0) ? 0.08 : 0;
  return {
    slot,
    low: 2 ** low,
    high: 2 ** high,
    /** A position from 0 to 1; beyond the axis, its start or end. */
    at: (/** @type {number} */ value) => {
      if (value <= 2 ** low) return value <= 0 ? slot / 2 : slot;
      return slot + (1 - slot) * Math.min(1, (Math.log2(value) - low) / (high - low));
    },
  };
}

/** Octaves of an axis from which on narrow ones have no room for all ticks. */
const OCTAVES_MAX = 6;

/** 1, 2 and 5 times a power of ten within an axis. @param {number} low @param {number} high */
export function ticksOf(low, high) {
  const isLong = Math.log2(high / low) > OCTAVES_MAX;
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const digit of [1, 2, 5]) {
      const value = Number(`${digit}e${power}`);
      if (value >= low && value <= high) ticks.push({ value, isMinor: isLong && digit > 1 });
    }
  }
  return ticks;
}

/** @param {string} metric @param {number} value */
export const tickLabel = (metric, value) =>
  metric === "cls"
    ? String(value)
    : value >= 1000 || value >= 100 && BOUNDS[metric][0] >= 500
    ? `${value / 1000} s`
    : `${value} ms`;

/** A step of an axis from zero with about three lines. @param {number} max */
export function stepOf(max) {
  const power = 10 ** Math.floor(Math.log10(max / 3));
  return ([1, 2, 5].find((digit) => digit * power >= max / 4) ?? 10) * power;
}

/** Standard deviations of a difference that chance has in 5 % of comparisons. */
const DEVIATIONS = 1.96;

/** @param {Distribution} list */
const totalOf = (list) => list.reduce((sum, [, count]) => sum + count, 0);

/** The bound with the share of values up to it that is closest to three quarters. @param {Distribution} list */
function p75Bound(list) {
  const total = totalOf(list);
  let [bound, distance, below] = [0, Infinity, 0];
  for (const [upper, count] of [...list].sort(([one], [other]) => one - other)) {
    below += count;
    // Of equal bounds, the last one has all values up to it.
    if (upper === bound || Math.abs(below / total - 0.75) < distance) {
      [bound, distance] = [upper, Math.abs(below / total - 0.75)];
    }
  }
  return bound;
}

/**
 * Whether the p75 of two distributions differ by more than chance, with 95 % confidence: the quantile test, that is,
 * a comparison of the shares above the p75 of both together.
 *
 * @param {Distribution} one @param {Distribution} other
 */
export function differs(one, other) {
  const [first, second] = [totalOf(one), totalOf(other)];
  if (!first || !second) return false;
  const bound = p75Bound([...one, ...other]);
  const above = (/** @type {Distribution} */ list) => totalOf(list.filter(([upper]) => upper > bound));
  const [part, otherPart] = [above(one), above(other)];
  const share = (part + otherPart) / (first + second);
  const deviation = Math.sqrt(share * (1 - share) * (1 / first + 1 / second));
  return deviation > 0 && Math.abs(part / first - otherPart / second) > DEVIATIONS * deviation;
}
