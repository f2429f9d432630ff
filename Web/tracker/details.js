// What there is to know besides: the page's own load, what it fetched, frames that were held up, links that lead away,
// what the browser reports. It is loaded apart, so that the core stays small; the browser keeps what happened before it came.

import { openAttribution } from "./attribution.js";
import { readHeap, watchFrames } from "./frames.js";
import { guard, later, listen, spentMs } from "./guard.js";
import { watchLinks } from "./links.js";
import { watchReports } from "./reports.js";
import { readNavigation, summariseResources } from "./load.js";

export { compress, unpack } from "./delivery-later.js";

/** Milliseconds after the load at which it is told of: then its last entries are there. */
const SETTLE_MS = 1500;

/** @typedef {{emit: (type: string, payload: any) => void, has: (module: string) => boolean, addError: ReturnType<typeof import("./errors.js").openErrors>["add"]}} Core */

/** @param {Core} core */
export const watchDetails = ({ emit, has, addError }) => {
  let isLoadTold = false;
  let hasRestarted = false;
  const frames = has("frames") ? watchFrames() : undefined;
  if (has("links")) watchLinks(emit);
  if (has("errors")) watchReports(addError, new URL("collector", import.meta.url).href);

  /** Of the page's own load, once, and only in its own view. */
  const tellLoad = () => {
    if (isLoadTold || hasRestarted) return;
    isLoadTold = true;
    if (has("navigation")) emit("navigation", readNavigation());
    if (has("resources")) emit("resources", summariseResources());
  };
  const loaded = () => later(tellLoad, SETTLE_MS);
  if (document.readyState === "complete") loaded();
  else listen("load", loaded);

  return {
    /** Everything there is to say when a view may end here. */
    tell: guard(() => {
      tellLoad();
      if (frames) emit("frames", { ...frames.read(), heap: readHeap() });
    }),
    /** Another view begins. */
    restart: guard(() => {
      hasRestarted = true;
      frames?.restart();
    }),
    /** Builds the attribution of vitals. */
    attribute: openAttribution(frames?.scriptWithin),
    /** Milliseconds of the page's thread that all this has taken. */
    spentMs: () => spentMs,
  };
};
