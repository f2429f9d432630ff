import assert from "node:assert/strict";
import { openReports } from "../../Web/tracker/error-details.js";
import { openErrors } from "../../Web/tracker/errors.js";
import { defineNodes, dom, withGlobals } from "./support.js";

defineNodes();

let pages = 0;

const fine = () => {
  let time = 0;
  return () => ++time;
};
/** Firefox moves its clock in steps of up to 100 ms where it resists fingerprinting. */
const coarse = () => () => 100;
const CLOCKS = { fine, coarse };

/** Globals of a page that is loading. @param {() => number} clock @param {any[]} early errors that the inline snippet has caught */
const pageOf = (clock, early) => ({
  document: Object.defineProperty(new dom.Document(), "readyState", { value: "loading" }),
  location: { hostname: "shop.example" },
  innerHeight: 500,
  navigation: new EventTarget(),
  history: {},
  MutationObserver: () =>
    class {
      observe() {}
    },
  collectorErrors: early,
  performance: { now: clock, getEntriesByType: () => [] },
});

/**
 * A page with the inline snippet. One error occurs before the tracker starts, another before
 * collector-details.js arrives.
 *
 * @param {string[]} modules that measure
 * @param {() => number} [clock] of the browser, which also has the time of its events
 * @returns {Promise<any[]>} messages and counts of the `error` events of the page
 */
async function errorsOf(modules, clock = fine()) {
  /** @type {any[]} */
  const emitted = [];
  const has = (/** @type {string} */ module) => modules.includes(module);
  /** @type {[any, any?][]} */
  const early = [];
  const note = (/** @type {any} */ event) => early.push([event]);
  const fail = (/** @type {string} */ message) => {
    const event = new ErrorEvent("error", { message, error: new Error(message), cancelable: true });
    dispatchEvent(Object.defineProperty(event, "timeStamp", { value: clock() }));
  };
  const prevent = (/** @type {Event} */ event) => event.preventDefault();
  addEventListener("error", prevent);
  addEventListener("error", note, true);
  try {
    await withGlobals(pageOf(clock, early), async () => {
      const [{ watchDetails }] = await Promise.all([import(`../../Web/tracker/details.js?${pages++}`)]);
      const errors = openErrors({
        _load: () => Promise.resolve({ openReports }),
        _emit: (payload) => emitted.push(payload),
        _drop: () => {},
        _options: {},
        _isOn: () => true,
      });
      fail("before the tracker");
      if (has("errors")) errors._listen();
      errors._restart("first");
      fail("meanwhile");
      watchDetails({
        _emit: () => {},
        _first: undefined,
        _current: () => undefined,
        _load: () => Promise.resolve(),
        _options: { modules },
        _errors: errors,
        _transport: { _wake: () => {} },
        _changeRoute: () => {},
      });
      await Promise.resolve();
      await Promise.resolve();
      errors._flush(true);
      // What comes later is the tracker's alone.
      if (has("errors")) assert.equal(early.length, 0);
    });
  } finally {
    removeEventListener("error", prevent);
    removeEventListener("error", note, true);
  }
  return emitted.map(({ message, count }) => [message, count]).sort();
}

for (const [name, clock] of Object.entries(CLOCKS)) {
  Deno.test(`what the inline snippet and the tracker both catch is reported once, with a ${name} clock`, async () => {
    assert.deepEqual(await errorsOf(["errors"], clock()), [["before the tracker", 1], ["meanwhile", 1]]);
  });
}

Deno.test("a site that does not measure errors reports none that the inline snippet has caught", async () => {
  assert.deepEqual(await errorsOf([]), []);
});
