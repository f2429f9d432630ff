// Retention: of the visitors first seen in a period, how many came back.

import { body } from "../kit/cards.js";
import { h } from "../kit/dom.js";
import { exact, percent } from "../kit/format.js";
import { axisParts, bucketTitle, firstDayOfWeek } from "../kit/times.js";
import { periodOf } from "./goal-words.js";
import { noFigures, segments } from "./parts.js";
import { report } from "./reports.js";
import { current, reportQuery } from "./state.js";

const PERIODS = Object.freeze({ day: "Days", week: "Weeks", month: "Months" });
/** Cells are at most this strong, so that the text on them stays legible. */
const STRENGTH_MAX = 45;

/** @param {string} period @param {AbortSignal} signal */
const ofPeriod = (period, signal) =>
  report(["retention", { ...reportQuery(), week_start: firstDayOfWeek(), period }], signal);

/** The retention by the chosen period, or by the one that suits the range. @param {AbortSignal} signal */
export async function readRetention(signal) {
  const chosen = current().period;
  const found = await ofPeriod(chosen ?? "month", signal);
  const suited = periodOf(found.range);
  return chosen || suited === "month" ? found : await ofPeriod(suited, signal);
}

/** @param {HTMLElement} element a card @param {AbortSignal} signal */
export async function showRetention(element, signal) {
  const found = await readRetention(signal);
  const head = /** @type {HTMLElement} */ (element.querySelector(".head"));
  head.append(h("span", { class: "space" }), segments("Period", "period", PERIODS, found.period));
  drawRetention(body(element), found);
}

/** @param {HTMLElement} element @param {any} report */
function drawRetention(element, { cohorts, period, range }) {
  if (!cohorts.some((/** @type {any} */ cohort) => cohort.visitors[0])) {
    return element.replaceChildren(
      noFigures("No data for this period", "Visitors who come back appear here, by the period of their first visit."),
    );
  }
  const columns = cohorts.map((/** @type {any} */ _, /** @type {number} */ index) => `+${index}`).slice(1);
  const rows = cohorts.filter((/** @type {any} */ cohort) => cohort.visitors[0] > 0);
  element.replaceChildren(
    h(
      "div",
      { class: "scroll retention", tabindex: "0", role: "region", "aria-label": "Retention" },
      h(
        "table",
        {},
        h("caption", { class: "unseen", text: `Share of visitors who came back, by ${period} of their first visit` }),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ...["First seen", "Visitors", ...columns].map((text) => h("th", { scope: "col", text })),
          ),
        ),
        h("tbody", {}, ...rows.map((/** @type {any} */ cohort) => cohortRow(cohort, cohorts, period, range.zone))),
      ),
    ),
    h("p", {
      class: "caption",
      text: `+1 is the ${period} after the first visit in the range. Periods marked * are not complete.` +
        (cohorts.length < 3 ? " Choose a longer range or shorter periods for more." : ""),
    }),
  );
}

/** @param {any} cohort @param {any[]} cohorts @param {any} period @param {string} zone */
function cohortRow(cohort, cohorts, period, zone) {
  const index = cohorts.indexOf(cohort);
  const [size, ...returned] = cohort.visitors;
  return h(
    "tr",
    {},
    h("th", {
      scope: "row",
      text: (period === "month" ? bucketTitle(cohort.t, period, zone) : axisParts(cohort.t, zone).day) +
        (cohort.partial ? " *" : ""),
      title: bucketTitle(cohort.t, period === "week" ? "day" : period, zone),
    }),
    h("td", { text: exact(size) }),
    ...returned.map((/** @type {number} */ count, /** @type {number} */ later) => {
      const { partial } = cohorts[index + 1 + later];
      const cell = h("td", {
        class: "share",
        text: percent(count / size) + (partial ? " *" : ""),
        title: `${exact(count)} of ${exact(size)} visitors`,
      });
      cell.style.setProperty("--strength", `${STRENGTH_MAX * count / size}%`);
      return cell;
    }),
    // Periods before the first visit of the later cohorts.
    ...Array.from({ length: index }, () => h("td")),
  );
}
