import assert from "node:assert/strict";
import { CONFIRMED, drop, REPEATED_MAX, track, unconfirmed } from "../../Web/tracker/delivery-report.js";
import { report } from "./support.js";

/** @param {any[]} reports */
const ids = (reports) => reports.map(({ pageview_id }) => pageview_id);

/** @param {number} count @returns {import("../../Web/tracker/delivery-report.js").Report[]} */
const reports = (count) => Array.from({ length: count }, (_, number) => report(number));

Deno.test("dropped events are counted by reason", () => {
  const view = report(1);
  for (const reason of ["too_large", "queue_full", "too_large"]) drop(view, reason);
  assert.deepEqual(view.dropped, { too_large: 2, queue_full: 1 });
});

Deno.test("a report is confirmed until its numbers change", () => {
  const [first, second] = reports(2);
  first[CONFIRMED] = JSON.stringify(first);
  assert.deepEqual(unconfirmed([first, second]), [second]);
  first.emitted++;
  assert.deepEqual(unconfirmed([first, second]), [first, second]);
});

Deno.test("the reports of the latest 20 page views are tracked", () => {
  const tracked = track(...reports(25));
  assert.deepEqual(ids(tracked).slice(0, 1), ["p_5"]);
  assert.equal(tracked.length, 20);
});

Deno.test("the next page gets unconfirmed events and the latest 6 reports", () => {
  const all = reports(9);
  all.forEach((one) => one[CONFIRMED] = JSON.stringify(one));
  all[1].emitted++;
  assert.deepEqual(ids(unconfirmed(all, REPEATED_MAX)), ["p_1", "p_3", "p_4", "p_5", "p_6", "p_7", "p_8"]);
});
