import { h, table } from "../../kit/dom.js";
import { milliseconds, shortName } from "../../kit/format.js";
import { watchFrames } from "../../tracker/frames.js";

/** The worst of those that are shown. */
const SHOWN = 6;

/** @type {Set<() => void>} */
const listeners = new Set();
const frames = watchFrames(() => listeners.forEach((listener) => listener()));

/** @type {import("./types.js").Collector} */
export default {
  name: "frames",
  tab: "performance",
  title: "Long animation frames",
  width: "wide",
  note: "50 ms and more",
  collect: () => frames.kind && frames.read(),
  contribute(value, payload) {
    payload.performance.longFrames = value;
  },
  render(value, element) {
    if (value.worst.length === 0) {
      element.replaceChildren(
        h(
          "p",
          { class: "empty" },
          h("b", { text: "None so far" }),
          "No frame has blocked this page for 50 ms.",
        ),
      );
      return;
    }
    const rows = value.worst.slice(0, SHOWN).map((/** @type {any} */ frame) => [
      milliseconds(frame.startTime),
      milliseconds(frame.duration),
      milliseconds(frame.blockingDuration),
      frame.script ? frame.script.invoker || shortName(frame.script.sourceURL) : "–",
    ]);
    element.replaceChildren(table(["At", "Duration", "Blocking", "Longest script"], rows, "The longest frames"));
  },
  watch(update) {
    listeners.add(() => update(frames.read()));
  },
};
