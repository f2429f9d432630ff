// Frames that blocked the main thread for 50 ms or more: long animation frames, or long tasks in browsers without them.

import { clean } from "./addresses.js";
import { cut, largest, observe, tenth } from "./guard.js";
import { pick } from "./pick.js";
import { cleanText } from "./texts.js";

const FRAME = "startTime duration blockingDuration";
const SCRIPT = "sourceURL sourceFunctionName duration";
const HEAP = "usedJSHeapSize totalJSHeapSize jsHeapSizeLimit";
/** Frames kept for interactions that are reported later, beside the longest ones. */
const RECENT_MAX = 20;
/** An address as the whole invoker, or as the source of the element in it: `https://…`, `IMG[src=https://…].onload`. */
const INVOKER_ADDRESS = /(^(?=\w+:\/\/|data:)|\[src=)(.*?)(\]\.\w+)?$/;

/** The script that ran longest after a time; null without one. @param {any[]} frames @param {number} [from] */
const longestScript = (frames, from = 0) => {
  let [most, found] = [0, /** @type {any} */ (null)];
  for (const script of frames.flatMap(({ scripts = [] }) => scripts)) {
    const duration = script.startTime + script.duration - Math.max(from, script.startTime);
    if (duration > most) [most, found] = [duration, script];
  }
  return found && {
    ...pick(found, SCRIPT, cleanText),
    // What looks like a query or a fragment may be the id of an element.
    invoker: cut(found.invoker).replace(INVOKER_ADDRESS, (_, before, url, after = "") => before + clean(url) + after),
  };
};

/** Watches long frames, those before this call included. @param {(entry: any) => void} [changed] */
export const watchFrames = (changed) => {
  /** @type {any[]} */
  let worst = [];
  /** @type {any[]} */
  let recent = [];
  let [count, blocking] = [0, 0];
  /** @type {PerformanceObserver | undefined} */
  let observer;
  /** @param {any} entry */
  const add = (entry) => {
    count++;
    blocking += entry.blockingDuration ?? entry.duration - 50;
    recent = [entry, ...recent].slice(0, RECENT_MAX);
    worst = largest([...worst, entry], "duration");
    changed?.(entry);
  };
  const kind = ["long-animation-frame", "longtask"].find((type) => observer = observe(type, add));
  /** Takes what the observer still holds. */
  const drain = () => observer?.takeRecords().forEach(add);
  return {
    kind,
    /** Milliseconds; the worst frames, the longest first. */
    read: () => {
      drain();
      return {
        kind,
        count,
        blocking: tenth(blocking),
        worst: worst.map((entry) => ({ ...pick(entry, FRAME), script: longestScript([entry]) })),
      };
    },
    /** Another page view begins. */
    _restart: () => {
      drain();
      [worst, count, blocking] = [[], 0, 0];
    },
    /** The script that ran longest while an interaction waited. @param {number} from @param {number} to */
    _scriptWithin: (from, to) => {
      drain();
      return longestScript(
        [...recent, ...worst].filter(({ startTime, duration }) => startTime <= to && startTime + duration >= from),
        from,
      );
    },
  };
};

/** Bytes of the JavaScript heap; null where the browser does not expose it. */
export const readHeap = () => {
  const { memory } = /** @type {any} */ (performance);
  return memory ? pick(memory, HEAP) : null;
};
