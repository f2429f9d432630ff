import assert from "node:assert/strict";
import { axisOf, barsOf, differs, stepOf, tickLabel, ticksOf } from "../../Web/owner/histogram.js";

/** Upper bounds of the server's bins: 32 to an octave. @param {number} from @param {number} to */
const bounds = (from, to) => {
  const list = [];
  for (let octave = from; octave < to; octave++) {
    for (let part = 1; part <= 32; part++) list.push(2 ** octave * (1 + part / 32));
  }
  return list;
};

Deno.test("each bin of the server is in exactly one bar, which contains it", () => {
  for (const [metric, scale, digits] of /** @type {[string, number, number][]} */ ([["lcp", 1, 4], ["cls", 1000, 4]])) {
    for (const bound of bounds(4, 13)) {
      const sent = Number((bound / scale).toFixed(digits));
      const { bars, total } = barsOf([[sent, 7]], metric);
      assert.equal(bars.length, 1);
      assert.equal(total, 7);
      assert.equal(bars[0].count, 7);
      assert(bars[0].low < bound / scale && bound / scale <= bars[0].high * 1.0001, `${metric} ${bound}`);
    }
  }
});

Deno.test("bars have no gaps, shares come to one, and zeros have a share of their own", () => {
  const { bars, zero, total } = barsOf([[0, 5], [1000, 3], [4000, 2]], "lcp");
  assert.equal(total, 10);
  assert.equal(zero, 0.5);
  assert.equal(bars.reduce((sum, { share }) => sum + share, zero), 1);
  for (let index = 1; index < bars.length; index++) assert.equal(bars[index].low, bars[index - 1].high);
  assert.deepEqual(barsOf([], "lcp"), { bars: [], zero: 0, total: 0 });
});

Deno.test("bars that are rare at the ends are left out", () => {
  const { bars } = barsOf([[20, 1], [1000, 5000], [100_000, 1]], "lcp");
  assert.equal(bars.length, 1);
});

Deno.test("an axis is logarithmic, contains both thresholds, and begins with a slot for zeros", () => {
  const found = barsOf([[0, 1], [2048, 1]], "lcp");
  const axis = axisOf([found], "lcp");
  assert(axis.at(0) < axis.slot && axis.slot < axis.at(2500) && axis.at(2500) < axis.at(4000) && axis.at(4000) < 1);
  assert.equal(axis.at(1e9), 1);
  assert(Math.abs(axis.at(2048) - axis.at(1448.2) - (axis.at(2896.3) - axis.at(2048))) < 1e-3);
  assert.equal(axisOf([barsOf([[2048, 1]], "lcp")], "lcp").slot, 0);
});

Deno.test("ticks are round values with their unit", () => {
  const values = (/** @type {number} */ low, /** @type {number} */ high) =>
    ticksOf(low, high).map(({ value }) => value);
  assert.deepEqual(values(400, 12_000), [500, 1000, 2000, 5000, 10_000]);
  assert.deepEqual(values(0.04, 0.6), [0.05, 0.1, 0.2, 0.5]);
  assert(ticksOf(400, 12_000).every(({ isMinor }) => !isMinor));
  assert.deepEqual(ticksOf(8, 1200).filter(({ isMinor }) => !isMinor).map(({ value }) => value), [10, 100, 1000]);
  assert.deepEqual([500, 1000, 50].map((value) => tickLabel("lcp", value)), ["0.5 s", "1 s", "50 ms"]);
  assert.deepEqual([200, 2000].map((value) => tickLabel("inp", value)), ["200 ms", "2 s"]);
  assert.equal(tickLabel("cls", 0.1), "0.1");
  for (const max of [0.004, 0.07, 0.15, 0.31, 1]) {
    const lines = Math.floor(max / stepOf(max));
    assert(lines >= 1 && lines <= 4, `${max}`);
  }
});

Deno.test("distributions differ when chance does not explain it", () => {
  const same = /** @type {[number, number][]} */ ([[1000, 60], [2000, 25], [4000, 15]]);
  assert.equal(differs(same, same), false);
  assert.equal(differs(same, [[1000, 58], [2000, 25], [4000, 17]]), false);
  assert.equal(differs(same, [[1000, 30], [2000, 30], [4000, 40]]), true);
  // The same shares of few values.
  assert.equal(differs([[1000, 6], [2000, 2], [4000, 2]], [[1000, 3], [2000, 3], [4000, 4]]), false);
  assert.equal(differs([], same), false);
  assert.equal(differs([[0, 100]], [[0, 100]]), false);
});
