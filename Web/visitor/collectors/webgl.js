import { collectContext, renderContext } from "./gl.js";

const TEXTURES = [
  ...["EXT_texture_compression_bptc", "WEBGL_compressed_texture_astc", "WEBGL_compressed_texture_s3tc"],
  ...["WEBGL_compressed_texture_etc", "WEBGL_compressed_texture_etc1", "WEBGL_compressed_texture_pvrtc"],
];

/** @type {import("./types.js").Collector} */
export default {
  name: "webgl",
  tab: "fingerprint",
  title: "WebGL",
  isFingerprint: true,
  collect: () => collectContext("webgl"),
  contribute(value, payload) {
    payload.fingerprints.webgl = value;
    payload.benchmarks.textureSupport = Object.fromEntries(
      TEXTURES.map((name) => [name, value.extensions.includes(name)]),
    );
  },
  summary: (value) => value.unmaskedRenderer ?? value.renderer,
  render: renderContext,
};
