// Numbers and times as the owner reads them.

import { milliseconds, round } from "../shared/format.js";

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat("en");

/** @param {number | null | undefined} value */
export const count = (value) =>
  value === null || value === undefined ? "–" : value < 10_000 ? whole.format(value) : compact.format(value);
/** @param {number | null | undefined} value */
export const exact = (value) => value === null || value === undefined ? "–" : whole.format(value);
/** @param {number | null | undefined} share 0 to 1 */
export const percent = (share) =>
  share === null || share === undefined
    ? "–"
    : share > 0 && share < 0.001
    ? "<0.1 %"
    : `${round(share * 100, share < 0.1 ? 1 : 0)} %`;

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

const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const hourFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const momentFormat = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** A bucket, whose bounds are those of UTC. @param {number} seconds @param {string} interval */
export const bucket = (seconds, interval) => (interval === "hour" ? hourFormat : dayFormat).format(seconds * 1000);
/** @param {number} seconds */
export const day = (seconds) => dayFormat.format(seconds * 1000);
/** @param {number} ms */
export const moment = (ms) => momentFormat.format(ms);

/** About how long it is. @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** @param {number} seconds since 1970 */
export const ago = (seconds) => `${duration(Math.max(0, Date.now() / 1000 - seconds))} ago`;

/** How values without a name of their own are called. @param {string} value */
export const named = (value) => value === "" ? "(none)" : value;
