// Payloads of submissions and events, with the keys of the original program and more.

import { CONFIG } from "./config.js";

/** @typedef {{visitor_id: string, session_id: string, pageview_id: string}} Ids */

/** Fields of the original program; null where a browser does not report them. */
const BROWSER_KEYS = [
  ...[
    "userAgent",
    "language",
    "cookiesEnabled",
    "onLine",
    "platform",
    "doNotTrack",
    "deviceMemory",
    "hardwareConcurrency",
  ],
  ...["screenResolution", "colorDepth", "orientation"],
];

/**
 * The payload before any collector has contributed.
 *
 * @param {Ids} ids
 * @param {string} timestamp
 */
export const emptyPayload = (ids, timestamp) => ({
  ...ids,
  timestamp,
  browser: Object.fromEntries(BROWSER_KEYS.map((key) => [key, null])),
  performance: { timing: {}, memory: null, navigation: {}, resources: [], webVitals: {} },
  network: null,
  errors: /** @type {any[]} */ ([]),
  fingerprints: { canvas: null, fonts: [], webgl: null },
  battery: null,
  benchmarks: { baselineFps: { available: false }, gpuTimer: { available: false } },
});

export const byteLength = (/** @type {string} */ text) => new TextEncoder().encode(text).length;

/** Parts that are removed to make a body smaller, the least important first; each is named in `trimmed`. */
const TRIM_ORDER = /** @type {[string, (payload: any) => void][]} */ ([
  ["fingerprints.webgl2.limits", (payload) => delete payload.fingerprints?.webgl2?.limits],
  ["fingerprints.webgpu.limits", (payload) => delete payload.fingerprints?.webgpu?.limits],
  ["performance.resources", (payload) => payload.performance?.resources?.splice(15)],
  ["errors", (payload) => {
    payload.errors?.splice(10);
    for (const error of payload.errors ?? []) error.stack = error.stack.slice(0, 1000);
  }],
  ["fingerprints.canvas", (payload) => delete payload.fingerprints?.canvas],
  ["fingerprints", (payload) => payload.fingerprints = { hash: payload.fingerprints?.hash ?? null }],
  ["performance.resources", (payload) => payload.performance?.resources?.splice(0)],
]);

/**
 * The JSON text of a payload, trimmed to a size.
 *
 * @param {any} payload
 * @param {number} bytesMax
 */
export function fitted(payload, bytesMax) {
  let text = JSON.stringify(payload);
  if (byteLength(text) <= bytesMax) return text;
  const smaller = JSON.parse(text);
  smaller.trimmed = [];
  for (const [name, trim] of TRIM_ORDER) {
    trim(smaller);
    smaller.trimmed.push(name);
    text = JSON.stringify(smaller);
    if (byteLength(text) <= bytesMax) break;
  }
  return text;
}

/**
 * An event in the format of /event.
 *
 * @param {Ids} ids
 * @param {string} type
 * @param {number} seq
 * @param {any} payload
 * @param {{now: Date, path: string, referrer: string | null, eventId: string}} context
 */
export function eventText(ids, type, seq, payload, { now, path, referrer, eventId }) {
  const event = {
    ...ids,
    event_type: type,
    seq,
    client_timestamp: now.toISOString(),
    path,
    referrer,
    payload,
    event_id: eventId,
  };
  return byteLength(JSON.stringify(event)) <= CONFIG.EVENT_BYTES_MAX
    ? JSON.stringify(event)
    : JSON.stringify({ ...event, payload: JSON.parse(fitted(payload, CONFIG.EVENT_BYTES_MAX - 2000)) });
}
