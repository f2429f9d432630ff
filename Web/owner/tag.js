// The script tag that owners paste into their pages.

import { copy } from "../kit/clipboard.js";
import { setText } from "../kit/dom.js";

/** Milliseconds for which a button names its result. */
const FEEDBACK_MS = 1500;

/** The address of the tracker for browsers of visitors, below the base path. */
export const trackerAddress = () => new URL("collector.js", document.baseURI);

export const tagOf = () => `<script defer src="${trackerAddress().href}"></script>`;

/** Copies the tag at a click. @param {HTMLElement} button @param {HTMLElement} code that shows the tag */
export function copyButton(button, code) {
  button.addEventListener("click", async () => {
    if (await copy(tagOf())) {
      setText(button, "Copied");
      setTimeout(() => setText(button, "Copy"), FEEDBACK_MS);
      return;
    }
    // Where copying is not permitted, the keyboard still can.
    getSelection()?.selectAllChildren(code);
    setText(button, "Selected");
  });
}
