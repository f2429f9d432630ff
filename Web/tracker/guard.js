// The edge between a page and us: nothing that goes wrong here reaches the page, and what it costs the page is added up.

/** Milliseconds that our code has kept the page's thread; what the browser rounds away is not in it. */
export let spentMs = 0;
let depth = 0;

export const now = () => performance.now();

// Taken once: a page may replace them later.
const { Date, JSON } = self;
export const { parse } = JSON;

/** The time as ISO 8601. */
export const timestamp = () => new Date().toISOString();

/**
 * The JSON text of a value. A `toJSON` that the page has given to all arrays or objects (Prototype 1.6 does) is ignored.
 *
 * @param {any} value
 * @returns {string}
 */
export const toJSON = (value) =>
  JSON.stringify(value, /** @this {any} @param {string} key @param {any} given */ function (key, given) {
    const own = this[key];
    return Array.isArray(own) || own?.toJSON === /** @type {any} */ (Object.prototype).toJSON ? own : given;
  });

/**
 * Everything that the browser or the page calls goes through one of these.
 *
 * @template {(...values: any[]) => any} Body
 * @param {Body} body
 * @returns {(...values: Parameters<Body>) => ReturnType<Body> | undefined}
 */
export const guard = (body) => (...values) => {
  const start = now();
  depth++;
  try {
    return body(...values);
  } catch {
    // A page that has replaced what we use still works; we do without.
  } finally {
    if (!--depth) spentMs += now() - start;
  }
};

/**
 * Listens before the page does.
 *
 * @param {string} types separated by spaces
 * @param {(event: any) => void} listener
 * @param {EventTarget} [target]
 */
export const listen = (types, listener, target = self) =>
  types.split(" ").forEach((type) => target.addEventListener(type, guard(listener), true));

/** @param {() => void} body @param {number} [ms] */
export const later = (body, ms) => setTimeout(guard(body), ms);

/** Whether the browser tells of such entries at all. @param {string} type @returns {boolean | undefined} */
export const isKnown = (type) => self.PerformanceObserver?.supportedEntryTypes.includes(type);

/**
 * Observes entries of a type, those before us included.
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

/** @returns {any} the entry of the page's own load; an empty one where there is none */
export const navigationEntry = () => entriesOf("navigation")[0] ?? {};

/** One decimal is what clocks of browsers are worth. */
export const tenth = (/** @type {number} */ value) => Math.round(value * 10) / 10;

/** @param {any} text @param {number} [max] characters */
export const cut = (text, max = 300) => String(text ?? "").slice(0, max);

/** An address without what may hold anything: no query, no fragment. @param {any} url */
export const bare = (url) => cut(url).split(/[?#]/)[0];

/**
 * Properties of an object of the browser's, which do not serialise by themselves: numbers to a tenth, texts without what follows a question mark, null
 * for what the browser does not know.
 *
 * @param {any} from
 * @param {string} names separated by spaces
 * @returns {Record<string, any>}
 */
export const pick = (from, names) => {
  /** @type {Record<string, any>} */
  const found = {};
  for (const name of names.split(" ")) {
    const value = from[name] ?? null;
    found[name] = value?.toFixed ? tenth(value) : value?.trim ? bare(value) : value;
  }
  return found;
};

/** Those with the largest value of a property, the largest first. @param {any[]} items @param {string} name @param {number} [max] */
export const largest = (items, name, max = 10) =>
  [...items].sort((left, right) => right[name] - left[name]).slice(0, max);

/**
 * A selector of an element, or of the element of a text: at most four levels, up to an id.
 *
 * @param {any} node
 * @returns {string}
 */
export const selector = (node, levels = 4) => {
  if (!levels || !node?.localName) return "";
  const { localName, classList, parentNode } = node;
  // A form control named "id" would stand in for the property.
  const id = node.getAttribute?.("id");
  const own = cut(localName + (id ? "#" + id : classList[0] ? "." + classList[0] : ""), 60);
  const above = id ? "" : selector(parentNode, levels - 1);
  return above ? above + ">" + own : own;
};
