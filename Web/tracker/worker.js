// The tracker of a worker: errors and events without a document and without storage.
//
// A worker counts its events under an id of its own, since it outlives page views and numbers of two senders do not
// mix. Visitor and session are those of a page when the page passes them on, else they last as long as the worker.

import { hasPrivacySignal } from "../kit/privacy.js";
import { drop as dropEvent } from "./delivery-report.js";
import { openReports, watch } from "./error-details.js";
import { cut, guard, later, listen, timestamp } from "./guard.js";
import { uuid7 } from "./ids.js";
import { WORKER_EVENT_LENGTH_MAX, WORKER_EVENTS_MAX } from "./limits.js";
import { changeOptions, isOutsideSample, options } from "./options.js";
import { openWorkerQueue } from "./worker-queue.js";

/** Before the first events are sent, the worker's script has configured what it likes. */
const WAIT_MS = 500;

const scope = /** @type {any} */ (self);

/** @param {any} options */
const identify = (options) => {
  const own = { pageview_id: "p_" + uuid7(), visitor_id: "v_" + uuid7(), session_id: "s_" + uuid7() };
  /** Fields that all events share. */
  return () => {
    const { visitor_id, session_id, path, referrer = "", privacy } = { ...own, ...options.pageview };
    const site = { site: options.site, privacy: options.privacy || privacy };
    return { ...own, visitor_id, session_id, ...site, path: path ?? cut(location.pathname), referrer };
  };
};

/**
 * @param {any} options
 * @param {() => any} context
 * @param {() => boolean} isHeld
 */
const openEvents = (options, context, isHeld) => {
  const worker = /^(Service|Shared|Dedicated)/.exec(scope.constructor.name)?.[0].toLowerCase();
  const report = { emitted: 0, dropped: /** @type {Record<string, number>} */ ({}) };
  const queue = openWorkerQueue({ _report: report, context, endpoint: () => options.endpoint });
  let isStopped = false;
  /** @type {any} */
  let timer;
  const isUnwanted = () => isStopped || isOutsideSample(context().visitor_id) || !options.dnt && hasPrivacySignal();

  /** @param {string} type @param {any} payload */
  const emit = (type, payload) => {
    const seq = ++report.emitted;
    const text = guard(JSON.stringify)({ ...payload, worker, page: options.pageview.pageview_id });
    if (seq > WORKER_EVENTS_MAX) return dropEvent(report, "too_many");
    if (!text) return dropEvent(report, "unserializable");
    if (text.length > WORKER_EVENT_LENGTH_MAX) return dropEvent(report, "too_large");
    const [event_id, client_timestamp] = [uuid7("-"), timestamp()];
    queue.push([{ event_id, event_type: cut(type), seq, client_timestamp }, text]);
    schedule();
  };

  /** @param {string} kind @param {any} [thrown] @param {any} [source] */
  const add = (kind, thrown, source) => {
    errors._report({ kind, thrown, source }, report);
    schedule();
  };
  const drop = (/** @type {string} */ reason) => {
    report.emitted++;
    dropEvent(report, reason);
  };
  const errors = openReports({ _emit: (payload) => emit("error", payload), _drop: drop, _options: {}, _add: add });

  const flush = guard(() => {
    clearTimeout(timer);
    timer = undefined;
    errors._flush();
    if (isUnwanted()) queue.empty();
    return isHeld() ? Promise.resolve(false) : queue.send();
  });
  const schedule = () => timer ??= later(flush, WAIT_MS);
  return { emit, add, flush, stop: () => isStopped = true };
};

/** @param {string} address of this script; events go beside it unless configured otherwise */
export const openWorker = (address) => {
  options.endpoint = new URL("events", address).href;
  /** Ids of the page that has started the worker. */
  options.pageview = {};
  const context = identify(options);
  let isConsented = false;
  let isWatching = false;
  const { emit, add, flush, stop } = openEvents(options, context, () => !!options.consent && !isConsented);

  // A service worker takes listeners only while its script is evaluated for the first time.
  listen("error unhandledrejection securitypolicyviolation", (event) => add(event.type, event));
  return {
    track: guard((/** @type {string} */ type, payload = {}) => emit(type, Object(payload))),
    error: guard((/** @type {any} */ thrown) => add("handled", thrown)),
    configure: guard((/** @type {any} */ given) => {
      changeOptions(given);
      if (!isWatching && (options.console || options.requests)) {
        isWatching = true;
        watch(options, add);
      }
    }),
    consent: guard((/** @type {boolean} */ given) => {
      if (isConsented && !given) stop();
      isConsented = given;
      flush();
    }),
    /** Sends what waits; a promise of whether all of it is stored. */
    flush,
    /** The id under which the worker's events are counted. */
    id: context().pageview_id,
  };
};
