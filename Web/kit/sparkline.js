// A small line without axes.

const SVG = "http://www.w3.org/2000/svg";

/** The course of a figure. @param {(number | null)[]} values @param {string} label */
export function sparkline(values, label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 100 28");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "sparkline");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  const most = Math.max(...values.map((value) => value ?? 0), 1e-9);
  const step = 100 / Math.max(1, values.length - 1);
  // Where there is no value, the line goes on to the next one: no value is not zero.
  const known = values.flatMap((value, index) =>
    value === null || value === undefined ? [] : [[index * step, 26 - 24 * value / most]]
  );
  const points = known.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`);
  const [start, end] = [known[0]?.[0] ?? 0, known[known.length - 1]?.[0] ?? 100];
  for (const [tag, list] of [["polygon", [`${start},28`, ...points, `${end},28`]], ["polyline", points]]) {
    const shape = document.createElementNS(SVG, /** @type {string} */ (tag));
    shape.setAttribute("points", /** @type {string[]} */ (list).join(" "));
    svg.append(shape);
  }
  return svg;
}
