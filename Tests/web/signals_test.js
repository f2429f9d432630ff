import assert from "node:assert/strict";
import { canonical } from "../../Web/kit/canonical.js";
import { fonts, TELLING } from "../../Web/signals/fonts.js";
import { names, plain } from "../../Web/signals/plain.js";

Deno.test("a value has one text, whatever the order of its fields, at any depth", () => {
  assert.equal(canonical({ b: [1, { d: 1, c: 2 }], a: 1 }), '{"a":1,"b":[1,{"c":2,"d":1}]}');
  assert.equal(canonical({ a: undefined, b: null }), '{"a":null,"b":null}');
  assert.equal(canonical([undefined, "é"]), '[null,"é"]');
});

Deno.test("fields may be left out by their names, at any depth", () => {
  assert.equal(canonical({ version: 1, a: [{ fullVersion: 2, b: 3 }] }, /version/i), '{"a":[{"b":3}]}');
});

Deno.test("an object is described by its strings, numbers, booleans and arrays, without getters that throw", () => {
  class Said {
    get secret() {
      throw new Error("on purpose");
    }
  }
  for (const name of ["secret"]) Object.defineProperty(Said.prototype, name, { enumerable: true });
  const said = Object.assign(new Said(), {
    ...{ text: "", number: 0, truth: false, list: ["en"], object: {}, empty: null, missing: undefined, method() {} },
  });
  assert.deepEqual(plain(said), { text: "", number: 0, truth: false, list: ["en"] });
  assert.ok(names(said).includes("secret"));
  assert.equal(plain(undefined), null);
});

Deno.test("a font exists if its width differs from that of its fallback", async () => {
  const widths = /** @type {Record<string, number>} */ ({ monospace: 10, "sans-serif": 20, serif: 30 });
  const installed = { Menlo: 10, Ubuntu: 21 };
  const found = await fonts(TELLING, (family) => {
    const [name, fallback] = family.split(",");
    return Object.entries(installed).find(([each]) => name === `"${each}"`)?.[1] ?? widths[fallback ?? name];
  });
  // As wide as one of the generic families is not as wide as the others.
  assert.deepEqual(found, ["Menlo", "Ubuntu"]);
});
