// Shared by the tests of the page's scripts: storage, globals that are replaced for a while, delivery reports,
// nodes.

/** @param {Record<string, unknown>} replaced functions are getters @param {() => unknown} body */
export async function withGlobals(replaced, body) {
  const before = Object.keys(replaced).map((
    key,
  ) => /** @type {const} */ ([key, Object.getOwnPropertyDescriptor(globalThis, key)]));
  for (const [key, value] of Object.entries(replaced)) {
    const getter = typeof value === "function" ? { get: () => value() } : { value, writable: true };
    Object.defineProperty(globalThis, key, { ...getter, configurable: true });
  }
  try {
    await body();
  } finally {
    for (const [key, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, key, descriptor);
      else delete (/** @type {any} */ (globalThis)[key]);
    }
  }
}

/** Like the browser's: its keys are its own properties. @returns {any} */
export function storage() {
  /** @type {any} */
  const methods = {
    getItem(/** @type {string} */ key) {
      return Object.hasOwn(this, key) ? /** @type {any} */ (this)[key] : null;
    },
    setItem(/** @type {string} */ key, /** @type {string} */ value) {
      /** @type {any} */ (this)[key] = String(value);
    },
    removeItem(/** @type {string} */ key) {
      delete /** @type {any} */ (this)[key];
    },
  };
  return Object.create(methods);
}

export const blocked = () => {
  throw new Error("blocked");
};

/** The delivery report of a page view. @param {number} number */
export const report = (number) => ({
  pageview_id: `p_${number}`,
  visitor_id: "v_1",
  session_id: "s_1",
  site: "shop.example",
  path: `/${number}`,
  referrer: "",
  emitted: 0,
  dropped: /** @type {Record<string, number>} */ ({}),
});

class Node {
  #parent;
  constructor(/** @type {any} */ parent = null) {
    this.#parent = parent;
  }
  get parentNode() {
    return this.#parent;
  }
}

class Element extends Node {
  #name;
  /** @type {Record<string, string>} */
  #attributes;
  constructor(/** @type {string} */ name, attributes = {}, /** @type {any} */ parent = null) {
    super(parent);
    this.#name = name;
    this.#attributes = attributes;
  }
  get localName() {
    return this.#name;
  }
  getAttribute(/** @type {string} */ name) {
    return this.#attributes[name] ?? null;
  }
}

class Document extends Node {
  get hidden() {
    return false;
  }
}

/** What of a document the tracker reads: like the browser's, their properties are getters of prototypes. */
export const dom = { Node, Element, Document };

/** Defines the globals of nodes for all tests of a file. */
export const defineNodes = () => Object.assign(globalThis, dom);

/** @param {string} name @param {Record<string, string>} [attributes] @param {any} [parent] @returns {any} */
export const element = (name, attributes, parent) => new Element(name, attributes, parent);
