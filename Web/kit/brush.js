// Choosing buckets of a chart: drag over several to zoom, click one to open it; the same by keyboard.

import { h, setText } from "./dom.js";

/**
 * @typedef {object} Brush
 * @property {string} label of the chart
 * @property {number} count of the buckets
 * @property {(first: number, last: number) => string} describe the figures of buckets, for screen readers
 * @property {(first: number, last: number) => void} choose called with the first and the last chosen bucket
 */

/** Pixels that the pointer moves before a click is a drag. */
const DRAG_MIN = 6;
const HINT = "Arrow keys choose a bucket, with Shift several. Enter opens them, Escape ends the choice.";

/**
 * Makes the buckets of a chart of lines choosable.
 *
 * @param {HTMLElement} frame of the chart @param {HTMLCanvasElement} canvas @param {() => any} chart null until it is drawn
 * @param {Brush} brush
 */
export function addBrush(frame, canvas, chart, brush) {
  const selection = h("div", { class: "selection", "aria-hidden": "true", hidden: true });
  const status = h("p", { class: "unseen", role: "status" });
  frame.append(selection, status);
  frame.tabIndex = 0;
  frame.setAttribute("role", "application");
  frame.setAttribute("aria-roledescription", "chart");
  frame.setAttribute("aria-label", `${brush.label}. ${HINT}`);
  const shown = { frame, canvas, chart, brush, selection, status };
  addPointer(shown);
  addKeys(shown);
}

/** @typedef {{frame: HTMLElement, canvas: HTMLCanvasElement, chart: () => any, brush: Brush, selection: HTMLElement, status: HTMLElement}} Shown */

/** The bucket at a point of the window. @param {Shown} shown @param {number} clientX */
function bucketAt({ canvas, chart, brush }, clientX) {
  const x = clientX - canvas.getBoundingClientRect().left;
  const value = Math.round(chart().scales.x.getValueForPixel(x));
  return Math.min(brush.count - 1, Math.max(0, value));
}

/** Marks buckets, each with half of the way to its neighbors. @param {Shown} shown @param {number} first @param {number} last */
function mark({ chart, selection }, first, last) {
  const { scales: { x }, chartArea: { left, right, top, height } } = chart();
  const half = (x.getPixelForValue(1) - x.getPixelForValue(0)) / 2;
  const start = Math.max(left, x.getPixelForValue(Math.min(first, last)) - half);
  const end = Math.min(right, x.getPixelForValue(Math.max(first, last)) + half);
  Object.assign(selection.style, {
    insetInlineStart: `${start}px`,
    insetBlockStart: `${top}px`,
    inlineSize: `${Math.max(2, end - start)}px`,
    blockSize: `${height}px`,
  });
  selection.hidden = false;
}

/** @param {Shown} shown */
function addPointer(shown) {
  const { canvas, chart, brush, selection } = shown;
  /** @type {{x: number, first: number, isDrag: boolean} | null} */
  let drag = null;
  let touched = -1;
  const end = () => {
    drag = null;
    selection.hidden = true;
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !chart()) return;
    drag = { x: event.clientX, first: bucketAt(shown, event.clientX), isDrag: false };
    canvas.setPointerCapture?.(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.isDrag ||= Math.abs(event.clientX - drag.x) > DRAG_MIN;
    if (drag.isDrag) mark(shown, drag.first, bucketAt(shown, event.clientX));
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const { first, isDrag } = drag;
    const last = bucketAt(shown, event.clientX);
    end();
    const { left, right, top, bottom } = chart().chartArea;
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const isInside = x >= left - DRAG_MIN && x <= right + DRAG_MIN && y >= top && y <= bottom;
    if (isDrag) brush.choose(Math.min(first, last), Math.max(first, last));
    // The first touch shows the figures of a bucket, the second one opens it.
    else if (isInside && (event.pointerType !== "touch" || touched === last)) brush.choose(last, last);
    touched = last;
  });
  canvas.addEventListener("pointercancel", end);
  canvas.ownerDocument.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) end();
  });
}

/** @param {Shown} shown */
function addKeys(shown) {
  const { frame, chart, brush, selection, status } = shown;
  /** Where the choice began and where it ends. @type {{anchor: number, index: number} | null} */
  let choice = null;
  const clear = () => {
    choice = null;
    selection.hidden = true;
    showTooltip(chart(), null);
  };
  frame.addEventListener("keydown", (event) => {
    if (event.target !== frame || event.ctrlKey || event.metaKey || event.altKey || !chart()) return;
    const index = nextIndex(event.key, choice?.index ?? null, brush.count);
    if (index !== null) {
      choice = { anchor: event.shiftKey && choice ? choice.anchor : index, index };
      const [first, last] = [Math.min(choice.anchor, index), Math.max(choice.anchor, index)];
      mark(shown, first, last);
      showTooltip(chart(), index);
      setText(status, brush.describe(first, last));
    } else if (event.key === "Enter" && choice) {
      brush.choose(Math.min(choice.anchor, choice.index), Math.max(choice.anchor, choice.index));
    } else if (event.key === "Escape" && choice) clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  frame.addEventListener("blur", () => choice && clear());
}

/**
 * The bucket that a key leads to; null for a key that leads to none.
 *
 * @param {string} key @param {number | null} index of the current bucket @param {number} count
 */
export function nextIndex(key, index, count) {
  const last = count - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (key === "ArrowLeft") return index === null ? last : Math.max(0, index - 1);
  if (key === "ArrowRight") return index === null ? 0 : Math.min(last, index + 1);
  return null;
}

/** @param {any} chart @param {number | null} index */
function showTooltip(chart, index) {
  if (!chart) return;
  const elements = index === null
    ? []
    : chart.data.datasets.map((/** @type {any} */ _, /** @type {number} */ datasetIndex) => ({ datasetIndex, index }));
  const { x } = chart.scales;
  chart.setActiveElements(elements);
  chart.tooltip.setActiveElements(elements, { x: x.getPixelForValue(index ?? 0), y: chart.chartArea.top });
  chart.update("none");
}
