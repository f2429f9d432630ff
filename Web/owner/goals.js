// The view "Goals": conversions, funnels, retention and paths.

import { body, card, skeleton } from "../kit/cards.js";
import { h } from "../kit/dom.js";
import { ask } from "./api.js";
import { openFunnel } from "./funnel-dialog.js";
import { drawFunnels } from "./funnels.js";
import { openGoal } from "./goal-dialog.js";
import { drawGoals } from "./goal-list.js";
import { nameGoals, readGoals } from "./goal-names.js";
import { failure } from "./parts.js";
import { showPaths } from "./paths.js";
import { showRetention } from "./retention.js";
import { change, rangeQuery, seriesQuery } from "./state.js";

/** Shows the view again, after a change. */
export const again = () => change({}, { isStep: false });

/** @param {string} text @param {() => void} onclick */
const ownersButton = (text, onclick) => h("button", { type: "button", class: "button only", text, onclick });

/** @param {HTMLElement} panel @param {AbortSignal} signal */
export async function showGoals(panel, signal) {
  const goals = card("Goals", "full", null, h("span", { class: "space" }), ownersButton("Add goal", () => openGoal()));
  const funnels = card("Funnels", "full");
  const retention = card("Retention", "full");
  const paths = card("Paths", "full");
  const cards = [goals, funnels, retention, paths];
  panel.replaceChildren(...cards);
  for (const one of cards) body(one).append(skeleton());
  const failed = (/** @type {HTMLElement} */ element) => (/** @type {any} */ error) => {
    if (!signal.aborted) body(element).replaceChildren(failure(error));
  };
  /** @type {HTMLElement} */ (funnels.querySelector(".head")).append(
    h("span", { class: "space" }),
    ownersButton("New funnel", () => openFunnel()),
  );
  await Promise.all([
    ask("conversions", seriesQuery(), { signal }).then((report) => {
      nameGoals(report.goals.map((/** @type {any} */ row) => row.goal));
      return drawGoals(body(goals), report, signal);
    }).catch(failed(goals)),
    Promise.all([ask("funnels", { site: rangeQuery().site }, { signal }), readGoals(signal)])
      .then(([{ funnels: saved }]) => drawFunnels(funnels, saved, signal)).catch(failed(funnels)),
    showRetention(retention, signal).catch(failed(retention)),
    showPaths(paths, signal).catch(failed(paths)),
  ]);
}
