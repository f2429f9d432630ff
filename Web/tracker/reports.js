// Reports of the browser: deprecated features, interventions. Those from before are buffered.

import { guard } from "./guard.js";

/**
 * @param {(kind: string, thrown: any, source?: any, lineno?: number, colno?: number) => void} addError
 * @param {string} own start of the addresses of our scripts: what they cause is no fault of the page
 */
export const watchReports = (addError, own) => {
  const { ReportingObserver } = /** @type {any} */ (self);
  if (!ReportingObserver) return;
  const take = guard((/** @type {any[]} */ reports) => {
    for (const { type, body: { message, sourceFile, lineNumber, columnNumber } } of reports) {
      // Violations of the policy have an event of their own.
      if (/^csp/.test(type) || sourceFile?.startsWith(own)) continue;
      addError("report", { name: type, message }, sourceFile, lineNumber, columnNumber);
    }
  });
  new ReportingObserver(take, { buffered: true }).observe();
};
