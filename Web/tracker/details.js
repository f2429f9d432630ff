// What the core loads after it has started: navigation, resources, long frames, links, reports of the browser, and the attribution
// of vitals. The browser keeps entries of what happened before.

import { clean } from "./addresses.js";
import { openAttribution } from "./attribution.js";
import { addBreadcrumb, breadcrumbs } from "./breadcrumbs.js";
import { ofDocument } from "./dom.js";
import { readHeap, watchFrames } from "./frames.js";
import { guard, later, listen } from "./guard.js";
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

const isLoaded = () => ofDocument("readyState") === "complete";
const isOn = (/** @type {any} */ options, /** @type {string} */ module) => options.modules.includes(module);

/**
 * Reports the page's own load once, in the page view that it belongs to, when the load has ended.
 *
 * @param {any} core functions of the core
 * @returns {() => void} reports it now
 */
const watchLoad = ({ _emit: emit, _first: first, _options: options }) => {
  /** @type {[string, () => any][]} */
  const parts = [
    ["navigation", readNavigation],
    ["resources", () => summarizeResources((url) => url === options.endpoint)],
  ];
  const report = guard(() => {
    for (const [type, read] of [...parts]) {
      if (isOn(options, type)) emit(first, type, read());
      parts.shift();
    }
  });
  const loaded = () => later(report, SETTLE_MS);
  isLoaded() ? loaded() : listen("load", loaded);
  return report;
};

/** @param {any} core functions of the core */
const watchErrors = ({ _errors: errors, _options: options }) => {
  const count = errors._explain(summarize, () => breadcrumbs);
  /** What the inline snippet has caught before the tracker. */
  const early = /** @type {any} */ (self).collectorErrors;
  // Those that came later have been captured by the tracker itself.
  early?.splice(0).slice(0, count).forEach((/** @type {[any, any]} */ caught) => errors._capture(...caught));
  if (early) early.push = Number;
  if (options.console || options.requests) errors._start();
  // The address of all files of the tracker up to the end of its name.
  watchReports(errors._add, import.meta.url.split("-details")[0]);
  listen("click", ({ target }) => addBreadcrumb("click", selector(target)));
};

/** Watches long frames. One that is reported after its interaction has the attribution of the interaction reported again. @param {any} vitals */
const watchLongFrames = (vitals) =>
  watchFrames(({ startTime, duration }) => {
    const state = vitals?._current();
    const { _entry: entry } = state?._facts.INP ?? {};
    const isOver = !entry || startTime > entry.startTime + entry.duration || startTime + duration < entry.startTime;
    if (!isOver) delete state._taken.INP;
  });

/** @param {any} core functions of the core */
export const watchDetails = (core) => {
  const { _current: current, _options: options, _vitals: vitals } = core;
  const emit = (/** @type {string} */ type, /** @type {any} */ payload) => core._emit(current(), type, payload);
  /** Long frames that were reported; the first report may say that there were none. @type {number | undefined} */
  let reportedFrames = -1;
  const frames = isOn(options, "frames") ? watchLongFrames(vitals) : undefined;
  vitals?._explain(openAttribution(frames?._scriptWithin));
  listen("online", core._transport._wake);
  if (isOn(options, "links")) watchLinks(emit);
  if (isOn(options, "errors")) watchErrors(core);
  const depth = watchScrollDepth();
  const reportLoad = watchLoad(core);
  const restart = guard(() => {
    addBreadcrumb("route", clean(location.pathname));
    reportedFrames = -1;
    frames?._restart();
    depth._restart();
    // Elements of the page view before are not kept for longer than it can be reported.
    const [, past] = vitals?._states() ?? [];
    later(() => past?._longest.forEach((/** @type {any} */ one) => one.node = undefined), SETTLE_MS);
  });
  if (current() !== core._first) restart();

  return {
    _scrollDepth: guard(depth._read),
    _title: () => cleanText(ofDocument("title")),
    /** Reports what has changed, when a page view may end. */
    _report: guard((reason) => {
      if (reason === "pagehide" || isLoaded()) reportLoad();
      const values = frames?.read();
      if (values?.kind && values.count !== reportedFrames) emit("frames", { ...values, heap: readHeap() });
      reportedFrames = values?.count;
    }),
    /** Another page view begins. */
    _restart: restart,
  };
};
