// What is looked at: all of it is in the address, so that a link shows the same.

export const FILTERS = Object.freeze({
  path: "Page",
  referrer: "Referrer",
  browser: "Browser",
  system: "System",
  device: "Device",
  country: "Country",
  language: "Language",
  screen: "Screen",
  campaign: "Campaign",
  connection: "Connection",
  release: "Release",
  event: "Event",
});

/** What else the address may name. */
const NAMES = [
  "range",
  "from",
  "to",
  "site",
  "robots",
  "noise",
  "compare",
  "metric",
  "chart",
  "by",
  "issue",
  "visitor",
  "type",
  "key",
  "value",
  "find",
];

/** @type {Record<string, string>} */
let state = read();
/** @type {Set<(before: Record<string, string>) => void>} */
const listeners = new Set();

function read() {
  const query = new URLSearchParams(location.search);
  /** @type {Record<string, string>} */
  const result = {};
  for (const name of [...Object.keys(FILTERS), ...NAMES]) {
    const value = query.get(name);
    if (value) result[name] = value;
  }
  return result;
}

export const current = () => state;

/** @param {(before: Record<string, string>) => void} listener told of every change */
export const onState = (listener) => listeners.add(listener);

/**
 * Changes what is looked at.
 *
 * @param {Record<string, string | null | undefined>} changes what is empty goes
 * @param {{isStep?: boolean}} [options] whether "back" leads to what was before
 */
export function change(changes, { isStep = true } = {}) {
  const before = state;
  state = { ...state };
  for (const [name, value] of Object.entries(changes)) {
    if (value) state[name] = value;
    else delete state[name];
  }
  const query = new URLSearchParams(state).toString();
  const url = `${location.pathname}${query ? `?${query}` : ""}${location.hash}`;
  if (isStep) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  for (const listener of listeners) listener(before);
}

addEventListener("popstate", () => {
  const before = state;
  state = read();
  for (const listener of listeners) listener(before);
});

export const filters = () => Object.keys(FILTERS).filter((name) => state[name]).map((name) => [name, state[name]]);

/** What the API is asked with. */
export function question() {
  const { range, from, to, site, robots } = state;
  const times = from || to ? { from, to } : { range: range ?? "7d" };
  return { ...times, site, robots, ...Object.fromEntries(filters()) };
}

/** The same without filters, for what knows none. */
export function plainQuestion() {
  const { range, from, to, site } = state;
  return { ...(from || to ? { from, to } : { range: range ?? "7d" }), site };
}
