// What a site may choose: by attributes of the script's tag, or by collector.configure().

import { guard } from "./guard.js";

/** @param {string} base where the script came from */
export const defaultOptions = (base) => ({
  /** Where events are posted. */
  endpoint: base + "events",
  /** What the site is called. */
  site: location.hostname,
  /** Share of visitors that are measured, 0 to 1. */
  sample: 1,
  /** "ignore" measures visitors who ask not to be tracked, too. */
  dnt: "",
  /** "required": nothing is stored or sent before collector.consent(true). */
  consent: "",
  /** Whether what follows # is a part of the route. */
  hash: false,
  /** What is measured, by name. */
  modules: "vitals navigation resources frames errors links",
  /** Whether the fingerprint is taken. */
  fingerprint: false,
  /** Whether console.error counts as an error, and requests of the page that fail. */
  console: false,
  requests: false,
  /** Version of the site, to tell errors before a release from those after it. */
  release: "",
  /** Properties of the visitor, as they go into each page view. @type {Record<string, any>} */
  user: {},
});

/**
 * Takes over what is known. What is meant is of the usual kind; attributes are text, and say true, 0.5 or {"plan":"pro"} for what is not.
 *
 * @param {any} options
 * @param {Record<string, any>} given
 */
export const changeOptions = (options, given) => {
  for (const name in options) {
    const value = given[name] ?? options[name];
    guard(() => options[name] = typeof value === typeof options[name] ? value : value === "" || JSON.parse(value))();
  }
};
