// Sends the queue to the server. An event leaves the queue when the server has confirmed it, not before: what a beacon took
// is sent again by the next page, and the server counts it once.

import { BODY_BYTES_MAX, BODY_EVENTS_MAX, bytesOf, fit, itemOf, pack, sort, trim } from "./delivery-queue.js";
import { drop, REPEATED_MAX, track, unconfirmed } from "./delivery-report.js";
import { guard, later, timestamp } from "./guard.js";
import { uuid7 } from "./ids.js";
import { keysOf, read, remove, write } from "./storage.js";

/** @typedef {import("./delivery-report.js").Report} Report */
/** @typedef {import("./delivery-queue.js").Item} Item */

const KEY = "collector.queue.";
/** Events, and milliseconds, after which the queue is sent. */
const BATCH_EVENTS = 20;
const WAIT_MS = 3000;
/** Bytes in flight that outlive the page: half of the 64 KiB that we share with the page's own requests. */
const KEEPALIVE_BYTES_MAX = 32_768;
/** Entries of other pages in storage. */
const ENTRIES_MAX = 20;
const RETRY_MS = 1000;
const RETRY_MS_MAX = 300_000;
/** The longest wait that a server can ask for. */
const RETRY_AFTER_MS_MAX = 3_600_000;
const RESPONSE_MS_MAX = 30_000;

// Taken once: a page may replace it later.
const { fetch } = self;
const key = KEY + uuid7();
/** @type {Item[]} */
let queue = [];
/** Those in a request that outlives the page. @type {Item[]} */
let inFlight = [];
/** The latest last. @type {Report[]} */
let reports = [];
/** @type {import("./delivery-report.js").Confirmed} */
const confirmed = new WeakMap();
let isHeld = true;
let failures = 0;
let bytesSent = 0;
let keepaliveBytes = 0;
let retryAfterMs = 0;
/** @type {any} */
let timer;
/** @type {Promise<boolean> | undefined} */
let running;
/** @type {() => string} */
let endpoint;
/** @type {() => void} */
let prepare;
/** The functions of delivery-later.js, once they are there. @type {any} */
let more;
/** @type {any} */
let setReady;
const ready = new Promise((resolve) => setReady = resolve);

/** @param {number} [ms] */
const schedule = (ms) => timer ??= later(flush, ms);
const scheduleBatch = () => queue.length < BATCH_EVENTS ? schedule(WAIT_MS) : later(flush);

/** @param {string} text @param {Item[]} items @returns {Promise<any>} nothing when it must be sent again */
const post = async (text, items) => {
  const body = await more?.compress(text) ?? text;
  // Consent may have been withdrawn meanwhile.
  if (isHeld) return;
  const size = body.byteLength ?? bytesOf(text);
  const lasting = size > KEEPALIVE_BYTES_MAX - keepaliveBytes ? 0 : size;
  bytesSent += size;
  keepaliveBytes += lasting;
  if (lasting) inFlight = items;
  try {
    const response = await fetch(endpoint(), {
      method: "POST",
      body,
      headers: { "Content-Type": "text/plain" },
      keepalive: !!lasting,
      credentials: "omit",
      signal: AbortSignal.timeout?.(RESPONSE_MS_MAX),
    });
    const { ok, status, headers } = response;
    if (ok) return await response.json();
    if (status < 500 && status !== 408 && status !== 429) return { isRefused: true };
    retryAfterMs = 1000 * +(headers.get("Retry-After") ?? 0) || 0;
  } catch {
    // No network or no response: as if nothing had been sent.
  } finally {
    keepaliveBytes -= lasting;
    inFlight = [];
  }
};

/** Sends until nothing waits; gives whether that is so. */
const run = async () => {
  prepare();
  for (let open; open = unconfirmed(reports, confirmed), !isHeld && (queue[0] || open[0]);) {
    const items = fit(queue, BODY_BYTES_MAX, BODY_EVENTS_MAX);
    const [text, sent, texts] = pack(items, open, timestamp());
    const response = await post(text, items);
    if (!response) {
      keep();
      // Longer each time, and never all pages at once.
      const wait = Math.min(RETRY_MS * 2 ** failures++, RETRY_MS_MAX) * (0.5 + Math.random() / 2);
      schedule(Math.min(Math.max(wait, retryAfterMs), RETRY_AFTER_MS_MAX));
      return false;
    }
    failures = retryAfterMs = 0;
    sent.forEach((report, index) => confirmed.set(report, texts[index]));
    if (response.isRefused) { for (const [, report] of items) drop(report, "refused"); }
    for (const { index } of response.rejected ?? []) if (items[index]) drop(items[index][1], "rejected");
    queue = queue.filter((item) => !items.includes(item));
    if (!queue[0]) remove(key);
  }
  return !isHeld;
};

