// Charts by Chart.js, which is loaded before the first chart is shown. Each chart has a table of its figures.

import { h, setText, table } from "./dom.js";
import { shortened, visible } from "./visible.js";

/** @typedef {{label: string, unit: string, format: (value: number) => string, rows: {name: string, value: number}[]}} Bars */
/** @typedef {{label: string, figure: string, note: string, format: (value: number) => string, values: number[]}} Line */
/** @typedef {{canvas: HTMLCanvasElement, chart: any, configure: () => any, hasFailed?: () => void}} Drawing */
/**
 * Any chart.
 *
 * @typedef {object} Plot
 * @property {string} label
 * @property {number} height
 * @property {() => any} configure
 * @property {() => HTMLElement} figures a table of its figures
 * @property {(frame: HTMLElement, canvas: HTMLCanvasElement, chart: () => any) => void} [extend] adds to its frame
 */

const BAR_HEIGHT = 30;
const AXIS_HEIGHT = 34;
const NAME_MAX = 26;

/** @type {any} */
let library = null;
/** @type {Map<HTMLElement, Drawing>} */
const drawings = new Map();

/**
 * Fetches the library, once, and draws what waits for it.
 *
 * @type {() => Promise<void>}
 */
export const loadCharts = once(async () => {
  const address = new URL(document.body.dataset.chart ?? "", document.baseURI);
  try {
    await import(address.href);
    library = /** @type {any} */ (globalThis).Chart;
  } catch {
    for (const drawing of drawings.values()) drawing.hasFailed?.();
    return;
  }
  for (const drawing of drawings.values()) draw(drawing);
});

/** @param {() => Promise<void>} action */
function once(action) {
  /** @type {Promise<void> | null} */
  let done = null;
  return () => done ??= action();
}

/** Draws everything again, in the colors of now. */
export function recolorCharts() {
  colors.clear();
  if (library) { for (const drawing of drawings.values()) draw(drawing); }
}

/** Of tokens: reading one makes the browser compute all styles of the page. @type {Map<string, string>} */
const colors = new Map();

/**
 * The current color of a token.
 *
 * @param {string} token
 */
export function color(token) {
  const known = colors.get(token);
  if (known !== undefined) return known;
  const probe = h("span", { hidden: true });
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  colors.set(token, value);
  return value;
}

/**
 * The same color with an opacity, so that the grid is visible behind it.
 *
 * @param {string} token @param {number} opacity 0 to 1
 */
export function translucent(token, opacity) {
  const value = color(token);
  return value.startsWith("rgb(") ? value.replace("rgb(", "rgba(").replace(")", `, ${opacity})`) : value;
}

/** Ends a chart. Others may still hold its drawing, and would draw without a canvas. @param {Drawing | undefined} drawing */
function discard(drawing) {
  if (!drawing?.chart) return;
  drawing.chart.destroy();
  drawing.chart = null;
}

/** @param {Drawing} drawing */
function draw(drawing) {
  if (!library) return;
  const { canvas, configure } = drawing;
  discard(drawing);
  drawing.chart = new library.Chart(canvas, configure());
}

/** The page's font, which does not change. */
let family = "";

export const font = () => ({ family: family ||= getComputedStyle(document.body).fontFamily, size: 12 });

/** @param {(value: number) => string} format */
export const tooltip = (format) => ({
  backgroundColor: color("--ink"),
  titleColor: color("--panel"),
  bodyColor: color("--panel"),
  titleFont: { ...font(), weight: "600" },
  bodyFont: font(),
  displayColors: false,
  cornerRadius: 6,
  padding: 9,
  callbacks: { label: (/** @type {any} */ item) => format(item.raw) },
});

/**
 * Any chart, with a table of its figures.
 *
 * @param {HTMLElement} element
 * @param {Plot} plot
 */
export function plot(element, { label, height, configure, figures, extend }) {
  const isOpen = element.querySelector("details")?.open ?? false;
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { role: "img", "aria-label": label }));
  const frame = h("div", { class: "chart" }, canvas);
  frame.style.blockSize = `${height}px`;
  const details = /** @type {HTMLDetailsElement} */ (h("details", {}, h("summary", { text: "View as table" })));
  // Large tables are made only when opened.
  const fill = () => details.open && details.childElementCount < 2 && details.append(figures());
  details.addEventListener("toggle", fill);
  details.open = isOpen;
  discard(drawings.get(element));
  element.replaceChildren(frame, details);
  /** @type {Drawing} */
  const drawing = {
    ...{ canvas, chart: null, configure },
    hasFailed() {
      frame.remove();
      details.open = true;
    },
  };
  for (const known of drawings.keys()) {
    if (!known.isConnected) {
      discard(drawings.get(known));
      drawings.delete(known);
    }
  }
  drawings.set(element, drawing);
  extend?.(frame, canvas, () => drawing.chart);
  draw(drawing);
}

