// What a visitor does on a page: for how long they look, how far they scroll, where they go, and the last steps before something broke.

import { bare, guard, later, listen, now, observe, selector } from "./guard.js";

/** Steps kept. */
const CRUMBS_MAX = 20;
const SCROLL_PAUSE_MS = 200;

/** The last steps. @type {{type: string, at: string, text: string}[]} */
export let breadcrumbs = [];

/** @param {"route" | "click" | "request"} type @param {string} text */
export const addCrumb = (type, text) =>
  breadcrumbs = [...breadcrumbs, { type, at: new Date().toISOString(), text }].slice(-CRUMBS_MAX);

/** Clicks and requests, before they are needed. @param {(url: string) => boolean} isOwn whether an address is ours */
export const watchSteps = (isOwn) => {
  listen("click", ({ target }) => addCrumb("click", selector(target)));
  observe("resource", ({ name, initiatorType, responseStatus = "" }) => {
    if (/fetch|xml/.test(initiatorType) && !isOwn(name)) addCrumb("request", bare(name) + " " + responseStatus);
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
