import assert from "node:assert/strict";
import { nextIndex } from "../../Web/kit/brush.js";
import { sparkParts } from "../../Web/kit/sparkline.js";
import { ticksOf } from "../../Web/kit/ticks.js";

const BERLIN = "Europe/Berlin";
const at = (/** @type {string} */ text) => Date.parse(text) / 1000;
const from = (/** @type {string} */ text, /** @type {number} */ count, /** @type {number} */ seconds) =>
  Array.from({ length: count }, (_, index) => at(text) + index * seconds);
const lines = (/** @type {any[]} */ ticks) => ticks.map(({ lines }) => lines.join("/"));

Deno.test("days have their weekday, and the month where it changes", () => {
  const days = from("2026-10-27T23:00:00Z", 7, 86_400);
  assert.deepEqual(lines(ticksOf(days, "day", BERLIN, 20)), [
    ...["Wed 28/Oct", "Thu 29", "Fri 30", "Sat 31", "Sun 1/Nov", "Mon 2", "Tue 3"],
  ]);
  // The last day, which is today, keeps its tick when there are fewer.
  assert.deepEqual(lines(ticksOf(days, "day", BERLIN, 4)), ["Wed 28/Oct", "Fri 30", "Sun 1/Nov", "Tue 3"]);
});

Deno.test("hours are round, and have the day where it changes", () => {
  const hours = from("2026-11-25T23:00:00Z", 48, 3600);
  assert.deepEqual(lines(ticksOf(hours, "hour", BERLIN, 4)), [
    "00:00/Thu 26 Nov",
    "12:00",
    "00:00/Fri 27 Nov",
    "12:00",
  ]);
  assert.deepEqual(lines(ticksOf(hours.slice(0, 24), "hour", BERLIN, 5)), ["00:00", "06:00", "12:00", "18:00"]);
  const minutes = from("2026-11-26T10:13:00Z", 30, 60);
  assert.deepEqual(lines(ticksOf(minutes, "minute", BERLIN, 4)), ["11:20", "11:30", "11:40"]);
});

Deno.test("weeks and months have the year where it changes", () => {
  const months = ["2025-10-31T23:00:00Z", "2025-11-30T23:00:00Z", "2025-12-31T23:00:00Z"].map(at);
  assert.deepEqual(lines(ticksOf(months, "month", BERLIN, 9)), ["Nov/2025", "Dec", "Jan/2026"]);
  assert.deepEqual(lines(ticksOf(from("2025-12-21T23:00:00Z", 3, 7 * 86_400), "week", BERLIN, 9)), [
    ...["22 Dec/2025", "29 Dec", "5 Jan/2026"],
  ]);
});

Deno.test("there are never more ticks than fit", () => {
  for (
    const [interval, seconds] of /** @type {[any, number][]} */ ([["minute", 60], ["hour", 3600], ["day", 86_400]])
  ) {
    for (const count of [1, 2, 30, 371, 1500]) {
      for (const most of [2, 5, 18]) {
        const ticks = ticksOf(from("2026-03-01T00:00:00Z", count, seconds), interval, BERLIN, most);
        assert.ok(ticks.length <= most, `${interval} ${count} ${most}: ${ticks.length}`);
      }
    }
  }
});

Deno.test("a sparkline ends with a dashed part when its last bucket is not whole", () => {
  const parts = sparkParts([1, 2, 2, 0], (index) => index === 3);
  assert.deepEqual(parts.map(({ isPartial, points }) => [isPartial, points.length]), [[false, 3], [true, 2]]);
  assert.deepEqual(parts[0].points[2], parts[1].points[0]);
  assert.deepEqual(sparkParts([0, 2, 2], (index) => index === 0).map(({ isPartial }) => isPartial), [true, false]);
  assert.deepEqual(sparkParts([1, null, 3], () => false).map(({ points }) => points.length), [2]);
  assert.deepEqual(sparkParts([null, 2], () => true).map(({ points }) => points.length), [1]);
});

Deno.test("keys lead to the buckets of a chart, and to none beyond", () => {
  assert.deepEqual(["ArrowLeft", "ArrowRight", "Home", "End", "x"].map((key) => nextIndex(key, null, 7)), [
    ...[6, 0, 0, 6, null],
  ]);
  assert.deepEqual([nextIndex("ArrowLeft", 0, 7), nextIndex("ArrowRight", 6, 7), nextIndex("ArrowLeft", 3, 7)], [
    ...[0, 6, 2],
  ]);
});
