// Core Web Vitals by the definitions of web-vitals, for each page view: the page's load, each return from the back/forward
// cache, each route.

import { ofDocument } from "./dom.js";
import { entriesOf, isKnown, listen, navigationEntry, navigationKind, now, observe } from "./guard.js";
import { addInteraction, atPercentile, openFrames } from "./interactions.js";
import { openShifts } from "./layout-shifts.js";
import { firstHiddenTime, isLarger, largePaint, paintValue, SOFT } from "./paints.js";

/** @typedef {"LCP" | "INP" | "CLS" | "FCP" | "TTFB"} VitalName */
/** @typedef {Record<VitalName, number | null | undefined>} Vitals null where this browser cannot measure it, undefined without a value so far */
/** @typedef {ReturnType<typeof makeState>} State */
/** @typedef {(name: string, value: number, fact: any) => any} Attribute builds the attribution of a vital from the facts about it */

/** The shortest duration for which the browser reports an event, in milliseconds: the one that web-vitals asks for. */
const EVENT_MS_MIN = 40;
/** Page views that still take entries: events of an interaction are reported after the route that it opened. */
const STATES_MAX = 3;

/** When the page was first hidden; Infinity if never. @type {number} */
let firstHidden;
/** Layout shifts count once the page has been painted while it was visible. */
let isPainted = false;
/** When a prerendered page was activated. */
let activationStart = 0;
/** The newest first. @type {State[]} */
let states = [];
/** The page's own load. @type {State} */
let load;
/** Take what observers still hold. @type {(() => void)[]} */
const drains = [];

/**
 * Starts to watch whether the page is visible, and when a visitor interacts with it. Call it once, synchronously when the script
 * starts or when a prerendered page is activated: not every browser keeps a record of the time before.
 */
export const watchVisibility = () => {
  activationStart = navigationEntry().activationStart ?? 0;
  firstHidden = firstHiddenTime(entriesOf("visibility-state"), ofDocument("hidden"), activationStart);
  listen("keydown click visibilitychange", ({ isTrusted, timeStamp }) => {
    if (ofDocument("hidden")) firstHidden = Math.min(firstHidden, timeStamp);
    const [state] = states;
    // Content that appears after an input may be its effect. Before a route is painted, input belongs to the page view before it.
    if (isTrusted && state?._interaction) state._until = Math.min(state._until, now());
  });
};

/** All interactions so far, those included that were too fast for an entry. @returns {number} */
const interactionCount = () => /** @type {any} */ (performance).interactionCount ?? 0;

/** @param {string} type @returns {null | undefined} */
const ifKnown = (type) => isKnown(type) ? undefined : null;

/**
 * The state of a page view.
 *
 * @param {number} from when it began
 * @param {string} [kind] the type of the navigation, or what `restart` was called with
 * @param {boolean} [isRoute]
 */
const makeState = (from, kind, isRoute) => {
  const soft = isRoute && SOFT;
  return {
    _from: from,
    _kind: kind,
    /** Largest paints count until the page is hidden, or a visitor interacts with it. */
    _until: Infinity,
    _countBefore: interactionCount(),
    /** The interaction that a route came from; 0 until the route has been painted. */
    _interaction: isRoute ? 0 : -1,
    /** @type {Vitals} */
    _values: {
      LCP: ifKnown(soft || "largest-contentful-paint"),
      // Without ids, events cannot be merged into interactions.
      INP: "interactionId" in (self.PerformanceEventTiming?.prototype ?? {}) ? undefined : null,
      CLS: ifKnown("layout-shift"),
      FCP: ifKnown(soft || "paint"),
      TTFB: ifKnown(soft || "navigation"),
    },
    /** What attribution is built from. @type {Record<string, any>} */
    _facts: {},
    /** The values that were taken. @type {Record<string, any>} */
    _taken: {},
    _shifts: openShifts(),
    /** @type {import("./interactions.js").Interaction[]} */
    _longest: [],
  };
};

/** @param {State} state @param {VitalName} name @param {number | null | undefined} value @param {any} [fact] */
const set = ({ _values: values, _facts: facts }, name, value, fact) => {
  if (values[name] === null || value === undefined) return;
  // Of two paints at one time, the larger one is the attribution.
  facts[name] = fact;
  values[name] = value;
};

/** A page that never shifted has a value of 0, once it has been painted. @param {State} state */
const setShifts = (state) => {
  const { value, _largestShift: largestShift } = state._shifts._worstWindow;
  if (isPainted) set(state, "CLS", value, largestShift);
};

/** Fast interactions have no entry, but count for the percentile. @param {State} state */
const setInteraction = (state) => {
  const countAfter = states[states.indexOf(state) - 1]?._countBefore ?? interactionCount();
  const count = countAfter - state._countBefore;
  const found = atPercentile(state._longest, count, state !== load);
  set(state, "INP", found?.duration, found);
};

