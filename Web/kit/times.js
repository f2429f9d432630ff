// Dates and times of one time zone. A range is [from, to) in seconds since 1970; displayed ranges include the last day.

/** @typedef {"minute" | "hour" | "day" | "week" | "month"} Interval */
/** @typedef {{year: number, month: number, day: number, hour: number, minute: number, second: number}} Local */
/**
 * A moment as it is shown: a day, and a time of it unless it is the whole day.
 *
 * @typedef {{day: Local, time: string | null}} Shown
 */

const DAY_SECONDS = 86_400;

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const STYLES = {
  local: {
    ...{ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" },
    hourCycle: "h23",
  },
  day: { day: "numeric", month: "short" },
  dayAndYear: { day: "numeric", month: "short", year: "numeric" },
  weekday: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
  month: { month: "short", year: "numeric" },
  dayOfWeek: { weekday: "short", day: "numeric" },
  monthName: { month: "short" },
  year: { year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  hour: {
    ...{ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
    ...{ hourCycle: "h23", timeZoneName: "short" },
  },
  moment: {
    ...{ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" },
    hourCycle: "h23",
  },
  momentAndYear: {
    ...{ day: "numeric", month: "short", year: "numeric" },
    ...{ hour: "2-digit", minute: "2-digit", second: "2-digit" },
    hourCycle: "h23",
  },
};

/** Making a format takes longer than using it. @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string} zone @param {keyof typeof STYLES} style */
function formatOf(zone, style) {
  const key = `${zone} ${style}`;
  let format = formats.get(key);
  if (!format) formats.set(key, format = new Intl.DateTimeFormat("en-GB", { ...STYLES[style], timeZone: zone }));
  return format;
}

/** @param {number} seconds @param {string} zone @param {keyof typeof STYLES} style */
const text = (seconds, zone, style) => formatOf(zone, style).format(seconds * 1000);

/** Whether this browser knows the zone. @param {string} zone */
export function isZone(zone) {
  try {
    return Boolean(formatOf(zone, "day"));
  } catch {
    return false;
  }
}

export const browserZone = () => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone && isZone(zone) ? zone : "UTC";
};

/**
 * Names of time zones to choose from: those of the browser, and more that its list may not have.
 *
 * @param {...string} more @returns {string[]}
 */
export const zones = (...more) =>
  [...new Set(["UTC", ...(Intl.supportedValuesOf?.("timeZone") ?? []), ...more])].sort((one, other) =>
    one === "UTC" ? -1 : other === "UTC" ? 1 : one < other ? -1 : 1
  );

// Local time

/** @param {number} seconds @param {string} zone @returns {Local} */
export function localOf(seconds, zone) {
  const parts = formatOf(zone, "local").formatToParts(seconds * 1000);
  return /** @type {any} */ (Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)])));
}

/** As if the local time were UTC. @param {Partial<Local>} local */
const asUTC = ({ year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 }) =>
  Date.UTC(year, month - 1, day, hour, minute, second) / 1000;

/** @param {number} seconds @param {string} zone */
const offsetOf = (seconds, zone) => asUTC(localOf(seconds, zone)) - seconds;

/**
 * The moment of a local time. Of two that a clock shows when it is set back, the first; of one that it skips,
 * the end of the gap.
 *
 * @param {Partial<Local>} local days and months may be out of their range
 * @param {string} zone
 */
export function secondsOf(local, zone) {
  const wanted = asUTC(local);
  const candidates = [wanted - DAY_SECONDS, wanted + DAY_SECONDS].map((near) => wanted - offsetOf(near, zone));
  const matching = candidates.filter((seconds) => asUTC(localOf(seconds, zone)) === wanted);
  return matching.length ? Math.min(...matching) : Math.max(...candidates);
}

// Buckets

/** @param {number} seconds @param {Interval} interval @param {string} zone @param {number} [firstDay] of weeks, 1 for Monday */
export function bucketStart(seconds, interval, zone, firstDay = 1) {
  const local = localOf(seconds, zone);
  const { year, month, day } = local;
  switch (interval) {
    case "minute":
      return seconds - local.second;
    case "hour":
      return seconds - local.minute * 60 - local.second;
    case "day":
      return secondsOf({ year, month, day }, zone);
    case "week":
      return secondsOf(
        { year, month, day: day - (new Date(asUTC({ year, month, day }) * 1000).getUTCDay() + 7 - firstDay) % 7 },
        zone,
      );
    case "month":
      return secondsOf({ year, month }, zone);
  }
}

