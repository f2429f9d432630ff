// Do Not Track and Global Privacy Control: the browser's request not to be tracked.

/**
 * Whether the browser sends either signal. Scripts cannot see the headers `Sec-GPC` and `DNT`: the server sets `data-privacy` of the page
 * by them.
 */
export function asksNotToBeTracked() {
  const { globalPrivacyControl, doNotTrack } = /** @type {any} */ (navigator);
  return document.documentElement.dataset.privacy === "on" || globalPrivacyControl === true || doNotTrack === "1";
}
