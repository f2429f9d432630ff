import { badge, h } from "../../kit/dom.js";
import { permissions } from "../../signals/permissions.js";

const NAMES = [
  ...["geolocation", "notifications", "push", "camera", "microphone", "midi", "clipboard-read", "clipboard-write"],
  ...["persistent-storage", "storage-access", "screen-wake-lock", "accelerometer", "gyroscope", "magnetometer"],
  ...["local-fonts", "window-management", "idle-detection", "background-sync", "background-fetch", "payment-handler"],
];
const TONES =
  /** @type {Record<string, "good" | "fair" | "plain">} */ ({ granted: "good", denied: "fair", prompt: "plain" });

/** @type {import("./types.js").Collector} */
export default {
  name: "permissions",
  tab: "fingerprint",
  title: "Permissions",
  note: "asked for their state only; nothing is requested",
  width: "wide",
  isFingerprint: true,
  timeLimit: 2000,
  collect: () => permissions(NAMES),
  // Grants may change; the set of permissions does not.
  identity: (value) => NAMES.filter((name) => value[name] !== null),
  contribute(value, payload) {
    payload.fingerprints.permissions = value;
  },
  summary: (value) => `${NAMES.filter((name) => value[name] !== null).length} of ${NAMES.length} known`,
  render(value, element) {
    const rows = NAMES.map((name) =>
      h(
        "li",
        { class: value[name] === null ? "dim" : "" },
        h("span", { text: name.replaceAll("-", " ") }),
        value[name] === null ? h("span", { text: "unknown" }) : badge(value[name], TONES[value[name]]),
      )
    );
    element.replaceChildren(h("ul", { class: "pairs" }, ...rows));
  },
};
