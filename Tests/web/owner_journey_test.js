import assert from "node:assert/strict";
import { joined } from "../../Web/owner/journey-pages.js";

const event = (/** @type {number} */ seq, id = seq) => ({ id, seq });
/** @param {string} pageview @param {any[]} events @param {Record<string, any>} [more] */
const view = (pageview, events, more) => ({ pageview, path: null, emitted: null, missing: [], events, ...more });

Deno.test("sessions and page views that a page boundary cuts in two become one, in the order of their events", () => {
  const older = [
    { session: "a", pageviews: [view("1", [event(1)])] },
    { session: "b", pageviews: [view("2", [event(1), event(2)], { path: "/two", missing: [3, 4] })] },
  ];
  const newer = [
    { session: "b", pageviews: [view("2", [event(4), event(3, 9)], { path: "/later" }), view("3", [event(1)])] },
    { session: "c", pageviews: [view("4", [event(1)])] },
  ];
  const all = joined(older, newer);
  assert.deepEqual(
    all.map(({ session, pageviews }) => [session, pageviews.map((/** @type {any} */ one) => one.pageview)]),
    [
      ["a", ["1"]],
      ["b", ["2", "3"]],
      ["c", ["4"]],
    ],
  );
  const [two] = all[1].pageviews;
  assert.deepEqual([two.path, two.events.map((/** @type {any} */ one) => one.seq), two.missing], ["/two", [
    1,
    2,
    3,
    4,
  ], []]);
});

Deno.test("events on neither page are missing, up to the emitted number", () => {
  const holes = (/** @type {any[]} */ one, /** @type {any[]} */ other, /** @type {number | null} */ emitted) =>
    joined([{ session: "a", pageviews: [view("1", one)] }], [{
      session: "a",
      pageviews: [view("1", other, { emitted, missing: [1, 2, 3] })],
    }])[0].pageviews[0].missing;
  assert.deepEqual(holes([event(1)], [event(3), event(5)], null), [2, 4]);
  assert.deepEqual(holes([event(1)], [event(3)], 5), [2, 4, 5]);
  // Events of other senders have no number; and holes are listed only as far as they can be read.
  assert.deepEqual(holes([event(0, 1)], [event(0, 2)], null), []);
  assert.equal(holes([event(1)], [event(5000)], null).length, 200);
  assert.deepEqual(holes([event(1)], [event(5001)], null), []);
});
