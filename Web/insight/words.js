// Numbers and times as the owner reads them.

import { milliseconds, round } from "../shared/format.js";

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat("en");

/** @param {number | null | undefined} value */
export const count = (value) =>
  value === null || value === undefined ? "–" : value < 10_000 ? whole.format(value) : compact.format(value);
/** @param {number | null | undefined} value */
export const exact = (value) => value === null || value === undefined ? "–" : whole.format(value);
/**
 * What is almost nothing is not nothing, and what is almost all is not all.
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

/** Values below which a percentile says little: it is greyed, and has its number of values beside it. */
export const SAMPLE_MIN = 30;
/** @param {number | null | undefined} count */
export const isFew = (count) => count !== null && count !== undefined && count < SAMPLE_MIN;

/** @param {number | null | undefined} ms */
export function span(ms) {
  if (ms === null || ms === undefined) return "–";
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
}

/** @param {string} metric @param {number | null | undefined} value */
export const vital = (metric, value) =>
  value === null || value === undefined ? "–" : metric === "cls" ? String(round(value, 3)) : milliseconds(value);

export const METRICS = Object.freeze({ lcp: "LCP", inp: "INP", cls: "CLS", fcp: "FCP", ttfb: "TTFB" });
export const METRIC_NAMES = Object.freeze({
  lcp: "Largest Contentful Paint",
  inp: "Interaction to Next Paint",
  cls: "Cumulative Layout Shift",
  fcp: "First Contentful Paint",
  ttfb: "Time to First Byte",
});
/** Parts of vitals, by the names of web-vitals. @type {Record<string, string>} */
const PARTS = Object.freeze({
  timeToFirstByte: "Time to first byte",
  resourceLoadDelay: "Resource load delay",
  resourceLoadDuration: "Resource load duration",
  elementRenderDelay: "Element render delay",
  inputDelay: "Input delay",
  processingDuration: "Processing duration",
  presentationDelay: "Presentation delay",
});
/** @param {string} name */
export const partLabel = (name) => PARTS[name] ?? name;

/** How page views begin, by `navigationType`. @type {Record<string, string>} */
const NAVIGATIONS = Object.freeze({
  navigate: "Page load",
  reload: "Reload",
  back_forward: "Back or forward",
  prerender: "Prerendered load",
  restored: "Back/forward cache",
  bfcache: "Back/forward cache",
  route: "Route change",
  "soft-navigation": "Soft navigation",
});
/** @param {string} name */
export const navigationLabel = (name) => NAVIGATIONS[name] ?? name;
/** Page views without a load of their own. */
export const ROUTES = Object.freeze(["route", "soft-navigation"]);

/** Kinds of errors that are not the site's. @type {Record<string, string>} */
const NOISE = Object.freeze({
  extension: "Browser extension",
  resize_observer: "ResizeObserver loop",
  script_error: "Script error",
});
/** @param {string} kind */
export const noiseLabel = (kind) => NOISE[kind] ?? kind;

/** Reasons for which the server counts a session as a bot's. @type {Record<string, string>} */
const REASONS = Object.freeze({
  "no user agent": "No user agent",
  "user agent names a program": "Bot user agent",
  "headless browser": "Headless browser",
});
/** @param {string} reason */
export const reasonLabel = (reason) => REASONS[reason] ?? reason;

/** @type {Record<string, [number, number]>} */
export const BOUNDS = Object.freeze({
  lcp: [2500, 4000],
  inp: [200, 500],
  cls: [0.1, 0.25],
  fcp: [1800, 3000],
  ttfb: [800, 1800],
});

/** @param {string} metric @param {number | null | undefined} value @returns {"good" | "fair" | "poor" | "plain"} */
export const tone = (metric, value) =>
  value === null || value === undefined
    ? "plain"
    : value <= BOUNDS[metric][0]
    ? "good"
    : value <= BOUNDS[metric][1]
    ? "fair"
    : "poor";

export const TONE_WORDS = Object.freeze({ good: "Good", fair: "Needs improvement", poor: "Poor", plain: "No data" });

/** About how long it is. @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** @param {number} seconds since 1970 */
export const ago = (seconds) => `${duration(Math.max(0, Date.now() / 1000 - seconds))} ago`;

/**
 * Whether a series has anything to draw: no errors among page views are a figure, no page views are none.
 *
 * @param {any[]} series @param {string} name
 */
export const hasFigures = (series, name) =>
  series.some((point) => point[name] || point.pageviews > 0 && point[name] !== null && point[name] !== undefined);

/** How values without a name of their own are called. @param {string} value */
export const named = (value) => value === "" ? "(none)" : value;
