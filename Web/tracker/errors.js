// What broke on the page: scripts, promises, resources, the content security policy; each once, with a count.

import { bare, cut, guard, listen } from "./guard.js";
import { parseStack } from "./stack.js";

/** @typedef {{kind: string, name: string, message: string, source: string, lineno: number, colno: number, stack: string, frames: ReturnType<typeof parseStack>, cause?: string, key: string, count: number}} PageError */

/** Different errors kept of one view, and characters kept of one stack. */
const ERRORS_MAX = 50;
const STACK_MAX = 8000;

/** @type {PageError[]} */
export const errors = [];
/** @type {((error: PageError, isNew: boolean, isKept: boolean) => void)[]} */
const listeners = [];

/** @param {(error: PageError, isNew: boolean, isKept: boolean) => void} listener told of each; those over the limit are not kept */
export const onError = (listener) => listeners.push(listener);

/**
 * @param {string} kind
 * @param {any} thrown what was thrown, or what a promise was rejected with: anything at all
 * @param {any} [source] where, unless the stack says so
 * @param {number} [lineno]
 * @param {number} [colno]
 */
export const addError = (kind, thrown, source, lineno, colno) => {
  const isObject = typeof thrown === "object";
  const { name = "Error", message = isObject ? guard(JSON.stringify)(thrown) : thrown, stack, cause } = Object(thrown);
  const frames = parseStack(stack);
  const [{ file, line, column } = /** @type {any} */ ({})] = frames;
  const place = bare(source || file);
  const error = {
    kind,
    name: cut(name),
    message: cut(message, 1000),
    source: place,
    lineno: lineno || line || 0,
    colno: colno || column || 0,
    cause: cause && cut(cause),
    // Messages differ from engine to engine, and often hold what changes; places do not.
    key: cut([kind, name, ...(file ? frames.map(Object.values) : [message, place])]),
    count: 1,
    stack: cut(stack, STACK_MAX),
    frames,
  };
  const same = errors.find(({ key }) => key === error.key);
  if (same) same.count++;
  const isKept = same || errors.length < ERRORS_MAX;
  if (isKept && !same) errors.push(error);
  for (const listener of listeners) listener(same ?? error, !same, !!isKept);
};

/**
 * Begins to listen; the earlier the better.
 *
 * @param {boolean} [isConsoleToo] whether what is written to console.error counts
 */
export const captureErrors = (isConsoleToo) => {
  listen("error", ({ target, message, filename, lineno, colno, error }) => {
    const { localName, src, href } = target;
    if (message) addError("error", error ?? { message }, filename, lineno, colno);
    else if (localName) addError("resource", { message: "Failed to load " + localName }, src || href);
  });
  listen("unhandledrejection", ({ reason }) => addError("rejection", reason));
  listen(
    "securitypolicyviolation",
    ({ effectiveDirective: name, blockedURI, sourceFile, lineNumber, columnNumber }) =>
      addError("csp", { name, message: "Blocked " + bare(blockedURI) }, sourceFile, lineNumber, columnNumber),
  );
  if (!isConsoleToo) return;
  const { console } = /** @type {any} */ (self);
  const write = console.error;
  console.error = (/** @type {any[]} */ ...values) => {
    guard(() =>
      addError("console", values.find((value) => value?.stack) ?? values.map((value) => cut(value)).join(" "))
    )();
    write.apply(console, values);
  };
};
