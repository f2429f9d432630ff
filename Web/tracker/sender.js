// Sends the queue to the server. An event leaves the queue when the server has confirmed it, not before: what a beacon took is
// sent again by the next page, and the server counts it once.

import { unpack } from "./delivery-adoption.js";
import { bytesOf, fit, pack, trim } from "./delivery-queue.js";
import { CONFIRMED, drop, track, unconfirmed } from "./delivery-report.js";
import { guard, timestamp } from "./guard.js";
import { BODY_BYTES_MAX, BODY_EVENTS_MAX, KEEPALIVE_BYTES_MAX, RETRY_AFTER_MS_MAX } from "./limits.js";
import { backoff, isRefusal, RESPONSE_MS_MAX } from "./responses.js";
import { keysOf, read, remove } from "./storage.js";
import { KEY } from "./transport.js";

/** @typedef {{_flush: () => Promise<boolean>, _adopt: () => void}} Sender */

// Taken once: a page may replace it later.
const { fetch } = self;

/**
 * A body, compressed where the browser can. The server detects gzip by its first bytes: a header would cost a preflight.
 *
 * @param {string} text
 * @returns {Promise<any>} a string or an ArrayBuffer
 */
export const compress = async (text) => {
  try {
    const { body } = /** @type {any} */ (new Response(text));
    return await new Response(body.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
  } catch {
    return text;
  }
};

/**
 * @param {import("./transport.js").Delivery} delivery
 * @param {string} text
 * @param {any[]} items
 * @returns {Promise<any>} the response, or after how many milliseconds the body can be sent again at the earliest
 */
const post = async (delivery, text, items) => {
  const body = await compress(text);
  // Consent may have been withdrawn meanwhile.
  if (delivery._isHeld) return 0;
  const size = body.byteLength ?? bytesOf(text);
  const lasting = size > KEEPALIVE_BYTES_MAX - delivery._keepaliveBytes ? 0 : size;
  delivery._keepaliveBytes += lasting;
  if (lasting) delivery._inFlight = items;
  try {
    const response = await fetch(delivery._endpoint(), {
      method: "POST",
      body,
      headers: { "Content-Type": "text/plain" },
      keepalive: !!lasting,
      credentials: "omit",
      signal: AbortSignal.timeout?.(RESPONSE_MS_MAX),
    });
    const { ok, status, headers } = response;
    if (ok) return await response.json();
    if (isRefusal(status)) return { _isRefused: true };
    return 1000 * +(headers.get("Retry-After") ?? 0) || 0;
  } catch {
    // No network or no response: as if nothing had been sent.
    return 0;
  } finally {
    delivery._keepaliveBytes -= lasting;
    delivery._inFlight = [];
  }
};

/**
 * @param {import("./transport.js").Delivery} delivery what it shares with the transport
 * @returns {Sender}
 */
export const openSender = (delivery) => {
  /** @type {Promise<boolean> | undefined} */
  let running;

  /** Sends until nothing waits; gives whether that is so. */
  const run = async () => {
    delivery._prepare();
    for (
      let open;
      open = unconfirmed(delivery._reports), !delivery._isHeld && (delivery._queue[0] || open[0]);
    ) {
      const items = fit(delivery._queue, BODY_BYTES_MAX, BODY_EVENTS_MAX);
      const [text, sent, texts] = pack(items, open, timestamp());
      const response = await post(delivery, text, items);
      if (response >= 0) {
        delivery._keep();
        delivery._schedule(Math.min(Math.max(backoff(delivery._failures++), response), RETRY_AFTER_MS_MAX));
        return false;
      }
      delivery._failures = 0;
      sent.forEach((report, index) => report[CONFIRMED] = texts[index]);
      if (response._isRefused) { for (const [, report] of items) drop(report, "refused"); }
      for (const { index } of response.rejected ?? []) if (items[index]) drop(items[index][1], "rejected");
      // What left a full queue while it was on its way has been counted as dropped.
      for (const item of items) if (!delivery._queue.includes(item) && !item[4]) item[1].dropped.queue_full--;
      delivery._queue = delivery._queue.filter((item) => !items.includes(item));
      if (!delivery._queue[0]) remove(delivery._key);
    }
    return !delivery._isHeld;
  };

  return {
    /** Gives whether the server has confirmed everything. */
    _flush: () => running ??= run().catch(() => false).finally(() => running = undefined),
    /** Takes over what other pages of the site have left: it is stored as our own before theirs is removed. */
    _adopt: guard(() => {
      const names = keysOf(KEY).filter((name) => name !== delivery._key);
      if (delivery._isHeld || !names[0]) return;
      const [items, theirs] = unpack(names.map(read), delivery._reports[delivery._reports.length - 1]);
      delivery._queue = trim([...items, ...delivery._queue]);
      delivery._reports = track(...theirs, ...delivery._reports);
      delivery._keep();
      names.forEach(remove);
      delivery._scheduleBatch();
    }),
  };
};
