// Words and numbers of goals, funnels and retention.

import { goalName } from "./goal-names.js";

/** Days of a range up to which cohorts are days, and weeks. */
const DAYS_MAX = 15;
const WEEKS_MAX = 190;

/** What a goal counts. @param {import("./goal-names.js").Goal} goal */
export const goalText = ({ type, match, property, property_value: value, site }) =>
  [type === "page" ? `Page ${match}` : `Event ${match}`, property ? `${property} = ${value}` : "", site ?? ""]
    .filter(Boolean).join(" · ");

/**
 * An amount with the digits of the server: exact also where a number of JavaScript is not.
 *
 * @param {string} sum @param {string | null} currency
 */
export function amount(sum, currency) {
  const [whole, fraction = ""] = sum.replace("-", "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const digits = fraction && currency ? fraction.padEnd(2, "0") : fraction;
  return `${sum.startsWith("-") ? "−" : ""}${grouped}${digits ? `.${digits}` : ""}${currency ? ` ${currency}` : ""}`;
}

/** @param {string[]} step as in the API @param {string | null} [goal] title of a goal */
export function stepText([type, match, property, value], goal = null) {
  if (type === "goal") return goal ?? goalName(match);
  return property === undefined ? match : `${match} · ${property} = ${value}`;
}

/** Periods for a range that has some. @param {{from: number, to: number}} range */
export const periodOf = ({ from, to }) => {
  const days = (to - from) / 86_400;
  return days <= DAYS_MAX ? "day" : days <= WEEKS_MAX ? "week" : "month";
};
