// The view "Issues".

import { card } from "../kit/cards.js";

/** @param {HTMLElement} panel @param {AbortSignal} _signal */
export async function showIssues(panel, _signal) {
  panel.replaceChildren(card("Issues", "full"));
}
