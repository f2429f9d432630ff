// Comma-separated values that no spreadsheet reads as formulas.

/** Characters that begin a formula, after what programs skip. */
const FORMULA = /^[\s"\u200c\u200d]*[=+\-@＝＋－＠﹦﹢﹣﹫−]/u;

/** Texts are quoted, numbers are not, and a missing value is an empty cell. @param {string | number | null | undefined} value */
function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  return `"${(FORMULA.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`;
}

/**
 * Rows of RFC 4180.
 *
 * @param {string[]} columns @param {(string | number | null | undefined)[][]} rows
 */
export const csv = (columns, rows) => [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");

/**
 * Saves a text as a file.
 *
 * @param {string} name @param {string} type @param {string} text
 */
export function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The download has begun by the next task.
  setTimeout(() => URL.revokeObjectURL(link.href));
}
