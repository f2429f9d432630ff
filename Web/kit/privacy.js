// Do Not Track and Global Privacy Control: the browser's request not to be tracked.

/**
 * Whether this browser makes the request. The server reads the headers `Sec-GPC` and `DNT`, which scripts cannot see, and says so in
 * `data-privacy` of the page.
 */
export function asksNotToBeTracked() {
  const { globalPrivacyControl, doNotTrack } = /** @type {any} */ (navigator);
  return document.documentElement.dataset.privacy === "on" || globalPrivacyControl === true || doNotTrack === "1";
}
