// What a visitor who asks not to be tracked sees: that nothing is sent, and a button that sends this visit after all.

import { setText } from "../kit/dom.js";
import { asksNotToBeTracked } from "../kit/privacy.js";
import { forgetIds } from "../tracker/ids.js";
import { permitStorage } from "../tracker/storage.js";

/** The page itself says that nothing is sent. */
const held = document.getElementById("held-text")?.textContent?.trim();
const SENT = "This visit was sent because you pressed Send. Your choice is not remembered.";

/**
 * Whether visits are held. Then no ids are stored, and those of earlier visits are removed, as the tracker does it on other sites.
 */
export function startPrivacy() {
  const isHeld = asksNotToBeTracked();
  if (isHeld) forgetIds();
  else permitStorage(true);
  return isHeld;
}

/** @param {() => void} release called when the visitor presses the button; once for each page view */
export function showHeld(release) {
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
