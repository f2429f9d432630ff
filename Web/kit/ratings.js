// Core Web Vitals: their formats and ratings.

import { BOUNDS } from "./contract.js";
import { milliseconds, round } from "./format.js";

/** @param {string} metric @param {number | null | undefined} value */
export const vital = (metric, value) =>
  value === null || value === undefined ? "–" : metric === "cls" ? String(round(value, 3)) : milliseconds(value);

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
