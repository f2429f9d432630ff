// State of the page: site, range, filters and view. All of it is in the address, so a link shows the same.

import { DIMENSIONS, FILTERS_MAX } from "../kit/contract.js";
import { encodeFilters, parseFilters, withValue } from "./filters.js";
import { browserZone, isZone } from "../kit/times.js";

/** Names of parameters in the address. */
const NAMES = [
  ..."range from to zone interval site bots filters noise compare".split(" "),
  ..."metric chart by issue visitor type page key value find lists delta".split(" "),
];
/** Ranges that the server has names for. */
export const RANGES = Object.freeze({
  today: "Today",
  yesterday: "Yesterday",
  "24h": "24 h",
  "7d": "7 d",
  "30d": "30 d",
  "90d": "90 d",
});
const RANGE = "7d";

/** @type {Record<string, string>} */
let state = read();
/** @type {Set<(before: Record<string, string>) => void>} */
const listeners = new Set();

function read() {
  const query = new URLSearchParams(location.search);
  /** @type {Record<string, string>} */
  const result = {};
  for (const name of NAMES) {
    const value = query.get(name);
    if (value) result[name] = value;
  }
  if (result.zone && !isZone(result.zone)) delete result.zone;
  let filters = parseFilters(result.filters);
  for (const dimension of Object.keys(DIMENSIONS)) {
    const value = query.get(dimension);
    if (value && !NAMES.includes(dimension)) filters = withValue(filters, dimension, value);
  }
  result.filters = encodeFilters(filters.slice(0, FILTERS_MAX));
  if (!result.filters) delete result.filters;
  return result;
}

export const current = () => state;

/** @param {(before: Record<string, string>) => void} listener called after every change */
export const onState = (listener) => listeners.add(listener);

/**
 * Changes the state.
 *
 * @param {Record<string, string | null | undefined>} changes empty values are removed
 * @param {{isStep?: boolean}} [options] whether the change is a step in the history of the browser
 */
export function change(changes, { isStep = true } = {}) {
  const before = state;
  state = { ...state };
  for (const [name, value] of Object.entries(changes)) {
    if (value) state[name] = value;
    else delete state[name];
  }
  const url = addressWith({});
  if (isStep) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  for (const listener of listeners) listener(before);
}

/** The address of the page after changes. @param {Record<string, string | null | undefined>} changes */
export function addressWith(changes) {
  const entries = Object.entries({ ...state, ...changes }).filter(([, value]) => value);
  const query = new URLSearchParams(/** @type {[string, string][]} */ (entries)).toString();
  return `${location.pathname}${query ? `?${query}` : ""}${location.hash}`;
}

/** Changes the address, and draws nothing again. @param {Record<string, string | null | undefined>} changes */
export function note(changes) {
  history.replaceState(null, "", addressWith(changes));
  state = read();
}

addEventListener("popstate", () => {
  const before = state;
  state = read();
  for (const listener of listeners) listener(before);
});

export const filters = () => parseFilters(state.filters);

/** @param {import("./filters.js").Filter[]} list */
export const changeFilters = (list) => change({ filters: encodeFilters(list) });

/** Zones that the server does not know. @type {Set<string>} */
const unknownZones = new Set();
const chosenZone = () => state.zone ?? browserZone();

/** The one time zone of everything on the page. */
export const zone = () => unknownZones.has(chosenZone()) ? "UTC" : chosenZone();

/** The time zone that the server does not know and that UTC replaces. */
export const rejectedZone = () => unknownZones.has(chosenZone()) ? chosenZone() : null;

/** Goes on with UTC. @param {string} name of a zone that the server does not know */
export function rejectZone(name) {
  if (unknownZones.has(name)) return;
  unknownZones.add(name);
  if (name === chosenZone()) change({}, { isStep: false });
}

export const includesBots = () => state.bots === "include";
export const isComparing = () => state.compare !== "0";
export const isCustomRange = () => Boolean(state.from || state.to);
export const rangeName = () => isCustomRange() ? null : state.range && state.range in RANGES ? state.range : RANGE;

/** What reports are asked with. */
export function reportQuery() {
  return { ...rangeQuery(), bots: state.bots, filters: state.filters };
}

/** What reports with a series and a comparison are asked with. */
export function seriesQuery() {
  return { ...reportQuery(), interval: state.interval, compare: isComparing() ? undefined : "none" };
}

/** The same without filters, for what knows none. */
export function rangeQuery() {
  const { from, to, site } = state;
  return { ...(isCustomRange() ? { from, to } : { range: rangeName() }), zone: zone(), site };
}
