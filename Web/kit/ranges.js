// Ranges of days: the named ones, and the period before or after one. Days are numbers since 1970.

import { bucketStart, dateValue, localOf, secondsOf, timeText } from "./times.js";

/**
 * Bounds of the address: a named range, or dates, local times or seconds.
 *
 * @typedef {{range?: string | null, from?: string | null, to?: string | null}} Bounds
 */
/** @typedef {{first: number, last: number}} Days both included */

const DAY_SECONDS = 86_400;
const DAY_COUNTS = /** @type {Record<string, number>} */ ({ "7d": 7, "30d": 30, "90d": 90 });
/** Seconds of the ranges that are no days. */
const SECONDS = /** @type {Record<string, number>} */ ({ realtime: 1800, "24h": DAY_SECONDS });
/** Months by which a range of whole months is moved. */
const MONTHS = /** @type {Record<string, number>} */ ({ month: 1, last_month: 1, "12mo": 12, year: 12 });
const NAMES = ["today", "yesterday", "7d", "30d", "90d", "month", "last_month", "year", "12mo"];

/** @param {number} year @param {number} month from 1, or beyond 12 @param {number} day */
const dayOf = (year, month, day = 1) => Date.UTC(year, month - 1, day) / 1000 / DAY_SECONDS;

/** @param {number} day */
const dateOf = (day) => {
  const date = new Date(day * DAY_SECONDS * 1000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
};

/** The first day of the month that is some months after that of a day. @param {number} day @param {number} [months] */
function monthStart(day, months = 0) {
  const { year, month } = dateOf(day);
  return dayOf(year, month + months);
}

/** The date as the address has it. @param {number} day */
const dateText = (day) => dateValue("UTC", day * DAY_SECONDS);

/** @param {string} date of the form 2026-11-29 */
const parseDay = (date) => {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date);
  return parts ? dayOf(Number(parts[1]), Number(parts[2]), Number(parts[3])) : null;
};

/** Today's date in a zone. @param {number} now seconds since 1970 @param {string} zone */
export const today = (now, zone) => /** @type {number} */ (parseDay(dateValue(zone, now)));

/**
 * The days of a named range; null for one that is not made of days.
 *
 * @param {string} name @param {number} day today @returns {Days | null}
 */
export function daysOf(name, day) {
  if (name in DAY_COUNTS) return { first: day - DAY_COUNTS[name] + 1, last: day };
  switch (name) {
    case "today":
      return { first: day, last: day };
    case "yesterday":
      return { first: day - 1, last: day - 1 };
    case "month":
      return { first: monthStart(day), last: day };
    case "last_month":
      return { first: monthStart(day, -1), last: monthStart(day) - 1 };
    case "12mo":
      return { first: monthStart(day, -11), last: day };
    case "year":
      return { first: dayOf(dateOf(day).year, 1), last: day };
    default:
      return null;
  }
}

/** The number of whole months that days are; 0 if they are none. @param {Days} days */
function wholeMonths({ first, last }) {
  const [start, end] = [dateOf(first), dateOf(last + 1)];
  return start.day === 1 && end.day === 1 ? (end.year - start.year) * 12 + end.month - start.month : 0;
}

/**
 * The days of bounds; null when they have times.
 *
 * @param {Bounds} bounds @param {number} day today @returns {Days | null}
 */
function daysOfBounds({ range, from, to }, day) {
  if (!from && !to) return daysOf(range ?? "", day);
  const first = from ? parseDay(from) : null;
  const last = to ? parseDay(to) : day;
  return first === null || last === null ? null : { first, last };
}

/**
 * Days as the address has them: by name, if the range has one.
 *
 * @param {Days} days @param {number} day today @param {boolean} areMonths whether months are preferred to days @returns {Bounds}
 */
function boundsOfDays({ first, last }, day, areMonths) {
  const names = areMonths ? [...NAMES].sort((one, other) => Number(other in MONTHS) - Number(one in MONTHS)) : NAMES;
  const name = names.find((name) => {
    const days = daysOf(name, day);
    return days?.first === first && days.last === last;
  });
  return name ? { range: name, from: null, to: null } : { range: null, from: dateText(first), to: dateText(last) };
}

