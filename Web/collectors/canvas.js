import { facts, h } from "../shared/dom.js";
import { bytes } from "../shared/format.js";
import { sha256 } from "../shared/hash.js";

const WIDTH = 280;
const HEIGHT = 72;

/** Text in two fonts, an emoji and blended discs: each is drawn a little differently by each graphics stack. */
function draw() {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d");
  if (!context) return null;
  for (const [index, colour] of ["#2559d9", "#f0b429", "#12a05c"].entries()) {
    context.fillStyle = colour;
    context.fillRect(index * WIDTH / 3, 0, WIDTH / 3 + 1, HEIGHT);
  }
  context.globalCompositeOperation = "multiply";
  for (const [index, colour] of ["#f0f", "#0ff", "#ff0"].entries()) {
    context.fillStyle = colour;
    context.beginPath();
    context.arc(196 + index * 22, 38, 24, 0, Math.PI * 2);
    context.fill();
  }
  context.globalCompositeOperation = "source-over";
  context.textBaseline = "alphabetic";
  context.fillStyle = "#10141b";
  context.font = "17px Arial, sans-serif";
  context.fillText("Cwm fjord glyphs, vext quiz \u{1F603}", 10.5, 28.25);
  context.fillStyle = "rgba(255, 255, 255, 0.75)";
  context.font = "italic 16px 'Times New Roman', serif";
  context.fillText("bank \u00e9\u00df\u0416\u05d0 1234567890", 12.75, 54.5);
  return canvas.toDataURL();
}

/** @type {import("./types.js").Collector} */
export default {
  name: "canvas",
  tab: "fingerprint",
  title: "Canvas",
  isFingerprint: true,
  async collect() {
    const image = draw();
    return image && { image, hash: await sha256(image) };
  },
  contribute(value, payload) {
    payload.fingerprints.canvas = value.image;
    payload.fingerprints.canvasHash = value.hash;
  },
  summary: (value) => `${bytes(value.image.length)} of picture`,
  render(value, element) {
    const picture = h("img", {
      src: value.image,
      width: WIDTH,
      height: HEIGHT,
      class: "drawing",
      alt: "What this browser draws: two lines of text and three discs on three stripes",
    });
    element.replaceChildren(
      picture,
      facts([["Hash", h("code", { text: value.hash })], [
        "Picture",
        `${WIDTH} × ${HEIGHT}, ${bytes(value.image.length)}`,
      ]]),
    );
  },
};
