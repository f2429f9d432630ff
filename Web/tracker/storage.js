// Values that outlive a page view, in local storage. Where storage is blocked, full, or not yet permitted, they live as long
// as the page.

import { guard } from "./guard.js";

/** Without a prototype: a page may add to that of all objects. @type {Record<string, string>} */
const memory = Object.create(null);
let isPermitted = false;

/**
 * Gives nothing where storage is blocked or full: reading the property may throw, too.
 *
 * @type {<Value>(body: (storage: Storage) => Value) => Value | undefined}
 */
const attempt = guard((body) => body(localStorage));

/** @param {string} key @returns {string | undefined} */
export const read = (key) => attempt((storage) => storage.getItem(key)) ?? memory[key];

/** Writes a value unless it is the one that was written last. @param {string} key @param {string} value */
export const write = (key, value, isNew = memory[key] !== value) => {
  if (isNew && isPermitted) attempt((storage) => storage.setItem(key, value));
  memory[key] = value;
};

/** @param {string} key */
export const remove = (key) => {
  delete memory[key];
  attempt((storage) => storage.removeItem(key));
};

/** Keys of storage that begin with a prefix. @param {string} prefix */
export const keysOf = (prefix) =>
  attempt((storage) => Object.keys(storage).filter((key) => key.startsWith(prefix))) ?? [];

/** Until a visitor consents, nothing is stored; then everything known so far is. @param {boolean} permitted */
export const permitStorage = (permitted) => {
  // A second permission would write everything again, which is slow.
  if (permitted === isPermitted) return;
  isPermitted = permitted;
  for (const key in memory) write(key, memory[key], true);
};
