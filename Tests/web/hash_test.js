import assert from "node:assert/strict";
import { digest, sha256 } from "../../Web/kit/hash.js";

const hex = (/** @type {Uint8Array} */ bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const own = (/** @type {string} */ text) => hex(digest(new TextEncoder().encode(text)));

Deno.test("the hashes of the standard's examples", () => {
  assert.equal(own(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert.equal(own("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(
    own("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
});

Deno.test("ours is the browser's at every length around a block", async () => {
  for (let length = 0; length < 200; length++) {
    const text = "é".repeat(length >> 1) + "x".repeat(length & 1);
    assert.equal(own(text), await sha256(text), `length ${length}`);
  }
});
