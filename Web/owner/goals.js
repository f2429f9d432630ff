// The view "Goals": conversions, funnels, retention and paths.

import { allowsView } from "./limits.js";
import { body, card, skeleton } from "../kit/cards.js";
import { h } from "../kit/dom.js";
import { openFunnel } from "./funnel-dialog.js";
import { drawFunnels, readFunnels } from "./funnels.js";
import { openGoal } from "./goal-dialog.js";
import { drawGoals, suggestionsRequest } from "./goal-list.js";
import { nameGoals, readGoals } from "./goal-names.js";
import { failure } from "./parts.js";
import { pathsRequest, showPaths } from "./paths.js";
import { report } from "./reports.js";
import { readRetention, showRetention } from "./retention.js";
import { change, seriesQuery } from "./state.js";

/** Pixels of the cards while they load: goals, funnels, retention, paths. */
const HEIGHTS = [200, 132, 252, 403];

/** Shows the view again, after a change. */
export const again = () => change({}, { isStep: false });

/** @param {string} text @param {() => void} onclick */
const ownersButton = (text, onclick) => h("button", { type: "button", class: "button only", text, onclick });

/** @returns {import("./reports.js").Request} */
const conversions = () => ["conversions", seriesQuery()];

/** Reads the reports of the view, one after the other. @param {AbortSignal} signal */
export async function readGoalsView(signal) {
  const { goals } = await report(conversions(), signal);
  if (!goals.length && allowsView("overview")) await report(suggestionsRequest(), signal);
  await readFunnels(signal);
  await readRetention(signal);
  await report(pathsRequest(), signal);
}

/** @param {HTMLElement} panel @param {AbortSignal} signal */
export async function showGoals(panel, signal) {
  const goals = card("Goals", "full", null, h("span", { class: "space" }), ownersButton("Add goal", () => openGoal()));
  const funnels = card("Funnels", "full");
  const retention = card("Retention", "full");
  const paths = card("Paths", "full");
  const cards = [goals, funnels, retention, paths];
  panel.replaceChildren(...cards);
  for (const [index, one] of cards.entries()) body(one).append(skeleton(4, HEIGHTS[index]));
  const failed = (/** @type {HTMLElement} */ element) => (/** @type {any} */ error) => {
    if (!signal.aborted) body(element).replaceChildren(failure(error));
  };
  /** @type {HTMLElement} */ (funnels.querySelector(".head")).append(
    h("span", { class: "space" }),
    ownersButton("New funnel", () => openFunnel()),
  );
  await Promise.all([
    report(conversions(), signal).then((found) => {
      nameGoals(found.goals.map((/** @type {any} */ row) => row.goal));
      return drawGoals(body(goals), found, signal);
    }).catch(failed(goals)),
    // The steps of funnels have the names of goals.
    readGoals(signal).then(() => drawFunnels(funnels, signal)).catch(failed(funnels)),
    showRetention(retention, signal).catch(failed(retention)),
    showPaths(paths, signal).catch(failed(paths)),
  ]);
}
