// What a visitor does on a page: for how long they look, how far they scroll, where they go, and the last steps before something broke.

import { addError } from "./errors.js";
import { bare, guard, later, listen, now, observe, selector } from "./guard.js";

/** Steps kept. */
const CRUMBS_MAX = 20;
const SCROLL_PAUSE_MS = 200;

/** The last steps. @type {{type: string, at: string, text: string}[]} */
export let breadcrumbs = [];

/** @param {"route" | "click" | "request"} type @param {string} text */
export const addCrumb = (type, text) =>
  breadcrumbs = [...breadcrumbs, { type, at: new Date().toISOString(), text }].slice(-CRUMBS_MAX);

/**
 * Clicks and requests. What became of a request is read from its timing: nothing of the page's is wrapped for it.
 *
 * @param {{endpoint: string, requests: boolean}} options ours, and whether a request that failed is an error
 */
export const watchSteps = (options) => {
  listen("click", ({ target }) => addCrumb("click", selector(target)));
  observe("resource", ({ name, initiatorType, responseStatus = 0, nextHopProtocol }) => {
    if (!/fetch|xml/.test(initiatorType) || name === options.endpoint) return;
    const message = bare(name);
    addCrumb("request", message + " " + responseStatus);
    // Without a status and a protocol there was no answer.
    if (options.requests && (responseStatus >= 400 || !responseStatus && !nextHopProtocol)) {
      addError("request", { name: "HTTP " + responseStatus, message }, name);
    }
  });
};

/** Looked at is what is visible and has the keyboard. */
const isSeen = () => !document.hidden && document.hasFocus();

/** Milliseconds that a view was looked at, and percent of it that were seen; they go on growing while it lasts. */
export const watchAttention = () => {
  let engagedMs = 0;
  let scrollDepth = 0;
  let since = now();
  let wasSeen = isSeen();
  /** @type {any} */
  let timer;

  /** Adds the time since it was last looked at, and looks how far down the page is. */
  const look = () => {
    if (wasSeen) engagedMs += now() - since;
    since = now();
    wasSeen = isSeen();
    scrollDepth = Math.max(scrollDepth, (scrollY + innerHeight) / document.documentElement.scrollHeight);
    timer = undefined;
    return { engagedMs: Math.round(engagedMs), scrollDepth: Math.round(Math.min(1, scrollDepth) * 100) };
  };

  listen("visibilitychange focus blur", look);
  listen("scroll", () => timer ??= later(look, SCROLL_PAUSE_MS));
  return {
    read: look,
    restart: () => {
      since = now();
      engagedMs = scrollDepth = 0;
    },
  };
};

/**
 * Tells of every change of route, by the Navigation API where there is one, else by the history.
 *
 * @param {() => void} changed called when the address may be another one
 */
export const watchRoutes = (changed) => {
  const { navigation, history } = /** @type {any} */ (self);
  if (navigation) return listen("currententrychange", changed, navigation);
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name];
    history[name] = (/** @type {any[]} */ ...values) => {
      original.apply(history, values);
      guard(changed)();
    };
  }
  listen("popstate hashchange", changed);
};
