// The errors of this page, as they are shown and sent: with the time of the first of each.

import { addError, captureErrors, errors as found, onError as listenTo } from "../tracker/errors.js";

/** @typedef {import("../tracker/errors.js").PageError & {timestamp: string}} Seen */

export const errors = /** @type {Seen[]} */ (found);
export { addError, captureErrors };

/** @param {(error: Seen, isNew: boolean) => void} listener */
export const onError = (listener) =>
  listenTo((error, isNew, isKept) => {
    const seen = /** @type {Seen} */ (error);
    seen.timestamp ??= new Date().toISOString();
    if (isKept) listener(seen, isNew);
  });
