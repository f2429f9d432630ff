// The choice of a site. New sites appear without a reload.

import { h } from "../kit/dom.js";
import { ask } from "./api.js";
import { current } from "./state.js";

/** Milliseconds after which the list is loaded again when the choice is opened. */
const FRESH_MS = 5000;

const select = () => /** @type {HTMLSelectElement} */ (document.getElementById("site"));

let loadedAt = 0;

/** Loads the sites. An open list stays open: options are replaced only if they differ. */
export async function drawSites() {
  loadedAt = Date.now();
  try {
    const { sites } = await ask("sites");
    const names = sites.map((/** @type {any} */ { site }) => site).filter(Boolean);
    const known = [...select().options].map(({ value }) => value).filter(Boolean);
    if (names.join("\n") !== known.join("\n")) {
      select().replaceChildren(
        h("option", { value: "", text: "All sites" }),
        ...names.map((/** @type {string} */ value) => h("option", { value, text: value })),
      );
    }
    select().value = current().site ?? "";
  } catch {
    // Each view shows its own error.
  }
}

/** Loads the sites again when the choice gets the focus. */
export function startSites() {
  select().addEventListener("focus", () => Date.now() - loadedAt > FRESH_MS && drawSites());
}
