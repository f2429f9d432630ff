// What the values of the vitals are worth, by the thresholds at web.dev/vitals.

/** Upper bounds of "good" and of "needs improvement". */
export const THRESHOLDS = Object.freeze({
  LCP: [2500, 4000],
  INP: [200, 500],
  CLS: [0.1, 0.25],
  FCP: [1800, 3000],
  TTFB: [800, 1800],
});

/**
 * @param {keyof typeof THRESHOLDS} name
 * @param {number} value
 * @returns {"good" | "fair" | "poor"}
 */
export function rating(name, value) {
  const [good, fair] = THRESHOLDS[name];
  return value <= good ? "good" : value <= fair ? "fair" : "poor";
}