/** @param {number} seconds @param {Interval} interval @param {string} zone @param {number} [firstDay] of weeks, 1 for Monday */
export function bucketEnd(seconds, interval, zone, firstDay = 1) {
  const start = bucketStart(seconds, interval, zone, firstDay);
  const { year, month, day } = localOf(start, zone);
  switch (interval) {
    case "minute":
      return start + 60;
    case "hour":
      return start + 3600;
    case "day":
      return secondsOf({ year, month, day: day + 1 }, zone);
    case "week":
      return secondsOf({ year, month, day: day + 7 }, zone);
    case "month":
      return secondsOf({ year, month: month + 1 }, zone);
  }
}

/**
 * What of a series is not a whole bucket: the first and the last when the range cuts them, and the one that is not
 * over.
 *
 * @param {number[]} starts of the buckets
 * @param {{from: number, to: number, interval: Interval, zone: string, week_start?: number}} range
 * @param {number} now seconds since 1970
 * @returns {("whole" | "partial" | "future")[]}
 */
export const completeness = (starts, { from, to, interval, zone, week_start: firstDay = 1 }, now) =>
  starts.map((start, index) => {
    if (start > now) return "future";
    const isAtEnd = index === 0 || index === starts.length - 1 || starts[index + 1] > now;
    if (!isAtEnd) return "whole";
    const isCut = bucketStart(start, interval, zone, firstDay) < from ||
      bucketEnd(start, interval, zone, firstDay) > Math.min(to, now);
    return isCut ? "partial" : "whole";
  });

/**
 * For each bucket the one of another period that the clocks show at the same time after its start; -1 for none.
 *
 * Where clocks are changed, a day of hours has one more or one less than the day before: the hours go on side by side.
 *
 * @param {number[]} starts @param {number[]} others @param {Interval} interval @param {string} zone
 * @returns {number[]}
 */
export function counterparts(starts, others, interval, zone) {
  if (interval !== "hour" && interval !== "minute") return starts.map((_, index) => index < others.length ? index : -1);
  const elapsed = (/** @type {number[]} */ all) => {
    const local = all.map((seconds) => seconds + offsetOf(seconds, zone));
    return local.map((seconds) => seconds - local[0]);
  };
  const theirs = elapsed(others);
  const own = elapsed(starts);
  // Of an hour that is repeated, the first has a counterpart.
  return own.map((seconds, index) => own.indexOf(seconds) === index ? theirs.indexOf(seconds) : -1);
}

/** A bucket in full. @param {number} seconds @param {Interval} interval @param {string} zone */
export function bucketTitle(seconds, interval, zone) {
  if (interval === "month") return text(seconds, zone, "month");
  if (interval === "week") return `Week of ${text(seconds, zone, "dayAndYear")}`;
  return text(seconds, zone, interval === "day" ? "weekday" : "hour");
}

// Ranges

/** @param {Local} day @param {boolean} hasYear */
const dayText = (day, hasYear) => text(asUTC(day), "UTC", hasYear ? "dayAndYear" : "day");

/** @param {Local} one @param {Local} other */
const isSameDay = (one, other) => one.year === other.year && one.month === other.month && one.day === other.day;

/**
 * "24 Nov", "20 – 24 Nov", "24 Nov 10:00 – 11:30": both ends are included.
 *
 * @param {Shown} from @param {Shown} to @param {number} year that needs no mention
 */
function rangeText(from, to, year) {
  const hasYear = from.day.year !== year || to.day.year !== year;
  const last = dayText(to.day, hasYear);
  if (from.time === null && to.time === null) {
    if (isSameDay(from.day, to.day)) return last;
    const isSameMonth = from.day.year === to.day.year && from.day.month === to.day.month;
    return `${isSameMonth ? from.day.day : dayText(from.day, hasYear && from.day.year !== to.day.year)} – ${last}`;
  }
  const first = `${dayText(from.day, hasYear)} ${from.time ?? "00:00"}`;
  const end = to.time ?? "24:00";
  return isSameDay(from.day, to.day) ? `${first} – ${end}` : `${first} – ${last} ${end}`;
}

