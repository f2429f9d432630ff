import assert from "node:assert/strict";
import { rating } from "../../Web/kit/ratings.js";

Deno.test("a bound belongs to the better side", () => {
  assert.equal(rating("LCP", 2500), "good");
  assert.equal(rating("LCP", 2500.1), "fair");
  assert.equal(rating("LCP", 4000), "fair");
  assert.equal(rating("LCP", 4001), "poor");
  assert.equal(rating("CLS", 0), "good");
  assert.equal(rating("CLS", 0.26), "poor");
  assert.equal(rating("INP", 200), "good");
});
