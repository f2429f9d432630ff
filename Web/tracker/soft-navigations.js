// Soft navigations: routes of a single-page application whose paints the browser reports. Loaded at the first route.

export { watchHistory } from "./history.js";
import { largePaint, paintedRoute, SOFT } from "./paints.js";

/** Soft navigations of one page view whose vitals are kept. */
const NAVIGATIONS_MAX = 10;

/**
 * @param {ReturnType<typeof import("./vitals.js").measureVitals>} vitals
 * @param {() => any} pageview the current one
 */
export const watchRoutes = (
  { _states: states, _set: set, _watch: watch, _restart: restart, _interactionCount: interactionCount },
  pageview,
) => {
  /** @param {import("./vitals.js").State | undefined} state @param {any} entry */
  const paint = (state, { startTime, duration, largestContentfulPaint }) => {
    if (state && startTime + duration < state._until) {
      set(state, "LCP", duration, { ...largePaint(largestContentfulPaint ?? {}), _from: startTime });
    }
  };
  /** @param {any} entry */
  const find = ({ interactionId }) => states().find((state) => state._interaction === interactionId);
  watch(SOFT, (entry) => {
    const route = paintedRoute(states(), entry);
    if (find(entry)) return;
    const { startTime, duration, interactionId } = entry;
    const state = route ?? restart(startTime + duration, SOFT);
    state._interaction = interactionId;
    // The interaction that opened the route is one of the page view before it.
    state._countBefore = interactionCount();
    set(state, "TTFB", 0);
    set(state, "FCP", duration);
    paint(state, entry.getLargestInteractionContentfulPaint() ?? {});
    // One that is no page view has vitals of its own.
    const of = pageview();
    if (!route && of) of._vitals = [...of._vitals.slice(1 - NAVIGATIONS_MAX), state];
  });
  watch("interaction-contentful-paint", (entry) => paint(find(entry), entry));
};
