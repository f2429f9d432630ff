// Names of elements, precise enough to find them again.

import { propertyOf } from "./dom.js";
import { cut } from "./guard.js";
import { cleanText } from "./texts.js";

/** Levels of a selector, and characters of each. */
const LEVELS_MAX = 4;
const LEVEL_LENGTH_MAX = 60;

/** @param {any} node @returns {string} */
const find = (node, levels = LEVELS_MAX) => {
  if (!levels || !node) return "";
  const parent = propertyOf(Node.prototype, "parentNode", node);
  if (!(node instanceof Element)) return levels < LEVELS_MAX ? "" : find(parent);
  const [id, classes] = ["id", "class"].map((name) => Element.prototype.getAttribute.call(node, name)?.trim());
  const own = cut(
    propertyOf(Element.prototype, "localName", node) + (id ? "#" + id : classes ? "." + classes.split(/\s/)[0] : ""),
    LEVEL_LENGTH_MAX,
  );
  const above = id ? "" : find(parent, levels - 1);
  return above ? above + ">" + own : own;
};

/**
 * A selector of a node's element, precise enough to find it again: at most four levels, up to an id.
 *
 * @param {any} node an element or a text
 * @returns {string} "" without one
 */
export const selector = (node) => cleanText(find(node));
