// The view "Tracking".

import { card } from "../kit/cards.js";

/** @param {HTMLElement} panel @param {AbortSignal} _signal */
export function showTracking(panel, _signal) {
  panel.replaceChildren(card("Tracking", "full"));
}
