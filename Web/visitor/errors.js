// The errors of this page, each with the time of its first occurrence.

import { openReports } from "../tracker/error-details.js";
import { openErrors } from "../tracker/errors.js";
import { listen } from "../tracker/guard.js";

/** @typedef {ReturnType<typeof import("../tracker/error-details.js").describe> & {timestamp: string, count: number, stack: string}} Seen */

/** @type {Seen[]} */
export const errors = [];
/** @type {((error: Seen, isNew: boolean) => void)[]} */
const listeners = [];

/** @param {any} payload */
const record = (payload) => {
  const same = errors.find(({ key }) => key === payload.key);
  if (same) same.count += payload.count;
  const lines = payload.frames.map((/** @type {any} */ { function: name, file, line, column }) =>
    `${name}@${file}:${line}:${column}`
  );
  const seen = same ?? { ...payload, stack: payload.stack ?? lines.join("\n"), timestamp: new Date().toISOString() };
  if (!same) errors.push(seen);
  for (const listener of listeners) listener(seen, !same);
};

const page = openErrors({
  _load: () => Promise.resolve({ openReports }),
  _emit: record,
  _drop: () => {},
  _options: {},
  _isOn: () => true,
});

/** @param {(error: Seen, isNew: boolean) => void} listener */
export const onError = (listener) => listeners.push(listener);

export const captureErrors = () => {
  page._restart();
  page._listen();
  // Repetitions are shown at once.
  listen("error unhandledrejection securitypolicyviolation", () => page._flush(false));
};

/** @type {typeof page._add} */
export const addError = (...values) => {
  page._add(...values);
  page._flush(false);
};
