// How long a page view has a visitor's attention.

import { ofDocument } from "./dom.js";
import { listen, now } from "./guard.js";

/** Growth of the engagement time that is worth an event while the page may come back. */
const ENGAGED_MS_MIN = 1000;

/** Whether the page is visible and has the keyboard. */
const isEngaged = () => !ofDocument("hidden") && Document.prototype.hasFocus.call(document);

/** Measures from now on. */
export const watchEngagement = () => {
  let wasEngaged = isEngaged();
  let [since, engagedMs] = [now(), 0];
  /** What was taken last. @type {{engagedMs: number, scrollDepth?: number} | undefined} */
  let taken;

  /** Adds the time since the last measurement. */
  const measure = () => {
    if (wasEngaged) engagedMs += now() - since;
    since = now();
    wasEngaged = isEngaged();
  };
  listen("visibilitychange focus blur", measure);
  return {
    /**
     * Milliseconds of attention of the whole page view, with its scroll depth. Nothing when neither has changed since it was
     * last taken; less than a second is no change of a page that may come back.
     *
     * @param {boolean} isLast
     * @param {number | undefined} scrollDepth
     */
    take: (isLast, scrollDepth) => {
      measure();
      const grown = taken ? engagedMs - taken.engagedMs : Infinity;
      if (grown < (isLast ? 1 : ENGAGED_MS_MIN) && scrollDepth === taken?.scrollDepth) return;
      return taken = { engagedMs: Math.round(engagedMs), scrollDepth };
    },
    /** Another page view begins. */
    restart: () => {
      [since, engagedMs] = [now(), 0];
      taken = undefined;
    },
  };
};
