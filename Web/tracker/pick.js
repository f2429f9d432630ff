// Properties of objects of the browser, which do not serialize by themselves.

import { cut, tenth } from "./guard.js";

/**
 * @param {any} from
 * @param {string} names separated by spaces
 * @param {(text: any) => string} [write] cleans the addresses of texts
 * @returns {Record<string, any>} numbers to a tenth, cut texts; without what the browser does not know
 */
export const pick = (from, names, write = cut) => {
  /** @type {Record<string, any>} */
  const found = {};
  for (const name of names.split(" ")) {
    const value = from[name] ?? "";
    if (value.length !== 0) found[name] = value.toFixed ? tenth(value) : value.trim ? write(value) : value;
  }
  return found;
};
