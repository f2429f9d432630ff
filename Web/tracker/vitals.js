// LCP, INP, CLS, FCP, TTFB and FID by their definitions at web.dev/vitals, for each view of a page: its load, what came back from the
// back/forward cache, and the routes of a single-page application.

import { bare, entriesOf, isKnown, largest, listen, navigationEntry, now, observe, selector, tenth } from "./guard.js";

/** @typedef {"LCP" | "INP" | "CLS" | "FCP" | "TTFB" | "FID"} VitalName */
/** @typedef {Record<VitalName, number | null | undefined>} Vitals null where this browser cannot tell, never 0; undefined as long as it has not told */
/** @typedef {ReturnType<typeof makeState>} State */

/** Interactions kept to find the one at the 98th percentile. */
const INTERACTIONS_MAX = 10;
/** Milliseconds below which the browser need not report an interaction, and what one below it counts when no other is known. */
const INTERACTION_THRESHOLD_MS = 40;
const SHORT_INTERACTION_MS = 8;
/** The click that led to a route is told of after the route has begun; longer ago nothing is outstanding. */
const STATES_MAX = 3;

/**
 * The interaction at the 98th percentile, among the longest that were kept.
 *
 * @template Item
 * @param {Item[]} longest the longest first
 * @param {number} count of all interactions
 */
export const atPercentile = (longest, count) => longest[Math.min(longest.length - 1, Math.floor(count / 50))];

/** @returns {number} */
const interactionCount = () => /** @type {any} */ (performance).interactionCount ?? 0;

/** @param {string} type @returns {null | undefined} */
const ifKnown = (type) => isKnown(type) ? undefined : null;

/** Without ids the events of one interaction cannot be told from those of another. */
const hasIds = () => "interactionId" in (/** @type {any} */ (self).PerformanceEventTiming?.prototype ?? {});

/**
 * What is known of a view.
 *
 * @param {number} from when it began
 * @param {"load" | "restored" | "route"} kind
 */
const makeState = (from, kind) => {
  const ofRoute = kind === "route" ? "soft-navigation" : "";
  return {
    from,
    kind,
    countBefore: interactionCount(),
    isLargestFinal: false,
    /** The interaction that a route came of. */
    interaction: 0,
    /** @type {Vitals} */
    values: {
      LCP: ifKnown(ofRoute || "largest-contentful-paint"),
      INP: hasIds() ? ifKnown("event") : null,
      CLS: ifKnown("layout-shift"),
      FCP: ifKnown(ofRoute || "paint"),
      TTFB: ifKnown(ofRoute || "navigation"),
      FID: kind === "load" ? ifKnown("first-input") : null,
    },
    /** What each is owed to. @type {Record<string, any>} */
    parts: {},
    /** The window of shifts that is open. */
    sum: 0,
    first: 0,
    last: 0,
    most: 0,
    shifted: {},
    /** The longest event of each interaction. @type {any[]} */
    interactions: [],
  };
};

/**
 * Starts measuring.
 *
 * @param {(name: VitalName, value: number) => void} [changed] told of every change in the view that lasts
 * @param {(from: number, to: number) => any} [scriptWithin] the script that took longest between two times
 */
