import assert from "node:assert/strict";
import { withGlobals } from "./support.js";

Deno.test("a range has its dates, with times where they are given", async () => {
  await withGlobals({ location: { search: "" } }, async () => {
    const { boundOf, rangeProblem } = await import("../../Web/owner/range-dialog.js");
    assert.deepEqual([boundOf("2026-11-24", ""), boundOf("2026-11-24", "10:05"), boundOf("", "10:05")], [
      ...["2026-11-24", "2026-11-24T10:05", ""],
    ]);
    const problem = (/** @type {string} */ from, /** @type {string} */ to) => rangeProblem(from, to, "Europe/Berlin");
    assert.equal(problem("2026-11-24", "2026-11-24"), null);
    assert.equal(problem("2026-11-24T10:00", ""), null);
    assert.equal(problem("2026-11-24T10:00", "2026-11-24T10:00"), "The end must be after the start.");
    assert.equal(problem("2026-11-25", "2026-11-24"), "The end must be after the start.");
    assert.equal(problem("", "2026-11-24"), "Choose a start date.");
  });
});
