// Sends submissions and events, each logged for the Raw Data tab: by requests while the page lives, by beacons when it is left.

import { pause } from "../kit/time.js";
import { uuid7 } from "../tracker/ids.js";
import { CONFIG } from "./config.js";
import { byteLength, eventText, fitted } from "./payload.js";

/**
 * @typedef {object} Delivery
 * @property {"collect" | "event"} kind
 * @property {string} type of the event
 * @property {number | null} seq
 * @property {string} text the body
 * @property {number} bytes
 * @property {string} at
 * @property {"fetch" | "beacon"} by
 * @property {"unsent" | "sending" | "stored" | "queued" | "refused" | "failed"} state `unsent` until the visitor agrees
 * @property {number | null} status
 * @property {string | null} response
 * @property {number | null} took milliseconds
 */

const PATH_MAX = 2000;
/** Bytes of a submission that fits where a larger one does not. */
const SMALL_BYTES_MAX = 8000;

/** Whether the server may accept the same body later. */
const isPassing = (/** @type {number | null} */ status) => status === null || status === 429 || status >= 500;

/** Bytes in flight that may outlive the page: the browser allows 64 KiB of them in all, and refuses a request beyond that. */
let outliving = 0;

const cut = (/** @type {string} */ text) => text.slice(0, PATH_MAX);

/**
 * @param {"collect" | "event"} kind @param {string} type @param {number | null} seq @param {string} text
 * @returns {Delivery}
 */
const makeDelivery = (kind, type, seq, text) => ({
  ...{ kind, type, seq, text, bytes: byteLength(text), at: new Date().toISOString() },
  ...{ by: "fetch", state: "sending", status: null, response: null, took: null },
});

/** @param {Delivery} delivery @param {(delivery: Delivery) => void} changed */
async function post(delivery, changed) {
  const start = performance.now();
  Object.assign(delivery, { by: "fetch", state: "sending" });
  changed(delivery);
  const keepalive = outliving + delivery.bytes <= CONFIG.OUTLIVING_BYTES_MAX;
  if (keepalive) outliving += delivery.bytes;
  try {
    const response = await fetch(delivery.kind, {
      method: "POST",
      body: delivery.text,
      headers: { "Content-Type": "application/json" },
      keepalive,
    });
    delivery.status = response.status;
    delivery.response = await response.text();
    delivery.state = response.ok ? "stored" : "refused";
  } catch (error) {
    delivery.response = String(error);
    delivery.state = "failed";
  }
  if (keepalive) outliving -= delivery.bytes;
  delivery.took = performance.now() - start;
  changed(delivery);
}

/** Posts an event until it is stored or refused for good: its id keeps it from being counted twice. @param {Delivery} delivery @param {(delivery: Delivery) => void} changed */
async function postEvent(delivery, changed) {
  for (const delay of [...CONFIG.RETRY_DELAYS, null]) {
    await post(delivery, changed);
    if (delivery.state === "stored" || !isPassing(delivery.status) || delay === null) return;
    await pause(delay);
    if (delivery.by === "beacon") return;
  }
}

/** @param {Delivery} delivery @param {(delivery: Delivery) => void} changed */
function sendBeacon(delivery, changed) {
  const isQueued = navigator.sendBeacon(delivery.kind, delivery.text);
  Object.assign(delivery, { by: "beacon", state: isQueued ? "queued" : "failed", took: null });
  changed(delivery);
  return isQueued;
}

/** Whether an event that was not stored may be stored later. @param {Delivery} delivery */
const isPending = ({ kind, state, status }) =>
  kind === "event" && ["failed", "refused"].includes(state) && isPassing(status);

/** @param {Delivery} delivery the submission @param {any} payload @param {(delivery: Delivery) => void} changed */
function sendLastSubmission(delivery, payload, changed) {
  if (sendBeacon(delivery, changed)) return;
  // Other beacons of this page have filled the queue: a small one may still fit.
  delivery.text = fitted(payload, SMALL_BYTES_MAX);
  delivery.bytes = byteLength(delivery.text);
  sendBeacon(delivery, changed);
}

/**
 * @param {import("./payload.js").Ids} ids
 * @param {{sendsEvents: boolean, isHeld?: boolean, changed: (delivery: Delivery) => void}} options `isHeld`: nothing is sent before `release`
 */
export function openTransport(ids, { sendsEvents, isHeld = false, changed }) {
  /** @type {Delivery[]} */
  const deliveries = [];
  let seq = 0;
  let hasCollected = false;
  let release = () => {};
  /** @type {Promise<void>} */
  const released = new Promise((resolve) => release = resolve);
  if (!isHeld) release();

  /** @param {Delivery} delivery */
  const add = (delivery) => (deliveries.push(delivery), delivery);

  return {
    deliveries,
    released,
    /** @param {string} type @param {any} payload @param {boolean} [isLeaving] */
    event(type, payload, isLeaving = false) {
      if (!sendsEvents) return;
      seq += 1;
      const delivery = add(makeDelivery("event", type, seq, eventText(ids, type, seq, payload, contextOfNow())));
      if (isHeld) changed(Object.assign(delivery, { state: "unsent" }));
      else if (isLeaving) sendBeacon(delivery, changed);
      else postEvent(delivery, changed);
    },
    /** Sends the submission, once for each page view. @param {any} payload @param {boolean} [isLeaving] */
    collect(payload, isLeaving = false) {
      if (isHeld || hasCollected) return;
      hasCollected = true;
      const bytesMax = isLeaving ? CONFIG.BEACON_BYTES_MAX : CONFIG.COLLECT_BYTES_MAX;
      const delivery = add(makeDelivery("collect", "collect", null, fitted(payload, bytesMax)));
      if (isLeaving) sendLastSubmission(delivery, payload, changed);
      else post(delivery, changed);
    },
    /** Hands the events that are not stored yet to the browser, which outlives the page. */
    leave: () => deliveries.filter(isPending).forEach((delivery) => sendBeacon(delivery, changed)),
    /** Sends the events so far. Later ones, and the submission, are no longer held. */
    release() {
      isHeld = false;
      release();
      for (const delivery of deliveries) if (delivery.state === "unsent") postEvent(delivery, changed);
    },
    get isHeld() {
      return isHeld;
    },
    get hasCollected() {
      return hasCollected;
    },
  };
}

const contextOfNow = () => ({
  now: new Date(),
  path: cut(location.pathname),
  referrer: document.referrer ? cut(document.referrer.split(/[?#]/)[0]) : null,
  eventId: uuid7("-"),
});
