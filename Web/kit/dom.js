// Elements, built without markup. Text from senders is always text, and hidden characters in it are shown as escapes.

import { asText, pieces, visible } from "./visible.js";

/** Attributes that are displayed or read out. */
const DISPLAYED = new Set(["title", "aria-label", "label", "placeholder", "alt"]);

/**
 * Nodes of a text, with escapes in a style of their own.
 *
 * @param {any} value
 * @param {{isPart?: boolean}} [options]
 * @returns {(Node | string)[]}
 */
const textNodes = (value, options) =>
  pieces(asText(value), options).map(([piece, isEscape]) => {
    if (!isEscape) return piece;
    const element = document.createElement("span");
    element.className = "escape";
    element.textContent = piece;
    return element;
  });

/**
 * Makes an element.
 *
 * @param {string} tag
 * @param {Record<string, any>} [properties] attributes; `on…` are listeners, `class` and `text` as they sound; `text` is one whole value
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElement}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    // An option has no elements in it.
    if (key === "text") tag === "option" ? element.append(visible(asText(value))) : setText(element, value);
    else if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : DISPLAYED.has(key) ? visible(asText(value)) : String(value));
  }
  appendTo(element, children);
  return element;
}

/** @param {Element} element @param {(Node | string | null | undefined)[]} children */
function appendTo(element, children) {
  for (const child of children) {
    if (child === null || child === undefined) continue;
    if (typeof child === "string") element.append(...textNodes(child, { isPart: true }));
    else element.append(child);
  }
}

/**
 * Replaces all that is in an element.
 *
 * @param {Element} element
 * @param {...(Node | string | null | undefined)} children
 */
export function setChildren(element, ...children) {
  element.replaceChildren();
  appendTo(element, children);
}

/**
 * Replaces the text of an element.
 *
 * @param {Element} element
 * @param {any} value
 */
export const setText = (element, value) => element.replaceChildren(...textNodes(value));

/**
 * A value from a sender within a longer text: its direction does not reorder the text around it.
 *
 * @param {any} value
 */
export const isolated = (value) => h("bdi", { text: value });

/**
 * Several of them, with a separator between each two.
 *
 * @param {any[]} values
 * @param {string} [separator]
 * @returns {(HTMLElement | string)[]}
 */
export const isolatedList = (values, separator = ", ") =>
  values.flatMap((value, index) => index ? [separator, isolated(value)] : [isolated(value)]);

/**
 * A list of names and values. Unknown values are shown as not available.
 *
 * @param {[string, any][]} rows
 */
export function facts(rows) {
  const list = h("dl", { class: "facts" });
  for (const [name, value] of rows) {
    const isKnown = value !== undefined && value !== null && value !== "";
    list.append(
      h("dt", { text: name }),
      value instanceof Node
        ? h("dd", {}, value)
        : h("dd", { text: isKnown ? value : "not available", class: isKnown ? "" : "dim" }),
    );
  }
  return list;
}

/**
 * A table.
 *
 * @param {string[]} columns
 * @param {any[][]} rows
 * @param {string} caption for screen readers
 */
export function table(columns, rows, caption) {
  const cell = (/** @type {any} */ value) => value instanceof Node ? h("td", {}, value) : h("td", { text: value });
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "unseen", text: caption }),
      h("thead", {}, h("tr", {}, ...columns.map((name) => h("th", { scope: "col", text: name })))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map(cell)))),
    ),
  );
}

/**
 * A word in a colored pill; the word carries the meaning, the color only helps.
 *
 * @param {string} text
 * @param {"good" | "fair" | "poor" | "plain"} tone
 */
export const badge = (text, tone = "plain") => h("span", { class: `badge ${tone}`, text });

/**
 * A sentence instead of a value that the browser does not have.
 *
 * @param {string | null} [reason]
 */
export const unavailable = (reason = null) =>
  h(
    "p",
    { class: "unavailable", title: reason },
    "not available in this browser",
    reason ? h("small", { text: reason }) : null,
  );
