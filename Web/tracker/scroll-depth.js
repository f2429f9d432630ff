// How far down a page a visitor gets.

import { ofDocument } from "./dom.js";
import { later, listen } from "./guard.js";

const SCROLL_PAUSE_MS = 200;
/** Share of the window's height from which a scrolling element is the page's main one. */
const CONTAINER_SHARE_MIN = 0.5;

/** @param {any} node */
const isContainer = (node) =>
  node.clientHeight >= innerHeight * CONTAINER_SHARE_MIN && node.scrollHeight > node.clientHeight &&
  /auto|scroll/.test(getComputedStyle(node).overflowY);

/**
 * What scrolls when a visitor reads on: the document, or else the element in the middle of the window that does.
 *
 * @returns {any}
 */
const findScroller = () => {
  const root = ofDocument("scrollingElement") ?? ofDocument("documentElement");
  if (root.scrollHeight > innerHeight) return root;
  let node = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
  while (node && !isContainer(node)) node = node.parentElement;
  return node ?? root;
};

export const watchScrollDepth = () => {
  let depth = 0;
  /** @type {any} */
  let timer;
  /** Asks for the page's layout, so never while it loads. */
  const measure = () => {
    const { scrollTop, clientHeight, scrollHeight } = findScroller();
    depth = Math.max(depth, Math.min(1, (scrollTop + clientHeight) / scrollHeight));
    timer = undefined;
  };
  listen("scroll", () => timer ??= later(measure, SCROLL_PAUSE_MS));
  return {
    /** Percent of the page that was seen. */
    _read: () => {
      measure();
      return Math.round(depth * 100);
    },
    /** Another page view begins. */
    _restart: () => depth = 0,
  };
};
