// Posts, each logged for the Raw Data tab. While the page lives it waits for the answer; when the page goes away a beacon has to do.

import { hyphenated, uuid7 } from "../tracker/ids.js";
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
 * @property {string | null} answer
 * @property {number | null} took milliseconds
 */

const PATH_MAX = 2000;

/** What the server may come to take later. */
const isPassing = (/** @type {number | null} */ status) => status === null || status === 429 || status >= 500;

/** Bytes under way that would outlive the page: the browser allows 64 KiB of them in all, and refuses the request that is too much. */
let outliving = 0;

const cut = (/** @type {string} */ text) => text.slice(0, PATH_MAX);

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

  /** @param {"collect" | "event"} kind @param {string} type @param {number | null} number @param {string} text */
  function open(kind, type, number, text) {
    /** @type {Delivery} */
    const delivery = {
      ...{ kind, type, seq: number, text, bytes: byteLength(text), at: new Date().toISOString() },
      ...{ by: "fetch", state: "sending", status: null, answer: null, took: null },
    };
    deliveries.push(delivery);
    return delivery;
  }

  /** @param {Delivery} delivery */
  async function post(delivery) {
    const start = performance.now();
    Object.assign(delivery, { by: "fetch", state: "sending" });
    changed(delivery);
    const keepalive = outliving + delivery.bytes <= CONFIG.OUTLIVING_BYTES_MAX;
    if (keepalive) outliving += delivery.bytes;
    try {
      const answer = await fetch(delivery.kind, {
        method: "POST",
        body: delivery.text,
        headers: { "Content-Type": "application/json" },
        keepalive,
      });
      delivery.status = answer.status;
      delivery.answer = await answer.text();
      delivery.state = answer.ok ? "stored" : "refused";
    } catch (error) {
      delivery.answer = String(error);
      delivery.state = "failed";
    }
    if (keepalive) outliving -= delivery.bytes;
    delivery.took = performance.now() - start;
    changed(delivery);
  }

  /** @param {Delivery} delivery */
  function beacon(delivery) {
    const isQueued = navigator.sendBeacon(delivery.kind, delivery.text);
    Object.assign(delivery, { by: "beacon", state: isQueued ? "queued" : "failed", took: null });
    changed(delivery);
    return isQueued;
  }

  /** Again and again, as long as there is hope: the event's id keeps it from being counted twice. @param {Delivery} delivery */
  async function postEvent(delivery) {
    for (const delay of [...CONFIG.RETRY_DELAYS, null]) {
      await post(delivery);
      if (delivery.state === "stored" || !isPassing(delivery.status) || delay === null) return;
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (delivery.by === "beacon") return;
    }
  }

  return {
    deliveries,
    /**
     * @param {string} type
     * @param {any} payload
     * @param {boolean} isLeaving
     */
    event(type, payload, isLeaving = false) {
      if (!sendsEvents) return;
      seq += 1;
      const context = {
        now: new Date(),
        path: cut(location.pathname),
        referrer: document.referrer ? cut(document.referrer.split(/[?#]/)[0]) : null,
        eventId: hyphenated(uuid7()),
      };
      const delivery = open("event", type, seq, eventText(ids, type, seq, payload, context));
      if (isHeld) changed(Object.assign(delivery, { state: "unsent" }));
      else if (isLeaving) beacon(delivery);
      else postEvent(delivery);
    },
    /**
     * Once for a view, whoever asks first.
     *
     * @param {any} payload
     * @param {boolean} isLeaving
     */
    collect(payload, isLeaving = false) {
      if (isHeld || hasCollected) return;
      hasCollected = true;
      if (!isLeaving) {
        post(open("collect", "collect", null, fitted(payload, CONFIG.COLLECT_BYTES_MAX)));
        return;
      }
      const delivery = open("collect", "collect", null, fitted(payload, CONFIG.BEACON_BYTES_MAX));
      if (beacon(delivery)) return;
      // Others of this page have filled the queue: a small one may still fit.
      delivery.text = fitted(payload, 8000);
      delivery.bytes = byteLength(delivery.text);
      beacon(delivery);
    },
    /** Hands what was not taken yet to the browser, which outlives the page. */
    leave() {
      for (const delivery of deliveries) {
        if (delivery.kind === "event" && ["failed", "refused"].includes(delivery.state) && isPassing(delivery.status)) {
          beacon(delivery);
        }
      }
    },
    released,
    /** Sends the events so far; later ones, and the submission, are no longer held. */
    release() {
      isHeld = false;
      release();
      for (const delivery of deliveries) if (delivery.state === "unsent") postEvent(delivery);
    },
    get isHeld() {
      return isHeld;
    },
    get hasCollected() {
      return hasCollected;
    },
  };
}
