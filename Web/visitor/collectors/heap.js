import { lineChart } from "../../kit/charts.js";
import { bytes } from "../../kit/format.js";
import { readHeap } from "../../tracker/frames.js";

/** Milliseconds between two looks, and looks that are shown. */
const INTERVAL_MS = 1000;
const SAMPLES_MAX = 60;

/** @type {number[]} */
const samples = [];

/** @type {import("./types.js").Collector} */
export default {
  name: "heap",
  tab: "performance",
  title: "JavaScript heap",
  width: "third",
  note: "live",
  collect: readHeap,
  contribute(value, payload) {
    payload.performance.memory = value;
  },
  render(value, element) {
    samples.push(value.usedJSHeapSize);
    if (samples.length > SAMPLES_MAX) samples.shift();
    lineChart(element, {
      label: "JavaScript heap in use",
      figure: bytes(value.usedJSHeapSize),
      note: `of ${bytes(value.totalJSHeapSize)} allocated, limit ${bytes(value.jsHeapSizeLimit)}`,
      format: bytes,
      values: samples,
    });
  },
  watch(update) {
    setInterval(() => {
      const now = document.visibilityState === "visible" && readHeap();
      if (now) update(now);
    }, INTERVAL_MS);
  },
};
