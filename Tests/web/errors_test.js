import assert from "node:assert/strict";
import { openReports } from "../../Web/tracker/error-details.js";
import { openErrors } from "../../Web/tracker/errors.js";
import { summarize } from "../../Web/tracker/summaries.js";
import { withGlobals } from "./support.js";

/**
 * Errors of a page whose collector-errors.js arrives when the test lets it; null stands for a failed load.
 *
 * @param {boolean} [hasSummaries] whether collector-details.js has arrived, which summarizes them for a page that is left
 */
const opened = (hasSummaries = true) => {
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
    _load: load,
    _emit: (payload, pageview) => page.emitted.push({ ...payload, pageview }),
    _drop: (reason, pageview) => page.dropped.push([reason, pageview]),
    _options: {},
    _isOn: () => true,
  });
  if (hasSummaries) page.errors._explain(summarize, () => []);
  return page;
};

/** @param {any} page */
const messages = (page) => page.emitted.map((/** @type {any} */ one) => [one.message, one.count, one.pageview]);

Deno.test("errors wait until they can be described and belong to the page view in which they happened", async () => {
  const page = opened();
  page.errors._add("handled", new Error("before the first page view"));
  page.errors._restart("first");
  page.errors._add("handled", new Error("in the first"));
  page.errors._restart("second");
  page.errors._add("handled", new Error("in the second"));
  assert.deepEqual([page.emitted, page.loads], [[], 1]);
  await page.arrive();
  assert.deepEqual(messages(page), [
    ["before the first page view", 1, "second"],
    ["in the first", 1, "first"],
    ["in the second", 1, "second"],
  ]);
  page.errors._add("handled", new Error("at once"));
  assert.deepEqual(messages(page).at(-1), ["at once", 1, "second"]);
  assert.ok(page.emitted[0].frames.length > 0);
});

Deno.test("the queue is bounded: of a thousand errors, equal ones become one with a count", async () => {
  const page = opened();
  page.errors._restart("first");
  for (let count = 0; count < 940; count++) page.errors._add("handled", new Error("often"));
  for (let count = 0; count < 65; count++) page.errors._add("handled", { word: word(count) });
  assert.deepEqual(page.dropped, Array(5).fill(["too_many", "first"]));
  await page.arrive();
  // Fifty different ones are reported.
  assert.deepEqual([page.emitted.length, page.dropped.length], [50, 5 + 11]);
  page.errors._flush(false);
  assert.deepEqual(messages(page)[0], ["often", 1, "first"]);
  assert.deepEqual(messages(page)[1], ['{"word":"aa"}', 1, "first"]);
  assert.deepEqual(messages(page).slice(50), [["often", 939, "first"]]);
});

Deno.test("two messages from one line are two errors also where stacks do not have the message", async () => {
  const page = opened();
  page.errors._restart("first");
  for (const word of ["user", "order", "user"]) {
    page.errors._add("handled", Object.assign(new Error(`no such ${word}`), { stack: "f@http://a/b.js:1:2" }));
  }
  await page.arrive();
  page.errors._flush(false);
  assert.deepEqual(messages(page), [
    ["no such user", 1, "first"],
    ["no such order", 1, "first"],
    ["no such user", 1, "first"],
  ]);
});

Deno.test("a page that is left before errors can be described reports them without details", async () => {
  for (const fails of [false, true]) {
    const page = opened();
    page.errors._restart("first");
    const error = new TypeError("broken");
    page.errors._add("handled", error);
    page.errors._add("handled", error);
    page.errors._add("handled", Symbol("s"));
    page.errors._add("handled", undefined);
    page.errors._add("handled", "see https://u:p@a.example/b?token=1");
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    page.errors._add("handled", proxy);
    if (fails) await page.arrive(null);
    page.errors._flush(false);
    assert.deepEqual(page.emitted, []);
    page.errors._flush(true);
    page.errors._flush(true);
    const found = page.emitted.map((/** @type {any} */ one) => [one.kind, one.name, one.message, one.count]);
    assert.deepEqual(found, [
      ["handled", "TypeError", "broken", 1],
      ["handled", "TypeError", "broken", 1],
      ["handled", "Error", "Symbol(s)", 1],
      ["handled", "Error", "undefined", 1],
      ["handled", "Error", "see https://a.example/b", 1],
    ]);
    // One that cannot be read is counted.
    assert.deepEqual(page.dropped, [["undescribed", "first"]]);
    assert.match(page.emitted[0].stack, /errors_test/);
    assert.equal(page.emitted[0].key, page.emitted[1].key);
    assert.notEqual(page.emitted[0].key, page.emitted[2].key);
  }
});

