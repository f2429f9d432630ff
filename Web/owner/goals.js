// The view "Goals".

import { card } from "../kit/cards.js";

/** @param {HTMLElement} panel @param {AbortSignal} _signal */
export function showGoals(panel, _signal) {
  panel.replaceChildren(card("Goals", "full"));
}