/** @param {Local} local */
export const timeText = ({ hour, minute }) => `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
/** @param {Local} local */
const isMidnight = ({ hour, minute, second }) => hour + minute + second === 0;

/**
 * A range of the server, as it is read.
 *
 * @param {number} from seconds since 1970 @param {number} to the second after the last @param {string} zone
 * @param {number} [now] seconds since 1970
 */
export function period(from, to, zone, now = Date.now() / 1000) {
  const [start, end] = [localOf(from, zone), localOf(to, zone)];
  const { year } = localOf(now, zone);
  const endsWithDay = isMidnight(end) && to > from;
  const last = endsWithDay ? { day: localOf(to - 1, zone), time: null } : { day: end, time: timeText(end) };
  const isWholeDays = isMidnight(start) && endsWithDay;
  return rangeText({ day: start, time: isWholeDays ? null : timeText(start) }, last, year);
}

/**
 * @param {string} value a date, a local time, or a moment with an offset or in seconds @param {string} zone
 * @returns {Shown | null}
 */
function shown(value, zone) {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(value);
  if (parts) {
    const [year, month, day, hour = 0, minute = 0, second = 0] = parts.slice(1).map((part) => Number(part ?? 0));
    const local = { year, month, day, hour, minute, second };
    return { day: local, time: parts[4] === undefined ? null : timeText(local) };
  }
  const seconds = /^\d+$/.test(value) ? Number(value) : Date.parse(value) / 1000;
  if (!Number.isFinite(seconds)) return null;
  const local = localOf(seconds, zone);
  return { day: local, time: timeText(local) };
}

/**
 * A range of the address, as it was chosen: both days are included.
 *
 * @param {string | undefined} from @param {string | undefined} to @param {string} zone
 * @param {number} [now] seconds since 1970
 */
export function chosenPeriod(from, to, zone, now = Date.now() / 1000) {
  const [first, last] = [from, to].map((value) => value ? shown(value, zone) : null);
  const { year } = localOf(now, zone);
  const one = (/** @type {Shown} */ { day, time }) =>
    `${dayText(day, day.year !== year)}${time === null ? "" : ` ${time}`}`;
  if (first && last) return rangeText(first, last, year);
  return first ? `${one(first)} – now` : last ? `Until ${one(last)}` : "Custom";
}

/**
 * The time of a bound of the address in seconds since 1970.
 *
 * @param {string} value @param {string} zone
 * @param {{isEnd?: boolean}} [options] whether a whole day is meant to its end
 * @returns {number | null}
 */
export function boundSeconds(value, zone, { isEnd = false } = {}) {
  const bound = shown(value, zone);
  if (!bound) return null;
  if (/^\d+$/.test(value)) return Number(value);
  if (/(Z|[+-]\d\d:?\d\d)$/.test(value) && value.includes("T")) return Math.floor(Date.parse(value) / 1000);
  const { day, time } = bound;
  return secondsOf(time === null && isEnd ? { ...day, day: day.day + 1 } : day, zone);
}

/** Today's date in the zone, as a date input has it. @param {string} zone @param {number} [seconds] */
export function dateValue(zone, seconds = Date.now() / 1000) {
  const { year, month, day } = localOf(seconds, zone);
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/**
 * A moment in parts of an axis: time, weekday with day, month, year.
 *
 * @param {number} seconds @param {string} zone
 */
export const axisParts = (seconds, zone) => ({
  time: text(seconds, zone, "time"),
  weekday: text(seconds, zone, "dayOfWeek").replace(",", ""),
  day: text(seconds, zone, "day"),
  month: text(seconds, zone, "monthName"),
  year: text(seconds, zone, "year"),
});

/** The first day of weeks by the locale, 1 for Monday to 7. @param {string} [locale] */
export function firstDayOfWeek(locale = globalThis.navigator?.language) {
  try {
    const info = /** @type {any} */ (new Intl.Locale(locale));
    return (info.getWeekInfo?.() ?? info.weekInfo)?.firstDay ?? 1;
  } catch {
    return 1;
  }
}

/**
 * A date and a time, with the year unless it is the current one.
 *
 * @param {number} ms since 1970 @param {string} zone @param {number} [now] ms since 1970
 */
export function moment(ms, zone, now = Date.now()) {
  const isThisYear = text(ms / 1000, zone, "year") === text(now / 1000, zone, "year");
  return text(ms / 1000, zone, isThisYear ? "moment" : "momentAndYear");
}
