// LCP, INP, CLS, FCP, TTFB and FID by their definitions at web.dev/vitals. What a browser does not report stays null, never 0.

/** @typedef {"LCP" | "INP" | "CLS" | "FCP" | "TTFB" | "FID"} VitalName */
/** @typedef {Record<VitalName, number | null>} Vitals */

/** Upper bounds of "good" and of "needs improvement". */
export const THRESHOLDS = Object.freeze({
  LCP: [2500, 4000],
  INP: [200, 500],
  CLS: [0.1, 0.25],
  FCP: [1800, 3000],
  TTFB: [800, 1800],
  FID: [100, 300],
});

/**
 * @param {VitalName} name
 * @param {number} value
 * @returns {"good" | "fair" | "poor"}
 */
export function rating(name, value) {
  const [good, fair] = THRESHOLDS[name];
  return value <= good ? "good" : value <= fair ? "fair" : "poor";
}

/** Interactions kept to find the one at the 98th percentile. */
const INTERACTIONS_MAX = 10;
/** Milliseconds below which the browser need not report an interaction. */
const INTERACTION_THRESHOLD_MS = 40;

/**
 * @param {string} type
 * @param {(entry: any) => void} each
 * @param {object} [options]
 * @returns {PerformanceObserver | undefined} nothing where the type is not supported
 */
export function observe(type, each, options = {}) {
  try {
    if (!PerformanceObserver.supportedEntryTypes.includes(type)) return undefined;
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(each));
    observer.observe(/** @type {any} */ ({ type, buffered: true, ...options }));
    return observer;
  } catch {
    return undefined;
  }
}

/**
 * Starts measuring.
 *
 * @param {(name: VitalName, value: number) => void} changed told of every change
 */
export function measureVitals(changed) {
  /** @type {Vitals} */
  const values = { LCP: null, INP: null, CLS: null, FCP: null, TTFB: null, FID: null };
  /** @type {Setter} */
  const set = (name, value) => {
    if (values[name] === value) return;
    values[name] = value;
    changed(name, value);
  };
  const start = navigationEntry()?.activationStart ?? 0;
  const visibility = watchVisibility(start);
  const paint = firstContentfulPaint(set, start, visibility);
  const largest = largestContentfulPaint(set, start, visibility);
  const shift = layoutShift(set, values);
  const interaction = interactions(set);
  timeToFirstByte(set, start);
  const supported = {
    LCP: Boolean(largest),
    INP: Boolean(interaction.event),
    CLS: Boolean(shift),
    FCP: Boolean(paint),
    TTFB: Boolean(navigationEntry()),
    FID: Boolean(interaction.first),
  };
  return {
    values,
    supported,
    /** Takes what observers still hold. */
    finish() {
      for (const observer of [paint, largest, shift, interaction.event, interaction.first]) observer?.flush();
    },
    /**
     * Begins again: the page came back from the back/forward cache, which is a view of its own.
     *
     * @param {number} from when it came back
     */
    restart(from) {
      for (const name of /** @type {VitalName[]} */ (Object.keys(values))) values[name] = null;
      shift?.reset();
      interaction.reset();
      if (supported.TTFB) set("TTFB", 0);
      // Two frames later what was restored has been painted.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          const painted = performance.now() - from;
          if (supported.FCP) set("FCP", painted);
          if (supported.LCP) set("LCP", painted);
          if (supported.CLS && values.CLS === null) set("CLS", 0);
        })
      );
    },
  };
}

/** @typedef {(name: VitalName, value: number) => void} Setter */

/** @returns {any} */
const navigationEntry = () => performance.getEntriesByType("navigation")[0];

/**
 * When the page was first hidden: what is painted later was not waited for by anybody.
 *
 * @param {number} start
 */
function watchVisibility(start) {
  /** Known even if it happened before this script came, where the browser keeps a record. */
  const earlier = performance.getEntriesByType("visibility-state").find((entry) =>
    entry.name === "hidden" && entry.startTime >= start
  );
  const isHidden = document.visibilityState === "hidden";
  const state = { firstHidden: earlier?.startTime ?? (isHidden ? 0 : Infinity) };
  addEventListener("visibilitychange", (event) => {
    if (document.visibilityState === "hidden") state.firstHidden = Math.min(state.firstHidden, event.timeStamp);
  }, true);
  return state;
}

/**
 * An observer whose pending records can be taken at once.
 *
 * @param {string} type
 * @param {(entry: any) => void} each
 * @param {object} [options]
 */
