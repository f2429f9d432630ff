// Options of the tracker: attributes of its tag, or `collector.configure()`.

import { setScrub } from "./addresses.js";
import { guard, parse } from "./guard.js";

/** @type {any} */
export const options = {
  /** Where events are posted; set to `events` beside the script. */
  endpoint: "",
  /** Name of the site. */
  site: location.hostname,
  /** Share of visitors that are measured, 0 to 1. */
  sample: 1,
  /** "ignore" also measures visitors who ask not to be tracked. */
  dnt: "",
  /** "required": nothing is stored or sent before collector.consent(true). */
  consent: "",
  /** "cookieless" or "anonymous": nothing is stored in the browser, and the server removes what identifies visitors. */
  privacy: "",
  /** Which part of the address makes a page view besides the path: "query" or "hash". `hash` is the same as "hash". */
  routes: "",
  hash: false,
  /** "count" also measures pages inside a frame. */
  frames: "",
  /** Modules that measure. */
  modules: "vitals navigation resources frames errors links",
  /** Whether the fingerprint is taken. */
  fingerprint: false,
  /** Whether console.error and failed requests of the page count as errors. */
  console: false,
  requests: false,
  /** Version of the site. */
  release: "",
  /** Properties of the visitor, sent with each page view. */
  user: {},
};

/** @param {string} module whether it measures */
export const has = (module) => options.modules.includes(module);

/** Whether a visitor is outside the sample: the end of an id is random, so it is always the same visitors. @param {string} visitor */
export const isOutsideSample = (visitor) => parseInt(visitor.slice(-8), 16) / 2 ** 32 >= options.sample;

/**
 * Changes the options that are given. Attributes are text: where the default is none, their text is parsed as JSON.
 *
 * @param {any} given
 */
export const changeOptions = (given) => {
  for (const name of Object.keys(options)) {
    const value = given[name] ?? options[name];
    guard(() => options[name] = typeof value === typeof options[name] ? value : value === "" || parse(value))();
  }
  if (given.scrub) setScrub(given.scrub);
};
