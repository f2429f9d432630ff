import assert from "node:assert/strict";
import { openAttribution } from "../../Web/tracker/attribution.js";
import { firstHiddenTime, isLarger, paintedRoute, paintValue } from "../../Web/tracker/paints.js";
import { defineNodes, element, withGlobals } from "./support.js";

defineNodes();

Deno.test("a page was first hidden when the browser recorded it, or now at the latest", () => {
  const record = [{ name: "hidden", startTime: 0 }, { name: "visible", startTime: 700 }, {
    name: "hidden",
    startTime: 900,
  }];
  assert.equal(firstHiddenTime(record, false), 0);
  // A prerendered page is hidden until it is activated.
  assert.equal(firstHiddenTime(record, false, 700), 900);
  assert.equal(firstHiddenTime(record.slice(0, 2), false, 700), Infinity);
  // Without a record, a page that is hidden when the script starts counts as hidden from its beginning.
  assert.equal(firstHiddenTime([], true), 0);
  assert.equal(firstHiddenTime([], false), Infinity);
});

Deno.test("a paint counts before the page is hidden, from the activation on", () => {
  assert.equal(paintValue(500, Infinity), 500);
  assert.equal(paintValue(500, 500), undefined);
  assert.equal(paintValue(499, 500), 499);
  assert.equal(paintValue(500, Infinity, 480), 20);
  assert.equal(paintValue(500, Infinity, 800), 0);
});

Deno.test("a soft navigation paints the first route after its interaction", () => {
  const states = [
    { _from: 3000, _interaction: 0 },
    { _from: 1000, _interaction: 0 },
    { _from: 0, _interaction: -1 },
  ];
  assert.equal(paintedRoute(states, { startTime: 990 })?._from, 1000);
  states[1]._interaction = 7;
  assert.equal(paintedRoute(states, { startTime: 990 })?._from, 3000);
  assert.equal(paintedRoute(states, { startTime: 3100 }), undefined);
});

Deno.test("of the largest paints of one frame the larger one counts, in any order; a later frame always does", () => {
  const before = { _paint: 500, size: 1000 };
  assert.equal(isLarger({ startTime: 500, size: 2000 }, before), true);
  assert.equal(isLarger({ startTime: 500, size: 1000 }, before), false);
  assert.equal(isLarger({ startTime: 500, size: 500 }, before), false);
  assert.equal(isLarger({ startTime: 600, size: 500 }, before), true);
  assert.equal(isLarger({ startTime: 500, size: 1 }, undefined), true);
});

/** Parts of a largest paint, with a resource and a navigation entry as recorded. */
const parts = async (/** @type {number} */ value, /** @type {any} */ fact, /** @type {any} */ resource) => {
  /** @type {any} */
  let found;
  await withGlobals({
    performance: {
      getEntriesByName: (/** @type {string} */ name, /** @type {string} */ type) =>
        resource && name === fact.url && type === "resource" ? [resource] : [],
      getEntriesByType: () => [{ responseStart: 40, activationStart: fact.activationStart }],
    },
  }, () => found = openAttribution()("LCP", value, fact));
  return [found.timeToFirstByte, found.resourceLoadDelay, found.resourceLoadDuration, found.elementRenderDelay];
};

Deno.test("the four parts of a largest paint sum up to it", async () => {
  const url = "http://a/pic.png";
  const picture = { requestStart: 100, startTime: 90, responseEnd: 300 };
  assert.deepEqual(await parts(400, { url }, picture), [40, 60, 200, 100]);
  // A text waits for no resource; a resource from elsewhere may hide when it was requested.
  assert.deepEqual(await parts(400, { url: "" }, undefined), [40, 0, 0, 360]);
  assert.deepEqual(await parts(400, { url }, { ...picture, requestStart: 0 }), [40, 50, 210, 100]);
  // A part of a resource that came after the paint, or before the activation, has no length.
  assert.deepEqual(await parts(200, { url }, picture), [40, 60, 100, 0]);
  assert.deepEqual(await parts(100, { url, activationStart: 350 }, picture), [0, 0, 0, 100]);
});

Deno.test("on a route, the parts count from the interaction, and nothing waits for a first byte", async () => {
  const url = "http://a/pic.png";
  const fact = { url, _from: 2000 };
  assert.deepEqual(await parts(580, fact, { requestStart: 2006, startTime: 2005, responseEnd: 2518 }), [0, 6, 512, 62]);
  // What was loaded before is there at once.
  assert.deepEqual(await parts(24, fact, { requestStart: 100, startTime: 90, responseEnd: 300 }), [0, 0, 0, 24]);
});

Deno.test("a largest paint is attributed to its element, or to the id that a removed one had, with a clean address", async () => {
  /** @param {any} fact */
  const named = async (fact) => {
    /** @type {any} */
    let found;
    await withGlobals({
      performance: { getEntriesByName: () => [], getEntriesByType: () => [{ responseStart: 40 }] },
    }, () => found = openAttribution()("LCP", 400, fact));
    return [found.target, found.url];
  };
  const url = "https://shop.example/pic.png?token=1";
  const img = element("img", { id: "hero" });
  assert.deepEqual(await named({ element: img, id: "hero", url }), ["img#hero", "https://shop.example/pic.png"]);
  assert.deepEqual(await named({ element: null, id: "hero", url: "" }), ["#hero", ""]);
  assert.deepEqual(await named({ element: null, id: "", url: "" }), ["", ""]);
});
