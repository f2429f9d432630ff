import assert from "node:assert/strict";
import { fnv } from "../../Web/kit/fnv.js";

Deno.test("the hashes of RFC 9923's examples", () => {
  assert.equal(fnv(""), "cbf29ce484222325");
  assert.equal(fnv("a"), "af63dc4c8601ec8c");
  assert.equal(fnv("foobar"), "85944171f73967e8");
});

Deno.test("two words come to the same as one big integer, in UTF-8", () => {
  const big = (/** @type {string} */ text) => {
    let hash = 0xcbf29ce484222325n;
    for (const byte of new TextEncoder().encode(text)) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    }
    return hash.toString(16).padStart(16, "0");
  };
  let text = "";
  for (let length = 0; length < 2000; length++) {
    text += String.fromCodePoint(length % 3 ? length * 7919 % 0xd800 : 0x1f600 + length % 80);
    assert.equal(fnv(text), big(text), `length ${length}`);
  }
});
