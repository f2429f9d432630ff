// Status of the server: polls `GET /api/status` while the page is visible.

import { ask, RequestError } from "./api.js";

/**
 * @typedef {object} Status
 * @property {"ok" | "processing" | "degraded"} state
 * @property {{reason: string, done: number, total: number, share: number, seconds_left: number | null} | null} processing
 * @property {{code: string, message: string, since: number, age_seconds: number}[]} problems
 * @property {{any: boolean, only_bots: boolean, last_received: number | null}} events
 * @property {number | null} rollup_lag_seconds null before the server has looked at its database
 */

/** Milliseconds between two requests; while the first event or the end of a build is awaited; and at most, after failures. */
const STATUS_MS = 5000;
const CLOSE_MS = 1000;
const BACKOFF_MS_MAX = 60_000;

/** @type {Status | null} */
let latest = null;
let isClose = false;
let isRunning = false;
let isReading = false;
/** Consecutive requests without a response. */
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @type {Set<(status: Status | null, failures: number) => void>} */
const listeners = new Set();

/** @param {(status: Status | null, failures: number) => void} listener called after every reading; null before the first that succeeds */
export const onStatus = (listener) => listeners.add(listener);

/** Null before the first reading that succeeds. */
export const latestStatus = () => latest;

/** Whether events are missing from the figures: a build is in progress, or the rollups have stopped. */
export const areFiguresIncomplete = () =>
  latest !== null && (latest.processing !== null || latest.problems.some(({ code }) => code.startsWith("rollups_")));

/** @param {boolean} value whether the next event, or the end of a build, is waited for */
export function watchClosely(value) {
  isClose = value;
}

async function read() {
  if (isReading) return;
  isReading = true;
  clearTimeout(timer);
  try {
    latest = await ask("status");
    failures = 0;
  } catch (error) {
    // An error response is no failure of the network; the views show it.
    failures = error instanceof RequestError && error.status ? 0 : failures + 1;
  }
  isReading = false;
  if (!isRunning) return;
  for (const listener of listeners) listener(latest, failures);
  const isKnown = latest && latest.rollup_lag_seconds !== null;
  const pause = isClose || latest?.processing || !isKnown ? CLOSE_MS : STATUS_MS;
  timer = setTimeout(tick, Math.min(pause * 2 ** failures, BACKOFF_MS_MAX));
}

/** A hidden page does not poll; it does so as soon as it is visible. */
function tick() {
  if (isRunning && document.visibilityState === "visible") read();
}

document.addEventListener("visibilitychange", tick);

/** @returns {Promise<void>} after the first reading */
export function startStatus() {
  isRunning = true;
  return read();
}

export function stopStatus() {
  isRunning = false;
  clearTimeout(timer);
  latest = null;
}
