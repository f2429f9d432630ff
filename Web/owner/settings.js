// Settings of sites that the server keeps: the time zone.

import { setText } from "../kit/dom.js";
import { ask } from "./api.js";
import { current, setSiteZones, siteZone, zone } from "./state.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Where the settings of the last time are stored, so that the first figures need not wait for those of now. */
const KEY = "collector.zones";

/** Uses the settings of the last time until they are loaded. */
export function recallSettings() {
  try {
    setSiteZones(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
  } catch {
    // Storage is blocked, or has something else: the time zone of the browser.
  }
}

/** @param {[string, string][]} zones */
function keep(zones) {
  try {
    localStorage.setItem(KEY, JSON.stringify(zones));
  } catch {
    // The next page asks again.
  }
}

/** Removes what is stored of the settings. */
export function forgetSettings() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing is stored.
  }
}

/** Loads the settings; without them, the time zone is that of the browser. @returns {Promise<void>} */
export async function loadSettings() {
  try {
    const { settings } = await ask("settings");
    const zones = settings.filter((/** @type {any} */ { time_zone: name }) => name)
      .map((/** @type {any} */ { site, time_zone: name }) => [site, name]);
    setSiteZones(zones);
    keep(zones);
  } catch {
    // Each view shows its own error.
  }
}

/** The button that stores the chosen time zone, or removes it. */
export function drawZoneDefault() {
  const button = byId("zone-default");
  const site = current().site ?? "";
  const isStored = siteZone(site) === zone();
  button.setAttribute("aria-pressed", String(isStored));
  setText(button, isStored ? "Default" : "Set as default");
}

/** @param {() => void} changed called when the setting is stored */
export function startSettings(changed) {
  byId("zone-default").addEventListener("click", async () => {
    const site = current().site ?? "";
    const name = siteZone(site) === zone() ? "" : zone();
    try {
      await ask("settings", { site }, { method: "PUT", body: { time_zone: name } });
      await loadSettings();
    } catch (error) {
      byId("zone-note").hidden = false;
      setText(byId("zone-note"), /** @type {Error} */ (error).message);
      return;
    }
    changed();
  });
}
