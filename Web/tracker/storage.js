// What is kept across page views. Storage may be blocked, full, or not yet permitted; then what is known lives as long as the page.

/** @type {Record<string, string>} */
const memory = {};
let isPermitted = false;

/**
 * @template Value
 * @param {(storage: Storage) => Value} ask naming it may throw, too
 * @returns {Value | undefined}
 */
const attempt = (ask) => {
  try {
    return ask(localStorage);
  } catch {
    // Blocked or full.
    return undefined;
  }
};

/** @param {string} key @returns {string | undefined} */
export const read = (key) => attempt((storage) => storage.getItem(key)) ?? memory[key];

/** @param {string} key @param {string} value */
export const write = (key, value) => {
  memory[key] = value;
  if (isPermitted) attempt((storage) => storage.setItem(key, value));
};

/** @param {string} key */
export const remove = (key) => {
  delete memory[key];
  attempt((storage) => storage.removeItem(key));
};

/** Keys that begin with a word. @param {string} prefix */
export const keysOf = (prefix) =>
  attempt((storage) => Object.keys(storage).filter((key) => key.startsWith(prefix))) ?? [];

/** Until a visitor consents nothing is kept; then what was known so far is. @param {boolean} permitted */
export const permitStorage = (permitted) => {
  isPermitted = permitted;
  for (const key in memory) write(key, memory[key]);
};
