// Reading ahead: while the owner uses the page, the reports of all views are read one after the other, so that a view
// opens without a wait. The view under the pointer comes first.

import { allowsView } from "./limits.js";
import { VIEWS } from "./views.js";

/** Milliseconds without a key or pointer after which the owner only watches the page: it does not read ahead then. */
const ACTIVE_MS = 120_000;
/** Milliseconds after the open view is complete. */
const PAUSE_MS = 250;

let activeAt = Date.now();
/** Aborted when the views that follow shall not be read. */
let reading = new AbortController();
/** By name, the views whose reports are on their way. @type {Map<string, {controller: AbortController, done: Promise<void>}>} */
const beingRead = new Map();

const isWanted = () =>
  document.visibilityState === "visible" && Date.now() - activeAt < ACTIVE_MS &&
  !(/** @type {any} */ (navigator).connection?.saveData);

/** @param {string} name of a view @returns {Promise<void>} */
function read(name) {
  const known = beingRead.get(name);
  if (known) return known.done;
  const controller = new AbortController();
  const end = () => {
    if (beingRead.get(name)?.controller === controller) beingRead.delete(name);
  };
  // The view shows the error when it is opened.
  const done = Promise.resolve(VIEWS[name].read?.(controller.signal)).then(end, end);
  beingRead.set(name, { controller, done });
  return done;
}

/** Requests the reports of a view that is about to be shown. @param {string} name @returns {Promise<boolean>} false if another view was */
export async function readNow(name) {
  stopAhead();
  const { signal } = reading;
  await read(name);
  return !signal.aborted;
}

/**
 * Ends the reading. The view that is opened shares the requests that are on their way for it, which go on.
 *
 * @param {string} [opened] the name of the view, if it is opened with the range and the filters for which it is being read
 */
export function stopAhead(opened) {
  reading.abort();
  reading = new AbortController();
  for (const [name, { controller }] of beingRead) {
    if (name === opened) continue;
    controller.abort();
    beingRead.delete(name);
  }
}

/** Reads the reports of all views. @param {string} open the name of the open view */
export async function startAhead(open) {
  stopAhead(open);
  const { signal } = reading;
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  // Of the open view, what is not in the window is not requested yet.
  for (const name of new Set([open, ...Object.keys(VIEWS).filter(allowsView)])) {
    if (signal.aborted || !isWanted()) return;
    await read(name);
  }
}

/** Watches for the use of the page, and for the pointer on a tab. @param {() => boolean} isReady whether reports can be read */
export function watchUse(isReady) {
  const used = () => activeAt = Date.now();
  for (const type of ["pointermove", "pointerdown", "keydown"]) addEventListener(type, used, { passive: true });
  for (const tab of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[role=tab]"))) {
    tab.addEventListener("pointerenter", () => {
      const isOpen = tab.getAttribute("aria-selected") === "true";
      if (isReady() && !isOpen && isWanted()) read(tab.dataset.tab ?? "");
    });
  }
}
