// Texts about how long the data of a site is kept.

import { ageText } from "./storage-words.js";

const DAY = 86_400;
const HOUR = 3600;
/** The ages that a list offers, as the server reads them. */
const AGES = ["30d", "90d", "180d", "365d", "396d", "730d", "keep"];

/** @typedef {{events: number | null, pageviews: number | null}} Ages in seconds; null is kept */

/** How long rows are kept. @param {number | null} seconds */
export const keptText = (seconds) => seconds === null ? "kept" : `removed after ${ageText(seconds)}`;

/**
 * The age in seconds that a choice stands for; null is kept.
 *
 * @param {string} choice `keep`, days, hours, or empty for the age of the server
 * @param {number | null} server in seconds
 */
export function secondsOf(choice, server) {
  if (choice === "") return server;
  if (choice === "keep") return null;
  return Number.parseInt(choice, 10) * (choice.endsWith("h") ? HOUR : DAY);
}

/**
 * The ages that a list offers, with the one that is set.
 *
 * @param {string | null} own
 * @param {number | null} server in seconds
 * @returns {[string, string][]} values and labels
 */
export function ageChoices(own, server) {
  const ages = own === null || AGES.includes(own) ? AGES : [own, ...AGES];
  return [
    ["", `As the server: ${keptText(server)}`],
    ...ages.map((age) => /** @type {[string, string]} */ ([age, choiceText(age)])),
  ];
}

/** @param {string} age */
function choiceText(age) {
  const seconds = secondsOf(age, null);
  return seconds === null ? "Keep" : `Remove after ${ageText(seconds)}`;
}

/**
 * The ages that apply: events are not kept longer than the page views that are computed from them.
 *
 * @param {string} events @param {string} pageviews @param {Ages} server
 * @returns {Ages}
 */
export function agesOf(events, pageviews, server) {
  const views = secondsOf(pageviews, server.pageviews);
  const raw = secondsOf(events, server.events);
  return { events: raw === null || views !== null && views < raw ? views : raw, pageviews: views };
}

/** Whether new ages remove data that the old ones keep. @param {Ages} before @param {Ages} after */
export const isShorter = (before, after) =>
  (after.events ?? Infinity) < (before.events ?? Infinity) ||
  (after.pageviews ?? Infinity) < (before.pageviews ?? Infinity);

/** What ages do, as a list of sentences. @param {Ages} ages */
export function effects({ events, pageviews }) {
  const lines = [];
  if (events !== null) {
    lines.push(
      `Events are removed after ${
        ageText(events)
      }, with their payloads, vitals and errors. Timelines of visitors and filters on ` +
        "visitors and properties begin at that age.",
    );
  }
  lines.push(
    pageviews === null
      ? "Page views stay in the figures."
      : `Page views and sessions are removed from all figures after ${ageText(pageviews)}.`,
  );
  return lines;
}

/** How old the oldest data is. @param {number | null} time @param {number} now both in seconds since 1970 */
export function oldestText(time, now) {
  if (time === null) return "none";
  const days = Math.floor(Math.max(0, now - time) / DAY);
  return days === 0 ? "less than a day old" : days === 1 ? "1 day old" : `${days} days old`;
}
