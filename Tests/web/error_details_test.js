import assert from "node:assert/strict";
import { describe, openReports } from "../../Web/tracker/error-details.js";
import { cpuMilliseconds } from "./cpu_time.js";
import { defineNodes, element, withGlobals } from "./support.js";

defineNodes();

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
  ["an object that only looks like an element", { localName: "p", code: 7 }, "Error", "[Object]"],
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

Deno.test("members whose getter throws are left out", () => {
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
  const event = { error: null, message: "Script error.", filename: "", lineno: 0, colno: 0, target: self };
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
  assert.equal(describe({ kind: "securitypolicyviolation", thrown: csp })?.noise, "extension");
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
  const start = cpuMilliseconds();
  for (const unit of ["x", "0", "a-", "https://", "at f (", "1:1\n", "%s"]) {
    const text = unit.repeat(1e6 / unit.length);
    const found = handled(Object.assign(new Error(text), { stack: `Error: ${text}\n    at f (http://a/b.js:1:2)` }));
    assert.equal(found.message.length <= 1000, true);
    assert.equal(found.frames[0].file, "http://a/b.js");
    handled(Object.assign(new Error("short"), { stack: text }));
    describe({ kind: "console", thrown: [text, text] });
    handled({ [text]: text });
  }
  // Work that grows faster than the text would take minutes.
  assert.ok(cpuMilliseconds(start) < 10_000, `${cpuMilliseconds(start)} ms`);
});

/** @returns {any} */
const collected = () => {
  const found = /** @type {any} */ ({ emitted: [], dropped: [] });
  found.reports = openReports({
    _emit: (payload, pageview) => found.emitted.push({ ...payload, pageview }),
    _drop: (reason, pageview) => found.dropped.push([reason, pageview]),
    _add: () => {},
    _options: {},
  });
  found.add = (/** @type {any} */ thrown, pageview = "first") =>
    found.reports._report({ kind: "handled", thrown, _pageview: pageview }, pageview);
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
  found.reports._flush();
  found.reports._flush();
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
  assert.deepEqual(found.emitted.at(-1).pageview, "second");
});

Deno.test("errors raised while describing an error are not reported", () => {
  const found = collected();
  found.add({
    get message() {
      found.add("nested");
      return "outer";
    },
  });
  assert.deepEqual(found.emitted.map((/** @type {any} */ { message }) => message), ["outer"]);
});

/** What is made of an event of the browser. @param {any} event @param {any} [source] */
const captured = (event, source) => {
  const found = describe({ kind: event.type, thrown: event, source });
  return found && [found.kind, found.name, found.message, found.source];
};

Deno.test("events are described by their subject", () => {
  const target = self;
  const error = new TypeError("broken");
  assert.equal(captured({ type: "error", target, message: "broken", error })?.[0], "error");
  assert.equal(captured({ type: "error", target, message: "" })?.[0], "error");
  assert.deepEqual(captured({ type: "unhandledrejection", target, reason: "late" }), [
    "rejection",
    "Error",
    "late",
    "",
  ]);
  const csp = { effectiveDirective: "img-src", blockedURI: "https://a.example/x?y=1", sourceFile: "http://a/b.js?c" };
  assert.deepEqual(
    captured({ type: "securitypolicyviolation", target: {}, ...csp }),
    ["csp", "img-src", "Blocked https://a.example/x", "http://a/b.js"],
  );
  // A plain event of that name has no message: nothing was thrown.
  assert.equal(captured({ type: "error", target }), null);
});

Deno.test("a promise library's own event of a rejection has the reason in its detail", () => {
  const found = captured({ type: "unhandledrejection", target: self, detail: { reason: new RangeError("why") } });
  assert.deepEqual(found?.slice(0, 3), ["rejection", "RangeError", "why"]);
});

Deno.test("a failed resource is named by element and address; synthetic events are ignored", () => {
  const target = element("img", {}, element("body"));
  assert.deepEqual(
    captured({ type: "error", target, isTrusted: true }, "http://a/first.png?token=1"),
    ["resource", "Error", "Failed to load img", "http://a/first.png"],
  );
  // The address of a part of an SVG is an object.
  assert.equal(
    captured({ type: "error", target, isTrusted: true }, { baseVal: "http://a/b.svg" })?.[3],
    "http://a/b.svg",
  );
  assert.equal(captured({ type: "error", target, message: "own", isTrusted: false }, "http://a/b.png"), null);
  assert.equal(captured({ type: "error", target: new EventTarget(), isTrusted: true }), null);
});

Deno.test("an element, or an event on one, is named by its selector", () => {
  const button = element("button", { id: "buy" }, element("body"));
  assert.equal(handled(button).message, "button#buy");
  const event = Object.defineProperty(new Event("broken"), "target", { value: button });
  assert.equal(handled(event).message, "broken on button#buy");
});

Deno.test("the steps before an error are the last twenty routes, clicks and requests, in their order", async () => {
  const start = Date.now();
  /** @param {number} ms @param {string} [text] */
  const click = (ms, text = `click ${ms}`) => ({ type: "click", at: new Date(start + ms).toISOString(), text });
  /** @param {number} ms @param {object} [more] */
  const request = (ms, more) => ({
    name: `https://shop.example/api/${ms}?token=1`,
    initiatorType: "fetch",
    responseStatus: 500,
    startTime: ms,
    ...more,
  });
  /** @type {any} */
  const options = { endpoint: "https://collect.example/events" };
  /** @param {any[]} breadcrumbs @param {any[]} resources @returns {Promise<string[]>} */
  const steps = async (breadcrumbs, resources) => {
    /** @type {any} */
    let emitted;
    const performance = { now: () => Date.now() - start, getEntriesByType: () => resources };
    await withGlobals({ performance }, () => {
      const { _report: report } = openReports({
        _emit: (payload) => emitted = payload,
        _drop: () => {},
        _add: () => {},
        _options: options,
      });
      report({ kind: "handled", thrown: "broken", _breadcrumbs: breadcrumbs }, "first");
    });
    return emitted.breadcrumbs.map((/** @type {any} */ { type, text }) => `${type}: ${text}`);
  };
  const found = await steps([click(100, "a#buy"), click(5000, "b")], [
    request(50, { initiatorType: "img" }),
    request(200, { initiatorType: "xmlhttprequest", responseStatus: undefined }),
    request(2000),
    request(3000, { name: options.endpoint }),
  ]);
  assert.deepEqual(found, [
    "click: a#buy",
    "request: https://shop.example/api/200 ",
    "request: https://shop.example/api/2000 500",
    "click: b",
  ]);
  const [clicks, requests] = [click, request].map((make) =>
    Array.from({ length: 30 }, (_, index) => make(1000 * index))
  );
  const many = await steps(clicks, requests);
  assert.equal(many.length, 20);
  assert.ok(many.includes("click: click 29000") && many.includes("request: https://shop.example/api/29000 500"));
  assert.ok(!many.includes("click: click 19000"));
});
