// Formats of numbers.

/** @param {number | null | undefined} ms */
export function milliseconds(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  if (ms >= 10000) return `${round(ms / 1000, 1)} s`;
  if (ms >= 1000) return `${round(ms / 1000, 2)} s`;
  return ms >= 10 ? `${Math.round(ms)} ms` : `${round(ms, 1)} ms`;
}

/** @param {number | null | undefined} bytes */
export function bytes(bytes) {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return "–";
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = "B";
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value >= 100 ? Math.round(value) : round(value, 1)} ${unit}`;
}

/** @param {boolean | null | undefined} value */
export const yesNo = (value) => value === true ? "yes" : value === false ? "no" : null;

/**
 * The last part of an address, which is enough to recognize a resource by.
 *
 * @param {string} url
 */
export function shortName(url) {
  try {
    const parsed = new URL(url, location.href);
    const name = parsed.pathname.split("/").filter(Boolean).pop() ?? parsed.pathname;
    const own = parsed.origin === location.origin;
    return own ? name || "/" : `${parsed.host}/${name}`;
  } catch {
    return url.slice(0, 80);
  }
}

/** @param {number} value */
export const round = (value, digits = 1) => Math.round(value * 10 ** digits) / 10 ** digits;

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat("en");

/** @param {number | null | undefined} value */
export const count = (value) =>
  value === null || value === undefined ? "–" : value < 10_000 ? whole.format(value) : compact.format(value);
/** @param {number | null | undefined} value */
export const exact = (value) => value === null || value === undefined ? "–" : whole.format(value);
/**
 * A percentage. Small shares are not rounded to 0 %, and large ones not to 100 %.
 *
 * @param {number | null | undefined} share 0 to 1
 */
export function percent(share) {
  if (share === null || share === undefined) return "–";
  if (share > 0 && share < 0.001) return "<0.1 %";
  if (share > 0.995 && share < 1) return share > 0.999 ? ">99.9 %" : `${Math.floor(share * 1000) / 10} %`;
  return `${round(share * 100, share < 0.1 ? 1 : 0)} %`;
}

/** A part of a whole; more than the whole is no share. @param {number} part @param {number | null | undefined} whole */
export const shareOf = (part, whole) => whole && part <= whole ? part / whole : null;

/** A rate by 1,000 page views. @param {number | null | undefined} value */
export const perThousand = (value) =>
  value === null || value === undefined
    ? "–"
    : value > 0 && value < 0.01
    ? "<0.01"
    : String(round(value, value < 10 ? 2 : 1));

/** @typedef {{text: string, tone: "good" | "poor" | ""}} Change */

/**
 * A change against the previous period: of rates in percentage points, of all else in percent. Null where there is
 * nothing to compare with.
 *
 * @param {number | null | undefined} now
 * @param {number | null | undefined} then
 * @param {{isRate?: boolean, isLessBetter?: boolean}} [options]
 * @returns {Change | null}
 */
export function changeOf(now, then, { isRate = false, isLessBetter = false } = {}) {
  if (now === null || now === undefined || then === null || then === undefined || !isRate && !then) return null;
  const value = isRate ? (now - then) * 100 : (now - then) / then * 100;
  const unit = isRate ? "pp" : "%";
  const size = Math.abs(value);
  if (size < 0.05) return { text: `±0 ${unit}`, tone: "" };
  if (size > 999) return { text: `>+999 ${unit}`, tone: isLessBetter ? "poor" : "good" };
  const number = String(round(size, size < 10 ? 1 : 0));
  return { text: `${value > 0 ? "+" : "−"}${number} ${unit}`, tone: value < 0 === isLessBetter ? "good" : "poor" };
}

/** Sample size below which a percentile is shown in gray, with the sample size. */
export const SAMPLE_MIN = 30;
/** @param {number | null | undefined} count */
export const isFew = (count) => count !== null && count !== undefined && count < SAMPLE_MIN;

/** @param {number | null | undefined} ms */
export function span(ms) {
  if (ms === null || ms === undefined) return "–";
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
}

/** About how long it is. @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** @param {number} seconds since 1970 */
export const ago = (seconds) => `${duration(Math.max(0, Date.now() / 1000 - seconds))} ago`;
