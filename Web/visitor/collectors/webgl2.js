import { collectContext, renderContext } from "./gl.js";

/** @type {import("./types.js").Collector} */
export default {
  name: "webgl2",
  tab: "fingerprint",
  title: "WebGL 2",
  isFingerprint: true,
  collect: () => collectContext("webgl2"),
  contribute(value, payload) {
    payload.fingerprints.webgl2 = value;
  },
  summary: (value) => `${value.extensions.length} extensions, textures to ${value.limits.MAX_TEXTURE_SIZE}`,
  render: renderContext,
};
