// The notice for visitors who ask not to be tracked: nothing is sent unless they press its button.

import { setText } from "../kit/dom.js";
import { asksNotToBeTracked } from "../kit/privacy.js";
import { forgetIds } from "../tracker/ids.js";
import { permitStorage } from "../tracker/storage.js";

/** The page contains the text that nothing is sent. */
const held = document.getElementById("held-text")?.textContent?.trim();
const SENT = "This visit was sent because you pressed Send. Your choice is not remembered.";

/**
 * Whether page views are held back. Then no ids are stored and existing ones are removed, as the tracker does on other sites.
 */
export function startPrivacy() {
  const isHeld = asksNotToBeTracked();
  if (isHeld) forgetIds();
  else permitStorage(true);
  return isHeld;
}

/** @param {() => void} release called when the visitor presses the button; once for each page view */
export function showPrivacyNotice(release) {
  // The server has set it, if the request had a header for it; then nothing moves.
  document.documentElement.dataset.privacy = "on";
  const text = /** @type {HTMLElement} */ (document.getElementById("held-text"));
  const button = /** @type {HTMLElement} */ (document.getElementById("send"));
  setText(text, held);
  button.hidden = false;
  button.onclick = () => {
    button.hidden = true;
    setText(text, SENT);
    release();
  };
}
