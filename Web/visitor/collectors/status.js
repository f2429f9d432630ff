// The row of tiles at the top: what the browser allows and how it is connected.

import { badge, h } from "../../kit/dom.js";
import { bytes, milliseconds } from "../../kit/format.js";

/** @type {any} */
const browser = navigator;

function doNotTrack() {
  if (browser.globalPrivacyControl === true || browser.doNotTrack === "1") return "On";
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
    const { battery, network } = value;
    const heap = browser.deviceMemory ? `${browser.deviceMemory} GB` : null;
    const rtt = network?.rttStats?.meanMs ?? null;
    const speed = network?.measured?.bandwidthMbps;
    element.replaceChildren(h(
      "div",
      { class: "tiles" },
      tile(
        "Connection",
        value.onLine ? "Online" : "Offline",
        badge(value.onLine ? "reachable" : "no network", value.onLine ? "good" : "poor"),
      ),
      tile(
        "Cookies",
        value.cookiesEnabled ? "Allowed" : "Blocked",
        badge(value.cookiesEnabled ? "sessions persist" : "no storage", value.cookiesEnabled ? "good" : "fair"),
      ),
      tile(
        "Do not track",
        doNotTrack(),
        h("span", {
          class: "dim",
          text: value.globalPrivacyControl === null
            ? "GPC not supported"
            : `GPC ${value.globalPrivacyControl ? "on" : "off"}`,
        }),
      ),
      tile(
        "Memory",
        heap,
        h("span", {
          class: "dim",
          text: value.heap
            ? `${bytes(value.heap.usedJSHeapSize)} heap`
            : heap
            ? "device memory"
            : "not available in this browser",
        }),
      ),
      tile(
        "Battery",
        battery ? `${battery.level} %` : null,
        h("span", {
          class: "dim",
          text: battery ? (battery.charging ? "charging" : "discharging") : "not available in this browser",
        }),
      ),
      tile(
        "Network",
        rtt !== null ? milliseconds(rtt) : value.networkState === "pending" ? "Measuring" : null,
        h("span", {
          class: "dim",
          text: speed
            ? `± ${milliseconds(network.rttStats.jitterMs)} · ${Math.round(speed)} Mbit/s`
            : value.networkState === "unavailable"
            ? "not available in this browser"
            : "round trip",
        }),
      ),
    ));
  },
  watch(update) {
    addEventListener("online", () => update({ onLine: true }));
    addEventListener("offline", () => update({ onLine: false }));
  },
};
