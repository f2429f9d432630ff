import assert from "node:assert/strict";
import { withGlobals } from "./support.js";

/** @param {Record<string, any>} [changes] @returns {any} */
const status = (changes) => ({
  state: "ok",
  processing: null,
  problems: [],
  events: { any: true, only_bots: false, last_received: 1 },
  rollup_lag_seconds: 0,
  ...changes,
});

/** @param {any} status @param {number} [failures] @returns {Promise<any[]>} */
async function texts(status, failures = 0) {
  /** @type {any[]} */
  let found = [];
  await withGlobals({ location: { search: "" } }, async () => {
    const { bannersOf } = await import("../../Web/owner/banners.js");
    found = bannersOf(status, failures).map(({ key, text, note }) => [key, text, note]);
  });
  return found;
}

Deno.test("where all is well, and before it is known, nothing is said", async () => {
  assert.deepEqual(await texts(status()), []);
  assert.deepEqual(await texts(null), []);
  assert.deepEqual(await texts(status({ rollup_lag_seconds: null })), []);
});

Deno.test("a build says how far it is, and never that it is done", async () => {
  const note = "Figures are incomplete until this is done.";
  const building = (/** @type {number} */ share, /** @type {number | null} */ seconds_left) =>
    texts(status({ processing: { reason: "rebuild", done: 1, total: 2, share, seconds_left } }));
  assert.deepEqual(await building(0.4, 30), [["processing", "Processing events: 40 %, about 30 s left", note]]);
  assert.deepEqual(await building(0.29, 300), [["processing", "Processing events: 29 %, about 5 min left", note]]);
  assert.deepEqual(await building(0.9999, null), [["processing", "Processing events: 99 %", note]]);
});

Deno.test("a problem has its cause and its age, and its lag is not shown twice", async () => {
  const problems = [{ code: "rollups_blocked", message: "A transaction is open.", since: 1, age_seconds: 180 }];
  const found = await texts(status({ state: "degraded", problems, rollup_lag_seconds: 180 }));
  assert.deepEqual(found, [["rollups_blocked", "A transaction is open.", "For 3 min"]]);
});

Deno.test("a lag of some seconds is usual, one of minutes is said", async () => {
  assert.deepEqual(await texts(status({ rollup_lag_seconds: 29 })), []);
  const [[key, text]] = await texts(status({ rollup_lag_seconds: 120 }));
  assert.deepEqual([key, text], ["lag", "Figures are 2 min behind the events."]);
});

Deno.test("two failed readings in a row are an outage", async () => {
  assert.deepEqual(await texts(status(), 1), []);
  assert.deepEqual((await texts(status(), 2)).map(([key]) => key), ["offline"]);
});
