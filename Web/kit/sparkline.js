// A small line without axes.

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, string>} attributes */
function element(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/**
 * The parts of a line: runs of points that are whole, and those that lead to a partial one.
 *
 * Where there is no value, the line goes on to the next one: no value is not zero.
 *
 * @param {(number | null | undefined)[]} values
 * @param {(index: number) => boolean} isPartial
 * @returns {{isPartial: boolean, points: [number, number][]}[]} coordinates in a box of 100 by 28
 */
export function sparkParts(values, isPartial) {
  const most = Math.max(...values.map((value) => value ?? 0), 1e-9);
  const step = 100 / Math.max(1, values.length - 1);
  /** @type {{isPartial: boolean, points: [number, number][]}[]} */
  const parts = [];
  let last = /** @type {{index: number, point: [number, number]} | null} */ (null);
  for (const [index, value] of values.entries()) {
    if (value === null || value === undefined) continue;
    const point = /** @type {[number, number]} */ ([index * step, 26 - 24 * value / most]);
    const leadsToPartial = last !== null && (isPartial(index) || isPartial(last.index));
    const current = parts[parts.length - 1];
    if (current && current.isPartial === leadsToPartial) current.points.push(point);
    else parts.push({ isPartial: leadsToPartial, points: last && current ? [last.point, point] : [point] });
    last = { index, point };
  }
  // A point in front of a dashed part is no line of its own.
  return parts.filter(({ points }, index) => points.length > 1 || parts.length === 1 && index === 0);
}

/** Fades of the areas in the page. */
let fades = 0;

/** A fill that fades from one end of a part to the other. @param {SVGElement} svg @param {number} from @param {number} to */
function addFade(svg, from, to) {
  const id = `sparkline-fade-${++fades}`;
  const fade = element("linearGradient", {
    ...{ id, gradientUnits: "userSpaceOnUse", x1: String(from), x2: String(to), y1: "0", y2: "0" },
  });
  fade.append(element("stop", { offset: "0" }), element("stop", { offset: "1", "stop-opacity": "0" }));
  svg.append(fade);
  return `url(#${id})`;
}

/**
 * The course of a figure. The line to a bucket that is not whole is dashed, and its area fades: a part of a day is no
 * fall.
 *
 * @param {(number | null | undefined)[]} values @param {string} label @param {(index: number) => boolean} [isPartial]
 */
export function sparkline(values, label, isPartial = () => false) {
  const svg = /** @type {SVGElement} */ (element("svg", {
    viewBox: "0 0 100 28",
    preserveAspectRatio: "none",
    class: "sparkline",
    role: "img",
    "aria-label": label,
  }));
  for (const part of sparkParts(values, isPartial)) {
    const points = part.points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`);
    const [start, end] = [part.points[0][0], part.points[part.points.length - 1][0]];
    const area = element("polygon", { points: [`${start},28`, ...points, `${end},28`].join(" ") });
    if (part.isPartial) {
      /** @type {SVGElement} */ (area).style.fill = start > 0 ? addFade(svg, start, end) : addFade(svg, end, start);
    }
    svg.append(
      area,
      element("polyline", { points: points.join(" "), ...(part.isPartial ? { class: "partial" } : {}) }),
    );
  }
  return svg;
}
