// Figures of a visitor's timeline: times of page views and sessions, sources, and phases of navigations.

/** Seconds between two page views from which on the timeline names the gap. */
const GAP_SECONDS_MIN = 60;

/** @param {any} view @param {string} type */
export const eventOf = (view, type) => view.events.find((/** @type {any} */ event) => event.type === type);

/** The last payload of a type; later ones replace earlier ones. @param {any} view @param {string} type */
export const lastPayload = (view, type) =>
  view.events.filter((/** @type {any} */ event) => event.type === type).at(-1)?.payload ?? null;

/** @param {any} event */
const errorsOf = (event) => event.type === "error" ? Math.max(1, Math.floor(Number(event.payload?.count)) || 1) : 0;

/** Errors of a page view. @param {any} view */
export const errorsIn = (view) =>
  view.events.reduce((/** @type {number} */ sum, /** @type {any} */ event) => sum + errorsOf(event), 0);

/** Events of a page view that did not arrive: known by their numbers, or only counted. @param {any} view @param {boolean} isCut */
export function lostIn(view, isCut) {
  const begin = isCut ? view.events.find((/** @type {any} */ event) => event.seq)?.seq ?? 0 : 0;
  return view.missing.filter((/** @type {number} */ number) => number > begin);
}

/** Types that the tracker emits by itself. */
const OWN_TYPES = new Set(
  "pageview webvitals engagement resources navigation frames error fingerprint_ready".split(" "),
);
/** Custom events that the line of a page view names. */
const CUSTOM_MAX = 4;

/** Types of the custom events of a page view, in order. @param {any} view @returns {string[]} */
export const customTypes = (view) =>
  [...new Set(view.events.map((/** @type {any} */ event) => event.type))]
    .filter((type) => !OWN_TYPES.has(type)).slice(0, CUSTOM_MAX);

/** When a page view began and when its last event was received, in milliseconds. @param {any} view */
function timesOf(view) {
  const times = view.events.map((/** @type {any} */ event) => event.t);
  const least = Math.min(...times);
  return { start: eventOf(view, "pageview")?.t ?? least, end: Math.max(...times) };
}

/**
 * The page views of a session in the order of time.
 *
 * `time` is the time on the page in milliseconds: until the next page view, or the last event; null when nothing followed. `gap` is the time without
 * an event before the page view in seconds; 0 when it is short.
 *
 * @param {any} session @returns {{view: any, start: number, end: number, time: number | null, gap: number}[]}
 */
export function viewsOf(session) {
  const views = session.pageviews.map((/** @type {any} */ view) => ({ view, ...timesOf(view) }))
    .sort((/** @type {any} */ one, /** @type {any} */ other) => one.start - other.start);
  let last = 0;
  return views.map((/** @type {any} */ one, /** @type {number} */ index) => {
    const next = views[index + 1];
    const until = next ? next.start : one.end;
    const gap = index ? (one.start - last) / 1000 : 0;
    last = Math.max(last, one.end);
    return {
      ...one,
      time: until > one.start ? until - one.start : null,
      gap: gap >= GAP_SECONDS_MIN ? gap : 0,
    };
  });
}

/** @param {any} session */
export function summaryOf(session) {
  const views = viewsOf(session);
  const start = Math.min(...views.map((one) => one.start));
  const end = Math.max(...views.map((one) => one.end));
  return {
    ...{ views, start, end, duration: end - start },
    events: views.reduce((sum, { view }) => sum + view.events.length, 0),
    errors: views.reduce((sum, { view }) => sum + errorsIn(view), 0),
    entry: views[0].view.path ?? "/",
    exit: views[views.length - 1].view.path ?? "/",
    source: sourceOf(views[0].view),
  };
}

/** Where the visitor came from, by the first page view of a session. @param {any} view */
export function sourceOf(view) {
  const event = eventOf(view, "pageview") ?? view.events[0];
  const campaign = event.payload?.campaign ?? {};
  const named = campaign.utm_campaign || campaign.utm_source;
  const host = hostOf(event.referrer);
  const referrer = host === null ? "Direct" : host === event.site ? "Same site" : host;
  return typeof named === "string" && named ? `${referrer} · ${named}` : referrer;
}

/** @param {string | null} referrer */
function hostOf(referrer) {
  if (!referrer) return null;
  try {
    return new URL(referrer).hostname.replace(/^www\./, "") || referrer;
  } catch {
    return referrer;
  }
}

/** The value of a payload's member in the newest event that has it. @param {any[]} sessions @param {string} type @param {(payload: any, event: any) => any} member */
export function newest(sessions, type, member) {
  for (const session of sessions.toReversed()) {
    for (const view of session.pageviews.toReversed()) {
      for (const event of view.events.toReversed()) {
        const value = event.type === type ? member(event.payload ?? {}, event) : null;
        if (value !== null && value !== undefined && value !== "") return value;
      }
    }
  }
  return null;
}

/** The id that the site gave the visitor. @param {any[]} sessions */
export const identityOf = (sessions) =>
  newest(sessions, "identify", ({ id }) => id) ?? newest(sessions, "pageview", ({ user }) => user?.id);

/** @typedef {{name: string, label: string, start: number, duration: number}} Phase */

/** Phases by the members of Navigation Timing at which they begin and end. @type {[string, string, string[], string[]][]} */
const PHASES = [
  ["redirect", "Redirect", ["redirectStart"], ["redirectEnd"]],
  ["dns", "DNS", ["domainLookupStart"], ["domainLookupEnd"]],
  ["tcp", "TCP", ["connectStart"], ["secureConnectionStart", "connectEnd"]],
  ["tls", "TLS", ["secureConnectionStart"], ["connectEnd"]],
  ["wait", "Waiting", ["requestStart"], ["responseStart"]],
  ["download", "Download", ["responseStart"], ["responseEnd"]],
  ["dom", "Page processing", ["responseEnd"], ["domComplete"]],
];

/**
 * The phases of a navigation that took time, in milliseconds since its start.
 *
 * @param {any} payload of the event `navigation` @returns {Phase[]}
 */
export function phasesOf(payload) {
  const first = (/** @type {string[]} */ names) =>
    names.map((name) => Number(payload?.[name])).find((time) => time > 0);
  return PHASES.flatMap(([name, label, from, to]) => {
    const [start, end] = [first(from), first(to)];
    return start !== undefined && end !== undefined && end > start && end < 1e7
      ? [{ name, label, start, duration: end - start }]
      : [];
  });
}
