// Cells of tables of vitals.

import { h } from "../kit/dom.js";
import { count, exact, isFew, percent, round } from "../kit/format.js";
import { METRICS } from "../kit/contract.js";
import { tone, vital } from "../kit/ratings.js";
import { percentile, shares } from "./parts.js";
import { scoreText, scoreTone } from "./score.js";

/**
 * The cell of a column of the breakdown.
 *
 * @param {any} row @param {string} key of the column @param {string} metric the chosen vital @returns {Node | string}
 */
export function cellOf(row, key, metric) {
  if (key === "pageviews") return exact(row.pageviews);
  if (key === "score") return figureCell(scoreText(row.score.value), row.score.count, scoreTone(row.score.value));
  const figures = row[key in METRICS ? key : metric];
  if (!figures.count) return "–";
  if (key === "good") {
    if (isFew(figures.count)) return percentile(percent(figures.good), figures.count, "cell");
    return h("span", { class: "good-share" }, h("b", { text: percent(figures.good) }), shares(figures));
  }
  if (key === "impact") return impactCell(figures.impact, metric);
  return figureCell(vital(key, figures.p75), figures.count, tone(key, figures.p75));
}

/**
 * A figure with its sample size; gray if that is small.
 *
 * @param {string} text @param {number} number @param {string} name of the tone
 */
export function figureCell(text, number, name) {
  if (!number) return "–";
  if (isFew(number)) return percentile(text, number, "cell");
  return h("span", { class: `cell ${name}` }, h("b", { text }), h("small", { text: count(number) }));
}

/** @param {number | null} impact in the unit of the vital × page views @param {string} metric */
function impactCell(impact, metric) {
  if (!impact) return h("span", { class: "dim", text: impact === null ? "–" : "0" });
  const figure = metric === "cls" ? impact : impact / 1000;
  const text = figure < 0.05 ? "<0.1" : count(round(figure, figure < 10 ? 1 : 0));
  return h(
    "span",
    { class: "cell", title: `${exact(impact)} ${metric === "cls" ? "" : "ms "}× page views` },
    h("b", { text: metric === "cls" ? text : `${text} s` }),
  );
}
