import { h, table } from "../shared/dom.js";
import { milliseconds, round, shortName } from "../shared/format.js";
import { observe } from "../shared/vitals.js";

/** The worst kept. */
const FRAMES_MAX = 10;
/** And the worst of those that are shown. */
const SHOWN = 6;

/** @type {any[]} */
const worst = [];
/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {string | null} */
let kind = null;

/** @param {any} entry */
function take(entry) {
  const script = [...(entry.scripts ?? [])].sort((left, right) => right.duration - left.duration)[0];
  worst.push({
    start: round(entry.startTime),
    duration: round(entry.duration),
    blocking: entry.blockingDuration === undefined ? null : round(entry.blockingDuration),
    script: script
      ? { source: script.sourceURL.split("?")[0], invoker: script.invoker, duration: round(script.duration) }
      : null,
  });
  worst.sort((left, right) => right.duration - left.duration).splice(FRAMES_MAX);
  listeners.forEach((listener) => listener());
}

/** Long animation frames tell more; long tasks are what older browsers have. */
for (const type of ["long-animation-frame", "longtask"]) {
  if (!kind && observe(type, take)) kind = type;
}

/** @type {import("./types.js").Collector} */
export default {
  name: "frames",
  tab: "performance",
  title: "Long animation frames",
  width: "wide",
  note: "50 ms and more",
  collect: () => kind && { kind, worst },
  contribute(value, payload) {
    payload.performance.longFrames = { kind: value.kind, worst: [...worst] };
  },
  render(value, element) {
    if (value.worst.length === 0) {
      element.replaceChildren(
        h(
          "p",
          { class: "empty" },
          h("b", { text: "None so far" }),
          "Nothing has kept this page from painting for 50 ms.",
        ),
      );
      return;
    }
    const rows = value.worst.slice(0, SHOWN).map((/** @type {any} */ frame) => [
      milliseconds(frame.start),
      milliseconds(frame.duration),
      frame.blocking === null ? "–" : milliseconds(frame.blocking),
      frame.script ? frame.script.invoker || shortName(frame.script.source) : "–",
    ]);
    element.replaceChildren(table(["At", "Duration", "Blocking", "Longest script"], rows, "The longest frames"));
  },
  watch(update) {
    listeners.add(() => update({ kind, worst }));
  },
};
