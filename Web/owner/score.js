// The experience score: one figure for all vitals, with its formula.

import { h } from "../kit/dom.js";
import { exact, isFew, round, SAMPLE_MIN } from "../kit/format.js";
import { METRICS } from "../kit/contract.js";
import { TONE_LABELS } from "../kit/ratings.js";
import { delta } from "./parts.js";
import { badge } from "../kit/dom.js";

/** From which score on it is good, and needs improvement. */
const GOOD = 90;
const FAIR = 50;

/** @param {number | null} value @returns {"good" | "fair" | "poor" | "plain"} */
export const scoreTone = (value) => value === null ? "plain" : value >= GOOD ? "good" : value >= FAIR ? "fair" : "poor";

/** @param {number | null} value */
export const scoreText = (value) => value === null ? "–" : String(round(value, 0));

/**
 * @param {{value: number | null, count: number, previous: any, weights: Record<string, number>}} score
 * @param {string | null} period title of the change; null without a comparison
 */
export function scoreTile({ value, count, previous, weights }, period) {
  const isSmall = isFew(count);
  const tone = scoreTone(value);
  const isComparable = period !== null && !isSmall && !isFew(previous.count) && previous.value !== null;
  return h(
    "div",
    { class: "card vital score" },
    h(
      "span",
      { class: "head" },
      h("b", { text: "Score" }),
      value === null || isSmall ? null : badge(TONE_LABELS[tone], tone),
    ),
    h("span", { class: "full-name", text: "Experience score" }),
    h(
      "span",
      { class: `figure${isSmall ? " few" : ""}` },
      scoreText(value),
      " ",
      h("small", { text: "of 100" }),
      " ",
      isComparable
        ? delta(value, previous.value, { title: `Previous period (${period}): ${scoreText(previous.value)}` })
        : null,
    ),
    formula(weights),
    h(
      "span",
      { class: "ends" },
      h("span", { text: isSmall ? `fewer than ${SAMPLE_MIN} values` : "" }),
      h("span", { text: `n = ${exact(count)}`, title: "Values of the vital that has the fewest" }),
    ),
  );
}

/** @param {Record<string, number>} weights */
function formula(weights) {
  const parts = Object.entries(weights).map(([name, weight]) =>
    `${METRICS[/** @type {keyof typeof METRICS} */ (name)]} ${weight} %`
  );
  const details = /** @type {HTMLDetailsElement} */ (h(
    "details",
    { class: "formula" },
    h("summary", { text: "Formula" }),
    h(
      "div",
      { class: "popover" },
      h("p", {
        text:
          "The mean of the points of each vital: 100 for a good value, 50 for one that needs improvement, 0 for a poor one.",
      }),
      h("p", { text: `Weights: ${parts.join(", ")}. A vital without values does not count.` }),
      h("p", { text: `Good from ${GOOD}, poor below ${FAIR}. Gray below ${SAMPLE_MIN} values of the rarest vital.` }),
    ),
  ));
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    details.open = false;
    details.querySelector("summary")?.focus();
  });
  details.addEventListener("focusout", (event) => {
    if (!details.contains(/** @type {Node | null} */ (event.relatedTarget))) details.open = false;
  });
  return details;
}
