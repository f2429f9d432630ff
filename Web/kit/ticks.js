// Ticks of a time axis: which buckets have one, and its lines of text.

import { axisParts, bucketStart, localOf } from "./times.js";

/** @typedef {import("./times.js").Interval} Interval */
/** @typedef {{index: number, lines: string[]}} Tick */

/** Steps by interval, in minutes, hours, days, weeks or months. @type {Record<Interval, number[]>} */
const STEPS = {
  minute: [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720],
  hour: [1, 2, 3, 6, 12, 24, 48, 72, 168],
  day: [1, 2, 7, 14, 28, 56, 112],
  week: [1, 2, 4, 8, 16, 26],
  month: [1, 2, 3, 6, 12, 24, 36, 60],
};

/**
 * Whether a bucket is a multiple of a step: of the hours of a day, for instance.
 *
 * @param {import("./times.js").Local} local @param {Interval} interval @param {number} step
 */
function isMultiple({ year, month, hour, minute }, interval, step) {
  if (interval === "minute") return (hour * 60 + minute) % step === 0;
  if (interval === "hour") return step <= 24 ? hour % step === 0 && minute === 0 : hour === 0 && minute === 0;
  return interval === "month" ? (year * 12 + month - 1) % step === 0 : true;
}

/**
 * The ticks of buckets, of which there are at most a number. A second line has the day, month or year where it changes.
 *
 * @param {number[]} starts of the buckets @param {Interval} interval @param {string} zone @param {number} most
 * @returns {Tick[]}
 */
export function ticksOf(starts, interval, zone, most) {
  const limit = Math.max(2, Math.floor(most));
  const locals = starts.map((seconds) => localOf(seconds, zone));
  for (const step of STEPS[interval]) {
    const indexes = indexesOf(locals, interval, step);
    if (indexes.length <= limit) return indexes.map((_, tick) => tickOf(starts, indexes, tick, interval, zone));
  }
  const every = Math.ceil(starts.length / limit);
  const indexes = starts.map((_, index) => index).filter((index) => index % every === 0);
  return indexes.map((_, tick) => tickOf(starts, indexes, tick, interval, zone));
}

/** @param {import("./times.js").Local[]} locals @param {Interval} interval @param {number} step */
function indexesOf(locals, interval, step) {
  const all = locals.map((_, index) => index);
  // Days and weeks are counted back from the last, which is the latest.
  if (interval === "day" || interval === "week") return all.filter((index) => (all.length - 1 - index) % step === 0);
  const found = all.filter((index) => isMultiple(locals[index], interval, step));
  return interval === "hour" && step > 24 ? found.filter((_, index) => index % (step / 24) === 0) : found;
}

/** @param {number[]} starts @param {number[]} indexes @param {number} tick @param {Interval} interval @param {string} zone @returns {Tick} */
function tickOf(starts, indexes, tick, interval, zone) {
  const index = indexes[tick];
  const parts = axisParts(starts[index], zone);
  const before = tick ? axisParts(starts[indexes[tick - 1]], zone) : null;
  const isOneDay = bucketStart(starts[0], "day", zone) === bucketStart(starts[starts.length - 1], "day", zone);
  switch (interval) {
    case "minute":
    case "hour": {
      const day = `${parts.weekday} ${parts.month}`;
      const isNew = !before || before.day !== parts.day;
      return { index, lines: isNew && !isOneDay ? [parts.time, day] : [parts.time] };
    }
    case "day":
      return { index, lines: before?.month === parts.month ? [parts.weekday] : [parts.weekday, parts.month] };
    case "week":
      return { index, lines: before?.year === parts.year ? [parts.day] : [parts.day, parts.year] };
    case "month":
      return { index, lines: before?.year === parts.year ? [parts.month] : [parts.month, parts.year] };
  }
}
