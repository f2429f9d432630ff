import { facts, h } from "../../kit/dom.js";
import { round } from "../../kit/format.js";
import { pause } from "../../kit/time.js";
import { release } from "../../signals/gl.js";

const POLLS = 60;
const POLL_MS = 16;

/** @type {import("./types.js").Collector} */
export default {
  name: "gpu",
  tab: "performance",
  title: "GPU timer",
  note: "one cleared frame",
  width: "third",
  isHeavy: true,
  timeLimit: 2000,
  async collect() {
    const context = /** @type {any} */ (document.createElement("canvas").getContext("webgl2"));
    const timer = context?.getExtension("EXT_disjoint_timer_query_webgl2");
    if (!timer) return null;
    try {
      const query = context.createQuery();
      context.beginQuery(timer.TIME_ELAPSED_EXT, query);
      context.clearColor(0.1, 0.3, 0.8, 1);
      context.clear(context.COLOR_BUFFER_BIT);
      context.endQuery(timer.TIME_ELAPSED_EXT);
      context.flush();
      for (let poll = 0; poll < POLLS; poll++) {
        await pause(POLL_MS);
        if (!context.getQueryParameter(query, context.QUERY_RESULT_AVAILABLE)) continue;
        if (context.getParameter(timer.GPU_DISJOINT_EXT)) return null;
        return { available: true, gpuTimeNs: context.getQueryParameter(query, context.QUERY_RESULT) };
      }
      return null;
    } finally {
      release(context);
    }
  },
  contribute(value, payload) {
    payload.benchmarks.gpuTimer = value;
  },
  render(value, element) {
    element.replaceChildren(
      h("p", { class: "figure" }, String(round(value.gpuTimeNs / 1000)), h("small", { text: " µs" })),
      facts([["Exact", `${value.gpuTimeNs} ns`]]),
    );
  },
};
