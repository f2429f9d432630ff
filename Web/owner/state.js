// State of the page: site, range, filters and view. All of it is in the address, so a link shows the same.

import { DIMENSIONS, FILTERS_MAX } from "../kit/contract.js";
import { encodeFilters, parseFilters, withValue } from "./filters.js";
import { narrowed, setLimits, wholeRangeLabel } from "./limits.js";
import { lengthInDays } from "../kit/ranges.js";
import { boundSeconds, browserZone, firstDayOfWeek, isZone } from "../kit/times.js";

/** Names of parameters in the address. */
const NAMES = [
  ..."range from to zone interval site bots filters noise compare".split(" "),
  ..."metric chart by sort versus a b issue state search offset visitor who order".split(" "),
  ..."type page key value find funnel period direction start via lists delta".split(" "),
];
/** Ranges that the server has names for, each with its key. @type {Record<string, {label: string, key: string}>} */
export const RANGES = Object.freeze({
  realtime: { label: "Realtime", key: "r" },
  today: { label: "Today", key: "d" },
  yesterday: { label: "Yesterday", key: "e" },
  "24h": { label: "Last 24 hours", key: "h" },
  "7d": { label: "Last 7 days", key: "w" },
  "30d": { label: "Last 30 days", key: "f" },
  "90d": { label: "Last 90 days", key: "n" },
  month: { label: "Month to date", key: "m" },
  last_month: { label: "Last month", key: "p" },
  year: { label: "Year to date", key: "y" },
  "12mo": { label: "Last 12 months", key: "l" },
  all: { label: "All time", key: "a" },
});
/** Those that have ended. */
const ENDED = new Set(["yesterday", "last_month"]);
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
 * @param {{isStep?: boolean, redraws?: boolean}} [options] whether the change is a step in the history of the browser,
 * and whether the view is shown again
 */
export function change(changes, { isStep = true, redraws = true } = {}) {
  const before = state;
  state = { ...state };
  for (const [name, value] of Object.entries(changes)) {
    if (value) state[name] = value;
    else delete state[name];
  }
  state = narrowed(state, zone(), RANGE);
  if (isStep) history.pushState(null, "", urlOf(state));
  else history.replaceState(null, "", urlOf(state));
  if (redraws) { for (const listener of listeners) listener(before); }
}

/** @param {Record<string, string>} values */
function urlOf(values) {
  const query = new URLSearchParams(values).toString();
  return `${location.pathname}${query ? `?${query}` : ""}${location.hash}`;
}

/** The address of the page with other filters, for links that can be opened in a new tab. @param {import("./filters.js").Filter[]} list */
export const addressWith = (list) => {
  const { filters: _, ...others } = state;
  const text = encodeFilters(list);
  return urlOf(text ? { ...others, filters: text } : others);
};

addEventListener("popstate", () => {
  const before = state;
  state = read();
  state = narrowed(state, zone(), RANGE);
  for (const listener of listeners) listener(before);
});

/** Goes on with what a guest can see. @param {import("./limits.js").Limits | null} limits null for all data */
export function limitState(limits) {
  setLimits(limits);
  if (limits !== null) change({}, { isStep: false, redraws: false });
}

export const filters = () => parseFilters(state.filters);

/** @param {import("./filters.js").Filter[]} list */
export const changeFilters = (list) => change({ filters: encodeFilters(list) });

/** Zones that the server does not know. @type {Set<string>} */
const unknownZones = new Set();
/** Time zones that the server keeps, by site; that of the empty name is for the others. @type {Map<string, string>} */
let siteZones = new Map();

/** @param {[string, string][]} zones */
export function setSiteZones(zones) {
  siteZones = new Map(zones.filter(([, name]) => isZone(name)));
}

/** The time zone that the server keeps for exactly this site. @param {string} site */
export const siteZone = (site) => siteZones.get(site) ?? null;

const chosenZone = () => state.zone ?? siteZones.get(state.site ?? "") ?? siteZones.get("") ?? browserZone();

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

/** The label of a range, which for guests of a limited link is that of all that they can see. @param {string} name */
export const rangeLabel = (name) => (name === "all" ? wholeRangeLabel() : null) ?? RANGES[name].label;

/** The bounds of the range, as they are in the address. */
export const rangeBounds = () => {
  const { from, to } = state;
  return isCustomRange() ? { from, to } : { range: rangeName() };
};

/** The range in seconds, if it has bounds. */
export function rangeSeconds() {
  const { from, to } = state;
  const start = from ? boundSeconds(from, zone()) : null;
  if (start === null) return null;
  const end = to ? boundSeconds(to, zone(), { isEnd: true }) : null;
  return { from: start, to: end ?? Date.now() / 1000 };
}

/** About how many days the range has; null for all time. */
export function rangeDays() {
  const seconds = rangeSeconds();
  const days = lengthInDays(rangeBounds(), zone(), Date.now() / 1000);
  return days ?? (seconds ? (seconds.to - seconds.from) / 86_400 : null);
}

/** Whether the range has ended, so that its figures do not change. */
export const isRangeOver = () =>
  isCustomRange() ? Boolean(state.to) && (rangeSeconds()?.to ?? 0) < Date.now() / 1000 : ENDED.has(String(rangeName()));

/** What reports are asked with. */
export function reportQuery() {
  return { ...rangeQuery(), bots: state.bots, filters: state.filters };
}

/** What reports with a series and a comparison are asked with. */
export function seriesQuery() {
  return {
    ...{ ...reportQuery(), interval: state.interval, compare: isComparing() ? undefined : "none" },
    week_start: firstDayOfWeek(),
  };
}

/** The same without filters, for what knows none. */
export function rangeQuery() {
  const { from, to, site } = state;
  return { ...(isCustomRange() ? { from, to } : { range: rangeName() }), zone: zone(), site };
}
