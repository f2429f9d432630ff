import { facts, h } from "../../kit/dom.js";
import { bytes } from "../../kit/format.js";
import { fnv } from "../../kit/fnv.js";
import { draw, HEIGHT, pixelHash, WIDTH } from "../../signals/canvas.js";

/** @type {import("./types.js").Collector} */
export default {
  name: "canvas",
  tab: "fingerprint",
  title: "Canvas",
  isFingerprint: true,
  async collect() {
    const context = await draw();
    if (!context) return null;
    const image = context.canvas.toDataURL();
    return { image, hash: fnv(image), pixels: pixelHash(context) };
  },
  // Firefox writes a number into each picture that is another one in each session.
  identity: (value) => value.pixels,
  contribute(value, payload) {
    payload.fingerprints.canvas = value.image;
    payload.fingerprints.canvasHash = value.hash;
  },
  summary: (value) => `${bytes(value.image.length)} image`,
  render(value, element) {
    const picture = h("img", {
      src: value.image,
      width: WIDTH,
      height: HEIGHT,
      class: "drawing",
      alt: "Canvas image of this browser: two lines of text and three discs on three stripes",
    });
    element.replaceChildren(
      picture,
      facts([["Hash", h("code", { text: value.hash })], [
        "Image",
        `${WIDTH} × ${HEIGHT}, ${bytes(value.image.length)}`,
      ]]),
    );
  },
};
