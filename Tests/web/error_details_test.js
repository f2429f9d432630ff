import assert from "node:assert/strict";
import { describe, openReports } from "../../Web/tracker/error-details.js";

/** @param {any} thrown @param {object} [more] @returns {any} */
const handled = (thrown, more) => describe({ kind: "handled", thrown, ...more });

const hostile = new Proxy({}, {
  get: () => {
    throw 1;
  },
  getPrototypeOf: () => {
    throw 1;
  },
  ownKeys: () => {
    throw 1;
  },
});
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();
const { proxy: revokedFunction, revoke: revokeFunction } = Proxy.revocable(() => {}, {});
revokeFunction();
/** @type {any} */
const cyclic = { code: 7 };
cyclic.self = cyclic;

/** @type {[string, any, string, string][]} */
const VALUES = [
  ["a text", "broken", "Error", "broken"],
  ["a number", 7, "Error", "7"],
  ["undefined", undefined, "Error", "undefined"],
  ["null", null, "Error", "null"],
  ["a symbol", Symbol("x"), "Error", "Symbol(x)"],
  ["a big integer", 10n, "Error", "10n"],
  ["a function", function broken() {}, "Error", "[function broken]"],
  ["an object", { code: 7 }, "Error", '{"code":7}'],
  ["a list", [1, "a", [2]], "Error", '[1,"a",[2]]'],
  ["an object with a message", { name: "Custom", message: "broken" }, "Custom", "broken"],
  ["a cyclic object", cyclic, "Error", '{"code":7,"self":[circular]}'],
  ["a class", new (class Basket {})(), "Error", "Basket {}"],
  ["a typed array", new Uint8Array(1e7), "Error", "[Uint8Array]"],
  ["a proxy whose traps throw", hostile, "Error", "[unreadable object]"],
  ["a revoked proxy", revoked, "Error", "[unreadable object]"],
  ["a revoked function", revokedFunction, "Error", "[function ]"],
  ["a DOMException", new DOMException("no", "NotFoundError"), "NotFoundError", "no"],
  ["a response", new Response("", { status: 404, statusText: "Not Found" }), "Response", "HTTP 404 Not Found"],
  ["an event", new Event("broken"), "Event", "broken"],
  ["a custom event", new CustomEvent("x", { detail: { reason: "why" } }), "CustomEvent", "x: why"],
  ["an error event", new ErrorEvent("error", { error: new TypeError("deep") }), "ErrorEvent", "error: deep"],
  [
    "an address with a secret",
    new Error("GET https://a.example/b?token=1 failed"),
    "Error",
    "GET https://a.example/b failed",
  ],
];

for (const [what, thrown, name, message] of VALUES) {
  Deno.test(`${what} is described`, () => {
    const found = handled(thrown);
    assert.deepEqual([found.name, found.message], [name, message]);
    assert.match(found.key, /^[0-9a-f]{16}$/);
  });
}

Deno.test("what a getter hides is left out, and the rest is kept", () => {
  /** @param {string} name @param {object} value */
  const hiding = (name, value) =>
    Object.defineProperty(value, name, {
      enumerable: true,
      get: () => {
        throw new Error("hidden");
      },
    });
  assert.equal(handled(hiding("message", {})).message, '{"message":[unreadable]}');
  const named = handled(hiding("name", { message: "kept" }));
  assert.deepEqual([named.name, named.message], ["Error", "kept"]);
  const error = hiding("message", new TypeError("x"));
  assert.ok(handled(error).frames[0].line > 0);
  for (const name of ["stack", "cause", "errors", "constructor", "localName"]) {
    assert.equal(handled(hiding(name, new TypeError("kept"))).message, "kept", name);
  }
});

Deno.test("code of the page is not called for a text", () => {
  let calls = 0;
  const call = () => `${++calls}`;
  handled({ toString: call, toJSON: call, valueOf: call, [Symbol.toPrimitive]: call });
  describe({ kind: "console", thrown: [{ toString: call, toJSON: call }, "text"] });
  assert.equal(calls, 0);
});

Deno.test("the browser's own words stand in for an event's value that says nothing", () => {
  const event = { error: null, message: "Script error.", filename: "", lineno: 0, colno: 0, target: {} };
  const found = describe({ kind: "error", thrown: event });
  assert.deepEqual([found?.message, found?.noise], ["Script error.", "script_error"]);
});

Deno.test("causes are followed to a depth of five, each once, and inner errors up to five", () => {
  let error = new Error("0");
  for (let depth = 1; depth < 9; depth++) error = new Error(String(depth), { cause: error });
  assert.deepEqual(handled(error).cause.map((/** @type {any} */ { message }) => message), ["7", "6", "5", "4", "3"]);
  const loop = new Error("loop");
  loop.cause = loop;
  assert.equal(handled(loop).cause, undefined);
  const all = new AggregateError(Array.from({ length: 9 }, (_, index) => new RangeError(`inner ${index}`)), "all");
  const { errors } = handled(all);
  assert.deepEqual(
    errors.map((/** @type {any} */ { name, message }) => `${name} ${message}`),
    [0, 1, 2, 3, 4].map((n) => `RangeError inner ${n}`),
  );
  assert.ok(errors[0].frames[0].line > 0);
  assert.deepEqual(handled(new CustomEvent("x", { detail: { reason: new Error("why") } })).cause[0].message, "why");
});

