// Attribution of vitals, with the names of web-vitals. Loaded after the core, which keeps the facts until then.

import { bare, navigationEntry, tenth } from "./guard.js";

/** @typedef {ReturnType<typeof import("./frames.js").watchFrames>["scriptWithin"]} ScriptWithin */

/**
 * The four parts of a largest paint. They sum up to it: no part ends before the one before it, nor after the paint.
 *
 * @param {{target?: string, url?: string, startTime?: number}} fact `startTime` where the page view is not the page's load
 * @param {number} value
 */
const attributeLCP = ({ target, url, startTime }, value) => {
  const { activationStart = 0, responseStart } = startTime === undefined
    ? navigationEntry()
    : { activationStart: startTime };
  const start = /** @type {number} */ (activationStart);
  /** @type {any} */
  const resource = performance.getEntriesByName(url || "-", "resource")[0] ?? {};
  let end = 0;
  const [timeToFirstByte, resourceLoadDelay, resourceLoadDuration, elementRenderDelay] = [
    responseStart,
    resource.requestStart || resource.startTime,
    resource.responseEnd,
    Infinity,
  ].map((time = 0) => {
    const begin = end;
    end = Math.min(value, Math.max(end, time - start));
    return tenth(end - begin);
  });
  return {
    target,
    url: bare(url),
    timeToFirstByte,
    resourceLoadDelay,
    resourceLoadDuration,
    elementRenderDelay,
  };
};

/**
 * The three phases of an interaction, by the frame that presented it, and the script that took most of the wait.
 *
 * @param {import("./interactions.js").Interaction} fact
 * @param {number} _
 * @param {ScriptWithin} [scriptWithin]
 */
const attributeINP = ({ target, name, startTime, duration, frame }, _, scriptWithin) => {
  // Of an interaction that the browser did not report, nothing is known.
  if (!frame) return;
  const start = Math.max(startTime, frame.processingStart);
  const paint = Math.max(startTime + duration, start);
  const end = Math.min(frame.processingEnd, paint);
  return {
    interactionTarget: target,
    interactionType: name.startsWith("key") ? "keyboard" : "pointer",
    interactionTime: tenth(startTime),
    inputDelay: tenth(start - startTime),
    processingDuration: tenth(end - start),
    presentationDelay: tenth(paint - end),
    longestScript: scriptWithin?.(startTime, end) ?? null,
  };
};

/** @param {import("./layout-shifts.js").Shift} fact */
const attributeCLS = ({ target, value, startTime }) => ({
  largestShiftTarget: target,
  largestShiftValue: Math.round(value * 1e4) / 1e4,
  largestShiftTime: tenth(startTime),
});

/**
 * Builds the attribution of a vital from the facts that the core kept.
 *
 * @param {ScriptWithin} [scriptWithin]
 * @returns {(name: string, value: number, fact: any) => any}
 */
export const openAttribution = (scriptWithin) => (name, value, fact) => {
  /** @type {Record<string, (fact: any, value: number, scriptWithin?: ScriptWithin) => any>} */
  const builders = { LCP: attributeLCP, INP: attributeINP, CLS: attributeCLS };
  return fact && builders[name]?.(fact, value, scriptWithin);
};
