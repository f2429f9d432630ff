// Labels of values.

import { BOT_REASONS } from "../kit/contract.js";

/** Parts of vitals, by the names of web-vitals. @type {Record<string, string>} */
const PARTS = Object.freeze({
  timeToFirstByte: "Time to first byte",
  resourceLoadDelay: "Resource load delay",
  resourceLoadDuration: "Resource load duration",
  elementRenderDelay: "Element render delay",
  inputDelay: "Input delay",
  processingDuration: "Processing duration",
  presentationDelay: "Presentation delay",
});
/** @param {string} name */
export const partLabel = (name) => PARTS[name] ?? name;

/** How page views begin, by `navigationType`. @type {Record<string, string>} */
const NAVIGATIONS = Object.freeze({
  navigate: "Page load",
  reload: "Reload",
  back_forward: "Back or forward",
  prerender: "Prerendered load",
  restored: "Back/forward cache",
  bfcache: "Back/forward cache",
  route: "Route change",
  "soft-navigation": "Soft navigation",
});
/** @param {string} name */
export const navigationLabel = (name) => NAVIGATIONS[name] ?? name;
/** Page views without a load of their own. */
export const ROUTES = Object.freeze(["route", "soft-navigation"]);

/** Kinds of errors that are not the site's. @type {Record<string, string>} */
const NOISE = Object.freeze({
  extension: "Browser extension",
  resize_observer: "ResizeObserver loop",
  script_error: "Script error",
});
/** @param {string} kind */
export const noiseLabel = (kind) => NOISE[kind] ?? kind;

/** @param {string} reason */
export const reasonLabel = (reason) => BOT_REASONS[reason] ?? reason;

/**
 * Whether a series has figures. Zero errors in page views are a figure; no page views are none.
 *
 * @param {any[]} series @param {string} name
 */
export const hasFigures = (series, name) =>
  series.some((point) => point[name] || point.pageviews > 0 && point[name] !== null && point[name] !== undefined);

/** The label of a value; an empty one has a name, too. @param {string} value */
export const named = (value) => value === "" ? "(none)" : value;