/**
 * Horizontal bars.
 *
 * @param {HTMLElement} element
 * @param {Bars} bars
 */
export function barChart(element, bars) {
  const { label, unit, format, rows } = bars;
  if (rows.length === 0) {
    element.replaceChildren(h("p", { class: "empty", text: "No resources yet." }));
    return;
  }
  const summary = rows.slice(0, 3).map((row) => `${row.name} ${format(row.value)}`).join(", ");
  const isOpen = element.querySelector("details")?.open ?? false;
  const figures = table(["Resource", unit], rows.map((row) => [row.name, format(row.value)]), `${label}, as a table`);
  const details = /** @type {HTMLDetailsElement} */ (h(
    "details",
    { open: isOpen },
    h("summary", { text: "View as table" }),
    figures,
  ));
  const known = drawings.get(element);
  const frame = h("div", { class: "chart" });
  frame.style.blockSize = `${rows.length * BAR_HEIGHT + AXIS_HEIGHT}px`;
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { role: "img", "aria-label": `${label}: ${summary}` }));
  frame.append(canvas);
  discard(known);
  element.replaceChildren(frame, details);
  const drawing = {
    ...{ canvas, chart: null, configure: () => barOptions(bars) },
    hasFailed() {
      frame.remove();
      details.open = true;
    },
  };
  drawings.set(element, drawing);
  draw(drawing);
}

/** @param {Bars} bars */
const barOptions = ({ rows, format }) => ({
  type: "bar",
  data: {
    // A canvas has no elements: escapes have no style, and a label cannot reorder other text.
    labels: rows.map((row) => shortened(visible(row.name), NAME_MAX)),
    datasets: [{
      data: rows.map((row) => row.value),
      backgroundColor: color("--accent-bar"),
      hoverBackgroundColor: color("--accent"),
      borderRadius: 4,
      barPercentage: 0.7,
      categoryPercentage: 0.9,
      minBarLength: 2,
    }],
  },
  options: {
    indexAxis: "y",
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    plugins: { legend: { display: false }, tooltip: tooltip(format) },
    scales: {
      x: {
        beginAtZero: true,
        grid: { color: color("--line"), drawBorder: false, drawTicks: false },
        ticks: {
          color: color("--quiet"),
          font: font(),
          maxTicksLimit: 6,
          maxRotation: 0,
          padding: 8,
          callback: format,
        },
      },
      y: {
        grid: { display: false, drawBorder: false },
        ticks: { color: color("--ink"), font: font(), autoSkip: false, padding: 4 },
      },
    },
  },
});

/**
 * A figure with the way it went lately.
 *
 * @param {HTMLElement} element
 * @param {Line} line
 */
export function lineChart(element, line) {
  const known = drawings.get(element);
  if (known) {
    known.configure = () => lineOptions(line);
    setText(/** @type {HTMLElement} */ (element.querySelector(".figure")), line.figure);
    setText(/** @type {HTMLElement} */ (element.querySelector(".caption")), line.note);
    if (known.chart) {
      known.chart.data = lineOptions(line).data;
      known.chart.update("none");
    } else draw(known);
    return;
  }
  const canvas =
    /** @type {HTMLCanvasElement} */ (h("canvas", { role: "img", "aria-label": `${line.label}, last minute` }));
  const frame = h("div", { class: "chart small" }, canvas);
  element.replaceChildren(
    h("p", { class: "figure", text: line.figure }),
    h("p", { class: "caption", text: line.note }),
    frame,
  );
  const drawing = { canvas, chart: null, configure: () => lineOptions(line), hasFailed: () => frame.remove() };
  drawings.set(element, drawing);
  draw(drawing);
}

/** @param {Line} line */
const lineOptions = ({ values, format }) => ({
  type: "line",
  data: {
    labels: values.map((_, index) => values.length - 1 - index === 0 ? "now" : `${values.length - 1 - index} s ago`),
    datasets: [{
      data: [...values],
      borderColor: color("--accent"),
      backgroundColor: color("--accent-soft"),
      borderWidth: 2,
      fill: true,
      pointRadius: 0,
      pointHitRadius: 8,
    }],
  },
  options: {
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    interaction: { mode: "index", intersect: false },
    plugins: { legend: { display: false }, tooltip: tooltip(format) },
    scales: {
      x: { display: false },
      y: {
        grace: "20%",
        grid: { color: color("--line"), drawBorder: false, drawTicks: false },
        ticks: { color: color("--quiet"), font: font(), maxTicksLimit: 4, padding: 6, callback: format },
      },
    },
  },
});
