// What broke on the page: scripts, promises, resources and the content security policy; each kept once with a count.

/** @typedef {{kind: string, message: string, source: string, lineno: number, colno: number, stack: string, timestamp: string, count: number}} PageError */

/** Different errors kept of one view, and characters kept of one stack. */
const ERRORS_MAX = 50;
const STACK_MAX = 8000;

/** @type {PageError[]} */
export const errors = [];
/** @type {Set<(error: PageError, isNew: boolean) => void>} */
const listeners = new Set();

/** @param {(error: PageError, isNew: boolean) => void} listener */
export const onError = (listener) => listeners.add(listener);

/** @param {Partial<PageError>} found */
function add(found) {
  /** @type {PageError} */
  const error = {
    kind: "error",
    message: "",
    source: "",
    lineno: 0,
    colno: 0,
    ...found,
    stack: String(found.stack ?? "").slice(0, STACK_MAX),
    timestamp: new Date().toISOString(),
    count: 1,
  };
  const same = errors.find((other) =>
    other.kind === error.kind && other.message === error.message && other.source === error.source &&
    other.stack === error.stack
  );
  if (same) same.count += 1;
  else if (errors.length < ERRORS_MAX) errors.push(error);
  else return;
  for (const listener of listeners) listener(same ?? error, !same);
}

/** @param {any} reason what a promise was rejected with: anything at all */
function describe(reason) {
  if (reason instanceof Error) return { message: `${reason.name}: ${reason.message}`, stack: reason.stack };
  try {
    return { message: `Unhandled rejection: ${typeof reason === "string" ? reason : JSON.stringify(reason)}` };
  } catch {
    return { message: "Unhandled rejection" };
  }
}

/** Begins to listen; the earlier the better. */
export function captureErrors() {
  addEventListener("error", (event) => {
    const target = /** @type {any} */ (event.target);
    if (target && target !== globalThis && !(event instanceof ErrorEvent)) {
      const source = String(target.src ?? target.href ?? "");
      add({ kind: "resource", message: `Failed to load ${String(target.tagName).toLowerCase()}`, source });
      return;
    }
    if (!(event instanceof ErrorEvent)) return;
    const { message, filename, lineno, colno, error } = event;
    add({ message, source: filename, lineno, colno, stack: error?.stack });
  }, true);
  addEventListener("unhandledrejection", (event) => add({ kind: "rejection", ...describe(event.reason) }));
  addEventListener("securitypolicyviolation", (event) => {
    const { effectiveDirective, blockedURI, sourceFile, lineNumber, columnNumber } = event;
    const message = `Blocked by ${effectiveDirective}: ${blockedURI}`;
    add({ kind: "csp", message, source: sourceFile ?? "", lineno: lineNumber, colno: columnNumber });
  });
}
