import assert from "node:assert/strict";
import { parseStack } from "../../Web/tracker/stack.js";
import { cpuMilliseconds } from "./cpu_time.js";

/** @param {string} stack */
const names = (stack) =>
  parseStack(stack).map((frame) => `${frame.function} ${frame.file} ${frame.line} ${frame.column}`);

Deno.test("frames of V8 are read, with names, without, of promises and of evaluated code", () => {
  const stack = [
    "TypeError: Cannot read properties of null (reading 'x')",
    "    at inner (http://shop.example/app.js?v=1:7:39)",
    "    at HTMLButtonElement.e.onclick (http://shop.example/npm/@vue/x.js:8:1)",
    "    at async load (http://shop.example/app.js:9:2)",
    "    at http://shop.example/app.js:10:3",
    "    at eval (eval at evaluate (:370:30), <anonymous>:1:18)",
    "    at new Promise (<anonymous>)",
  ];
  assert.deepEqual(names(stack.join("\n")), [
    "inner http://shop.example/app.js 7 39",
    "HTMLButtonElement.e.onclick http://shop.example/npm/@vue/x.js 8 1",
    "load http://shop.example/app.js 9 2",
    " http://shop.example/app.js 10 3",
    "eval eval at evaluate (:370:30), <anonymous> 1 18",
  ]);
});

Deno.test("frames of SpiderMonkey and JavaScriptCore are read", () => {
  const stack = [
    "inner@http://shop.example/npm/@vue/x.js:7:34",
    "async*load@http://shop.example/app.js?v=1:9:2",
    "@http://shop.example/app.js:10:3",
    "global code@http://shop.example/app.js:11:4",
    "[native code]",
  ];
  assert.deepEqual(names(stack.join("\n")), [
    "inner http://shop.example/npm/@vue/x.js 7 34",
    "load http://shop.example/app.js 9 2",
    " http://shop.example/app.js 10 3",
    "global code http://shop.example/app.js 11 4",
  ]);
});

Deno.test("any text at all is read within bounds", () => {
  for (
    const text of [
      "",
      "x".repeat(1e6),
      ":".repeat(1e5),
      "at (".repeat(1e5),
      "1:1\n".repeat(1e5),
      "@".repeat(1e5) + ":1:1",
    ]
  ) {
    const start = cpuMilliseconds();
    const frames = parseStack(text);
    assert.ok(frames.length <= 30);
    for (const frame of frames) assert.ok(frame.function.length <= 100 && frame.file.length <= 300);
    assert.ok(cpuMilliseconds(start) < 1000);
  }
  assert.deepEqual(parseStack(undefined), []);
  assert.deepEqual(parseStack({}), []);
});

Deno.test("a message with lines that look like frames, or one of a megabyte, hides no frame", () => {
  for (const message of ["broken\n    at evil (http://evil.example/x.js:1:2)", "broken ".repeat(150_000)]) {
    const stack = `TypeError: ${message}\n    at inner (http://shop.example/app.js:7:39)`;
    const [frame, ...rest] = parseStack(stack, message);
    assert.deepEqual([frame.function, frame.file, rest], ["inner", "http://shop.example/app.js", []]);
  }
});

Deno.test("a message that is part of a name or an address hides no frame, in any engine", () => {
  for (const message of ["", "r", "inner", "Error", "http", "app.js:7"]) {
    for (const line of ["inner@http://shop.example/app.js:7:34", "    at inner (http://shop.example/app.js:7:34)"]) {
      const stack = line.startsWith(" ") ? `Error: ${message}\n${line}` : line;
      assert.deepEqual(parseStack(stack, message).map((frame) => frame.function), ["inner"], `${message} in ${stack}`);
    }
  }
});
