import assert from "node:assert/strict";
import {
  cut,
  epochMs,
  guard,
  largest,
  listen,
  listenAgain,
  parse,
  timestamp,
  toJSON,
} from "../../Web/tracker/guard.js";
import { withGlobals } from "./support.js";

/**
 * Gives all objects of some kind a method for a while, as a library of the page may.
 *
 * @param {any[]} prototypes
 * @param {string} name
 * @param {any} method
 * @param {() => void} body
 */
function extended(prototypes, name, method, body) {
  const before = prototypes.map((prototype) => Object.getOwnPropertyDescriptor(prototype, name));
  for (const prototype of prototypes) {
    Object.defineProperty(prototype, name, { value: method, configurable: true, writable: true });
  }
  try {
    body();
  } finally {
    prototypes.forEach((prototype, index) => {
      const descriptor = before[index];
      if (descriptor) Object.defineProperty(prototype, name, descriptor);
      else delete prototype[name];
    });
  }
}

const broken = () => "broken";

Deno.test("a toJSON that the page has given to all arrays or objects is ignored, at every depth", () => {
  const value = { list: [1, [2, { a: [] }]], text: "a", none: null, yes: true, nested: { deep: { n: 1.5 } } };
  const expected = JSON.stringify(value);
  for (const prototypes of [[Array.prototype], [Object.prototype], [Array.prototype, Object.prototype]]) {
    extended(prototypes, "toJSON", broken, () => {
      assert.equal(toJSON(value), expected);
      assert.equal(toJSON([value]), `[${expected}]`);
      assert.equal(toJSON("text"), '"text"');
    });
  }
});

Deno.test("own toJSON methods are called, even if Object.prototype has one", () => {
  const date = new Date(0);
  const own = { toJSON: () => ({ kept: [date] }) };
  const expected = '{"date":"1970-01-01T00:00:00.000Z","own":{"kept":["1970-01-01T00:00:00.000Z"]}}';
  assert.equal(toJSON({ date, own }), expected);
  extended([Array.prototype, Object.prototype], "toJSON", broken, () => assert.equal(toJSON({ date, own }), expected));
  assert.equal(toJSON(new URL("https://shop.example/a")), '"https://shop.example/a"');
});

Deno.test("a BigInt becomes its digits, also where the page has given it another form", () => {
  const value = { order: 12345678901234567890n, list: [-1n] };
  const expected = '{"order":"12345678901234567890","list":["-1"]}';
  assert.equal(toJSON(value), expected);
  assert.equal(toJSON(7n), '"7"');
  extended([BigInt.prototype], "toJSON", broken, () => assert.equal(toJSON(value), expected));
});

Deno.test("values without JSON form serialize as with JSON.stringify", () => {
  const value = { undefined, symbol: Symbol("s"), nan: NaN, list: [undefined, () => {}], [Symbol("s")]: 1 };
  assert.equal(toJSON(value), '{"nan":null,"list":[null,null]}');
  assert.equal(toJSON(undefined), undefined);
  /** @type {any} */
  const cyclic = {};
  cyclic.self = cyclic;
  assert.throws(() => toJSON(cyclic));
  assert.equal(guard(toJSON)(cyclic), undefined);
});

Deno.test("text is parsed, and invalid JSON throws", () => {
  assert.deepEqual(parse(toJSON({ a: [1, "ü", null] })), { a: [1, "ü", null] });
  assert.throws(() => parse("{"), SyntaxError);
});

Deno.test("the time is that of the clock, to the millisecond, and has the form of ISO 8601", () => {
  const before = Date.now();
  const [ms, text] = [epochMs(), timestamp()];
  assert.ok(before <= ms && ms <= Date.now() && Number.isInteger(ms));
  assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(before <= Date.parse(text) && Date.parse(text) <= Date.now());
});

Deno.test("a page that changes JSON and Date after the tracker started changes nothing", async () => {
  const before = epochMs();
  class FakeDate {
    valueOf() {
      return 0;
    }
    toISOString() {
      return "broken";
    }
  }
  const FakeJSON = { stringify: broken, parse: broken };
  await withGlobals({ JSON: () => FakeJSON, Date: () => FakeDate }, () => {
    assert.ok(epochMs() >= before);
    assert.match(timestamp(), /^\d{4}-/);
    assert.equal(toJSON({ a: 1 }), '{"a":1}');
    assert.deepEqual(parse("[1]"), [1]);
  });
  extended([Date], "now", () => 0, () => assert.ok(epochMs() >= before));
});

Deno.test("a page that has replaced Date before gives the tracker the one of a frame, which is removed", async () => {
  const [RealDate, realJSON] = [Date, JSON];
  class FakeDate {
    valueOf() {
      return 0;
    }
    toISOString() {
      return "broken";
    }
  }
  /** @type {string[]} */
  const log = [];
  const frame = {
    contentWindow: { JSON: realJSON, Date: RealDate },
    remove: () => log.push("removed"),
  };
  const document = {
    createElement: (/** @type {string} */ name) => (log.push(name), frame),
    documentElement: { append: (/** @type {any} */ one) => log.push(one === frame ? "appended" : "other") },
  };
  const before = Date.now();
  await withGlobals({ Date: () => FakeDate, document }, async () => {
    const guarded = await import("../../Web/tracker/guard.js?replaced");
    assert.ok(guarded.epochMs() >= before);
    assert.match(guarded.timestamp(), /^\d{4}-/);
    assert.equal(guarded.toJSON([1n]), '["1"]');
  });
  assert.deepEqual(log, ["iframe", "appended", "removed"]);
  // Where no frame can be made, for example in a worker, the page's own must do.
  await withGlobals({ Date: () => FakeDate }, async () => {
    const guarded = await import("../../Web/tracker/guard.js?frameless");
    assert.equal(guarded.epochMs(), 0);
  });
});

Deno.test("guarded functions never throw and keep their result", () => {
  assert.equal(guard((/** @type {number} */ left, /** @type {number} */ right) => left + right)(1, 2), 3);
  assert.equal(
    guard(() => {
      throw new Error("no");
    })(),
    undefined,
  );
});

Deno.test("listeners that document.open() has removed are added again, and called once where they were not", () => {
  /** @type {string[]} */
  const log = [];
  const target = new EventTarget();
  listen("first second", ({ type }) => log.push(type), target);
  listen("first", () => {
    throw new Error("an exception of our listener reaches no handler");
  }, target);
  listenAgain();
  target.dispatchEvent(new Event("first"));
  target.dispatchEvent(new Event("second"));
  assert.deepEqual(log, ["first", "second"]);
});

Deno.test("texts are cut, and whatever is absent is an empty one", () => {
  assert.deepEqual([cut("abc", 2), cut(null), cut(undefined), cut(0), cut("x".repeat(999)).length], [
    "ab",
    "",
    "",
    "0",
    300,
  ]);
});

Deno.test("the largest come first, and the list that was given stays as it is", () => {
  const list = [{ n: 1 }, { n: 3 }, { n: 2 }];
  assert.deepEqual(largest(list, "n", 2), [{ n: 3 }, { n: 2 }]);
  assert.deepEqual(list.map(({ n }) => n), [1, 3, 2]);
});
