// Merges the pages of a visitor's timeline. The latest page comes first; a page may end within a session or a page view.

import { MISSING_NUMBERS_MAX } from "../kit/contract.js";

/** As on the server: more holes than can be read are only counted. */
const SEQ_MAX = 5000;

/**
 * Merges two pages.
 *
 * @param {any[]} older sessions of the page that ends where the other begins
 * @param {any[]} newer sessions
 * @returns {any[]}
 */
export const joined = (older, newer) =>
  joinedBy("session", older, newer, (one, other) => ({
    ...other,
    pageviews: joinedBy("pageview", one.pageviews, other.pageviews, joinedView),
  }));

/** @param {string} key @param {any[]} older @param {any[]} newer @param {(one: any, other: any) => any} join */
function joinedBy(key, older, newer, join) {
  const all = new Map(older.map((one) => [one[key], one]));
  for (const other of newer) {
    const one = all.get(other[key]);
    all.set(other[key], one ? join(one, other) : other);
  }
  return [...all.values()];
}

/** @param {any} older @param {any} newer */
function joinedView(older, newer) {
  const events = [...older.events, ...newer.events].sort((one, other) => one.seq - other.seq || one.id - other.id);
  return { ...newer, path: older.path ?? newer.path, events, missing: missing(events, newer.emitted) };
}

/** @param {any[]} events @param {number | null} emitted */
function missing(events, emitted) {
  const known = new Set(events.map(({ seq }) => seq));
  const highest = events.reduce((most, { seq }) => Math.max(most, seq), emitted ?? 0);
  const holes = [];
  for (let seq = 1; highest <= SEQ_MAX && seq <= highest && holes.length < MISSING_NUMBERS_MAX; seq++) {
    if (!known.has(seq)) holes.push(seq);
  }
  return holes;
}
