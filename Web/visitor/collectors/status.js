// The row of tiles at the top: connection, cookies, memory, battery.

import { badge, h } from "../../kit/dom.js";
import { bytes, milliseconds } from "../../kit/format.js";
import { hasPrivacySignal } from "../../kit/privacy.js";

/** @type {any} */
const browser = navigator;

function doNotTrack() {
  if (hasPrivacySignal()) return "On";
  return browser.doNotTrack === "0" ? "Off" : "Not set";
}

/** @param {string} label @param {string | null} value @param {Node | null} mark */
const tile = (label, value, mark) =>
  h(
    "div",
    { class: "tile" },
    h("span", { class: "label", text: label }),
    h("span", { class: value === null ? "value dim" : "value", text: value ?? "n/a" }),
    h("span", { class: "mark" }, mark),
  );

/** @param {string} text */
const dim = (text) => h("span", { class: "dim", text });

const MISSING = "not available in this browser";

/** @param {any} value */
const memoryTile = ({ heap }) => {
  const memory = browser.deviceMemory ? `${browser.deviceMemory} GB` : null;
  return tile(
    "Memory",
    memory,
    dim(heap ? `${bytes(heap.usedJSHeapSize)} heap` : memory ? "device memory" : MISSING),
  );
};

/** @param {any} value */
const networkTile = ({ network, networkState }) => {
  const roundTrip = network?.rttStats?.meanMs ?? null;
  const speed = network?.measured?.bandwidthMbps;
  return tile(
    "Network",
    roundTrip !== null ? milliseconds(roundTrip) : networkState === "pending" ? "Measuring" : null,
    dim(
      speed
        ? `± ${milliseconds(network.rttStats.jitterMs)} · ${Math.round(speed)} Mbit/s`
        : networkState === "unavailable"
        ? MISSING
        : "round trip",
    ),
  );
};

/** @param {any} value */
function tiles(value) {
  const { battery, onLine, cookiesEnabled, globalPrivacyControl } = value;
  return [
    tile(
      "Connection",
      onLine ? "Online" : "Offline",
      badge(onLine ? "reachable" : "no network", onLine ? "good" : "poor"),
    ),
    tile(
      "Cookies",
      cookiesEnabled ? "Allowed" : "Blocked",
      badge(cookiesEnabled ? "sessions persist" : "no storage", cookiesEnabled ? "good" : "fair"),
    ),
    tile(
      "Do not track",
      doNotTrack(),
      dim(globalPrivacyControl === null ? "GPC not supported" : `GPC ${globalPrivacyControl ? "on" : "off"}`),
    ),
    memoryTile(value),
    tile(
      "Battery",
      battery ? `${battery.level} %` : null,
      dim(battery ? (battery.charging ? "charging" : "discharging") : MISSING),
    ),
    networkTile(value),
  ];
}

/** @type {import("./types.js").Collector} */
export default {
  name: "status",
  tab: "overview",
  title: "Status",
  width: "full",
  isBare: true,
  uses: ["battery", "network", "heap"],
  collect: () => ({
    onLine: browser.onLine,
    cookiesEnabled: browser.cookieEnabled,
    doNotTrack: browser.doNotTrack ?? null,
    globalPrivacyControl: browser.globalPrivacyControl ?? null,
    deviceMemory: browser.deviceMemory ?? null,
  }),
  contribute(value, payload) {
    Object.assign(payload.browser, {
      onLine: value.onLine,
      cookiesEnabled: value.cookiesEnabled,
      doNotTrack: value.doNotTrack,
      globalPrivacyControl: value.globalPrivacyControl,
    });
  },
  render(value, element) {
    element.replaceChildren(h("div", { class: "tiles" }, ...tiles(value)));
  },
  watch(update) {
    addEventListener("online", () => update({ onLine: true }));
    addEventListener("offline", () => update({ onLine: false }));
  },
};
