// The kinds of alert rules on the owner's page are those of the contract.

import assert from "node:assert/strict";
import { KINDS } from "../../Web/owner/alert-words.js";

const read = async (/** @type {string} */ path) =>
  JSON.parse(await Deno.readTextFile(new URL(`../../${path}`, import.meta.url)));
const CONTRACT = (await read("Contract/alerts.json")).kinds;

Deno.test("a new rule has the threshold, the samples and the unit of the contract", () => {
  assert.deepEqual(Object.keys(KINDS), Object.keys(CONTRACT));
  for (const [name, { threshold, samplesMin, unit, hasWindow, isServer }] of Object.entries(CONTRACT)) {
    const kind = KINDS[name];
    assert.deepEqual(kind.threshold !== undefined, threshold !== undefined, name);
    assert.deepEqual(kind.usual ?? null, threshold?.default ?? null, name);
    assert.deepEqual(kind.samplesMin, samplesMin, name);
    assert.deepEqual(kind.unit, unit, name);
    assert.deepEqual(kind.hasWindow ?? false, hasWindow ?? false, name);
    assert.deepEqual(kind.isServer ?? false, isServer ?? false, name);
  }
});
