import assert from "node:assert/strict";
import { bytes, milliseconds, yesNo } from "../../Web/kit/format.js";

Deno.test("times", () => {
  assert.deepEqual([0, 0.04, 8, 9.96, 12.4, 999.4, 1250, 12_345].map(milliseconds), [
    ...["0 ms", "0 ms", "8 ms", "10 ms", "12 ms", "999 ms", "1.25 s", "12.3 s"],
  ]);
  assert.deepEqual([null, undefined, NaN, Infinity].map(milliseconds), ["–", "–", "–", "–"]);
});

Deno.test("sizes", () => {
  assert.deepEqual([0, 999, 1000, 14_600, 123_456, 5_000_000, 10_700_000_000].map(bytes), [
    ...["0 B", "999 B", "1 kB", "14.6 kB", "123 kB", "5 MB", "10.7 GB"],
  ]);
  assert.equal(bytes(null), "–");
});

Deno.test("unknown values are neither yes nor no", () => {
  assert.deepEqual([true, false, null, undefined].map(yesNo), ["yes", "no", null, null]);
});
