import assert from "node:assert/strict";
import { watchEngagement } from "../../Web/tracker/engagement.js";
import { withGlobals } from "./support.js";

/** A page whose clock, visibility and keyboard a test sets. @param {(page: any) => void} body */
function visit(body) {
  const page = { time: 0, hidden: false, focused: true, engagement: /** @type {any} */ (undefined) };
  class Document {
    get hidden() {
      return page.hidden;
    }
    hasFocus() {
      return page.focused;
    }
  }
  const globals = {
    Document: () => Document,
    document: new Document(),
    performance: { now: () => page.time },
  };
  return withGlobals(globals, () => {
    page.engagement = watchEngagement();
    body(page);
  });
}

/** What is taken; undefined if nothing is. @param {any} page @param {boolean} isLast @param {number} depth */
function take({ engagement }, isLast, depth) {
  /** @type {any} */
  let taken;
  engagement._take(isLast, depth, (/** @type {any} */ attention) => taken = attention);
  return taken;
}

/** @param {any} page @param {number} time @param {object} [more] */
const change = (page, time, more) => {
  Object.assign(page, { time }, more);
  dispatchEvent(new Event("visibilitychange"));
};

Deno.test("time counts while the page is visible and has the keyboard", () =>
  visit((page) => {
    change(page, 2000, { focused: false });
    change(page, 5000, { focused: true });
    change(page, 6000, { hidden: true });
    page.time = 9000;
    assert.deepEqual(take(page, true, 40), { engagedMs: 3000, scrollDepth: 40 });
  }));

Deno.test("while a page may come back, less than a second more is not worth an event; at the end it is", () =>
  visit((page) => {
    /** @param {number} time */
    const taken = (time, isLast = false, depth = 40) => {
      page.time = time;
      return take(page, isLast, depth)?.engagedMs;
    };
    // The first is taken however short it was.
    assert.equal(taken(10), 10);
    assert.equal(taken(900), undefined);
    assert.equal(taken(1009), undefined);
    assert.equal(taken(1010), 1010);
    assert.equal(taken(1100, false, 60), 1100);
    assert.equal(taken(1200, true, 60), 1200);
    assert.equal(taken(1200, true, 60), undefined);
  }));

Deno.test("another page view begins with nothing", () =>
  visit((page) => {
    page.time = 5000;
    take(page, true, 40);
    page.engagement._restart();
    page.time = 7000;
    assert.deepEqual(take(page, true, 10), { engagedMs: 2000, scrollDepth: 10 });
  }));

Deno.test("values that could not be reported are measured again", () =>
  visit((page) => {
    page.time = 5000;
    assert.throws(() =>
      page.engagement._take(true, 40, () => {
        throw new Error("the script has ended");
      })
    );
    assert.deepEqual(take(page, false, 40), { engagedMs: 5000, scrollDepth: 40 });
    assert.equal(take(page, false, 40), undefined);
  }));
