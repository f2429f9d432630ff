// The script tag that owners paste into their pages.

import { copy, showResult } from "../kit/clipboard.js";

/** The address of the tracker for browsers of visitors, below the base path. */
export const trackerAddress = () => new URL("collector.js", document.baseURI);

/** The tag for a privacy mode. @param {string} [mode] */
export const tagOf = (mode = "full") =>
  `<script defer src="${trackerAddress().href}"${mode === "full" ? "" : ` data-privacy="${mode}"`}></script>`;

/**
 * Copies a text at a click.
 *
 * @param {HTMLElement} button @param {HTMLElement} code that shows the text @param {() => string} [text] the tag of the mode "full" unless it is given
 */
export function copyButton(button, code, text = tagOf) {
  button.addEventListener("click", async () => {
    const isCopied = await copy(text());
    // Where copying is not permitted, the keyboard still can.
    if (!isCopied) getSelection()?.selectAllChildren(code);
    showResult(button, isCopied ? "Copied" : "Selected");
  });
}