/** The first byte is known long before the response ends. */
const setFirstByte = () => {
  const { responseStart } = navigationEntry();
  if (responseStart) set(load, "TTFB", paintValue(responseStart, now(), activationStart));
};

/** The page view in which something began. @param {any} entry */
const stateOf = ({ startTime }) => states.find(({ _from: from }) => from <= startTime) ?? load;

/** @param {string} type @param {(entry: any) => void} each @param {object} [options] */
const watch = (type, each, options) => {
  const observer = observe(type, each, options);
  drains.push(() => observer?.takeRecords().forEach(each));
};

const watchPaints = () => {
  watch("layout-shift", (entry) => {
    const state = stateOf(entry);
    state._shifts._add(entry);
    setShifts(state);
  });
  watch("paint", ({ name, startTime }) => {
    const value = paintValue(startTime, firstHidden, activationStart);
    if (name !== "first-contentful-paint" || value === undefined) return;
    set(load, "FCP", value);
    isPainted = true;
    setShifts(load);
  });
  watch("largest-contentful-paint", (entry) => {
    const value = paintValue(entry.startTime, Math.min(firstHidden, load._until), activationStart);
    if (isLarger(entry, load._facts.LCP)) set(load, "LCP", value, largePaint(entry));
  });
};

const watchInteractions = () => {
  const frameOf = openFrames();
  /** @param {any} entry */
  const add = (entry) => {
    const frame = frameOf(entry);
    if (!entry.interactionId && entry.entryType === "event") return;
    const state = stateOf(entry);
    state._longest = addInteraction(state._longest, entry, frame);
    setInteraction(state);
  };
  watch("event", add, { durationThreshold: EVENT_MS_MIN });
  watch("first-input", add);
};

/**
 * Begins the next page view.
 *
 * @param {number} from
 * @param {string} kind "route", or what a return from the back/forward cache is called
 */
const restart = (from, kind) => {
  const isRoute = kind === "route" || kind === SOFT;
  const state = makeState(from, kind, isRoute);
  states = [state, ...states].slice(0, STATES_MAX);
  isPainted ||= !isRoute;
  setShifts(state);
  if (isRoute) return state;
  set(state, "TTFB", load._values.TTFB && 0);
  /** Two frames after its return, a page has been painted again. */
  const painted = () => {
    const value = now() - from;
    set(state, "FCP", value);
    set(state, "LCP", value, { _from: from });
    state._until = 0;
  };
  requestAnimationFrame(() => requestAnimationFrame(painted));
  return state;
};

/** Takes what observers still hold, and reads what has no observer. */
export const finish = () => {
  drains.forEach((drain) => drain());
  states.forEach(setInteraction);
  setFirstByte();
};

/** Starts to measure; to be called once, after `watchVisibility`. */
export const measureVitals = () => {
  load = makeState(0, navigationKind());
  states = [load];
  let attribute = /** @type {Attribute | undefined} */ (undefined);
  watchPaints();
  watchInteractions();
  setFirstByte();

  return {
    /** The state of the current page view. */
    _current: () => states[0],
    _restart: restart,
    // For soft-navigations.js.
    _states: () => states,
    _set: set,
    _watch: watch,
    _interactionCount: interactionCount,
    /**
     * Takes the function that builds attribution, which is loaded after the core. What was taken without it is taken again.
     *
     * @param {Attribute} given
     */
    _explain(given) {
      attribute = given;
      states.forEach((state) => state._taken = {});
    },
    /**
     * Gives the payload of a webvitals event to `report`, with the vitals that have changed since they were last taken, if any has. They are taken
     * once that has returned.
     *
     * @param {State} state
     * @param {boolean} isFinal whether the page view may end here; otherwise values that may still change are left out
     * @param {(payload: Record<string, any>) => void} report
     */
    _take({ _values: values, _facts: facts, _taken: taken, _kind: kind, _until: until }, isFinal, report) {
      finish();
      /** @type {any} */
      const payload = { navigationType: kind, attribution: {} };
      // INP and CLS may change until the end, LCP until something ends it.
      const changing = until < Infinity ? "INP CLS" : "INP CLS LCP";
      let fresh;
      for (const [name, exact] of Object.entries(values)) {
        const value = exact && Math.round(exact * 1e4) / 1e4;
        if (value === taken[name] || !isFinal && changing.includes(name)) continue;
        payload.attribution[name] = attribute?.(name, /** @type {number} */ (exact), facts[name]);
        payload[name] = value;
        fresh = payload;
      }
      if (!fresh) return;
      report(fresh);
      Object.assign(taken, fresh);
    },
  };
};
