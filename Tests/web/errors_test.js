import assert from "node:assert/strict";
import { openReports } from "../../Web/tracker/error-details.js";
import { openErrors, sort } from "../../Web/tracker/errors.js";

/** Errors of a page whose collector-errors.js arrives when the test lets it; undefined stands for a failed load. */
const opened = () => {
  /** @type {any} */
  const page = { emitted: [], dropped: [], loads: 0 };
  const load = () => {
    page.loads++;
    return new Promise((resolve) =>
      page.arrive = async (/** @type {any} */ module = { openReports }) => {
        resolve(module);
        await Promise.resolve();
        await Promise.resolve();
      }
    );
  };
  page.errors = openErrors({
    load,
    emit: (payload, view) => page.emitted.push({ ...payload, view }),
    drop: (reason, view) => page.dropped.push([reason, view]),
    options: {},
  });
  return page;
};

/** @param {any} page */
const messages = (page) => page.emitted.map((/** @type {any} */ one) => [one.message, one.count, one.view]);

Deno.test("errors wait until they can be described and belong to the page view in which they happened", async () => {
  const page = opened();
  page.errors.add("handled", new Error("before the first page view"));
  page.errors.restart("first");
  page.errors.add("handled", new Error("in the first"));
  page.errors.restart("second");
  page.errors.add("handled", new Error("in the second"));
  assert.deepEqual([page.emitted, page.loads], [[], 1]);
  await page.arrive();
  assert.deepEqual(messages(page), [
    ["before the first page view", 1, "second"],
    ["in the first", 1, "first"],
    ["in the second", 1, "second"],
  ]);
  page.errors.add("handled", new Error("at once"));
  assert.deepEqual(messages(page).at(-1), ["at once", 1, "second"]);
  assert.ok(page.emitted[0].frames.length > 0);
});

Deno.test("what waits is bounded: equal ones are one with a count, others over the limit are dropped", async () => {
  const page = opened();
  page.errors.restart("first");
  for (let count = 0; count < 1000; count++) page.errors.add("handled", new Error("often"));
  for (let count = 0; count < 60; count++) page.errors.add("handled", { count });
  assert.equal(page.dropped.length, 11);
  await page.arrive();
  assert.deepEqual(messages(page).slice(0, 2), [["often", 1000, "first"], ['{"count":0}', 1, "first"]]);
});

Deno.test("two messages from one line are two errors also where stacks do not have the message", async () => {
  const page = opened();
  page.errors.restart("first");
  for (const word of ["user", "order", "user"]) {
    page.errors.add("handled", Object.assign(new Error(`no such ${word}`), { stack: "f@http://a/b.js:1:2" }));
  }
  await page.arrive();
  assert.deepEqual(messages(page), [["no such user", 2, "first"], ["no such order", 1, "first"]]);
});

Deno.test("a page that is left before errors can be described reports them without details", async () => {
  for (const fails of [false, true]) {
    const page = opened();
    page.errors.restart("first");
    const error = new TypeError("broken");
    page.errors.add("handled", error);
    page.errors.add("handled", error);
    page.errors.add("handled", Symbol("s"));
    page.errors.add("handled", undefined);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    page.errors.add("handled", proxy);
    if (fails) await page.arrive(null);
    page.errors.flush(false);
    page.errors.flush(true);
    page.errors.flush(true);
    const found = page.emitted.map((/** @type {any} */ one) => [one.kind, one.name, one.message]);
    assert.deepEqual(found, [
      ["handled", "TypeError", "broken"],
      ["handled", "Error", "Symbol(s)"],
      ["handled", "Error", "undefined"],
      ["handled", undefined, undefined],
    ]);
    assert.equal(page.emitted[0].count, 2);
    assert.match(page.emitted[0].stack, /errors_test/);
  }
});

Deno.test("events are sorted by what they are about", () => {
  const target = self;
  assert.deepEqual(sort({ type: "error", target }), []);
  assert.deepEqual(sort({ type: "error", target, message: "" })[0], "error");
  assert.deepEqual(sort({ type: "unhandledrejection", target })[0], "rejection");
  assert.deepEqual(sort({ type: "securitypolicyviolation", target: {} })[0], "csp");
  const image = { localName: "img", src: "http://a/fallback.png" };
  assert.deepEqual(sort({ type: "error", target: image, isTrusted: true })[2], "http://a/fallback.png");
  assert.deepEqual(
    sort({ type: "error", target: image, isTrusted: true }, "http://a/first.png")[2],
    "http://a/first.png",
  );
  assert.deepEqual(sort({ type: "error", target: image, message: "own", isTrusted: false }), []);
});
