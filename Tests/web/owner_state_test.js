import assert from "node:assert/strict";

Object.defineProperty(globalThis, "location", {
  value: { search: "?zone=Asia/Kolkata&range=7d", pathname: "/insight", hash: "" },
  configurable: true,
});
Object.defineProperty(globalThis, "history", { value: { pushState() {}, replaceState() {} }, configurable: true });
const { change, current, onState, rangeQuery, rejectZone, rejectedZone, zone } = await import(
  "../../Web/owner/state.js"
);

Deno.test("a zone that the server does not know is replaced by UTC, and stays in the address", () => {
  let changes = 0;
  onState(() => changes++);
  assert.deepEqual([zone(), rejectedZone()], ["Asia/Kolkata", null]);
  rejectZone("Asia/Kolkata");
  assert.deepEqual([zone(), rejectedZone(), rangeQuery().zone, changes], ["UTC", "Asia/Kolkata", "UTC", 1]);
  assert.equal(current().zone, "Asia/Kolkata");
  // The other answers of the same view say the same.
  rejectZone("Asia/Kolkata");
  // An answer that comes late, for a zone that is not chosen any more.
  rejectZone("Europe/Kyiv");
  assert.equal(changes, 1);
  change({ zone: "Europe/Berlin" });
  assert.deepEqual([zone(), rejectedZone()], ["Europe/Berlin", null]);
  change({ zone: "Europe/Kyiv" });
  assert.deepEqual([zone(), rejectedZone()], ["UTC", "Europe/Kyiv"]);
});
