import assert from "node:assert/strict";
import { matching } from "../../Web/owner/palette-match.js";

const commands = ["Overview", "Performance", "Last 7 days", "Last 30 days", "Month to date"].map((label, index) => ({
  group: index < 2 ? "Go to" : "Range",
  label,
}));
const labels = (/** @type {string} */ text) => matching(commands, text).map(({ label }) => label);

Deno.test("an empty text matches every command in its order", () => {
  assert.deepEqual(labels("  "), commands.map(({ label }) => label));
});

Deno.test("every word must occur in the name or its group, in any case", () => {
  assert.deepEqual(labels("DAYS last"), ["Last 7 days", "Last 30 days"]);
  assert.deepEqual(labels("range 30"), ["Last 30 days"]);
  assert.deepEqual(labels("nothing"), []);
});

Deno.test("labels that begin with the text come first, then those with words that begin with it", () => {
  assert.deepEqual(labels("m"), ["Month to date", "Performance"]);
  assert.deepEqual(labels("da"), ["Last 7 days", "Last 30 days", "Month to date"]);
});
