import { breathe } from "../kit/time.js";

/** Families that distinguish systems, office suites and design programs. */
export const TELLING = (
  "Arial,Avenir,Bahnschrift,Calibri,Cantarell,Century Gothic," +
  "DejaVu Sans,Fira Code,Gill Sans,Helvetica Neue," +
  "JetBrains Mono,Liberation Sans,Malgun Gothic,Menlo,MS Gothic,Noto Color Emoji," +
  "Noto Sans CJK SC,PingFang SC,Roboto,Segoe UI,SF Pro Text,SimSun,Ubuntu,Yu Gothic"
).split(",");
export const GENERIC = ["monospace", "sans-serif", "serif"];
export const SAMPLE = "mmMwWLliI0O&1 \u00c6\u0416";

/** Families looked for at once: a browser may have to open a file for each. */
const CHUNK = 4;

/** @typedef {(family: string) => number} Measure the width of the sample in a family */

/** Measures text on a canvas, which costs no layout. @returns {Measure | null} */
export function measureOnCanvas() {
  const context = document.createElement("canvas").getContext("2d");
  return context && ((family) => {
    context.font = "72px " + family;
    return context.measureText(SAMPLE).width;
  });
}

/**
 * A family is there if text is not as wide as in the generic family that it would fall back to.
 *
 * @param {string[]} [candidates]
 * @param {Measure | null} [width]
 */
export async function fonts(candidates = TELLING, width = measureOnCanvas()) {
  if (!width) return null;
  const plain = GENERIC.map(width);
  /** @type {string[]} */
  const detected = [];
  for (const [index, name] of candidates.entries()) {
    if (index % CHUNK === 0) await breathe();
    if (GENERIC.some((family, each) => width(`"${name}",${family}`) !== plain[each])) detected.push(name);
  }
  return detected;
}
