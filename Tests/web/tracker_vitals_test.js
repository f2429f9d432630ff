import assert from "node:assert/strict";
import { openAttribution } from "../../Web/tracker/attribution.js";
import { defineNodes, dom, element, withGlobals } from "./support.js";

defineNodes();

const TYPES = ["layout-shift", "paint", "largest-contentful-paint", "event", "first-input"];
let pages = 0;

/** A page on which the browser reports entries as a test wants: `report` delivers a batch, `hold` keeps one back. */
async function opened() {
  /** @type {Record<string, (batch: any[]) => void>} */
  const report = {};
  /** @type {Record<string, any[]>} */
  const hold = {};
  /** The observers of a browser, each of one type. */
  class PerformanceObserver {
    static supportedEntryTypes = TYPES;
    type = "";
    constructor(/** @type {any} */ callback) {
      this.callback = callback;
    }
    observe(/** @type {any} */ { type }) {
      this.type = type;
      report[type] = (entries) => this.callback({ getEntries: () => entries });
    }
    takeRecords() {
      return hold[this.type]?.splice(0) ?? [];
    }
  }
  const performance = {
    now: () => 10_000,
    interactionCount: 0,
    getEntriesByType: () => [],
    getEntriesByName: () => [],
  };
  const globals = {
    PerformanceObserver: () => PerformanceObserver,
    PerformanceEventTiming: () => ({ prototype: { interactionId: 0 } }),
    document: new dom.Document(),
    performance,
  };
  /** @type {any} */
  let vitals;
  await withGlobals(globals, async () => {
    const { measureVitals, watchVisibility } = await import(`../../Web/tracker/vitals.js?${pages++}`);
    watchVisibility();
    vitals = measureVitals();
    vitals._explain(openAttribution());
    report.paint([{ name: "first-contentful-paint", startTime: 100 }]);
  });
  /** @type {any} */
  const self = { report, hold, vitals, performance };
  /** What the page view reports when it ends, after something has happened. @param {() => void} [body] */
  self.end = async (/** @type {any} */ body) => {
    /** @type {any} */
    let payload;
    await withGlobals(globals, () => {
      body?.();
      vitals._take(vitals._current(), true, (/** @type {any} */ taken) => payload = taken);
    });
    return payload;
  };
  return self;
}

/** @param {string} id @param {number} size @param {number} [startTime] */
const large = (id, size, startTime = 500) => ({ element: element("img", { id }), url: "", id, startTime, size });

Deno.test("of the largest paints of one frame, the larger one is the attribution, in any order", async () => {
  for (const batch of [[large("small", 10), large("big", 20)], [large("big", 20), large("small", 10)]]) {
    const page = await opened();
    const { LCP, attribution } = await page.end(() => page.report["largest-contentful-paint"](batch));
    assert.deepEqual([LCP, attribution.LCP.target], [500, "img#big"]);
  }
});

Deno.test("a later largest paint replaces the one before it, whatever its size", async () => {
  const page = await opened();
  const { LCP, attribution } = await page.end(() => {
    page.report["largest-contentful-paint"]([large("first", 20), large("second", 10, 700)]);
  });
  assert.deepEqual([LCP, attribution.LCP.target], [700, "img#second"]);
});

// A click whose own handler is short; that of mouseup, which is no part of an interaction, held the frame up.
const CLICK = {
  entryType: "event",
  name: "click",
  interactionId: 7,
  startTime: 500,
  duration: 136,
  processingStart: 622,
  processingEnd: 625,
  target: element("button", { id: "buy" }),
};
const BATCH = [
  { ...CLICK, name: "mouseup", interactionId: 0, processingStart: 501, processingEnd: 622 },
  CLICK,
];
const FIRST = { ...CLICK, entryType: "first-input" };

Deno.test("the phases of the first interaction are those of its whole frame, in whatever order entries arrive", async () => {
  for (const order of [["first-input", "event"], ["event", "first-input"], ["event"]]) {
    const page = await opened();
    page.performance.interactionCount = 1;
    const { INP, attribution } = await page.end(() => {
      for (const type of order) page.report[type](type === "event" ? BATCH : [FIRST]);
    });
    const { inputDelay, processingDuration, presentationDelay, interactionTarget } = attribution.INP;
    assert.deepEqual(
      [INP, inputDelay, processingDuration, presentationDelay, interactionTarget],
      [136, 1, 124, 11, "button#buy"],
      order.join(),
    );
  }
});

Deno.test("entries buffered by the browser count when a page view ends", async () => {
  const page = await opened();
  page.performance.interactionCount = 1;
  page.hold.event = [...BATCH];
  page.hold["layout-shift"] = [{ startTime: 700, value: 0.25, sources: [{ node: element("p", { id: "moved" }) }] }];
  page.hold["largest-contentful-paint"] = [large("late", 10, 800)];
  const { INP, CLS, LCP, attribution } = await page.end();
  assert.deepEqual([INP, CLS, LCP], [136, 0.25, 800]);
  assert.deepEqual(
    [attribution.INP.inputDelay, attribution.CLS.largestShiftTarget, attribution.LCP.target],
    [1, "p#moved", "img#late"],
  );
});

Deno.test("a vital is reported once, and again when it has changed; one that cannot be measured is null once", async () => {
  const page = await opened();
  const first = await page.end();
  assert.deepEqual([first.FCP, first.CLS, "INP" in first, first.TTFB], [100, 0, false, null]);
  assert.equal(await page.end(), undefined);
  const next = await page.end(() => page.report["layout-shift"]([{ startTime: 700, value: 0.1, sources: [] }]));
  assert.deepEqual(Object.keys(next), ["navigationType", "attribution", "CLS"]);
});

Deno.test("entries belong to the page view in which they began", async () => {
  const page = await opened();
  page.performance.interactionCount = 1;
  const route = await page.end(() => {
    page.vitals._restart(600, "route");
    // The click that opened the route, which is reported after it.
    page.report.event(BATCH);
    page.report["layout-shift"]([{ startTime: 550, value: 0.1, sources: [] }, {
      startTime: 650,
      value: 0.2,
      sources: [],
    }]);
  });
  assert.deepEqual([route.navigationType, route.CLS, "INP" in route], ["route", 0.2, false]);
});

Deno.test("vitals that could not be reported are taken again, and then no more", async () => {
  const page = await opened();
  await assert.rejects(page.end(() => {
    page.vitals._take(page.vitals._current(), true, () => {
      throw new Error("the script has ended");
    });
  }));
  assert.equal((await page.end()).FCP, 100);
  assert.equal(await page.end(), undefined);
});
