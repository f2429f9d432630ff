// The view "Visitors".

import { card } from "../kit/cards.js";

/** @param {HTMLElement} panel @param {AbortSignal} _signal */
export function showVisitors(panel, _signal) {
  panel.replaceChildren(card("Visitors", "full"));
}
