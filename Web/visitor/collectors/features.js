import { h } from "../../kit/dom.js";
import { features } from "../../signals/features.js";

/** @type {import("./types.js").Collector} */
export default {
  name: "features",
  tab: "fingerprint",
  title: "Feature support",
  width: "full",
  isFingerprint: true,
  collect: features,
  contribute(value, payload) {
    payload.fingerprints.features = value;
  },
  summary: (value) => `${Object.values(value).filter(Boolean).length} of ${Object.keys(value).length}`,
  render(value, element) {
    const cells = Object.entries(value).map(([name, isSupported]) =>
      h(
        "li",
        { class: isSupported ? "yes" : "no" },
        h("i", { "aria-hidden": "true" }),
        h("span", { text: name }),
        h("span", { class: "unseen", text: isSupported ? ": supported" : ": not supported" }),
      )
    );
    element.replaceChildren(h("ul", { class: "features" }, ...cells));
  },
};
