import assert from "node:assert/strict";
import { counted, findings } from "../../Web/owner/erase-words.js";

Deno.test("removed rows are named by their kind, in one order", () => {
  assert.equal(
    counted({ journal: 2, collector_events: 1, delivery_reports: 1200 }),
    "1 event, 1,200 delivery reports, 2 records of the journal",
  );
  assert.equal(counted({}), "no rows");
});

Deno.test("the findings name what is left to do", () => {
  const proof = { remaining: 0, occurrences: 0, newer: 0, mentions: 0 };
  assert.deepEqual(findings({ proof: null }), []);
  assert.deepEqual(findings({ proof: { ...proof, occurrences: null } }), [
    "Search in all tables and the journal: 0 rows.",
  ]);
  assert.match(findings({ proof: { ...proof, occurrences: 2 } }).join(" "), /2 occurrences.*part of another id/);
  const later = findings({ proof: { ...proof, occurrences: 2, newer: 3, mentions: 1 } }).join(" ");
  assert.match(later, /3 rows have arrived after the request/);
  assert.match(later, /Filters of 1 saved segment name/);
  assert.doesNotMatch(later, /part of another id/);
});
