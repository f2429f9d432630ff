// What the core loads after it has started: navigation, resources, long frames, links, reports of the browser, and the attribution
// of vitals. The browser keeps entries of what happened before.

import { openAttribution } from "./attribution.js";
import { ofDocument } from "./dom.js";
import { readHeap, watchFrames } from "./frames.js";
import { guard, later, listen, listenAgain } from "./guard.js";
import { watchHistory } from "./history.js";
import { watchLinks } from "./links.js";
import { readNavigation, summarizeResources } from "./load.js";
import { watchReports } from "./reports.js";
import { watchScrollDepth } from "./scroll-depth.js";
import { selector } from "./selector.js";
import { summarize } from "./summaries.js";
import { cleanText } from "./texts.js";

export { openSender } from "./sender.js";

/** Milliseconds after the load event in which the last entries arrive. */
const SETTLE_MS = 1500;

/** Takes over what the inline snippet has caught before the tracker. @param {any} errors */
const takeEarlyErrors = ({ capture, explain }) => {
  const count = explain(summarize);
  const early = /** @type {any} */ (self).collectorErrors;
  // Those that came later have been captured by the tracker itself.
  early?.splice(0).slice(0, count).forEach((/** @type {[any, any]} */ caught) => capture(...caught));
  if (early) early.push = Number;
};

/** @param {any} core functions of the core */
export const watchDetails = (
  { emit, has, load, options, vitals, errors, transport, changeRoute, addBreadcrumb },
) => {
  let isLoadReported = false;
  /** Long frames that were reported; the first report may say that there were none. @type {number | undefined} */
  let reportedFrames = -1;
  // The long frame of an interaction may be reported after it: then its attribution is reported again.
  const frames = has("frames")
    ? watchFrames(() => {
      const state = vitals?.current();
      if (state?.facts.INP) delete state.taken.INP;
    })
    : undefined;
  vitals?.explain(openAttribution(frames?.scriptWithin));
  if (!(/** @type {any} */ (self).navigation)) watchHistory(changeRoute);
  listen("online", transport.wake);
  if (has("links")) watchLinks(emit);
  if (has("errors")) {
    takeEarlyErrors(errors);
    if (options.console || options.requests) errors.start();
    watchReports(errors.add, new URL("collector", import.meta.url).href);
    listen("click", ({ target }) => addBreadcrumb("click", cleanText(selector(target))));
  }
  const depth = watchScrollDepth();
  // `document.open()` removes all listeners, and puts another root in.
  new MutationObserver(guard(listenAgain)).observe(document, { childList: true });

  /** The page's own load, once, in the page view that it belongs to. */
  const reportLoad = () => {
    if (isLoadReported) return;
    isLoadReported = true;
    if (has("navigation")) emit("navigation", readNavigation());
    if (has("resources")) emit("resources", summarizeResources((url) => url === options.endpoint));
  };
  const loaded = () => later(reportLoad, SETTLE_MS);
  if (document.readyState === "complete") loaded();
  else listen("load", loaded);

  /** @type {any} */
  let fingerprinting;

  return {
    /** Nothing has to be held back for consent. */
    allow: () => {
      if (!options.fingerprint) return;
      fingerprinting ??= load("fingerprint").then(async (/** @type {any} */ module) =>
        emit("fingerprint_ready", { fingerprints: await module.fingerprint() })
      ).catch(() => {});
    },
    scrollDepth: guard(depth.read),
    title: () => cleanText(ofDocument("title")),
    /** Reports what has changed, when a page view may end. */
    report: guard(() => {
      reportLoad();
      const values = frames?.read();
      if (values?.kind && values.count !== reportedFrames) emit("frames", { ...values, heap: readHeap() });
      reportedFrames = values?.count;
    }),
    /** Another page view begins. */
    restart: guard(() => {
      isLoadReported = true;
      reportedFrames = -1;
      frames?.restart();
      depth.restart();
    }),
  };
};