Deno.test("a response has its status and address", () => {
  const response = Object.defineProperty(new Response("", { status: 503 }), "url", {
    value: "https://a.example/b?secret=1",
  });
  const { status, url, message } = handled(response);
  assert.deepEqual([status, url, message], [503, "https://a.example/b", "HTTP 503 https://a.example/b"]);
});

Deno.test("a message that differs in a number or an id is the same error, any other is another", () => {
  /** @param {string} message */
  const key = (message) =>
    handled(Object.assign(new Error(message), { stack: `Error: ${message}\n    at f (http://a/b.js:1:2)` })).key;
  assert.equal(key("failed for id 17"), key("failed for id 18"));
  assert.equal(key("order 3f9a6c2e-1b2c-4d5e-8f90-a1b2c3d4e5f6"), key("order 00000000-1b2c-4d5e-8f90-a1b2c3d4e5f7"));
  assert.equal(key("at 0xdeadbeef"), key("at 0x1"));
  assert.notEqual(key("no such user"), key("no such order"));
});

Deno.test("noise is marked", () => {
  /** @param {string} file @param {string} [message] */
  const noise = (file, message = "broken") =>
    handled(Object.assign(new Error(message), { stack: `f@${file}:1:2\ng@http://a/b.js:3:4` })).noise;
  for (const scheme of ["chrome-extension", "moz-extension", "safari-web-extension", "webkit-masked-url"]) {
    assert.equal(noise(`${scheme}://abc/content.js`), "extension", scheme);
  }
  assert.equal(noise("http://a/chrome-extension.js"), undefined);
  assert.equal(noise("http://a/x.js", "Script error."), undefined);
  assert.equal(handled({ message: "ResizeObserver loop limit exceeded" }).noise, "resize_observer");
  const csp = { effectiveDirective: "img-src", blockedURI: "moz-extension://abc/x.png", sourceFile: "", target: {} };
  assert.equal(describe({ kind: "csp", thrown: csp })?.noise, "extension");
});

Deno.test("console arguments are one sentence, with placeholders filled in", () => {
  /** @param {any[]} thrown */
  const said = (...thrown) => describe({ kind: "console", thrown })?.message;
  assert.equal(said("%cfailed %s of %d%%", "color:red", "a", 3, { b: 1 }), 'failed a of 3% {"b":1}');
  assert.equal(said("plain", 1, undefined), "plain 1 undefined");
  assert.equal(said(), "");
  assert.equal(said("while saving", new TypeError("deep")), "deep");
});

Deno.test("long texts take bounded time", () => {
  const start = performance.now();
  for (const unit of ["x", "0", "a-", "https://", "at f (", "1:1\n", "%s"]) {
    const text = unit.repeat(1e6 / unit.length);
    const found = handled(Object.assign(new Error(text), { stack: `Error: ${text}\n    at f (http://a/b.js:1:2)` }));
    assert.equal(found.message.length <= 1000, true);
    assert.equal(found.frames[0].file, "http://a/b.js");
    handled(Object.assign(new Error("short"), { stack: text }));
    describe({ kind: "console", thrown: [text, text] });
    handled({ [text]: text });
  }
  assert.ok(performance.now() - start < 1000, `${performance.now() - start} ms`);
});

/** @returns {any} */
const collected = () => {
  const found = /** @type {any} */ ({ emitted: [], dropped: [] });
  found.reports = openReports({
    emit: (payload, view) => found.emitted.push({ ...payload, view }),
    drop: (reason, view) => found.dropped.push([reason, view]),
    add: () => {},
    options: {},
  });
  found.add = (/** @type {any} */ thrown, view = "first") =>
    found.reports.report({ kind: "handled", thrown, view, summary: { count: 1, breadcrumbs: [] } }, view);
  return found;
};

Deno.test("two messages thrown from one line are two reports, one message a thousand times is one and a count", () => {
  const found = collected();
  for (let count = 0; count < 1000; count++) {
    for (const word of ["user", "order"]) found.add(new Error(`no such ${word}`));
  }
  assert.deepEqual(found.emitted.map((/** @type {any} */ { message, count }) => [message, count]), [
    ["no such user", 1],
    [
      "no such order",
      1,
    ],
  ]);
  found.reports.flush();
  found.reports.flush();
  assert.deepEqual(found.emitted.slice(2).map((/** @type {any} */ { message, count }) => [message, count]), [[
    "no such user",
    999,
  ], [
    "no such order",
    999,
  ]]);
  // A repetition names the same frames, so that the server finds its issue.
  assert.deepEqual(found.emitted[2].frames, found.emitted[0].frames.slice(0, 3));
  assert.equal(found.emitted[2].key, found.emitted[0].key);
});

Deno.test("no more than fifty different errors of a page view are reported, and the others are counted", () => {
  const found = collected();
  const word = (/** @type {number} */ index) => String.fromCharCode(97 + index % 26, 97 + index / 26);
  for (let index = 0; index < 60; index++) found.add(`broken ${word(index)}`);
  assert.deepEqual([found.emitted.length, found.dropped.length], [50, 10]);
  found.add("broken aa", "second");
  assert.deepEqual(found.emitted.at(-1).view, "second");
});

Deno.test("what describing an error causes is not reported", () => {
  const found = collected();
  found.add({
    get message() {
      found.add("nested");
      return "outer";
    },
  });
  assert.deepEqual(found.emitted.map((/** @type {any} */ { message }) => message), ["outer"]);
});
