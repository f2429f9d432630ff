// Holds the events that the server has not confirmed, and lets them outlive the page. What sends them is loaded later, since the
// first batch leaves after some seconds: see sender.js.

import { bytesOf, fit, itemOf, pack, sort, trim } from "./delivery-queue.js";
import { drop, REPEATED_MAX, track, unconfirmed } from "./delivery-report.js";
import { guard, later, timestamp } from "./guard.js";
import { uuid7 } from "./ids.js";
import {
  BATCH_EVENTS,
  BODY_BYTES_MAX,
  BODY_EVENTS_MAX,
  KEEPALIVE_BYTES_MAX,
  STORED_QUEUES_MAX,
  WAIT_MS,
} from "./limits.js";
import { RESPONSE_MS_MAX } from "./responses.js";
import { keysOf, remove, write } from "./storage.js";

/** @typedef {import("./delivery-report.js").Report} Report */
/** @typedef {import("./delivery-queue.js").Item} Item */

/** Where queues are stored: an entry for each page. */
export const KEY = "collector.queue.";

/** The state of delivery, which the sender shares. */
const delivery = {
  _key: KEY + uuid7(),
  /** @type {Item[]} */
  _queue: [],
  /** Those in a request that outlives the page. @type {Item[]} */
  _inFlight: [],
  /** The latest last. @type {Report[]} */
  _reports: [],
  _isHeld: true,
  _failures: 0,
  _keepaliveBytes: 0,
  /** @type {() => string} */
  _endpoint: String,
  /** Emits what is final before something is sent. @type {() => void} */
  _prepare: String,
  /** Leaves to a later page what is not confirmed. */
  _keep() {
    if (delivery._isHeld) return;
    write(delivery._key, pack(delivery._queue, unconfirmed(delivery._reports, REPEATED_MAX), "")[0]);
  },
  /** @param {number} [ms] */
  _schedule: (ms) => timer ??= later(flush, ms),
  // The event that is about to be queued counts, too.
  _scheduleBatch: () => delivery._queue.length < BATCH_EVENTS - 1 ? delivery._schedule(WAIT_MS) : later(flush),
};
/** @type {any} */
let timer;
/** @type {import("./sender.js").Sender | undefined} */
let sender;
/** @type {Promise<any> | undefined} */
let ready;

const flush = async () => {
  clearTimeout(timer);
  timer = undefined;
  if (delivery._isHeld) return false;
  await ready;
  return !!sender && sender._flush();
};

/** Gives beacons what no other request that outlives the page has. @param {number} [countMax] */
const sendBeacons = (countMax = BODY_EVENTS_MAX) => {
  const room = KEEPALIVE_BYTES_MAX - delivery._keepaliveBytes;
  const items = fit(
    sort(delivery._queue.filter((item) => !item[4] && !delivery._inFlight.includes(item))),
    room,
    countMax,
  );
  if (!items[0]) return;
  const [text] = pack(items, [], timestamp());
  const size = bytesOf(text);
  if (size <= room && navigator.sendBeacon(delivery._endpoint(), text)) {
    delivery._keepaliveBytes += size;
    later(() => delivery._keepaliveBytes -= size, RESPONSE_MS_MAX);
    for (const item of items) item[4] = true;
    sendBeacons(countMax);
  } else sendBeacons(items.length >> 1);
};

export const transport = {
  /**
   * Counts an event as JSON that begins with its id, and queues it. One that could not be serialized is dropped, as is one that is too large.
   *
   * A browser may end a script anywhere while a page is closed, as Firefox does when the page was the last one of its process: nothing is called
   * after the event is in the queue, so that it is in both, the queue and the count, or in neither. Listeners of other events still run then, and
   * report what is in neither.
   *
   * @param {string} text
   * @param {Report} report
   * @param {any} [isReserved] whether it is dropped last
   */
  _add(text, report, isReserved) {
    const item = itemOf(text, report, isReserved);
    if (!delivery._failures) delivery._scheduleBatch();
    if (text && item[2] <= BODY_BYTES_MAX) delivery._queue = trim([...delivery._queue, item]);
    else drop(report, text ? "too_large" : "unserializable");
    report.emitted++;
  },
  /** Sends everything, with what other pages have left; gives whether the server has confirmed it. */
  _flush: flush,
  /** @param {Report} report */
  _open: (report) => delivery._reports = track(...delivery._reports, report),
  /**
   * Takes the sender. Where it cannot be loaded, the latest entries wait for a page that has it.
   *
   * @param {Promise<{openSender: (shared: typeof delivery) => import("./sender.js").Sender} | undefined>} loading
   */
  _complete(loading) {
    ready = loading.then(guard((module) => {
      sender = module?.openSender(delivery);
      sender ? sender._adopt() : keysOf(KEY).sort().slice(0, -STORED_QUEUES_MAX).forEach(remove);
    }));
  },
  /** The page may end here: what is not confirmed is stored, and leaves with a beacon. */
  _leave() {
    delivery._keep();
    if (!delivery._isHeld) sendBeacons();
  },
  /** The network is back, or the page is visible again. */
  _wake() {
    delivery._failures = 0;
    later(flush);
  },
  /** Holds everything back until consent is given. @param {boolean} held */
  _hold(held) {
    delivery._isHeld = held;
    sender?._adopt();
    delivery._schedule();
  },
  /** Forgets everything. */
  _clear() {
    delivery._queue = delivery._reports = [];
    // Without storage, its own entry is in memory.
    [delivery._key, ...keysOf(KEY)].forEach(remove);
  },
};

/**
 * Takes what the core knows; to be called once.
 *
 * @param {() => string} endpoint
 * @param {() => void} prepare emits what is final before something is sent
 */
export const connect = (endpoint, prepare) => {
  delivery._endpoint = endpoint;
  delivery._prepare = prepare;
};

/** @typedef {typeof delivery} Delivery */
