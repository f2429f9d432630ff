// Files of the rows of a list.

import { csv, save } from "../kit/csv.js";

/** @param {any} figures @returns {[string, number | null][]} its plain figures */
const plain = (figures) =>
  Object.entries(figures).filter(([name, figure]) =>
    name !== "value" && (figure === null || typeof figure === "number")
  );

/**
 * The rows as comma-separated values, with the columns of the server's files.
 *
 * @param {string} dimension @param {any[]} rows
 */
export function rowsAsCSV(dimension, rows) {
  const names = plain(rows[0] ?? {}).map(([name]) => name);
  const hasPrevious = rows.some(({ previous }) => previous);
  const past = hasPrevious ? plain(rows.find(({ previous }) => previous).previous).map(([name]) => name) : [];
  return csv(
    [dimension, ...names, ...past.map((name) => `previous_${name}`)],
    rows.map((row) => [row.value, ...names.map((name) => row[name]), ...past.map((name) => row.previous?.[name])]),
  );
}

/**
 * Saves rows in their order.
 *
 * @param {string} dimension @param {"csv" | "json"} format @param {any[]} rows
 */
export function saveRows(dimension, format, rows) {
  if (format === "csv") save(`${dimension}.csv`, "text/csv", rowsAsCSV(dimension, rows));
  else save(`${dimension}.json`, "application/json", `${JSON.stringify({ dimension, rows }, null, 2)}\n`);
}
