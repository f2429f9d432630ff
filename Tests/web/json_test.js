import assert from "node:assert/strict";
import { indented, tokens } from "../../Web/kit/json.js";
import { cpuMilliseconds } from "./cpu_time.js";

Deno.test("text that is no JSON stays as it is", () => {
  assert.equal(indented("<h1>502</h1>"), "<h1>502</h1>");
  assert.equal(indented('{"a":1}'), '{\n  "a": 1\n}');
});

Deno.test("the pieces put together are the text again, whatever it is", () => {
  for (
    const text of ['{"a":[1,-2.5e3,true,null,"x\\"y:"],"é":{}}', "", "no json: 12 at all", '"unclosed', '{"k" : "v"}']
  ) {
    assert.equal(tokens(text).map(([piece]) => piece).join(""), text);
  }
});

Deno.test("keys, strings and numbers are distinguished", () => {
  const found = tokens('{"a": "b: 1", "c": [2, true]}').filter(([, kind]) => kind);
  assert.deepEqual(found, [['"a"', "key"], ['"b: 1"', "string"], ['"c"', "key"], ["2", "number"], ["true", "number"]]);
});

Deno.test("a long string is no long work", () => {
  const start = cpuMilliseconds();
  tokens(JSON.stringify({ canvas: "A".repeat(500_000), broken: "\\" }) + '"' + "\\".repeat(20_000));
  assert.ok(cpuMilliseconds(start) < 1000);
});
