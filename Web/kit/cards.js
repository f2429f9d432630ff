// Cards, their placeholders, and empty states.

import { h } from "./dom.js";

/**
 * A card without content.
 *
 * @param {string | (Node | string)[]} title @param {string} width @param {string | null} [note]
 * @param {...(Node | null)} more @returns {HTMLElement}
 */
export function card(title, width, note = null, ...more) {
  return h(
    "section",
    { class: `card ${width}` },
    h(
      "div",
      { class: "head" },
      typeof title === "string" ? h("h2", { text: title }) : h("h2", {}, ...title),
      note ? h("span", { class: "note", text: note }) : null,
      ...more,
    ),
    h("div", { class: "body" }),
  );
}

/** @param {HTMLElement} card */
export const body = (card) => /** @type {HTMLElement} */ (card.querySelector(".body"));

/**
 * A placeholder of some lines, or of a height in pixels: about that of the content, so that what is below stays.
 *
 * @param {number} [lines] @param {number} [height]
 */
export function skeleton(lines = 4, height) {
  const element = h(
    "div",
    { "aria-hidden": "true" },
    ...Array.from(
      { length: lines },
      (_, index) => h("div", { class: `skeleton ${["long", "middle", "short"][index % 3]}` }),
    ),
  );
  if (height !== undefined) element.style.blockSize = `${height}px`;
  return element;
}

/** A sentence where there is nothing to show. @param {string} title @param {string} text */
export const empty = (title, text) => h("p", { class: "empty" }, h("b", { text: title }), h("span", { text }));
