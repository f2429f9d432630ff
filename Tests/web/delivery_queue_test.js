import assert from "node:assert/strict";
import { bytesOf, fit, itemOf, pack, sort, trim } from "../../Web/tracker/delivery-queue.js";
import { BODY_BYTES_MAX } from "../../Web/tracker/limits.js";
import { report } from "./support.js";

/** @param {number} number @param {any} [view] @param {any} [more] */
const item = (number, view = report(1), { text = "", isReserved = false } = {}) =>
  itemOf(JSON.stringify({ event_id: `e_${number}`, text }), view, isReserved);
/** @param {any[]} items */
const ids = (items) => items.map(([text]) => JSON.parse(text).event_id);

Deno.test("the size of a text is its bytes in UTF-8, for characters of one to four", () => {
  for (const text of ["", "plain %41", "é", "漢字", "😀", JSON.stringify({ broken: "\ud800" })]) {
    assert.equal(bytesOf(text), new TextEncoder().encode(text).length, text);
  }
});

Deno.test("a body has each page view once, and events refer to theirs", () => {
  const [first, second] = [report(1), report(2)];
  const items = [item(1, first), item(2, second), item(3, first)];
  const [body, reports, texts] = pack(items, [report(3)], "2026-11-28T10:00:00.000Z");
  const { v, sent_at, pageviews, events } = JSON.parse(body);
  assert.deepEqual([v, sent_at], [2, "2026-11-28T10:00:00.000Z"]);
  assert.deepEqual(pageviews.map((/** @type {any} */ { pageview_id }) => pageview_id), ["p_3", "p_1", "p_2"]);
  assert.deepEqual(events.map((/** @type {any} */ { pageview, event_id }) => [pageview, event_id]), [
    [1, "e_1"],
    [2, "e_2"],
    [1, "e_3"],
  ]);
  assert.deepEqual(reports.slice(1), [first, second]);
  assert.deepEqual(texts.map((text) => JSON.parse(text)), pageviews);
});

Deno.test("a page that has changed how arrays and objects become JSON changes no body", () => {
  const items = [item(1)];
  const before = pack(items, [report(2)], "")[0];
  const prototypes = [Array.prototype, Object.prototype];
  for (const prototype of prototypes) {
    Object.defineProperty(prototype, "toJSON", { value: () => "broken", configurable: true });
  }
  try {
    assert.equal(pack(items, [report(2)], "")[0], before);
  } finally {
    for (const prototype of prototypes) delete (/** @type {any} */ (prototype)).toJSON;
  }
});

Deno.test("a body takes events while they fit, in bytes and in number", () => {
  const items = [10, 60, 30, 20].map((length, index) => item(index, undefined, { text: "é".repeat(length) }));
  const size = items[0][2] + items[2][2];
  assert.deepEqual(ids(fit(items, size, 9)), ["e_0", "e_2"]);
  assert.deepEqual(ids(fit(items, size - 1, 9)), ["e_0", "e_3"]);
  assert.deepEqual(ids(fit(items, 1e6, 3)), ["e_0", "e_1", "e_2"]);
  assert.deepEqual(fit(items, 0, 9), []);
  assert.equal(items[1][2], bytesOf(items[1][0]));
  assert.ok(BODY_BYTES_MAX < 65_536);
});

Deno.test("reserved members come first if space is short", () => {
  const items = [item(1), item(2, undefined, { isReserved: true }), item(3)];
  assert.deepEqual(ids(sort(items)), ["e_2", "e_1", "e_3"]);
});

Deno.test("a full queue drops the oldest events and counts them in their page views, reserved ones last", () => {
  const [first, second] = [report(1), report(2)];
  const queue = [item(0, first, { isReserved: true })];
  for (let number = 1; number <= 500; number++) queue.push(item(number, number < 3 ? first : second));
  const kept = trim([...queue, item(501, second)]);
  assert.deepEqual(ids(kept).slice(0, 3), ["e_0", "e_3", "e_4"]);
  assert.equal(kept.length, 500);
  assert.deepEqual([first.dropped, second.dropped], [{ queue_full: 2 }, {}]);
});

Deno.test("a queue of reserved events alone drops the oldest of them", () => {
  const queue = Array.from({ length: 502 }, (_, number) => item(number, undefined, { isReserved: true }));
  assert.deepEqual(ids(trim(queue)).slice(0, 1), ["e_2"]);
});

Deno.test("a queue has a limit of bytes, too", () => {
  const view = report(1);
  const queue = Array.from({ length: 6 }, (_, number) => item(number, view, { text: "x".repeat(40_000) }));
  assert.deepEqual(ids(trim(queue)), ["e_2", "e_3", "e_4", "e_5"]);
  assert.deepEqual(view.dropped, { queue_full: 2 });
});
