// The boundary between the page and the tracker: no exception of ours reaches the page, and no replaced built-in of the page
// reaches us.

import { TEXT_LENGTH_MAX } from "./limits.js";

export const now = () => performance.now();

/**
 * Wraps every function that the browser or the page calls: it never throws.
 *
 * @template {(...values: any[]) => any} Body
 * @param {Body} body
 * @returns {(...values: Parameters<Body>) => ReturnType<Body> | undefined}
 */
export const guard = (body) => (...values) => {
  try {
    return body(...values);
  } catch {
    // A page that has replaced what we use keeps working; the tracker does without.
  }
};

/** @param {any} value @returns {boolean} whether it is a function of the browser, not one of the page */
const isNative = (value) => Function.prototype.toString.call(value).includes("[native code]");

/** Where `JSON` and `Date` are the browser's own: this page, or a frame that is removed at once. @type {any} */
let realm = self;
if (![JSON.stringify, JSON.parse, Date].every(isNative)) {
  guard(() => {
    const frame = document.createElement("iframe");
    document.documentElement.append(frame);
    realm = frame.contentWindow ?? self;
    frame.remove();
  })();
}
const { JSON: { parse, stringify }, Date: CleanDate } = realm;

export { parse };

/** Milliseconds since 1970. @returns {number} */
export const epochMs = () => +new CleanDate();

/** The time as ISO 8601. @returns {string} */
export const timestamp = () => new CleanDate().toISOString();

/**
 * The JSON text of a value. A `toJSON` that the page has given to all arrays or objects (Prototype 1.6 does) is ignored; one
 * that a value has for itself, as dates have, is called. A BigInt becomes its digits.
 *
 * @param {any} value
 * @returns {string}
 */
export const toJSON = (value) =>
  // A function for each value takes time: only where the page has given a `toJSON`, and for what fails without it.
  !(/** @type {any} */ ([]).toJSON ?? /** @type {any} */ (BigInt.prototype).toJSON) && guard(stringify)(value) ||
  stringify(value, /** @this {any} @param {string} key @param {any} given */ function (key, given) {
    const own = this[key];
    if (typeof own === "bigint") return String(own);
    return Array.isArray(own) || own?.toJSON === /** @type {any} */ (Object.prototype).toJSON ? own : given;
  });

/** Each adds a listener. @type {(() => void)[]} */
const listeners = [];

/**
 * Listens in the capture phase, before the page does.
 *
 * @param {string} types separated by spaces
 * @param {(event: any) => void} listener
 * @param {EventTarget} [target]
 */
export const listen = (types, listener, target = self) => {
  const guarded = guard(listener);
  for (const type of types.split(" ")) {
    const add = () => target.addEventListener(type, guarded, true);
    add();
    listeners.push(add);
  }
};

/**
 * Adds all listeners again: `document.open()` removes those of the window and the document. Adding one that is still there
 * changes nothing.
 */
export const listenAgain = () => listeners.forEach((add) => add());

/** @param {() => void} body @param {number} [ms] */
export const later = (body, ms) => setTimeout(guard(body), ms);

/** Whether the browser reports entries of a type. @param {string} type @returns {boolean | undefined} */
export const isKnown = (type) => self.PerformanceObserver?.supportedEntryTypes.includes(type);

/**
 * Observes performance entries of a type, including those before the tracker started.
 *
 * @type {(type: string, each: (entry: any) => void, options?: object) => PerformanceObserver | undefined}
 * @returns nothing where the type is not supported
 */
export const observe = guard((type, each, options) => {
  if (!isKnown(type)) return;
  const observer = new PerformanceObserver(guard((list) => list.getEntries().forEach(each)));
  observer.observe({ type, buffered: true, ...options });
  return observer;
});

/** @param {string} type @returns {any[]} */
export const entriesOf = (type) => performance.getEntriesByType(type);

/** @returns {any} the entry of the page's own load; an empty object where there is none */
export const navigationEntry = () => entriesOf("navigation")[0] ?? {};

/** How the page was opened: the type of the navigation, or `prerender`. @returns {string} */
export const navigationKind = () => {
  const { activationStart, type } = navigationEntry();
  return activationStart ? "prerender" : type;
};

/** Browsers' clocks are precise to a tenth of a millisecond. */
export const tenth = (/** @type {number} */ value) => Math.round(value * 10) / 10;

/** @param {any} text @param {number} [max] characters */
export const cut = (text, max = TEXT_LENGTH_MAX) => String(text ?? "").slice(0, max);

/** The items with the largest value of a property, largest first. @param {any[]} items @param {string} name @param {number} [max] */
export const largest = (items, name, max = 10) =>
  [...items].sort((left, right) => right[name] - left[name]).slice(0, max);
