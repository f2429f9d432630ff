import { facts, h } from "../../kit/dom.js";
import { round } from "../../kit/format.js";

/** Milliseconds for which frames are counted. */
const WINDOW_MS = 750;

/** @returns {Promise<number[]>} milliseconds between frames */
const frameTimes = () =>
  new Promise((resolve) => {
    /** @type {number[]} */
    const times = [];
    let start = 0;
    let last = 0;
    const step = (/** @type {number} */ now) => {
      if (start === 0) start = now;
      else times.push(now - last);
      last = now;
      if (now - start < WINDOW_MS) requestAnimationFrame(step);
      else resolve(times.filter((time) => time > 0));
    };
    requestAnimationFrame(step);
  });

/** @type {import("./types.js").Collector} */
export default {
  name: "fps",
  tab: "performance",
  title: "Frame rate",
  width: "third",
  note: "baseline while the page settles",
  async collect() {
    const times = document.visibilityState === "visible" ? await frameTimes() : [];
    if (times.length === 0) return null;
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    return {
      available: true,
      avgFps: round(1000 / mean),
      minFps: round(1000 / Math.max(...times)),
      maxFps: round(1000 / Math.min(...times)),
      frames: times.length,
    };
  },
  contribute(value, payload) {
    payload.benchmarks.baselineFps = value;
  },
  render(value, element) {
    element.replaceChildren(
      h("p", { class: "figure" }, String(value.avgFps), h("small", { text: " frames per second" })),
      facts([["Slowest frame", `${value.minFps} fps`], ["Fastest frame", `${value.maxFps} fps`], [
        "Frames",
        value.frames,
      ]]),
    );
  },
};
