// Parts of pictures of distributions, as SVG: the axis with its thresholds, lines, labels.

import { h } from "../kit/dom.js";
import { percent } from "../kit/format.js";
import { BOUNDS } from "../kit/contract.js";
import { vital } from "../kit/ratings.js";
import { visible } from "../kit/visible.js";
import { stepOf, tickLabel, ticksOf } from "./histogram.js";

/** @typedef {import("./histogram.js").Bar} Bar */

const SVG = "http://www.w3.org/2000/svg";
/** Heights in pixels: a line of labels, the bars. */
export const LINE = 16;
export const PLOT = 170;
/** Lines of labels above the bars. */
const LABELS = 3;
export const TOP = LABELS * LINE + 4;
export const BOTTOM = TOP + PLOT;

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
export function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {number} share */
export const x = (share) => `${(share * 100).toFixed(3)}%`;

/** A label at a point of the axis, which stays inside. @param {number} at @param {number} y @param {string} text @param {string} name */
const label = (at, y, text, name) =>
  s("text", {
    x: x(at),
    y,
    dx: at < 0.15 ? 4 : at > 0.85 ? -4 : 0,
    "text-anchor": at < 0.15 ? "start" : at > 0.85 ? "end" : "middle",
    class: name,
  }, text);

/**
 * A label beside a line, on the side with more room unless one is chosen.
 *
 * @param {number} at @param {number} y @param {string} text @param {boolean} [isBefore]
 */
export const beside = (at, y, text, isBefore = at > 0.6) =>
  s("text", { x: x(at), y, dx: isBefore ? -5 : 5, "text-anchor": isBefore ? "end" : "start" }, text);

/** @param {string} metric @param {any} axis */
export function axisMarks(metric, axis) {
  const [good, fair] = BOUNDS[metric];
  return [
    s("line", { x1: 0, x2: "100%", y1: BOTTOM, y2: BOTTOM, class: "base" }),
    ...(axis.slot ? [label(axis.slot / 2, BOTTOM + LINE, "0", "tick")] : []),
    ...ticksOf(axis.low, axis.high).flatMap(({ value, isMinor }) => [
      s("line", { x1: x(axis.at(value)), x2: x(axis.at(value)), y1: BOTTOM, y2: BOTTOM + 4, class: "base" }),
      label(axis.at(value), BOTTOM + LINE + 2, tickLabel(metric, value), isMinor ? "tick minor" : "tick"),
    ]),
    ...[[good, `Good ≤ ${vital(metric, good)}`, "good"], [fair, `Poor > ${vital(metric, fair)}`, "poor"]].map(
      ([value, text, name], index) =>
        s(
          "g",
          { class: `threshold ${name}` },
          s("line", {
            x1: x(axis.at(Number(value))),
            x2: x(axis.at(Number(value))),
            y1: TOP,
            y2: BOTTOM + (index + 2) * LINE + 2,
          }),
          beside(axis.at(Number(value)), BOTTOM + (index + 2) * LINE + 3, String(text), index === 0 || undefined),
        ),
    ),
  ];
}

/**
 * The share at the top of the axis. Zeros may be most of all: their bar is cut off, and its share is written on it.
 *
 * @param {{bars: Bar[], zero: number}[]} all
 */
export function topShare(all) {
  const most = Math.max(...all.flatMap(({ bars }) => bars.map(({ share }) => share)));
  const zero = Math.max(...all.map((one) => one.zero));
  return most > 0 ? Math.max(most, Math.min(zero, 1.2 * most)) : zero;
}

/** @param {number[]} shares of zeros */
export const zeroLabel = (...shares) =>
  shares.some((share) => share > 0)
    ? [s("text", { x: 2, y: TOP - 4, class: "tick" }, shares.map(percent).join(", "))]
    : [];

/** Horizontal lines with their shares. @param {number} max */
export function shareLines(max) {
  const step = stepOf(max);
  return Array.from({ length: Math.floor(max / step) }, (_, index) => (index + 1) * step).flatMap((share) => {
    const y = BOTTOM - PLOT * share / max;
    return [
      s("line", { x1: 0, x2: "100%", y1: y, y2: y, class: "line" }),
      s("text", { x: "100%", y: y - 3, "text-anchor": "end", class: "tick" }, percent(share)),
    ];
  });
}

/** @param {string} text @param {...Node} children */
export const picture = (text, ...children) =>
  h(
    "div",
    { class: "histogram" },
    s(
      "svg",
      { role: "img", "aria-label": visible(text), width: "100%", height: BOTTOM + 4 * LINE - 6 },
      ...children,
    ),
  );
