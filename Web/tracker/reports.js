// What the browser reports by itself: deprecated features, interventions. It keeps what it has said before anybody listens.

import { guard } from "./guard.js";

/**
 * @param {(kind: string, thrown: any, source?: any, lineno?: number, colno?: number) => void} addError
 * @param {string} own where our own scripts come from: that a browser frowns at what we ask is no fault of the page
 */
export const watchReports = (addError, own) => {
  const { ReportingObserver } = /** @type {any} */ (self);
  if (!ReportingObserver) return;
  const take = guard((/** @type {any[]} */ reports) => {
    for (const { type, body: { message, sourceFile, lineNumber, columnNumber } } of reports) {
      // The policy's own event tells of what it blocks.
      if (/^csp/.test(type) || sourceFile?.startsWith(own)) continue;
      addError("report", { name: type, message }, sourceFile, lineNumber, columnNumber);
    }
  });
  new ReportingObserver(take, { buffered: true }).observe();
};
