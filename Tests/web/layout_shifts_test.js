import assert from "node:assert/strict";
import { openAttribution } from "../../Web/tracker/attribution.js";
import { openShifts } from "../../Web/tracker/layout-shifts.js";
import { defineNodes, dom, element } from "./support.js";

defineNodes();

/** @type {Record<number, any>} */
const nodes = {};
/** The node that shifts at a time. @param {number} time */
const nodeAt = (time) => nodes[time] ??= element("p", { id: `at-${time}` });

/** The worst window of shifts at times, with values. @param {...[number, number, boolean?]} shifts */
function worstOf(...shifts) {
  const { _add: add, _worstWindow: worstWindow } = openShifts();
  for (const [startTime, value, hadRecentInput = false] of shifts) {
    add({ startTime, value, hadRecentInput, sources: [{ node: nodeAt(startTime) }] });
  }
  return worstWindow;
}

Deno.test("shifts less than a second apart are one window, for at most five seconds", () => {
  assert.equal(worstOf([0, 0.1], [999, 0.2]).value, 0.1 + 0.2);
  assert.equal(worstOf([0, 0.1], [1000, 0.2]).value, 0.2);
  const often = Array.from({ length: 12 }, (_, index) => /** @type {[number, number]} */ ([500 * index, 1]));
  assert.equal(worstOf(...often).value, 10);
});

Deno.test("the worst window counts, and its largest shift is the attribution", () => {
  const { value, _largestShift: largestShift } = worstOf([0, 0.3], [500, 0.1], [3000, 0.35], [9000, 0.01]);
  assert.equal(value, 0.4);
  assert.deepEqual(largestShift?.value, 0.3);
  assert.equal(largestShift?._nodes[0], nodeAt(0));
  assert.deepEqual(openAttribution()("CLS", value, largestShift), {
    largestShiftTarget: "p#at-0",
    largestShiftValue: 0.3,
    largestShiftTime: 0,
  });
  // Of equally large shifts, the last one.
  assert.equal(worstOf([0, 0.1], [100, 0.1])._largestShift?.startTime, 100);
});

Deno.test("shifts after input do not count, and a page that never shifted has a value of 0", () => {
  assert.deepEqual(worstOf([0, 0.5, true]), { value: 0, _largestShift: undefined });
});

Deno.test("nodes are kept, since an entry forgets those that are removed", () => {
  const { _add: add, _worstWindow: worstWindow } = openShifts();
  const source = { node: /** @type {any} */ (element("p", { id: "removed" })) };
  add({ startTime: 0, value: 0.3, sources: [source] });
  source.node = null;
  // Smaller shifts of the window change nothing of it.
  add({ startTime: 10, value: 0.1, sources: [{ node: element("p", { id: "small" }) }] });
  assert.equal(worstWindow.value, 0.4);
  assert.equal(target(worstWindow._largestShift), "p#removed");
});

Deno.test("the target is an element among the sources, or the element of the first text, or unknown", () => {
  const text = new dom.Node(element("div", { id: "wrap" }));
  /** @param {any} sources */
  const of = (sources) => {
    const { _add: add, _worstWindow: worstWindow } = openShifts();
    add({ startTime: 0, value: 0.3, sources });
    return target(worstWindow._largestShift);
  };
  assert.equal(of([{ node: text }, { node: element("p", { id: "shifted" }) }]), "p#shifted");
  assert.equal(of([{ node: null }, { node: element("p", { id: "shifted" }) }]), "p#shifted");
  assert.equal(of([{ node: text }]), "div#wrap");
  assert.equal(of([{ node: null }]), "");
  assert.equal(of([]), "");
  // Not every browser has sources.
  assert.equal(of(undefined), "");
});

/** @param {any} shift */
const target = (shift) => openAttribution()("CLS", 1, shift).largestShiftTarget;
