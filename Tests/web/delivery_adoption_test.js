import assert from "node:assert/strict";
import { unpack } from "../../Web/tracker/delivery-adoption.js";
import { itemOf, pack, sort } from "../../Web/tracker/delivery-queue.js";
import { BODY_BYTES_MAX } from "../../Web/tracker/limits.js";
import { compress } from "../../Web/tracker/sender.js";
import { report, withGlobals } from "./support.js";

/** @param {any[]} events @param {any} [view] */
const entryOf = (events, view = report(1)) =>
  pack(events.map((event) => itemOf(JSON.stringify(event), view)), [], "")[0];
const event = (/** @type {number} */ number, more = {}) => ({ event_id: `e_${number}`, event_type: "step", ...more });
/** @param {any[]} items */
const ids = (items) => items.map(([text]) => JSON.parse(text).event_id);

Deno.test("an entry is read as it was written, and no beacon takes its events again", () => {
  const current = report(9);
  const view = {
    ...report(1),
    path: '/a"b\\{',
    referrer: "https://other.example/[x]",
    dropped: { queue_full: 2, rejected: 1 },
  };
  const [items, reports] = unpack([entryOf([event(1, { payload: [{ a: ["ü"] }] }), event(2)], view)], current);
  assert.deepEqual(reports, [view]);
  assert.deepEqual(items.map(([text, of, , , isTaken]) => [JSON.parse(text), of === reports[0], isTaken]), [
    [event(1, { payload: [{ a: ["ü"] }] }), true, true],
    [event(2), true, true],
  ]);
  assert.deepEqual([current.emitted, current.dropped], [0, {}]);
});

Deno.test("vitals, engagement and page views of other pages are dropped last, too", () => {
  const types = ["step", "webvitals", "engagement", "pageview"];
  const [items] = unpack([entryOf(types.map((event_type, number) => event(number, { event_type })))], report(9));
  assert.deepEqual(ids(sort(items)), ["e_1", "e_2", "e_3", "e_0"]);
});

// Whatever the page, an extension or an older tracker has left under our name.
const FOREIGN = [
  "",
  "{",
  "null",
  "7",
  "[1,2]",
  "{}",
  '[[{"pageview_id":"x"}],[["{}",0]]]',
  '{"pageviews":{},"events":[]}',
  '{"pageviews":[{"pageview_id":"x"}],"events":[]}',
  '{"pageviews":[null],"events":[]}',
  `{"pageviews":[${"[".repeat(3000)}${"]".repeat(3000)}],"events":[]}`,
  JSON.stringify({ pageviews: [{ ...report(1), dropped: null }], events: [] }),
  JSON.stringify({ pageviews: [{ ...report(1), dropped: { "no reason!": 1 } }], events: [] }),
  JSON.stringify({ pageviews: [{ ...report(1), emitted: "many" }], events: [] }),
  JSON.stringify({ pageviews: [{ ...report(1), emitted: -1 }], events: [] }),
  JSON.stringify({ pageviews: [{ ...report(1), emitted: 1e30 }], events: [] }),
  JSON.stringify({ pageviews: [{ ...report(1), path: { deep: { deeper: 1 } } }], events: [] }),
  JSON.stringify({ pageviews: [{ ...report(1), path: "x".repeat(1e6) }], events: [] }),
  JSON.stringify({ pageviews: [report(1)], events: 7 }),
  JSON.stringify({ pageviews: [report(1)], events: [null] }),
  JSON.stringify({ pageviews: [report(1)], events: [5] }),
  JSON.stringify({ pageviews: [report(1)], events: [{ pageview: 0 }] }),
  JSON.stringify({ pageviews: [report(1)], events: [{ ...event(1), pageview: 1 }] }),
  JSON.stringify({ pageviews: [report(1)], events: [{ ...event(1), pageview: "length" }] }),
  JSON.stringify({
    pageviews: [report(1)],
    events: [{ ...event(1), pageview: 0, payload: "x".repeat(BODY_BYTES_MAX) }],
  }),
];

for (const [number, entry] of FOREIGN.entries()) {
  Deno.test(`a foreign entry is counted once and yields no event: ${number}, ${entry.slice(0, 60)}`, () => {
    const current = report(9);
    const [items, reports] = unpack([entry, entryOf([event(1)])], current);
    assert.deepEqual(ids(items), ["e_1"]);
    assert.deepEqual([current.emitted, current.dropped], [1, { damaged: 1 }]);
    // A body with what is left of it is valid.
    assert.equal(JSON.parse(pack(items, reports, "")[0]).events.length, 1);
  });
}

Deno.test("intact events next to a damaged one are kept", () => {
  const view = report(1);
  const entry = JSON.stringify({
    pageviews: [view],
    events: [{ ...event(1), pageview: 0 }, 7, { ...event(2), pageview: 0 }],
  });
  const [items, reports] = unpack([entry], report(9));
  assert.deepEqual([ids(items), reports], [["e_1", "e_2"], [view]]);
});

Deno.test("a body is compressed, and becomes itself again", async () => {
  const text = JSON.stringify({ text: "über ".repeat(1000) });
  const body = await compress(text);
  assert.deepEqual([...new Uint8Array(body).slice(0, 2)], [0x1f, 0x8b]);
  assert.ok(body.byteLength < text.length / 10);
  const stream = /** @type {any} */ (new Response(body).body).pipeThrough(new DecompressionStream("gzip"));
  assert.equal(await new Response(stream).text(), text);
});

for (
  const CompressionStream of [undefined, () => {
    throw new Error("no");
  }]
) {
  Deno.test(`a browser that cannot compress sends text: ${typeof CompressionStream}`, () =>
    withGlobals({ CompressionStream }, async () => assert.equal(await compress("text"), "text")));
}