export const measureVitals = (changed, scriptWithin) => {
  const { activationStart = 0, responseStart, responseEnd } = navigationEntry();
  const load = makeState(0, "load");
  /** The latest first. */
  let states = [load];
  /** @type {(() => void)[]} */
  const finishers = [];
  // What is painted after the page was first hidden was not waited for by anybody; some browsers keep a record of what was before us.
  let firstHidden =
    entriesOf("visibility-state").find(({ name, startTime }) => name === "hidden" && startTime >= activationStart)
      ?.startTime ?? (document.hidden ? 0 : Infinity);

  /** @param {State} state @param {VitalName} name @param {number} value @param {any} [part] */
  const set = ({ values, parts }, name, value, part) => {
    if (values[name] === null || values[name] === value) return;
    values[name] = value;
    parts[name] = part;
    if (values === states[0].values) changed?.(name, value);
  };

  /** The view in which something began. @param {any} entry */
  const stateOf = ({ startTime }) => states.find(({ from }) => from <= startTime) ?? load;

  /** @param {number} time @returns {number} milliseconds since the page was asked for by a visitor */
  const since = (time) => Math.max(0, time - activationStart);

  /** @param {string} type @param {(entry: any) => void} each @param {object} [options] */
  const watch = (type, each, options) => {
    const observer = observe(type, each, options);
    finishers.push(() => observer?.takeRecords().forEach(each));
  };

  watch("layout-shift", (entry) => {
    const { hadRecentInput, startTime, value, sources } = entry;
    if (hadRecentInput) return;
    const state = stateOf(entry);
    // Shifts add up within a window: less than a second apart, five seconds in all. The worst window counts.
    if (startTime - state.last >= 1000 || startTime - state.first >= 5000 || !state.sum) {
      state.sum = state.most = 0;
      state.first = startTime;
    }
    state.last = startTime;
    state.sum += value;
    if (value > state.most) {
      state.most = value;
      const { node } = sources.find((/** @type {any} */ source) => source.node) ?? {};
      state.shifted = { element: selector(node), value, time: tenth(startTime) };
    }
    if (state.sum > (state.values.CLS ?? 0)) set(state, "CLS", state.sum, state.shifted);
  });
  watch("paint", ({ name, startTime }) => {
    if (!/content/.test(name)) return;
    if (startTime < firstHidden) set(load, "FCP", since(startTime));
    // A page that never shifted has a CLS of 0, once it has painted at all.
    set(load, "CLS", load.values.CLS ?? 0, load.parts.CLS);
  });
  watch("largest-contentful-paint", ({ startTime, element, url }) => {
    if (load.isLargestFinal || startTime >= firstHidden) return;
    const value = since(startTime);
    /** @type {any} */
    const { requestStart, startTime: asked, responseEnd } = performance.getEntriesByName(url || "-")[0] ?? {};
    // Four parts that add up to it: none ends before the one before it, nor after the paint.
    let end = 0;
    const [ttfb, loadDelay, loadTime, renderDelay] = [responseStart, requestStart || asked, responseEnd, startTime].map(
      (time) => {
        const start = end;
        end = Math.min(value, Math.max(end, since(time ?? 0)));
        return tenth(end - start);
      },
    );
    set(load, "LCP", value, { element: selector(element), url: bare(url), ttfb, loadDelay, loadTime, renderDelay });
  });

  /** @param {any} entry */
  const interact = (entry) => {
    const { interactionId, entryType, duration, target } = entry;
    if (!interactionId && entryType === "event") return;
    const state = stateOf(entry);
    const { interactions } = state;
    const known = interactions.find(({ id }) => id === interactionId);
    if (known?.duration >= duration) return;
    // What it was done to may be gone when it is told.
    const found = { id: interactionId, duration, entry, element: selector(target) };
    state.interactions = largest([...interactions.filter((one) => one !== known), found], "duration", INTERACTIONS_MAX);
    const count = Math.max(interactionCount() - state.countBefore, state.interactions.length);
    set(state, "INP", atPercentile(state.interactions, count).duration);
  };
  watch("event", interact, { durationThreshold: INTERACTION_THRESHOLD_MS });
  watch("first-input", (entry) => {
    set(stateOf(entry), "FID", entry.processingStart - entry.startTime);
    interact(entry);
  });

  // Routes: the browser tells when one has been painted, and what of it was largest so far.
  /** @param {State | undefined} state @param {any} entry */
  const paintRoute = (state, entry) => {
    if (!state || state.isLargestFinal) return;
    const { element, url } = entry.largestContentfulPaint;
    set(state, "LCP", Math.max(entry.duration, state.values.LCP ?? 0), { element: selector(element), url: bare(url) });
  };
  watch("soft-navigation", (entry) => {
    // The first route after what somebody did is what came of it.
    const state = states.filter(({ kind, from }) => kind === "route" && from >= entry.startTime).pop();
    if (!state || state.interaction) return;
    state.interaction = entry.interactionId;
    set(state, "TTFB", 0);
    set(state, "FCP", entry.duration);
    paintRoute(state, entry.getLargestInteractionContentfulPaint());
  });
  watch(
    "interaction-contentful-paint",
    (entry) => paintRoute(states.find(({ interaction }) => interaction === entry.interactionId), entry),
  );

  /** Takes what observers still hold. */
  const finish = () => {
    for (const finishOne of finishers) finishOne();
    const [state] = states;
    // The browser counts interactions that were too short to be told of.
    if (state !== load && interactionCount() > state.countBefore) {
      set(state, "INP", state.values.INP ?? SHORT_INTERACTION_MS);
    }
  };

  listen("keydown click visibilitychange", ({ type, isTrusted, timeStamp }) => {
    const isHiding = type === "visibilitychange";
    if (isHiding ? !document.hidden : !isTrusted) return;
    if (isHiding) firstHidden = Math.min(firstHidden, timeStamp);
    // Content that appears after somebody acted may have come because of it. What scripts dispatch is nobody's act.
    finish();
    states[0].isLargestFinal = true;
  });
  // A clock that is rounded may well say 0.
  if (responseEnd) set(load, "TTFB", since(responseStart));

  return {
    /** The view that lasts. */
    state: () => states[0],
    finish,
    /** What each is owed to; of an INP its event, where its time went, and the script that took most of it. @param {State} state */
    attribution: ({ interactions, values, parts }) => {
      const { entry, element } = interactions.find(({ duration }) => duration === values.INP) ?? {};
      if (!entry) return parts;
      const { name, startTime, duration, processingStart, processingEnd } = entry;
      const end = startTime + duration;
      const INP = {
        element,
        event: name,
        time: tenth(startTime),
        inputDelay: tenth(processingStart - startTime),
        processing: tenth(processingEnd - processingStart),
        presentation: tenth(Math.max(0, end - processingEnd)),
        script: scriptWithin?.(startTime, end),
      };
      return { ...parts, INP };
    },
    /**
     * Begins again: the page came back from the back/forward cache, or shows another route.
     *
     * @param {number} from when it did
     * @param {"restored" | "route"} kind
     */
    restart: (from, kind) => {
      const state = makeState(from, kind);
      states = [state, ...states].slice(0, STATES_MAX);
      set(state, "CLS", 0);
      if (kind === "route") return;
      set(state, "TTFB", 0);
      // Two frames later what was restored has been painted.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          set(state, "FCP", now() - from);
          set(state, "LCP", now() - from);
          state.isLargestFinal = true;
        })
      );
    },
  };
};
