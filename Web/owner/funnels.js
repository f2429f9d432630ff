// Saved funnels: the chosen one with the sessions or visitors of each step.

import { body, empty } from "../kit/cards.js";
import { h } from "../kit/dom.js";
import { duration, exact, percent } from "../kit/format.js";
import { openFunnel } from "./funnel-dialog.js";
import { stepText } from "./goal-words.js";
import { select } from "./parts.js";
import { report } from "./reports.js";
import { current, rangeQuery, reportQuery } from "./state.js";

/** @typedef {{id: string, site: string | null, name: string, steps: string[][], by: "session" | "visitor", window: number | null}} Funnel */

/** The saved funnels of the site. @param {AbortSignal} signal @returns {Promise<Funnel[]>} */
const savedFunnels = async (signal) => (await report(["funnels", { site: rangeQuery().site }], signal)).funnels;

/** The chosen funnel, else the first one. @param {Funnel[]} saved */
const chosenOf = (saved) => saved.find(({ id }) => id === current().funnel) ?? saved[0];

/** @param {Funnel} funnel @param {AbortSignal} signal */
const stepsOf = ({ id }, signal) => report([`funnels/${encodeURIComponent(id)}`, reportQuery()], signal);

/** Reads what the card shows. @param {AbortSignal} signal */
export async function readFunnels(signal) {
  const chosen = chosenOf(await savedFunnels(signal));
  if (chosen) await stepsOf(chosen, signal);
}

/** @param {HTMLElement} element a card @param {AbortSignal} signal */
export async function drawFunnels(element, signal) {
  const saved = await savedFunnels(signal);
  const head = /** @type {HTMLElement} */ (element.querySelector(".head"));
  if (!saved.length) return drawNone(body(element));
  const chosen = chosenOf(saved);
  const choices = Object.fromEntries(saved.map(({ id, name }) => [id, name]));
  head.querySelector(".space")?.after(
    select("Funnel", "funnel", choices, chosen.id),
    h("button", {
      type: "button",
      class: "button only",
      text: "Edit",
      "aria-label": `Edit the funnel ${chosen.name}`,
      onclick: () => openFunnel(chosen),
    }),
  );
  body(element).replaceChildren(...funnelParts(await stepsOf(chosen, signal)));
}

/** The steps of a report with their bars. @param {any} report */
export function funnelParts(report) {
  const unit = report.by === "session" ? "sessions" : "visitors";
  const first = report.steps[0].count;
  const last = report.steps[report.steps.length - 1];
  const summary = report.by === "session" ? "within a session" : `within ${duration(report.window)} of the first step`;
  if (!first) {
    return [
      empty(
        "No data for this period",
        `No ${report.by} reached the first step, ${stepText(report.steps[0].step, report.steps[0].goal)}.`,
      ),
    ];
  }
  return [
    h(
      "p",
      { class: "note" },
      h("b", { text: percent(last.total_rate) }),
      ` of ${exact(first)} ${unit} reached the last step, ${summary}.`,
    ),
    h(
      "ol",
      { class: "funnel" },
      ...report.steps.map((/** @type {any} */ step, /** @type {number} */ index) => stepRow(step, index, unit)),
    ),
  ];
}

/** @param {any} step @param {number} index @param {string} unit */
function stepRow(step, index, unit) {
  const bar = h("i", { "aria-hidden": "true" });
  bar.style.inlineSize = `${100 * (step.total_rate ?? 0)}%`;
  const times = step.seconds_p50 === null
    ? ""
    : ` · median ${duration(step.seconds_p50)}, p75 ${duration(step.seconds_p75)} from the step before`;
  return h(
    "li",
    {},
    h("span", { class: "step-number", text: String(index + 1), "aria-hidden": "true" }),
    h("b", { class: "name", text: stepText(step.step, step.goal) }),
    h("span", { class: "of" }, h("b", { text: exact(step.count) }), ` ${unit} · ${percent(step.total_rate)}`),
    h("span", { class: "meter" }, bar),
    index
      ? h("span", {
        class: "note",
        text: `${percent(step.rate)} continued, ${exact(step.dropped)} dropped off${times}`,
      })
      : null,
  );
}

/** @param {HTMLElement} element */
function drawNone(element) {
  element.replaceChildren(
    h(
      "div",
      { class: "teaching" },
      h("h3", { text: "See where visitors drop off" }),
      h("p", {
        text: "A funnel is a series of 2 to 8 pages, custom events or goals in their order, such as /pricing, then " +
          "signup, then purchase. It counts the sessions that reach each step, or visitors over several sessions.",
      }),
      h(
        "p",
        { class: "actions only" },
        h("button", { type: "button", class: "button strong", text: "New funnel", onclick: () => openFunnel() }),
      ),
    ),
  );
}
