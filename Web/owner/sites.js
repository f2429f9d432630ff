// The choice of a site. New sites appear without a reload.

import { h } from "../kit/dom.js";
import { ask } from "./api.js";
import { current } from "./state.js";

/** Milliseconds after which the list is loaded again when the choice is opened. */
const FRESH_MS = 5000;

const select = () => /** @type {HTMLSelectElement} */ (document.getElementById("site"));

let loadedAt = 0;
/** @type {string[]} */
let names = [];

/** The sites that have sent events, as far as loaded. */
export const siteNames = () => names;

/** Loads the sites. An open list stays open: options are replaced only if they differ. */
export async function drawSites() {
  loadedAt = Date.now();
  try {
    const { sites } = await ask("sites");
    const found = sites.map((/** @type {any} */ { site }) => site).filter(Boolean);
    if (select().options.length < 2 || found.join("\n") !== names.join("\n")) {
      names = found;
      select().replaceChildren(
        h("option", { value: "", text: "All sites" }),
        ...names.map((value) => h("option", { value, text: value })),
        ...(document.body.dataset.access === "owner"
          ? [h("option", { "data-action": "add", value: "", text: "Add a site…" })]
          : []),
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
