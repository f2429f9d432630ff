import { facts, h } from "../../kit/dom.js";
import { webgpu } from "../../signals/webgpu.js";

/** @type {import("./types.js").Collector} */
export default {
  name: "webgpu",
  tab: "fingerprint",
  title: "WebGPU",
  width: "third",
  isFingerprint: true,
  timeLimit: 2000,
  async collect() {
    const value = await webgpu();
    if (!value) return null;
    const { info, features, limits } = value;
    if (!limits) return { hasAdapter: false, info: null, features: [], limits: {} };
    const { vendor, architecture, device, description } = info ?? {};
    return { hasAdapter: true, info: { vendor, architecture, device, description }, features, limits };
  },
  contribute(value, payload) {
    payload.fingerprints.webgpu = value;
  },
  summary: (value) =>
    value.hasAdapter ? [value.info.vendor, value.info.architecture].filter(Boolean).join(" ") : "no adapter",
  render(value, element) {
    if (!value.hasAdapter) {
      element.replaceChildren(facts([["Interface", "there"], ["Adapter", "none offered"]]));
      return;
    }
    element.replaceChildren(
      facts([
        ["Vendor", value.info.vendor],
        ["Architecture", value.info.architecture],
        ["Device", value.info.description || value.info.device],
        ["Texture size", value.limits.maxTextureDimension2D],
        ["Buffer size", value.limits.maxBufferSize],
      ]),
      h(
        "details",
        {},
        h("summary", { text: `${value.features.length} features` }),
        h("ul", { class: "chips" }, ...value.features.map((/** @type {string} */ name) => h("li", { text: name }))),
      ),
    );
  },
};
