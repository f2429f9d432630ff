import assert from "node:assert/strict";
import * as contract from "../../Web/kit/contract.js";
import * as tracker from "../../Web/tracker/limits.js";
import { CONFIG } from "../../Web/visitor/config.js";

/** @param {string} name */
const read = (name) => JSON.parse(Deno.readTextFileSync(new URL(`../../Contract/${name}.json`, import.meta.url)));
const { server, tracker: ofTracker } = read("limits");
const { dimensions, filters, operators } = read("dimensions");

/** The constants that a module has for limits. @param {Record<string, {value: number}>} limits */
const constants = (limits) =>
  Object.fromEntries(
    Object.entries(limits).map(([name, { value }]) => [name.replace(/[A-Z]+/g, "_$&").toUpperCase(), value]),
  );

Deno.test("the tracker has the limits of the contract, and no others", () => {
  assert.deepEqual({ ...tracker }, constants(ofTracker));
});

Deno.test("the pages have the limits of the server", () => {
  for (const [name, value] of Object.entries(constants(server))) {
    assert.equal(/** @type {Record<string, any>} */ (contract)[name], value, name);
  }
});

Deno.test("what the visitor's page sends is below the limits of the server", () => {
  assert.ok(CONFIG.EVENT_BYTES_MAX < contract.EVENT_BODY_BYTES_MAX);
  assert.ok(CONFIG.COLLECT_BYTES_MAX < contract.COLLECT_BODY_BYTES_MAX);
});

Deno.test("the pages name every dimension that has a filter or a list, and every operator", () => {
  const all = Object.entries(/** @type {Record<string, any>} */ (dimensions));
  assert.deepEqual(
    { ...contract.DIMENSIONS },
    Object.fromEntries(all.filter(([, one]) => one.filter).map(([name, one]) => [name, one.label])),
  );
  assert.deepEqual(
    { ...contract.LISTS },
    Object.fromEntries(all.filter(([, one]) => one.rankedBy).map(([name, one]) => [name, one.plural])),
  );
  assert.deepEqual({ ...contract.OPERATORS }, operators);
  for (const [name, { filter }] of all) {
    if (filter && filter !== "any") assert.deepEqual(contract.FEWER_OPERATORS[name], filters[filter].operators);
  }
});

Deno.test("the pages have the thresholds and names of vitals of the contract", () => {
  for (const [name, one] of Object.entries(/** @type {Record<string, any>} */ (read("vitals").vitals))) {
    assert.deepEqual(contract.BOUNDS[name], [one.good, one.needsImprovement]);
    assert.equal(/** @type {Record<string, string>} */ (contract.METRICS)[name], one.label);
  }
});
