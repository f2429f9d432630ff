import assert from "node:assert/strict";
import { csv } from "../../Web/kit/csv.js";
import { columnsOf, nextOrder, orderOf, orderText, rowsAsCSV, sorted } from "../../Web/owner/vitals-rows.js";

/** @param {string} value @param {number} pageviews @param {number} p75 @param {number} count @param {number | null} impact */
const row = (value, pageviews, p75, count, impact) => {
  const figures = {
    ...{ count, p50: p75 / 2, p75, p95: p75 * 2, good: 1, needs_improvement: 0, poor: 0, impact },
  };
  const none = {
    ...{ count: 0, p50: null, p75: null, p95: null, good: null, needs_improvement: null, poor: null, impact: null },
  };
  return {
    value,
    pageviews,
    score: { value: p75 / 100, count },
    lcp: figures,
    inp: none,
    cls: none,
    fcp: none,
    ttfb: none,
  };
};
const ROWS = [
  row("/b", 50, 3000, 50, 25_000),
  row("/a", 90, 2000, 90, 0),
  row("/few", 20, 9000, 20, null),
  row("/c", 70, 2600, 70, 7000),
  row("/none", 99, 0, 0, null),
];
const values = (/** @type {string} */ key, isDown = true) =>
  sorted(ROWS, { key, isDown }, "lcp").map(({ value }) => value);

Deno.test("rows with few values come last in either direction, and those without any after them", () => {
  assert.deepEqual(values("impact"), ["/b", "/c", "/a", "/few", "/none"]);
  assert.deepEqual(values("lcp"), ["/b", "/c", "/a", "/few", "/none"]);
  assert.deepEqual(values("lcp", false), ["/a", "/c", "/b", "/few", "/none"]);
  assert.deepEqual(values("pageviews"), ["/none", "/a", "/c", "/b", "/few"]);
  assert.deepEqual(values("value", false), ["/a", "/b", "/c", "/few", "/none"]);
  assert.deepEqual(values("inp").length, ROWS.length);
});

Deno.test("an order comes back from the address, and an unknown one is that by impact", () => {
  for (const [key] of columnsOf("Page", "lcp")) {
    for (const isDown of [true, false]) assert.deepEqual(orderOf(orderText({ key, isDown }), "lcp"), { key, isDown });
  }
  for (const text of [undefined, "", "nonsense", "-", "toString"]) {
    assert.deepEqual(orderOf(text, "lcp"), { key: "impact", isDown: true });
  }
});

Deno.test("a column begins with its largest figure, texts with the first, and a second click reverses", () => {
  const first = nextOrder({ key: "impact", isDown: true }, "lcp");
  assert.deepEqual(first, { key: "lcp", isDown: true });
  assert.deepEqual(nextOrder(first, "lcp"), { key: "lcp", isDown: false });
  assert.deepEqual(nextOrder(first, "value"), { key: "value", isDown: false });
});

Deno.test("an export has all figures, and no text of it is a formula", () => {
  const lines = rowsAsCSV("path", [row('=cmd"x', 50, 3000, 50, 25_000)]).split("\r\n");
  assert.equal(lines.length, 3);
  assert.equal(lines[0].split(",").length, 3 + 5 * 8);
  assert(lines[1].startsWith('"\'=cmd""x",50,30,50,1500,3000,6000,1,0,0,25000,0,'));
  for (const text of ["+1", "-1", "@x", "\t=1", "＝1", ' "=1']) assert(csv([], [[text]]).includes("\"'"), text);
  assert.equal(csv(["a"], [["/x-1"], [null], [0.5]]), '"a"\r\n"/x-1"\r\n\r\n0.5\r\n');
});
