// Reports calls of console.error, where the site asks for it (data-console).

import { guard } from "./guard.js";

/** @param {(kind: string, thrown: any[]) => void} add reports once; it ignores calls that its own reading causes */
export const watchConsole = (add) => {
  const { console } = /** @type {any} */ (self);
  // A proxy keeps name, length, own properties and the receiver.
  console.error = new Proxy(console.error, {
    apply: (original, receiver, values) => {
      guard(add)("console", values);
      return Reflect.apply(original, receiver, values);
    },
  });
};
