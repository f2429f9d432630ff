// Requests to the API.

import { released } from "./press.js";

/** A response that is an error; status 0 if there was none. */
export class RequestError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Timeout of a request in milliseconds. */
const ANSWER_MS_MAX = 20_000;

/** Called when the session has ended. @type {Set<() => void>} */
const listeners = new Set();

/** @param {() => void} listener */
export const onSignedOut = (listener) => listeners.add(listener);

/** Called when a request may have changed what reports show. @type {Set<() => void>} */
const changeListeners = new Set();

/** @param {() => void} listener called after every request that may have changed what reports show */
export const onChange = (listener) => changeListeners.add(listener);

/** The server's two sentences about a time zone that it cannot read. */
const UNKNOWN_ZONE = /^zone must be|no time zone data/;
/** @type {Set<(zone: string) => void>} */
const zoneListeners = new Set();

/** @param {(zone: string) => void} listener called when the server does not know the time zone of a query */
export const onUnknownZone = (listener) => zoneListeners.add(listener);

/**
 * The content of a response, never while a pointer is pressed.
 *
 * @param {string} path below `api/`
 * @param {Record<string, any>} [parameters] empty ones are omitted
 * @param {{method?: string, body?: any, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
export async function ask(path, parameters = {}, options = {}) {
  try {
    return await request(path, parameters, options);
  } finally {
    await released();
    options.signal?.throwIfAborted();
  }
}

/**
 * @param {string} path
 * @param {Record<string, any>} parameters
 * @param {{method?: string, body?: any, signal?: AbortSignal}} options
 * @returns {Promise<any>}
 */
async function request(path, parameters, { method = "GET", body, signal }) {
  const time = AbortSignal.timeout?.(ANSWER_MS_MAX);
  const signals = [signal, time].filter((one) => one !== undefined);
  let response;
  try {
    response = await fetch(address(path, parameters), {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      signal: signals.length > 1 && AbortSignal.any ? AbortSignal.any(/** @type {any} */ (signals)) : signals[0],
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestError(0, "The server cannot be reached.");
  } finally {
    if (method !== "GET") changeListeners.forEach((listener) => listener());
  }
  if (response.ok) return await contentOf(response, signal);
  const content = await response.json().catch(() => ({}));
  if (response.status === 401 && path !== "session") listeners.forEach((listener) => listener());
  if (response.status === 400 && parameters.zone && UNKNOWN_ZONE.test(content.message)) {
    zoneListeners.forEach((listener) => listener(parameters.zone));
  }
  throw new RequestError(response.status, content.message ?? `The server responded with status ${response.status}.`);
}

/** @param {Response} response @param {AbortSignal} [signal] @returns {Promise<any>} */
async function contentOf(response, signal) {
  try {
    const content = await response.json();
    // A browser may have read the body before the request was aborted.
    signal?.throwIfAborted();
    return content;
  } catch (error) {
    if (signal?.aborted) throw error;
    if (error instanceof SyntaxError) throw new RequestError(response.status, "The response is not valid JSON.");
    throw new RequestError(0, "The connection to the server was lost.");
  }
}

/**
 * Checks whether a request would succeed, for requests whose errors the browser does not show, such as downloads.
 *
 * @param {string} path below `api/`
 * @param {Record<string, any>} parameters
 * @throws {RequestError}
 */
export async function check(path, parameters) {
  const response = await fetch(address(path, parameters), { method: "HEAD" }).catch(() => {
    throw new RequestError(0, "The server cannot be reached.");
  });
  if (response.ok) return;
  if (response.status === 401) listeners.forEach((listener) => listener());
  const seconds = response.headers.get("Retry-After");
  throw new RequestError(
    response.status,
    seconds ? `The server is busy: try again in ${seconds} s.` : `The server responded with status ${response.status}.`,
  );
}

/** @param {string} path @param {Record<string, any>} [parameters] */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "" && value !== false) query.set(name, String(value));
  }
  const text = query.toString();
  return new URL(`api/${path}${text ? `?${text}` : ""}`, document.baseURI).href;
}
