// Core Web Vitals: their names, formats and ratings.

import { milliseconds, round } from "./format.js";

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

/** Upper bounds of "good" and of "needs improvement", as web.dev/vitals defines them. @type {Record<string, [number, number]>} */
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

export const TONE_LABELS = Object.freeze({ good: "Good", fair: "Needs improvement", poor: "Poor", plain: "No data" });
