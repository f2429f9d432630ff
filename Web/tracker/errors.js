// Captures errors: scripts, promises, resources, the content security policy. collector-errors.js describes and counts
// them; it is loaded at the first error, since most page views have none.

import { breadcrumbs } from "./activity.js";
import { bare, cut, guard, listen } from "./guard.js";

/**
 * An error as it was captured. Kinds "error", "rejection", "resource" and "csp" have the event instead of the value.
 *
 * @typedef {object} Captured
 * @property {string} kind
 * @property {any} thrown
 * @property {any} [source]
 * @property {number} [lineno]
 * @property {number} [colno]
 * @property {any} [view] the page view; undefined before the first one
 * @property {any} [summary] with its count, its breadcrumbs, and what can be said without collector-errors.js
 */

/** Different errors that wait for collector-errors.js. */
const PENDING_MAX = 50;

/** What can be said without collector-errors.js. */
const summarize = guard((/** @type {Captured} */ { kind, thrown, source }) => {
  const { error, reason, filename } = Object(thrown);
  const about = error ?? reason ?? thrown;
  const { name, message, stack = message } = Object(about);
  return {
    name: cut(name || "Error"),
    message: cut(message ?? String(about), 1000),
    source: bare(source || filename),
    stack: cut(stack, 8000),
    // Equal ones are one; what has neither a message nor a stack equals nothing. Only V8 has the message in the stack.
    key: cut([kind, source, message, stack ?? Math.random()], 2000),
  };
});

/**
 * The kind of an error event, the event, and the address of a resource, as it was when it failed; nothing when no error
 * is meant.
 *
 * @param {any} event
 * @param {any} [address]
 * @returns {[string?, any?, any?]}
 */
export const sort = (event, address) => {
  const { type, target, message, isTrusted } = event;
  if (type !== "error") return [type === "unhandledrejection" ? "rejection" : "csp", event];
  // A plain event of that name has no message: nothing was thrown.
  if (target === self) return message === undefined ? [] : [type, event];
  const { localName, src, href, data } = target;
  return localName && isTrusted ? ["resource", event, address || src || href || data] : [];
};

/**
 * @param {object} core
 * @param {() => Promise<any>} core.load imports collector-errors.js; a promise of undefined when that fails
 * @param {(payload: any, view: any) => void} core.emit emits an `error` event of a page view
 * @param {(reason: string, view: any) => void} core.drop counts an error that is not reported
 * @param {any} core.options
 */
export const openErrors = ({ load, emit, drop, options }) => {
  /** @type {Captured[]} */
  const pending = [];
  /** @type {any} */
  let view;
  /** @type {Promise<any> | undefined} */
  let loading;
  /** @type {ReturnType<typeof import("./error-details.js").openReports> | undefined} */
  let reports;

  const work = () => {
    if (view && reports) pending.splice(0).forEach(guard((captured) => reports?.report(captured, view)));
  };

  const start = () =>
    loading ??= load().then(guard((module) => {
      reports = module?.openReports({ emit, drop, options, add });
      work();
    }));

  /** @type {(kind?: string, thrown?: any, source?: any, lineno?: number, colno?: number) => void} */
  const add = (kind, thrown, source, lineno, colno) => {
    if (!kind) return;
    const summary = { kind, key: cut(Math.random()), frames: [], count: 1, breadcrumbs };
    /** @type {Captured} */
    const captured = { kind, thrown, source, lineno, colno, view, summary };
    if (!reports) Object.assign(summary, summarize(captured));
    const same = pending.find((one) => one.summary.key === summary.key);
    if (same) same.summary.count++;
    else if (pending.length < PENDING_MAX) pending.push(captured);
    else drop("too_many", view);
    start();
    work();
  };

  return {
    add,
    /** Begins to listen, and takes over what the inline snippet has caught. */
    capture: () => {
      listen("error unhandledrejection securitypolicyviolation", (event) => add(...sort(event)));
      const early = /** @type {any} */ (self).collectorErrors;
      early?.splice(0).forEach(guard((/** @type {[any, any]} */ caught) => add(...sort(...caught))));
      if (early) early.push = Number;
      if (options.console || options.requests) start();
    },
    /** Reports repetitions. @param {boolean} isLeaving whether what still waits for collector-errors.js goes without */
    flush: (isLeaving) => {
      if (isLeaving) pending.splice(0).forEach(({ summary, view: of }) => emit(summary, of ?? view));
      reports?.flush();
    },
    /** A page view begins; what was captured before the first one belongs to it. @param {any} [next] */
    restart: (next = {}) => {
      view = next;
      work();
    },
  };
};
