// The view "Issues".

import { card } from "../kit/cards.js";

/** @param {HTMLElement} panel @param {AbortSignal} _signal */
export function showIssues(panel, _signal) {
  panel.replaceChildren(card("Issues", "full"));
}
