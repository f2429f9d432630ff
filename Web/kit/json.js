// JSON for display: indented, with a color for each type of value.

import { h, setChildren } from "./dom.js";
import { pause } from "./time.js";

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Text that is no JSON stays as it is.
 *
 * @param {string} text
 */
export function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/**
 * Tokens of the text with their types.
 *
 * @param {string} text
 * @returns {[string, "key" | "string" | "number" | ""][]}
 */
export function tokens(text) {
  /** @type {[string, "key" | "string" | "number" | ""][]} */
  const found = [];
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > last) found.push([text.slice(last, match.index), ""]);
    const [whole, string, colon] = match;
    if (string) found.push([string, colon ? "key" : "string"]);
    else found.push([whole, "number"]);
    if (colon) found.push([colon, ""]);
    last = match.index + whole.length;
  }
  if (last < text.length) found.push([text.slice(last), ""]);
  return found;
}

/** Milliseconds in which the browser can paint before a long text is rendered. */
const PAINT_MS = 32;

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
export async function showJSON(element, text) {
  await pause(PAINT_MS);
  setChildren(
    element,
    ...tokens(indented(text)).map(([piece, kind]) => kind ? h("span", { class: kind, text: piece }) : piece),
  );
}
