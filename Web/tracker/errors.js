// Captures errors: scripts, promises, resources, the content security policy. collector-errors.js describes and counts
// them; it is loaded at the first error, since most page views have none.

import { guard, listen } from "./guard.js";

/**
 * An error as it was captured. For types of events, `thrown` is the event.
 *
 * @typedef {object} Captured
 * @property {string} kind
 * @property {any} thrown
 * @property {any} [source]
 * @property {number} [lineno]
 * @property {number} [colno]
 * @property {any} [_pageview] undefined before the first one
 * @property {any[]} [_breadcrumbs]
 */

/** Errors that wait for collector-errors.js. */
const PENDING_MAX = 1000;

/**
 * Emits errors that could not be described before the page is left.
 *
 * @param {any} core
 * @param {Captured[]} pending
 * @param {any} pageview
 * @param {typeof import("./summaries.js").summarize | undefined} summarize
 */
const emitSummaries = (core, pending, pageview, summarize) =>
  pending.forEach((captured, index) => {
    const of = captured._pageview ?? pageview;
    const summary = summarize?.(captured, index);
    if (summary) core._emit(summary, of);
    else if (summary !== null) core._drop("undescribed", of);
  });

/**
 * @param {object} core
 * @param {() => Promise<any>} core._load imports collector-errors.js; a promise of undefined when that fails
 * @param {(payload: any, pageview: any) => void} core._emit emits an `error` event of a page view
 * @param {(reason: string, pageview: any) => void} core._drop counts an error that is not reported
 * @param {any} core._options
 * @param {() => any} core._isOn whether anything is measured
 */
export const openErrors = (core) => {
  const pending = /** @type {Captured[]} */ ([]);
  /** @type {any} */
  let pageview;
  /** @type {Promise<any> | undefined} */
  let loading;
  /** @type {ReturnType<typeof import("./error-details.js").openReports> | undefined} */
  let reports;
  /** What the details bring. @type {[typeof import("./summaries.js").summarize, () => any[]] | undefined} */
  let late;
  let caught = 0;

  const work = () => {
    if (pageview && reports) pending.splice(0).forEach(guard((captured) => reports?._report(captured, pageview)));
  };

  const start = () =>
    loading ??= core._load().then(guard((module) => {
      reports = module?.openReports({ ...core, _add: add });
      work();
    }));

  /** @type {(kind: string, thrown?: any, source?: any, lineno?: number, colno?: number) => void} */
  const add = (kind, thrown, source, lineno, colno) => {
    if (!core._isOn()) return;
    if (pending.length < PENDING_MAX) {
      pending.push({ kind, thrown, source, lineno, colno, _pageview: pageview, _breadcrumbs: late?.[1]() });
    } else core._drop("too_many", pageview);
    start();
    work();
  };

  /** The address of a resource may change after it has failed. @param {any} event @param {any} [address] */
  const capture = (event, address) => {
    const { localName, src, href, data } = event.target ?? {};
    add(event.type, event, localName && (address || src || href || data));
  };

  return {
    _add: add,
    _start: start,
    _capture: capture,
    _listen: () => {
      caught = /** @type {any} */ (self).collectorErrors?.length;
      listen("error unhandledrejection securitypolicyviolation", capture);
    },
    /** Reports repetitions. @param {boolean} isLeaving whether what still waits for collector-errors.js goes without */
    _flush: (isLeaving) => {
      if (isLeaving) emitSummaries(core, pending.splice(0), pageview, late?.[0]);
      reports?._flush();
    },
    /** Returns how many errors the inline snippet had caught before. @param {NonNullable<typeof late>} given */
    _explain: (...given) => (late = given, caught),
    /** A page view begins; what was captured before the first one belongs to it. @param {any} [next] */
    _restart: (next = {}) => {
      pageview = next;
      work();
    },
  };
};
