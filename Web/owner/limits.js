// What a guest of a limited share link can see. The server refuses everything else: here, the page does not offer it.

import { VIEW_LABELS } from "../kit/contract.js";
import { boundText, daysOf, today } from "../kit/ranges.js";
import { boundSeconds, dateValue, moment } from "../kit/times.js";

/**
 * The limits of a share link: seconds since 1970; null for no limit.
 *
 * @typedef {{site: string | null, from: number | null, to: number | null, range_days: number | null, views: string[] | null}} Limits
 */

const DAY_SECONDS = 86_400;
/** Seconds by which a range of the last days may begin late: its start moves while the page is open. */
const SLACK_SECONDS = 300;
/** Days of ranges that have a name. */
const NAMED_DAYS = [7, 30, 90];
/** Seconds of the figures of the present. */
const PRESENT_SECONDS = 300;
/** Seconds of the ranges that are no days. */
const SECONDS = /** @type {Record<string, number>} */ ({ realtime: 1800, "24h": DAY_SECONDS });

/** Those of the guest; null for the owner. @type {Limits | null} */
let limits = null;

/** @param {Limits | null} found */
export const setLimits = (found) => limits = found;

/** @param {string} name of a view */
export const allowsView = (name) => limits?.views?.includes(name) ?? true;

/** The only site; null for all sites. */
export const onlySite = () => limits?.site ?? null;

/** @param {Limits | null} one */
const hasRange = (one) => one !== null && (one.from !== null || one.to !== null || one.range_days !== null);

/** Whether what belongs to no site and no time can be seen. */
export const allowsUnlimited = () => onlySite() === null && !hasRange(limits);

/** Whether the present can be seen. @param {number} [now] seconds since 1970 */
export const allowsPresent = (now = Date.now() / 1000) =>
  (limits?.from ?? 0) <= now - PRESENT_SECONDS && now < (limits?.to ?? Infinity);

/** The name of the whole range; null if all time can be seen. */
export function wholeRangeLabel() {
  if (!hasRange(limits)) return null;
  const days = limits?.range_days ?? null;
  // Ranges of so many days begin with a day, and the whole range with a second.
  if (days === null || NAMED_DAYS.includes(days)) return "Shared period";
  return days === 1 ? "Last day" : `Last ${days} days`;
}

/** The start of a day. @param {number} day since 1970 @param {string} zone */
const dayStart = (day, zone) => Number(boundSeconds(dateValue("UTC", day * DAY_SECONDS), zone));

/**
 * Whether a range with a name can be seen.
 *
 * @param {string} name @param {string} zone @param {number} [now] seconds since 1970
 */
export function allowsRange(name, zone, now = Date.now() / 1000) {
  if (limits === null || !hasRange(limits) || name === "all") return true;
  const day = today(now, zone);
  const days = daysOf(name, day);
  if (limits.range_days !== null) return days === null || days.first > day - limits.range_days;
  const from = days ? dayStart(days.first, zone) : now - SECONDS[name];
  const to = days && days.last < day ? dayStart(days.last + 1, zone) : now;
  return from >= (limits.from ?? 0) && to <= (limits.to ?? Infinity);
}

/**
 * The bounds of the address without what cannot be seen.
 *
 * @param {{from?: string | null, to?: string | null}} bounds @param {string} zone @param {number} now
 * @returns {{from: string | null, to: string | null} | null} null if nothing is left
 */
export function narrowedBounds({ from, to }, zone, now) {
  const [start, end] = [from ? boundSeconds(from, zone) : null, to ? boundSeconds(to, zone, { isEnd: true }) : null];
  let [first, last] = [from ?? null, to ?? null];
  const days = limits?.range_days ?? null;
  const lower = days === null ? limits?.from ?? null : now - days * DAY_SECONDS + SLACK_SECONDS;
  if (lower !== null && (start === null || start < lower)) {
    first = boundText(days === null ? lower : dayStart(today(now, zone) - days + 1, zone), zone);
  }
  const upper = limits?.to ?? null;
  if (upper !== null && (end ?? now) > upper) last = boundText(upper, zone);
  const [left, right] = [first && boundSeconds(first, zone), last && boundSeconds(last, zone, { isEnd: true })];
  return (left || 0) < (right || now) ? { from: first, to: last } : null;
}

/**
 * The state of the page without what cannot be seen.
 *
 * @param {Record<string, string>} state @param {string} zone @param {string} usual the range of an address without one
 * @param {number} [now] seconds since 1970
 * @returns {Record<string, string>}
 */
export function narrowed(state, zone, usual, now = Date.now() / 1000) {
  if (limits === null) return state;
  const { site: _, range, from, to, ...others } = state;
  const site = limits.site ?? state.site;
  const kept = { ...others, ...(site ? { site } : {}) };
  if (!hasRange(limits)) return { ...state, ...kept };
  if (!from && !to) {
    return { ...kept, range: allowsRange(range ?? usual, zone, now) ? range ?? usual : "all" };
  }
  const bounds = narrowedBounds({ from, to }, zone, now);
  if (bounds === null) return { ...kept, range: "all" };
  return { ...kept, ...(bounds.from ? { from: bounds.from } : {}), ...(bounds.to ? { to: bounds.to } : {}) };
}

/** The limits of a link in words, for the owner. @param {Limits | null} link @param {string} zone @returns {string[]} */
export function limitTexts(link, zone) {
  if (link === null) return ["all data"];
  const { site, from, to, range_days: days, views } = link;
  const time = (/** @type {number} */ seconds) => moment(seconds * 1000, zone);
  const texts = [];
  if (site !== null) texts.push(`site ${site}`);
  if (days !== null) texts.push(days === 1 ? "last day" : `last ${days} days`);
  else if (from !== null && to !== null) texts.push(`${time(from)} to ${time(to)}`);
  else if (from !== null) texts.push(`from ${time(from)}`);
  else if (to !== null) texts.push(`before ${time(to)}`);
  if (views !== null) texts.push(views.map((name) => VIEW_LABELS[name] ?? name).join(", ") || "no views");
  return texts;
}

/** The seconds of dates of a form. @param {string} from @param {string} to included @param {string} zone */
export const datesOf = (from, to, zone) => ({
  from: from ? boundSeconds(from, zone) : null,
  to: to ? boundSeconds(to, zone, { isEnd: true }) : null,
});
