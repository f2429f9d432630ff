import { describeContext, renderContext } from "./gl.js";

const LIMITS = [
  ...["MAX_3D_TEXTURE_SIZE", "MAX_ARRAY_TEXTURE_LAYERS", "MAX_COLOR_ATTACHMENTS", "MAX_DRAW_BUFFERS", "MAX_SAMPLES"],
  ...["MAX_UNIFORM_BUFFER_BINDINGS", "MAX_UNIFORM_BLOCK_SIZE", "MAX_ELEMENTS_INDICES", "MAX_ELEMENTS_VERTICES"],
  ...["MAX_TRANSFORM_FEEDBACK_INTERLEAVED_COMPONENTS", "MAX_TEXTURE_LOD_BIAS"],
];

/** @type {import("./types.js").Collector} */
export default {
  name: "webgl2",
  tab: "fingerprint",
  title: "WebGL 2",
  isFingerprint: true,
  collect: () => describeContext("webgl2", LIMITS),
  contribute(value, payload) {
    payload.fingerprints.webgl2 = value;
  },
  summary: (value) => `${value.extensions.length} extensions, textures to ${value.limits.MAX_TEXTURE_SIZE}`,
  render: renderContext,
};
