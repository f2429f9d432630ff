// What an erasure has removed and found, in words.

import { exact } from "../kit/format.js";

/** Rows by table: one, several. @type {Record<string, [string, string]>} */
const NOUNS = {
  collector_events: ["event", "events"],
  debug_data: ["submission", "submissions"],
  delivery_reports: ["delivery report", "delivery reports"],
  journal: ["record of the journal", "records of the journal"],
  dead_letters: ["dead letter", "dead letters"],
};

/** @param {number} number @param {string} one @param {string} many */
const some = (number, one, many) => `${exact(number)} ${number === 1 ? one : many}`;

/** "12 events, 1 submission" @param {Record<string, number>} rows */
export const counted = (rows) =>
  Object.entries(NOUNS).filter(([name]) => rows[name])
    .map(([name, [one, many]]) => some(rows[name], one, many)).join(", ") || "no rows";

/** What the searches after the removal have found. @param {{proof: any}} erasure @returns {string[]} */
export function findings({ proof }) {
  if (!proof) return [];
  const { remaining, occurrences, newer, mentions } = proof;
  const isElsewhere = occurrences > 0 && !newer && !mentions;
  return [
    `Search in all tables and the journal: ${some(remaining, "row", "rows")}.`,
    ...(occurrences === null
      ? []
      : [`Search for the id in the files: ${some(occurrences, "occurrence", "occurrences")}.`]),
    ...(isElsewhere ? ["The id may be part of another id, or of data of other visitors."] : []),
    ...(newer
      ? [`${some(newer, "row has", "rows have")} arrived after the request. Erase the visitor again to remove them.`]
      : []),
    ...(mentions
      ? [`Filters of ${some(mentions, "saved segment", "saved segments")} name this visitor. You can remove them.`]
      : []),
  ];
}
