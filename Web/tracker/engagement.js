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
  let since = now();
  let engagedMs = 0;
  /** What was taken last. @type {{engagedMs: number, scrollDepth?: number} | undefined} */
  let taken;

  /** Adds the time since the last measurement. */
  const measure = () => {
    if (wasEngaged) engagedMs += now() - since;
    since = now();
    wasEngaged = isEngaged();
  };
  listen("focus blur visibilitychange", measure);
  return {
    /**
     * Gives the milliseconds of attention of the whole page view, with its scroll depth, to `report`. They are taken once that has returned: what a
     * page that is closed did not come to is reported at the next occasion. Nothing when neither has changed since; less than a
     * second is no change of a page that may come back.
     *
     * @param {boolean} isLast
     * @param {number | undefined} scrollDepth
     * @param {(attention: {engagedMs: number, scrollDepth?: number}) => void} report
     */
    _take: (isLast, scrollDepth, report) => {
      measure();
      const grown = taken ? engagedMs - taken.engagedMs : Infinity;
      if (grown < (isLast ? 1 : ENGAGED_MS_MIN) && scrollDepth === taken?.scrollDepth) return;
      const attention = { engagedMs: Math.round(engagedMs), scrollDepth };
      report(attention);
      taken = attention;
    },
    /** Another page view begins. */
    _restart: () => {
      since = now();
      engagedMs = 0;
      taken = undefined;
    },
  };
};
