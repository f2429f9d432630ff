import { facts, h } from "../../kit/dom.js";
import { bytes, yesNo } from "../../kit/format.js";
import { storage } from "../../signals/storage.js";

/** @type {import("./types.js").Collector} */
export default {
  name: "storage",
  tab: "fingerprint",
  title: "Storage",
  width: "third",
  isFingerprint: true,
  timeLimit: 2000,
  collect: storage,
  // Usage and quota change by themselves.
  identity: ({ quota: _quota, usage: _usage, ...kinds }) => kinds,
  contribute(value, payload) {
    payload.fingerprints.storage = value;
  },
  summary: (value) => value.quota === null ? "no quota" : `${bytes(value.quota)} quota`,
  render(value, element) {
    const share = value.quota ? value.usage / value.quota : 0;
    const fill = h("i", {});
    fill.style.inlineSize = `${Math.min(100, share * 100)}%`;
    element.replaceChildren(
      h(
        "p",
        { class: value.quota === null ? "figure dim" : "figure" },
        bytes(value.quota),
        h("small", { text: " quota" }),
      ),
      h("div", { class: "meter", "aria-hidden": "true" }, fill),
      facts([
        ["Used", value.usage === null ? null : bytes(value.usage)],
        ["Persistent", yesNo(value.persisted)],
        ["Local storage", yesNo(value.localStorage)],
        ["Session storage", yesNo(value.sessionStorage)],
        ["IndexedDB", yesNo(value.indexedDB)],
      ]),
    );
  },
};
