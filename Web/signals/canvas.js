import { fnv } from "../kit/fnv.js";
import { breathe } from "../kit/time.js";

export const WIDTH = 280;
export const HEIGHT = 72;

/**
 * A picture: text in two fonts, an emoji and blended discs are drawn a little differently by each graphics stack.
 *
 * @returns {Promise<CanvasRenderingContext2D | null>}
 */
export async function draw() {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d");
  if (!context) return null;
  ["#2559d9", "#f0b429", "#12a05c"].map((color, index) => {
    context.fillStyle = color;
    context.fillRect(index * WIDTH / 3, 0, WIDTH / 3 + 1, HEIGHT);
  });
  context.globalCompositeOperation = "multiply";
  ["#f0f", "#0ff", "#ff0"].map((color, index) => {
    context.fillStyle = color;
    context.beginPath();
    context.arc(196 + index * 22, 38, 24, 0, Math.PI * 2);
    context.fill();
  });
  context.globalCompositeOperation = "source-over";
  const lines = /** @type {[string, string, string, number, number][]} */ ([
    ["#10141b", "17px Arial, sans-serif", "Cwm fjord glyphs, vext quiz \u{1F603}", 10.5, 28.25],
    ["#ffffffbf", "italic 16px 'Times New Roman', serif", "bank \u00e9\u00df\u0416\u05d0 1234567890", 12.75, 54.5],
  ]);
  for (const [color, font, text, x, y] of lines) {
    // A browser opens the files of the fonts as it draws: one at a time is enough.
    await breathe();
    context.fillStyle = color;
    context.font = font;
    context.fillText(text, x, y);
  }
  await breathe();
  return context;
}

/** The bytes of a line, and those of the first eleven: there and in the next one are stripes only. */
const LINE = 1120;
const LINES = 12320;

/**
 * Hash of the pixels. Not of the image file, since Firefox writes a number into it that differs in each session. A browser that adds noise
 * to the pixels adds the same noise for a whole session, so drawing twice does not detect it; but it makes the lines of the stripes differ.
 *
 * @param {CanvasRenderingContext2D} context
 */
export function pixelHash(context) {
  const pixels = context.getImageData(0, 0, WIDTH, HEIGHT).data;
  const isNoisy = pixels.some((value, index) => index < LINES && value !== pixels[index + LINE]);
  return isNoisy ? "noise" : fnv(pixels);
}