function flushable(type, each, options) {
  const observer = observe(type, each, options);
  return observer && { flush: () => observer.takeRecords().forEach(each), stop: () => observer.disconnect() };
}

/**
 * @param {Setter} set
 * @param {number} start
 * @param {{firstHidden: number}} visibility
 */
function firstContentfulPaint(set, start, visibility) {
  return flushable("paint", (entry) => {
    if (entry.name !== "first-contentful-paint" || entry.startTime >= visibility.firstHidden) return;
    set("FCP", Math.max(entry.startTime - start, 0));
  });
}

/**
 * @param {Setter} set
 * @param {number} start
 * @param {{firstHidden: number}} visibility
 */
function largestContentfulPaint(set, start, visibility) {
  let isFinal = false;
  const observer = flushable("largest-contentful-paint", (entry) => {
    if (isFinal || entry.startTime >= visibility.firstHidden) return;
    set("LCP", Math.max(entry.startTime - start, 0));
  });
  // Content that appears after somebody acted may have come because of it. What scripts dispatch is nobody's act.
  const end = (/** @type {Event} */ event) => {
    const isAct = event.type === "visibilitychange" ? document.visibilityState === "hidden" : event.isTrusted;
    if (!isAct || isFinal) return;
    observer?.flush();
    isFinal = true;
    observer?.stop();
  };
  for (const type of ["keydown", "click", "visibilitychange"]) addEventListener(type, end, { capture: true });
  return observer;
}

/**
 * Shifts add up within a window: less than a second apart, five seconds in all. The worst window counts.
 *
 * @param {Setter} set
 * @param {Vitals} values
 */
function layoutShift(set, values) {
  let sum = 0;
  let first = 0;
  let last = 0;
  const observer = flushable("layout-shift", (entry) => {
    if (entry.hadRecentInput) return;
    const continues = sum > 0 && entry.startTime - last < 1000 && entry.startTime - first < 5000;
    if (!continues) [sum, first] = [0, entry.startTime];
    last = entry.startTime;
    sum += entry.value;
    if (sum > (values.CLS ?? 0)) set("CLS", sum);
  });
  if (!observer) return undefined;
  // A page that never shifted has a CLS of 0, once it has painted at all.
  observe("paint", (entry) => {
    if (entry.name === "first-contentful-paint" && values.CLS === null) set("CLS", 0);
  });
  return { ...observer, reset: () => [sum, first, last] = [0, 0, 0] };
}

/**
 * The interaction at the 98th percentile, among the longest that were kept.
 *
 * @param {number[]} durations
 * @param {number} count of all interactions
 */
export function interactionToNextPaint(durations, count) {
  const ordered = [...durations].sort((left, right) => right - left);
  return ordered[Math.min(ordered.length - 1, Math.floor(count / 50))] ?? null;
}

/**
 * INP by the longest event of each interaction; FID is the delay of the first.
 *
 * @param {Setter} set
 */
function interactions(set) {
  /** @type {Map<number, number>} */
  const longest = new Map();
  const countNow = () => /** @type {any} */ (performance).interactionCount ?? 0;
  let countBefore = 0;
  const take = (/** @type {any} */ entry) => {
    if (!entry.interactionId && entry.entryType !== "first-input") return;
    const id = entry.interactionId ?? 0;
    longest.set(id, Math.max(longest.get(id) ?? 0, entry.duration));
    const ordered = [...longest.entries()].sort((left, right) => right[1] - left[1]);
    for (const [dropped] of ordered.splice(INTERACTIONS_MAX)) longest.delete(dropped);
    const value = interactionToNextPaint([...longest.values()], Math.max(countNow() - countBefore, longest.size));
    if (value !== null) set("INP", value);
  };
  // Without ids the events of one interaction cannot be told from those of another.
  const hasIds = "PerformanceEventTiming" in globalThis &&
    "interactionId" in /** @type {any} */ (globalThis).PerformanceEventTiming.prototype;
  return {
    event: hasIds ? flushable("event", take, { durationThreshold: INTERACTION_THRESHOLD_MS }) : undefined,
    first: flushable("first-input", (entry) => {
      set("FID", entry.processingStart - entry.startTime);
      if (hasIds) take(entry);
    }),
    reset() {
      longest.clear();
      countBefore = countNow();
    },
  };
}

/**
 * @param {Setter} set
 * @param {number} start
 */
function timeToFirstByte(set, start) {
  const entry = navigationEntry();
  if (entry && entry.responseStart > 0) set("TTFB", Math.max(entry.responseStart - start, 0));
}
