// Reports requests that failed, by wrapping fetch and XMLHttpRequest, where the site asks for it (data-requests).
//
// Resource Timing is not enough: not every browser has the status there, and none separates a request without a response
// from an opaque response.

import { guard } from "./guard.js";

/** Wraps a function: a proxy keeps name, length, own properties, the receiver and whatever it returns. */
const wrap = (/** @type {any} */ target, /** @type {any} */ apply) => new Proxy(target, { apply });

/** An absolute address, as the browser resolves it here; anything else as it is. @param {any} url */
const resolve = (url) => {
  try {
    return new URL(url, self.document?.baseURI ?? location.href).href;
  } catch {
    return String(url);
  }
};

/**
 * @param {(method: string, url: string, status: number) => void} failed with a status of 0 where there was no response
 * @param {() => string} endpoint where our own events go
 */
export const watchRequests = (failed, endpoint) => {
  const fail = (/** @type {any} */ method, /** @type {string} */ url, /** @type {number} */ status) => {
    if (url !== resolve(endpoint())) failed(String(method ?? "GET").toUpperCase(), url, status);
  };
  guard(watchFetch)(fail);
  guard(watchXHR)(fail);
};

/** @param {(method: any, url: string, status: number) => void} fail */
const watchFetch = (fail) => {
  const scope = /** @type {any} */ (self);
  const { fetch } = scope;
  if (!fetch) return;
  // Each promise of the browser's own fetch is new: one derived from it stands in, and a rejection that the page does
  // not handle stays unhandled. Another fetch may return the same promise twice, and identity may matter.
  const isNative = /\[native code\]/.test(Function.prototype.toString.call(fetch));
  scope.fetch = wrap(fetch, (/** @type {any} */ target, /** @type {any} */ receiver, /** @type {any[]} */ values) => {
    const [input, options] = values;
    const url = guard(() => resolve(input?.url ?? input?.href ?? input))() ?? "";
    const promise = Reflect.apply(target, receiver, values);
    const loaded = guard((response) => {
      if (response.status >= 400) fail(options?.method ?? input.method, url, response.status);
    });
    const broke = guard((reason) => {
      const signal = options?.signal ?? input?.signal;
      const isAborted = signal?.aborted && reason?.name !== "TimeoutError";
      if (!isAborted && reason?.name !== "AbortError") fail(options?.method ?? input?.method, url, 0);
    });
    if (!(promise instanceof Promise)) return promise;
    if (!isNative) return guard(() => promise.then(loaded, broke))(), promise;
    return promise.then((response) => (loaded(response), response), (reason) => {
      broke(reason);
      throw reason;
    });
  });
};

/** @param {(method: any, url: string, status: number) => void} fail */
const watchXHR = (fail) => {
  const prototype = self.XMLHttpRequest?.prototype;
  if (!prototype) return;
  /** What was last opened with each request. @type {WeakMap<any, {method: any, url: string, isReported?: boolean}>} */
  const opened = new WeakMap();
  const watch = (/** @type {any} */ request) => {
    /** What has ended last: listeners of the page may open the request again before ours are called. @type {any} */
    let ended;
    const changed = guard(() => {
      const now = opened.get(request);
      if (now && request.status >= 400 && !now.isReported) {
        now.isReported = true;
        fail(now.method, now.url, request.status);
      }
      if (request.readyState === 4) ended = now;
    });
    const broke = guard(() => {
      if (ended && !ended.isReported) fail(ended.method, ended.url, 0);
    });
    request.addEventListener("readystatechange", changed);
    for (const type of ["error", "timeout"]) request.addEventListener(type, broke);
  };
  const note = guard((request, [method, url]) => {
    if (!opened.has(request)) watch(request);
    opened.set(request, { method, url: resolve(url) });
  });
  prototype.open = wrap(
    prototype.open,
    (/** @type {any} */ target, /** @type {any} */ request, /** @type {any[]} */ values) => {
      const result = Reflect.apply(target, request, values);
      note(request, values);
      return result;
    },
  );
};
