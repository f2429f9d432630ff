// Do Not Track and Global Privacy Control: the browser's request not to be tracked.

/** Whether the browser has either signal; a worker has only Global Privacy Control. */
export const hasPrivacySignal = () =>
  /** @type {any} */ (navigator).globalPrivacyControl || /** @type {any} */ (navigator).doNotTrack === "1";

/**
 * Whether the browser sends either signal. Scripts cannot see the headers `Sec-GPC` and `DNT`: the server sets `data-privacy` of the page
 * by them.
 */
export const asksNotToBeTracked = () => document.documentElement.dataset.privacy === "on" || hasPrivacySignal();
