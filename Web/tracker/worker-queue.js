// The queue of a worker: in memory only, sent in order; an event is removed when the server has decided about it.

import { drop } from "./delivery-report.js";
import { later, timestamp } from "./guard.js";
import { WORKER_BODY_LENGTH_MAX, WORKER_QUEUE_EVENTS_MAX } from "./limits.js";
import { backoff, isRefusal, RESPONSE_MS_MAX } from "./responses.js";

/** Taken once: a page may wrap it later. */
const { fetch } = self;

/** @typedef {[fields: Record<string, any>, payload: string]} Item */
/** @typedef {{emitted: number, dropped: Record<string, number>}} Report what the worker has counted */

/** The server's response; nothing when the body must be sent again. @param {string} url @param {string} body @returns {Promise<any>} */
const post = async (url, body) => {
  try {
    const signal = AbortSignal.timeout?.(RESPONSE_MS_MAX);
    const headers = { "Content-Type": "text/plain" };
    const response = await fetch(url, { method: "POST", body, headers, credentials: "omit", signal });
    const { ok, status } = response;
    if (ok) return await response.json();
    return isRefusal(status) ? { _isRefused: true } : undefined;
  } catch {
    // No network, or no response: as if nothing had been sent.
    return undefined;
  }
};

/** @param {Item[]} items @param {Record<string, any>} context @param {Report} report */
const bodyOf = (items, context, report) => {
  const events = items.map(([fields, payload]) =>
    `${JSON.stringify({ pageview: 0, ...fields }).slice(0, -1)},"payload":${payload}}`
  );
  const pageview = JSON.stringify({ ...context, ...report });
  return `{"v":2,"sent_at":"${timestamp()}","pageviews":[${pageview}],"events":[${events}]}`;
};

/** As many items from the front as fit into a body. @param {Item[]} queue */
const pack = (queue) => {
  let length = 0;
  const end = queue.findIndex(([, text], index) => (length += text.length) > WORKER_BODY_LENGTH_MAX && index);
  return queue.slice(0, end < 0 ? queue.length : end);
};

/**
 * @param {object} worker
 * @param {Report} worker._report
 * @param {() => Record<string, any>} worker.context fields that all events share
 * @param {() => string} worker.endpoint
 */
export const openWorkerQueue = ({ _report: report, context, endpoint }) => {
  /** @type {Item[]} */
  let queue = [];
  let failures = 0;
  /** @type {Promise<boolean> | undefined} */
  let running;

  /** Numbers as the server has confirmed them. */
  let confirmed = "";

  const run = async () => {
    for (let numbers; numbers = JSON.stringify(report), queue[0] || confirmed && numbers !== confirmed;) {
      const items = pack(queue);
      const response = await post(endpoint(), bodyOf(items, context(), report));
      if (!response) {
        later(send, backoff(failures++));
        return false;
      }
      failures = 0;
      confirmed = numbers;
      if (response._isRefused) items.forEach(() => drop(report, "refused"));
      response.rejected?.forEach(() => drop(report, "rejected"));
      queue = queue.filter((item) => !items.includes(item));
    }
    return true;
  };

  /** Whether all that waited is stored. */
  const send = () => running ??= run().finally(() => running = undefined);

  return {
    send,
    /** @param {Item} item */
    push: (item) => {
      queue.push(item);
      while (queue.length > WORKER_QUEUE_EVENTS_MAX) {
        queue.shift();
        drop(report, "queue_full");
      }
    },
    empty: () => queue = [],
  };
};
