// Names of goals by their ids, for filters: the address has the ids alone.

import { ask } from "./api.js";

/** @typedef {{id: string, site: string | null, name: string, title: string, type: "page" | "event", match: string, property?: string, property_value?: string}} Goal */

/** @type {Map<string, string>} */
const names = new Map();

/** @param {Goal[]} goals all goals, or those of a site */
export function nameGoals(goals) {
  for (const { id, title } of goals) names.set(id, title);
}

/** @param {string} id */
export const goalName = (id) => names.get(id) ?? id;

/** @param {AbortSignal} [signal] @returns {Promise<Goal[]>} the goals of all sites */
export async function readGoals(signal) {
  const { goals } = await ask("goals", {}, { signal });
  nameGoals(goals);
  return goals;
}

/** Reads the names unless all of these are known. @param {string[]} ids @returns {Promise<boolean>} whether more are known now */
export async function learnGoals(ids) {
  if (ids.every((id) => names.has(id))) return false;
  try {
    await readGoals();
  } catch {
    return false;
  }
  return ids.some((id) => names.has(id));
}