Deno.test("a page that is left reports fifty of the errors that wait, each in its page view, and counts the others", () => {
  const page = opened();
  page.errors._add("handled", "before the first page view");
  page.errors._restart("first");
  for (let count = 0; count < 30; count++) page.errors._add("handled", word(count));
  page.errors._restart("second");
  for (let count = 0; count < 30; count++) page.errors._add("handled", word(count));
  page.errors._flush(true);
  assert.deepEqual(
    [0, 1, 30, 31, 49].map((index) => messages(page)[index]),
    [
      ["before the first page view", 1, "second"],
      ["aa", 1, "first"],
      [word(29), 1, "first"],
      ["aa", 1, "second"],
      [word(18), 1, "second"],
    ],
  );
  assert.deepEqual([page.emitted.length, page.dropped], [50, Array(11).fill(["undescribed", "second"])]);
});

Deno.test("an error right before unload is counted in its page view", async () => {
  const page = opened(false);
  page.errors._restart("first");
  page.errors._add("handled", "one");
  page.errors._restart("second");
  page.errors._add("handled", "two");
  page.errors._flush(false);
  assert.deepEqual([page.emitted, page.dropped], [[], []]);
  page.errors._flush(true);
  assert.deepEqual([page.emitted, page.dropped], [[], [["undescribed", "first"], ["undescribed", "second"]]]);
  // Nothing is counted or reported again when it comes after all.
  await page.arrive();
  page.errors._flush(true);
  assert.deepEqual([page.emitted, page.dropped.length], [[], 2]);
});

/** Different texts without a digit. @param {number} index */
const word = (index) => String.fromCharCode(97 + index % 26, 97 + index / 26);

/** Errors of a page that has captured events, each with the address that the inline snippet may have noted. @param {...[any, any?]} events */
const caught = (...events) => {
  const page = opened();
  page.errors._restart("first");
  for (const [event, address] of events) page.errors._capture(event, address);
  return page;
};

Deno.test("a resource has the address that it had when it failed; an address that the inline snippet has noted is the first", async () => {
  const target = { localName: "img", src: "http://a/fallback.png" };
  const event = { type: "error", target, isTrusted: true };
  const page = caught([event], [event, "http://a/first.png"], [{ type: "error", target: self }]);
  target.src = "http://a/later.png";
  await page.arrive();
  const found = page.emitted.map((/** @type {any} */ { kind, source }) => [kind, source]);
  assert.deepEqual(found, [["resource", "http://a/fallback.png"], ["resource", "http://a/first.png"]]);
});

const EVENTS = [
  ["error", { type: "error", target: self, message: "broken", filename: "http://a/b.js?token=1" }],
  ["rejection", { type: "unhandledrejection", target: self, reason: new Error("late") }],
  ["csp", { type: "securitypolicyviolation", target: {}, effectiveDirective: "img-src", blockedURI: "http://a/b" }],
  ["resource", { type: "error", target: { localName: "img", src: "http://a/b.png" }, isTrusted: true }],
];

for (const [kind, event] of EVENTS) {
  Deno.test(`an event has the same kind whether or not its page is left before it can be described: ${kind}`, async () => {
    const [left, described] = [caught([event]), caught([event])];
    left.errors._flush(true);
    await described.arrive();
    assert.deepEqual([left, described].map(({ emitted }) => emitted[0]?.kind), [kind, kind]);
  });
}

Deno.test("a plain event with the name of an error is none, also when its page is left before it could be described", () => {
  const page = caught([{ type: "error", target: self }]);
  page.errors._flush(true);
  assert.deepEqual(page.emitted, []);
});

Deno.test("globals of the page are no addresses of its errors, also where the inline snippet has noted one", async () => {
  await withGlobals({ data: "secret", src: "secret", href: "secret" }, () => {
    const event = { type: "error", target: self, message: "broken", filename: "http://a/b.js?token=1" };
    // The snippet notes the src or href of whatever is the target of an event, which may be the window.
    const page = caught([event], [event, "secret"]);
    page.errors._flush(true);
    assert.deepEqual(page.emitted.map((/** @type {any} */ { source }) => source), ["http://a/b.js", "http://a/b.js"]);
  });
});
