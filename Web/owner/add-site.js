// Another site: the tag to paste, and a light that turns green with the first event of a site that was not known.

import { copyButton, tagOf } from "./tag.js";
import { setText } from "../kit/dom.js";
import { drawSites, siteNames } from "./sites.js";
import { change } from "./state.js";

/** Milliseconds between two looks for a new site while the dialog is open. */
const LOOK_MS = 2000;

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const dialog = () => /** @type {HTMLDialogElement} */ (byId("add-site"));

/** @type {Set<string>} */
let known = new Set();
/** @type {string | null} */
let added = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string | null} site that has sent its first event */
function draw(site) {
  added = site;
  byId("add-site-light").dataset.state = site === null ? "waiting" : "received";
  setText(
    /** @type {HTMLElement} */ (byId("add-site-light").lastElementChild),
    site === null ? "Waiting for the first event of a new site" : `First event of ${site} received`,
  );
  byId("add-site-show").hidden = site === null;
}

async function look() {
  await drawSites();
  if (!dialog().open) return;
  const site = siteNames().find((name) => !known.has(name));
  if (site !== undefined) return draw(site);
  timer = setTimeout(look, LOOK_MS);
}

export function openAddSite() {
  known = new Set(siteNames());
  draw(null);
  dialog().showModal();
  look();
}

export function startAddSite() {
  setText(byId("add-site-tag"), tagOf());
  copyButton(byId("add-site-copy"), byId("add-site-tag"));
  dialog().addEventListener("close", () => clearTimeout(timer));
  byId("add-site-show").addEventListener("click", () => {
    dialog().close();
    change({ site: added });
  });
}
