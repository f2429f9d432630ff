// The list of goals with their conversions, and what to do without one.

import { allowsView } from "./limits.js";
import { h, table } from "../kit/dom.js";
import { count, exact, percent } from "../kit/format.js";
import { sparkline } from "../kit/sparkline.js";
import { report } from "./reports.js";
import { openGoal } from "./goal-dialog.js";
import { amount, goalText } from "./goal-words.js";
import { delta } from "./parts.js";
import { changeFilters, filters, isComparing, reportQuery } from "./state.js";
import { withValue } from "./filters.js";
import { areFiguresIncomplete } from "./status.js";

/** Custom events that are suggested as goals. */
const SUGGESTIONS = 5;
const SNIPPET = `collector.track("signup", { plan: "pro" });
collector.track("purchase", { value: 49.9, currency: "EUR" });`;

/** The events that are suggested when there is no goal. @returns {import("./reports.js").Request} */
export const suggestionsRequest = () => [
  "breakdowns",
  { ...reportQuery(), dimensions: "event", limit: SUGGESTIONS, only: "counts" },
];

/** @param {HTMLElement} element @param {any} found @param {AbortSignal} signal */
export async function drawGoals(element, found, signal) {
  if (!found.goals.length) return await drawNone(element, signal);
  const hasValues = found.goals.some((/** @type {any} */ row) => row.values.length || row.previous?.values.length);
  const columns = ["Goal", "Conversions", "Visitors", "Conversion rate", ...(hasValues ? ["Value"] : []), "Trend", ""];
  const rows = found.goals.map((/** @type {any} */ row) => [
    titleCell(row.goal),
    figureCell(row, "conversions", exact),
    figureCell(row, "converted_visitors", exact),
    rateCell(row, found),
    ...(hasValues ? [valueCell(row.values)] : []),
    sparkline(row.series.map((/** @type {any} */ point) => point.conversions), `Conversions of ${row.goal.title}`),
    actionCell(row.goal),
  ]);
  const list = table(columns, rows, "Goals");
  list.classList.add("goals");
  list.querySelector("th:last-child")?.append(h("span", { class: "unseen", text: "Actions" }));
  element.replaceChildren(
    list,
    h("p", {
      class: "caption",
      text: `Conversion rate: share of ${
        count(found.sessions)
      } sessions. Select a goal to see only the sessions that reached it.`,
    }),
  );
}

/** @param {import("./goal-names.js").Goal} goal */
function titleCell(goal) {
  return h(
    "div",
    {},
    h("button", {
      type: "button",
      class: "value",
      text: goal.title,
      title: `Filter: Goal is ${goal.title}`,
      onclick: () => changeFilters(withValue(filters(), "goal", goal.id)),
    }),
    h("small", { class: "dim", text: goalText(goal) }),
  );
}

/** @param {any} row @param {string} name @param {(value: any) => string} format */
const figureCell = (row, name, format) =>
  h(
    "span",
    { class: "cell" },
    h("b", { text: areFiguresIncomplete() && !row[name] ? "–" : format(row[name]) }),
    " ",
    isComparing() && row.previous
      ? delta(row[name], row.previous[name], { title: `Previous period: ${format(row.previous[name])}` })
      : null,
  );

/** @param {any} row @param {any} report */
function rateCell(row, report) {
  const bar = h("i", { "aria-hidden": "true" });
  bar.style.inlineSize = `${100 * (row.session_rate ?? 0)}%`;
  const title = `${exact(row.converted_sessions)} of ${exact(report.sessions)} sessions, ${
    percent(row.visitor_rate)
  } of visitors`;
  return h(
    "div",
    { class: "rate", title },
    h(
      "span",
      { class: "cell" },
      h("b", { text: percent(row.session_rate) }),
      " ",
      isComparing() && row.previous
        ? delta(row.session_rate, row.previous.session_rate, {
          isRate: true,
          title: `Previous period: ${percent(row.previous.session_rate)}`,
        })
        : null,
    ),
    h("span", { class: "meter" }, bar),
  );
}

/** @param {{currency: string | null, sum: string, count: number}[]} values */
const valueCell = (values) =>
  values.length
    ? h(
      "span",
      { class: "sums" },
      ...values.map(({ currency, sum, count: number }) =>
        h("b", { text: amount(sum, currency), title: `Sum of ${exact(number)} conversions with a value` })
      ),
    )
    : h("span", { class: "dim", text: "–" });

/** @param {import("./goal-names.js").Goal} goal */
const actionCell = (goal) =>
  h("button", {
    type: "button",
    class: "button only",
    text: "Edit",
    "aria-label": `Edit the goal ${goal.title}`,
    onclick: () => openGoal(goal),
  });

/** Teaches what a goal is, with the events that came already. @param {HTMLElement} element @param {AbortSignal} signal */
async function drawNone(element, signal) {
  const found = h("p", { class: "actions only" });
  element.replaceChildren(
    h(
      "div",
      { class: "teaching" },
      h("h3", { text: "Measure what visitors achieve" }),
      h("p", {
        text: "A goal is a page, such as the one after a sign-up, or a custom event that your site sends. " +
          "Collector counts past visits, too, and sums their values by currency:",
      }),
      h("pre", { class: "json", tabindex: "0", "aria-label": "Example" }, h("code", { text: SNIPPET })),
      h(
        "p",
        { class: "actions only" },
        h("button", {
          type: "button",
          class: "button strong",
          text: "Add page goal",
          onclick: () => openGoal(null, "page"),
        }),
        h("button", {
          type: "button",
          class: "button",
          text: "Add event goal",
          onclick: () => openGoal(null, "event"),
        }),
      ),
      found,
    ),
  );
  if (!allowsView("overview")) return;
  const { dimensions } = await report(suggestionsRequest(), signal);
  const rows = dimensions.event.rows.filter((/** @type {any} */ row) => !row.value.startsWith("("));
  if (!rows.length) return;
  found.replaceChildren(
    h("span", { class: "note", text: "Events of this range:" }),
    ...rows.map((/** @type {any} */ row) =>
      h("button", {
        type: "button",
        class: "button",
        text: `${row.value} (${count(row.events)})`,
        title: `Add ${row.value} as a goal`,
        onclick: () => openGoal(null, "event", row.value),
      })
    ),
  );
}
