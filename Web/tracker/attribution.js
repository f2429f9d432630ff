// Attribution of vitals, with the names of web-vitals. Loaded after the core, which keeps the facts until then.

import { clean } from "./addresses.js";
import { navigationEntry, tenth } from "./guard.js";
import { selector } from "./selector.js";

/** @typedef {ReturnType<typeof import("./frames.js").watchFrames>["_scriptWithin"]} ScriptWithin */

/** The selector of an element, which stands in for it from then on: a removed one can be collected. @param {any} fact @param {string} key */
const nameOf = (fact, key) => {
  const name = typeof fact[key] === "string" ? fact[key] : selector(fact[key]);
  // An event with a target may still arrive.
  if (name) fact[key] = name;
  return name;
};

/**
 * The four parts of a largest paint. They sum up to it: no part ends before the one before it, nor after the paint.
 *
 * @param {any} fact `_from` where the page view is not the page's load
 * @param {number} value
 */
const attributeLCP = (fact, value) => {
  const { url, id, _from: from } = fact;
  const { activationStart = 0, responseStart } = from === undefined ? navigationEntry() : { activationStart: from };
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
    end = Math.min(value, Math.max(end, time - activationStart));
    return tenth(end - begin);
  });
  return {
    target: nameOf(fact, "element") || id && "#" + id,
    url: clean(url),
    timeToFirstByte,
    resourceLoadDelay,
    resourceLoadDuration,
    elementRenderDelay,
  };
};

/**
 * The three phases of an interaction, by the animation frame that presented it, and the script that took most of the wait.
 *
 * @param {import("./interactions.js").Interaction} fact
 * @param {ScriptWithin} [scriptWithin]
 */
const attributeINP = (fact, scriptWithin) => {
  const { _entry: entry, _frame: frame } = fact;
  // Of an interaction that the browser did not report, nothing is known.
  if (!entry) return;
  const { name, startTime, duration } = entry;
  // Handlers of all events of the frame held it up, also of those without an interaction.
  const start = Math.max(startTime, Math.min(...frame.map(({ processingStart }) => processingStart)));
  const paint = Math.max(startTime + duration, start);
  const end = Math.min(paint, Math.max(...frame.map(({ processingEnd }) => processingEnd)));
  return {
    interactionTarget: nameOf(fact, "node"),
    interactionType: name.startsWith("key") ? "keyboard" : "pointer",
    interactionTime: tenth(startTime),
    inputDelay: tenth(start - startTime),
    processingDuration: tenth(end - start),
    presentationDelay: tenth(paint - end),
    longestScript: scriptWithin?.(startTime, end) ?? null,
  };
};

/** @param {import("./layout-shifts.js").Shift} fact */
const attributeCLS = ({ _nodes: nodes, value, startTime }) => ({
  largestShiftTarget: selector(nodes.find((node) => node instanceof Element) ?? nodes[0]),
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
  if (!fact) return;
  if (name === "LCP") return attributeLCP(fact, value);
  return name === "INP" ? attributeINP(fact, scriptWithin) : name === "CLS" ? attributeCLS(fact) : undefined;
};
