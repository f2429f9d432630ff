// Requests of the page that failed, by its own fetch and XMLHttpRequest; only where the site asks for it, since it wraps both. Timing would not do:
// not every browser tells the status there, and none tells a request without an answer from one whose answer may not be looked at.

import { bare, guard } from "./guard.js";

/**
 * @param {(method: string, url: string, status: number) => void} failed told with a status of 0 where there was no answer
 */
export const watchRequests = (failed) => {
  const tell = guard((method, url, status) => {
    // An answer that may not be read has no status, and is none that failed.
    if (status === undefined || status >= 400) {
      failed(method ?? "GET", bare(new URL(url, location.href).href), status ?? 0);
    }
  });
  const scope = /** @type {any} */ (self);
  const { fetch, XMLHttpRequest: { prototype } } = scope;
  scope.fetch = (/** @type {any} */ input, /** @type {any} */ options) => {
    const answer = fetch(input, options);
    const { method, url = input } = Object(input);
    const done = (/** @type {any} */ { status, name }) => {
      if (name !== "AbortError") tell(options?.method ?? method, url, status);
    };
    answer.then(done, done);
    return answer;
  };
  const { open } = prototype;
  prototype.open = function (/** @type {any[]} */ ...values) {
    const [method, url] = values;
    for (const type of ["load", "error"]) {
      this.addEventListener(type, () => tell(method, url, this.status || undefined));
    }
    return open.apply(this, values);
  };
};
