// Frames that kept the page from painting for 50 ms and more. Long animation frames tell more; long tasks are what older browsers have.

import { largest, observe, pick, tenth } from "./guard.js";

const FRAME = "startTime duration blockingDuration";
const SCRIPT = "sourceURL sourceFunctionName invoker duration";
const HEAP = "usedJSHeapSize totalJSHeapSize jsHeapSizeLimit";
/** Frames of which the scripts are kept, for interactions that they held up. */
const RECENT_MAX = 20;

/** The longest script of frames; null where there is none. @param {any[]} frames */
const longestScript = (frames) => {
  const [script] = largest(frames.flatMap(({ scripts = [] }) => scripts), "duration");
  return script ? pick(script, SCRIPT) : null;
};

/** Watches from now on, what has been before included. @param {() => void} [changed] */
export const watchFrames = (changed) => {
  /** @type {any[]} */
  let worst = [];
  /** @type {any[]} */
  let recent = [];
  let [count, blocking] = [0, 0];
  const kind = ["long-animation-frame", "longtask"].find((type) =>
    observe(type, (entry) => {
      count++;
      blocking += entry.blockingDuration ?? entry.duration - 50;
      recent = [entry, ...recent].slice(0, RECENT_MAX);
      worst = largest([...worst, { ...pick(entry, FRAME), script: longestScript([entry]) }], "duration");
      changed?.();
    })
  );
  return {
    kind,
    /** Milliseconds; of the worst, the longest first. */
    read: () => ({ kind, count, blocking: tenth(blocking), worst }),
    /** Another view begins. */
    restart: () => [worst, count, blocking] = [[], 0, 0],
    /** The longest script between two times. @param {number} from @param {number} to */
    scriptWithin: (from, to) =>
      longestScript(recent.filter(({ startTime, duration }) => startTime < to && startTime + duration > from)),
  };
};

/** Bytes of the JavaScript heap; null where the browser does not tell. */
export const readHeap = () => {
  const { memory } = /** @type {any} */ (performance);
  return memory ? pick(memory, HEAP) : null;
};
