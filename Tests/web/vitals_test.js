import assert from "node:assert/strict";
import { rating } from "../../Web/shared/ratings.js";
import { atPercentile } from "../../Web/tracker/vitals.js";

Deno.test("a bound belongs to the better side", () => {
  assert.equal(rating("LCP", 2500), "good");
  assert.equal(rating("LCP", 2500.1), "fair");
  assert.equal(rating("LCP", 4000), "fair");
  assert.equal(rating("LCP", 4001), "poor");
  assert.equal(rating("CLS", 0), "good");
  assert.equal(rating("CLS", 0.26), "poor");
  assert.equal(rating("INP", 200), "good");
});

Deno.test("the worst interaction counts below fifty of them, then one is forgiven for every fifty", () => {
  const durations = [500, 300, 80, 40];
  assert.equal(atPercentile(durations, 4), 500);
  assert.equal(atPercentile(durations, 49), 500);
  assert.equal(atPercentile(durations, 50), 300);
  assert.equal(atPercentile(durations, 100), 80);
  assert.equal(atPercentile(durations, 10_000), 40);
  assert.equal(atPercentile([], 7), undefined);
});
