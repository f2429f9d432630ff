import assert from "node:assert/strict";
import { openAttribution } from "../../Web/tracker/attribution.js";
import { openShifts } from "../../Web/tracker/layout-shifts.js";
import { selector } from "../../Web/tracker/guard.js";

/** The worst window of shifts at times, with values. @param {...[number, number, boolean?]} shifts */
function worstOf(...shifts) {
  const { add, worst } = openShifts(([name]) => name);
  for (const [startTime, value, hadRecentInput = false] of shifts) {
    add({ startTime, value, hadRecentInput, sources: ["at " + startTime] });
  }
  return worst;
}

Deno.test("shifts less than a second apart are one window, for at most five seconds", () => {
  assert.equal(worstOf([0, 0.1], [999, 0.2]).value, 0.1 + 0.2);
  assert.equal(worstOf([0, 0.1], [1000, 0.2]).value, 0.2);
  const often = Array.from({ length: 12 }, (_, index) => /** @type {[number, number]} */ ([500 * index, 1]));
  assert.equal(worstOf(...often).value, 10);
});

Deno.test("the worst window counts, and its largest shift is the attribution", () => {
  const { value, largestShift } = worstOf([0, 0.3], [500, 0.1], [3000, 0.35], [9000, 0.01]);
  assert.equal(value, 0.4);
  assert.deepEqual(largestShift, { target: "at 0", value: 0.3, startTime: 0 });
  assert.deepEqual(openAttribution()("CLS", value, largestShift), {
    largestShiftTarget: "at 0",
    largestShiftValue: 0.3,
    largestShiftTime: 0,
  });
  // Of equally large shifts, the last one.
  assert.equal(worstOf([0, 0.1], [100, 0.1]).largestShift?.startTime, 100);
});

Deno.test("shifts after input do not count, and a page that never shifted has a value of 0", () => {
  assert.deepEqual(worstOf([0, 0.5, true]), { value: 0, largestShift: undefined });
});

Deno.test("only a shift that is the largest of its window is described", () => {
  let count = 0;
  const { add } = openShifts(() => String(++count));
  for (const value of [0.3, 0.1, 0.2, 0.4]) add({ startTime: 0, value, sources: [] });
  assert.equal(count, 2);
});

Deno.test("a text is attributed to its element", () => {
  const wrap = { localName: "div", id: "wrap", classList: [] };
  assert.equal(selector({ nodeType: 3, parentNode: wrap }), "div#wrap");
  assert.equal(selector({ localName: "p", id: "", classList: [], parentNode: wrap }), "div#wrap>p");
  assert.equal(selector(null), "");
  // A text of a shadow root has no element above it.
  assert.equal(selector({ nodeType: 3, parentNode: { nodeType: 11, parentNode: null } }), "");
});
