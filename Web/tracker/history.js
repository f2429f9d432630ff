// Changes of the address in browsers without the Navigation API.

import { guard, later, listen } from "./guard.js";

/** @param {() => void} changed called when the address may have changed */
export const watchHistory = (changed) => {
  const history = /** @type {any} */ (self.history);
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name];
    // The page's own call, with its own result and exception.
    history[name] = function (/** @type {any[]} */ ...values) {
      const result = original.apply(this, values);
      guard(changed)();
      return result;
    };
  }
  listen("popstate hashchange", changed);
  // The address may have changed before.
  later(changed);
};
