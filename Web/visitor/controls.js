// Keyboard shortcuts, their help, and the name of the browser.

import { setText } from "../kit/dom.js";
import { named, ownAgent } from "./agent.js";
import { nextTheme } from "../kit/theme.js";
import { showTabAt } from "../kit/tabs.js";

/** @param {{copy: () => void}} actions */
export function startControls({ copy }) {
  const help = /** @type {HTMLDialogElement} */ (document.getElementById("help"));
  document.getElementById("help-open")?.addEventListener("click", () => help.showModal());

  addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (/^[1-4]$/.test(event.key)) showTabAt(Number(event.key) - 1);
    else if (event.key === "t") nextTheme();
    else if (event.key === "c") copy();
    else if (event.key === "?") help.showModal();
  });

  showNames();
}

/** Until the server has answered, and without it, the page has the words that it was made with. */
async function showNames() {
  const agent = await ownAgent();
  const names = [named(agent?.browser), named(agent?.system)].filter(Boolean).join(" · ");
  const subject = document.getElementById("subject");
  if (subject && names) setText(subject, names);
}

/** Shows the link to the owner's page if the visitor has access to it. */
export async function showOwnerLink() {
  try {
    const response = await fetch(new URL("api/session", document.baseURI));
    const { access } = await response.json();
    const link = document.getElementById("insight");
    if (link) link.hidden = !response.ok || access === "none";
  } catch {
    // Without a response there is no link.
  }
}

/**
 * Shows the time since the last update while the page is visible.
 *
 * @param {() => number} updatedAt
 */
export function startClock(updatedAt) {
  const element = document.getElementById("updated");
  setInterval(() => {
    if (!element || document.visibilityState !== "visible") return;
    const seconds = Math.round((Date.now() - updatedAt()) / 1000);
    setText(element, seconds < 1 ? "Updated now" : `Updated ${seconds} s ago`);
  }, 1000);
}