/** Gives whether the server has confirmed everything. */
const flush = () => {
  clearTimeout(timer);
  timer = undefined;
  return running ??= run().catch(() => false).finally(() => running = undefined);
};

/** Leaves to a later page what is not confirmed; writes only what has changed. */
const keep = () => {
  if (isHeld) return;
  const [entry] = pack(queue, unconfirmed(reports, confirmed, REPEATED_MAX), "");
  if (entry !== read(key)) write(key, entry);
};

/** Gives beacons what no other request that outlives the page has. @param {number} [countMax] */
const sendBeacons = (countMax = BODY_EVENTS_MAX) => {
  const room = KEEPALIVE_BYTES_MAX - keepaliveBytes;
  const items = fit(sort(queue.filter((item) => !item[4] && !inFlight.includes(item))), room, countMax);
  if (!items[0]) return;
  const [text] = pack(items, [], timestamp());
  const size = bytesOf(text);
  if (size <= room && navigator.sendBeacon(endpoint(), text)) {
    bytesSent += size;
    keepaliveBytes += size;
    // The end of a beacon is not reported.
    later(() => keepaliveBytes -= size, RESPONSE_MS_MAX);
    for (const item of items) item[4] = true;
    sendBeacons(countMax);
  } else sendBeacons(items.length >> 1);
};

/** Takes over what other pages of the site have left: it is stored as our own before theirs is removed. */
const adopt = guard(() => {
  const names = keysOf(KEY).filter((name) => name !== key);
  if (isHeld || !more || !names[0]) return;
  const [items, theirs] = more.unpack(names.map(read), reports[reports.length - 1]);
  queue = trim([...items, ...queue]);
  reports = track(...theirs, ...reports);
  keep();
  names.forEach(remove);
  scheduleBatch();
});

const transport = {
  /**
   * Queues an event as JSON that begins with its id. One that could not be serialized is counted, as is one that is too large.
   *
   * @param {string | undefined} text
   * @param {Report} report
   * @param {any} [isReserved] whether it is dropped last
   */
  add: (text, report, isReserved) => {
    const item = itemOf(text ?? "", report, isReserved);
    if (text && item[2] <= BODY_BYTES_MAX) queue = trim([...queue, item]);
    else drop(report, text ? "too_large" : "unserializable");
    if (!failures) scheduleBatch();
  },
  /** Sends everything, with what other pages have left; gives whether the server has confirmed it. */
  flush: async () => !isHeld && (await ready, flush()),
  /** @param {Report} report */
  open: (report) => reports = track(...reports, report),
  /**
   * Takes delivery-later.js. Where it cannot be loaded, the latest entries wait for a page that has it.
   *
   * @param {any} [given]
   */
  complete: (given) => {
    more = given;
    given ? adopt() : keysOf(KEY).sort().slice(0, -ENTRIES_MAX).forEach(remove);
    setReady();
  },
  /** The page may end here: what is not confirmed is stored, and leaves with a beacon. */
  leave: () => {
    keep();
    if (!isHeld) sendBeacons();
  },
  /** The network is back, or the page is visible again. */
  wake: () => {
    failures = 0;
    if (queue[0]) later(flush);
  },
  /** Until consent is given, or for ever, everything waits here. @param {boolean} held */
  hold: (held) => {
    isHeld = held;
    adopt();
    schedule();
  },
  /** Forgets everything. */
  clear: () => {
    queue = reports = [];
    keysOf(KEY).forEach(remove);
  },
  bytesSent: () => bytesSent,
};

/**
 * @param {() => string} givenEndpoint
 * @param {() => void} givenPrepare emits what is final before something is sent
 */
export const openTransport = (givenEndpoint, givenPrepare) => {
  endpoint = givenEndpoint;
  prepare = givenPrepare;
  return transport;
};
