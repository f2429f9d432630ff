import assert from "node:assert/strict";
import { tone } from "../../Web/kit/ratings.js";

Deno.test("a bound belongs to the better side", () => {
  assert.equal(tone("lcp", 2500), "good");
  assert.equal(tone("lcp", 2500.1), "fair");
  assert.equal(tone("lcp", 4000), "fair");
  assert.equal(tone("lcp", 4001), "poor");
  assert.equal(tone("cls", 0), "good");
  assert.equal(tone("cls", 0.26), "poor");
  assert.equal(tone("inp", 200), "good");
});
