import { facts, h } from "../shared/dom.js";
import { bytes, yesNo } from "../shared/format.js";

/**
 * Whether it can be written to; even naming it may throw.
 *
 * @param {() => Storage} storage
 */
function works(storage) {
  try {
    storage().setItem("collector.probe", "1");
    storage().removeItem("collector.probe");
    return true;
  } catch {
    return false;
  }
}

function hasIndexedDB() {
  try {
    return Boolean(globalThis.indexedDB);
  } catch {
    return false;
  }
}

/** @type {import("./types.js").Collector} */
export default {
  name: "storage",
  tab: "fingerprint",
  title: "Storage",
  width: "third",
  isFingerprint: true,
  timeLimit: 2000,
  async collect() {
    const manager = navigator.storage;
    const estimate = await manager?.estimate?.();
    return {
      quota: estimate?.quota ?? null,
      usage: estimate?.usage ?? null,
      persisted: (await manager?.persisted?.()) ?? null,
      localStorage: works(() => localStorage),
      sessionStorage: works(() => sessionStorage),
      indexedDB: hasIndexedDB(),
      cookies: navigator.cookieEnabled,
    };
  },
  // What is used and what is free change by themselves.
  identity: ({ quota: _quota, usage: _usage, ...kinds }) => kinds,
  contribute(value, payload) {
    payload.fingerprints.storage = value;
  },
  summary: (value) => value.quota === null ? "no quota told" : `${bytes(value.quota)} quota`,
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
