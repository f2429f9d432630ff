// Copies text, and names the result on the button that was clicked.

import { h, setText } from "./dom.js";

/** Milliseconds for which a button names its result. */
const FEEDBACK_MS = 1500;

/** @type {WeakMap<HTMLElement, { label: string, timer: number }>} the label of a button that names a result */
const feedback = new WeakMap();

/** Shows a result on a button for a while. A later result replaces it. @param {HTMLElement} button @param {string} text */
export function showResult(button, text) {
  const shown = feedback.get(button);
  clearTimeout(shown?.timer);
  const label = shown?.label ?? button.textContent ?? "";
  setText(button, text);
  const timer = setTimeout(() => {
    feedback.delete(button);
    setText(button, label);
  }, FEEDBACK_MS);
  feedback.set(button, { label, timer });
}

/**
 * Pages that are not served securely have no clipboard API; they copy by the older command.
 *
 * @param {string} text
 * @returns {Promise<boolean>} whether it was copied
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = /** @type {HTMLTextAreaElement} */ (h("textarea", { class: "unseen", "aria-hidden": "true" }));
    area.value = text;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }
}