/**
 * A moment as the address has it: the local time of the zone, or seconds where the clocks show it twice.
 *
 * @param {number} seconds @param {string} zone
 */
export function boundText(seconds, zone) {
  const local = localOf(seconds, zone);
  if (secondsOf(local, zone) !== seconds) return String(seconds);
  const second = local.second ? `:${String(local.second).padStart(2, "0")}` : "";
  return `${dateValue(zone, seconds)}T${timeText(local)}${second}`;
}

/**
 * Bounds of the address for a range in seconds: dates for whole days, and no end if it is now.
 *
 * @param {number} from @param {number} to the second after the last @param {string} zone @param {number} now @returns {Bounds}
 */
export function boundsOf(from, to, zone, now) {
  const isDay = (/** @type {number} */ seconds) => bucketStart(seconds, "day", zone) === seconds;
  const isNow = to >= now;
  if (isDay(from) && (isNow || isDay(to))) {
    const day = today(now, zone);
    const days = { first: today(from, zone), last: isNow ? day : today(to - 1, zone) };
    return boundsOfDays(days, day, false);
  }
  return { range: null, from: boundText(from, zone), to: isNow ? null : boundText(to, zone) };
}

/**
 * The period before or after a range; null if there is none, as after a range that ends now.
 *
 * @param {Bounds} bounds @param {{from: number, to: number} | null} seconds of the range, if it is not made of days
 * @param {-1 | 1} direction @param {string} zone @param {number} now seconds since 1970 @returns {Bounds | null}
 */
export function stepped(bounds, seconds, direction, zone, now) {
  const day = today(now, zone);
  const days = daysOfBounds(bounds, day);
  if (days) return steppedDays(bounds, days, direction, day);
  const named = !bounds.from && !bounds.to;
  if (named && !(String(bounds.range) in SECONDS)) return null;
  const span = seconds ?? spanOf(String(bounds.range), zone, now);
  if (direction > 0 && span.to >= now) return null;
  const length = named ? SECONDS[String(bounds.range)] : span.to - span.from;
  const to = direction < 0 ? span.from : Math.min(span.to + length, Math.floor(now / 60) * 60);
  return boundsOf(to - length, to, zone, now);
}

/** @param {string} name @param {string} zone @param {number} now */
function spanOf(name, zone, now) {
  const start = bucketStart(now - SECONDS[name], name === "realtime" ? "minute" : "hour", zone);
  return { from: start + (name === "realtime" ? 60 : 3600), to: now };
}

/** @param {Bounds} bounds @param {Days} days @param {-1 | 1} direction @param {number} day today */
function steppedDays({ range, from, to }, { first, last }, direction, day) {
  if (direction > 0 && last >= day) return null;
  const months = !from && !to && range ? MONTHS[range] ?? 0 : wholeMonths({ first, last });
  if (months) {
    const start = monthStart(first, direction * months);
    const end = monthStart(start, months) - 1;
    return boundsOfDays({ first: start, last: Math.min(end, day) }, day, true);
  }
  const length = last - first + 1;
  const end = Math.min(last + direction * length, day);
  return boundsOfDays({ first: end - length + 1, last: end }, day, false);
}

/** About how many days a range has; null for all time. @param {Bounds} bounds @param {string} zone @param {number} now */
export function lengthInDays({ range, from, to }, zone, now) {
  if (range === "all" && !from && !to) return null;
  if (!from && !to && range && range in SECONDS) return SECONDS[range] / DAY_SECONDS;
  const days = daysOfBounds({ range, from, to }, today(now, zone));
  return days ? days.last - days.first + 1 : null;
}

/** Days of the ranges for which an interval makes sense: at least and at most. */
const INTERVAL_DAYS = Object.freeze({
  minute: [0, 1],
  hour: [0, 31],
  day: [2, 1400],
  week: [14, 10_000],
  month: [59, 10_000],
});

/**
 * The intervals that make sense for a range.
 *
 * @param {number | null} days of the range; null for all time
 */
export const intervalsFor = (days) =>
  Object.entries(INTERVAL_DAYS)
    .filter(([, [least, most]]) => days === null ? least >= 2 : days >= least && days <= most)
    .map(([name]) => name);
