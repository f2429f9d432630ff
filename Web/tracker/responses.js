// Decisions by the server's response, for pages and for workers.

import { RETRY_MS_MAX } from "./limits.js";

/** Milliseconds for a response; the end of a beacon is not reported. */
export const RESPONSE_MS_MAX = 30_000;

const RETRY_MS = 1000;

/** Whether the server will never take a body to which it responded with this status. @param {number} status */
export const isRefusal = (status) => status < 500 && status !== 408 && status !== 429;

/** Milliseconds before the next attempt: longer each time, and never all senders at once. @param {number} failures so far */
export const backoff = (failures) => Math.min(RETRY_MS * 2 ** failures, RETRY_MS_MAX) * (0.5 + Math.random() / 2);
