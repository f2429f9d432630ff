// Settings of sites that the server keeps: the time zone.

import { setText } from "../kit/dom.js";
import { ask } from "./api.js";
import { current, setSiteZones, siteZone, zone } from "./state.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Loads the settings; without them, the time zone is that of the browser. @returns {Promise<void>} */
export async function loadSettings() {
  try {
    const { settings } = await ask("settings");
    setSiteZones(settings.map((/** @type {any} */ { site, time_zone: name }) => [site, name]));
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
