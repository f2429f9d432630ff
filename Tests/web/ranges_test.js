import assert from "node:assert/strict";
import { boundsOf, boundText, daysOf, intervalsFor, lengthInDays, stepped, today } from "../../Web/kit/ranges.js";

const BERLIN = "Europe/Berlin";
const at = (/** @type {string} */ text) => Date.parse(text) / 1000;
const NOW = at("2026-11-29T12:00:30Z");
const step = (/** @type {any} */ bounds, /** @type {any} */ direction, now = NOW) =>
  stepped(bounds, null, direction, BERLIN, now);
const dates = (/** @type {string} */ from, /** @type {string} */ to) => ({ range: null, from, to });
const named = (/** @type {string} */ range) => ({ range, from: null, to: null });

Deno.test("a range of days moves by its days, and gets its name back", () => {
  assert.deepEqual(step({ range: "today" }, -1), named("yesterday"));
  assert.deepEqual(step({ range: "yesterday" }, -1), dates("2026-11-27", "2026-11-27"));
  assert.deepEqual(step(dates("2026-11-27", "2026-11-27"), 1), named("yesterday"));
  assert.deepEqual(step({ range: "7d" }, -1), dates("2026-11-16", "2026-11-22"));
  assert.deepEqual(step(dates("2026-11-16", "2026-11-22"), 1), named("7d"));
  // The last of these would end in the future.
  assert.deepEqual(step(dates("2026-11-25", "2026-11-27"), 1), dates("2026-11-27", "2026-11-29"));
});

Deno.test("nothing follows a range that ends now, and nothing precedes all time", () => {
  for (const range of ["today", "7d", "30d", "month", "year", "12mo", "24h", "realtime", "all"]) {
    assert.equal(step({ range }, 1), null, range);
  }
  assert.equal(step({ range: "all" }, -1), null);
  assert.equal(step({ from: "2026-11-20" }, 1), null);
});

Deno.test("months and years move as a whole, also over their borders", () => {
  assert.deepEqual(step({ range: "month" }, -1), named("last_month"));
  assert.deepEqual(step({ range: "last_month" }, 1), named("month"));
  assert.deepEqual(step({ range: "last_month" }, -1), dates("2026-09-01", "2026-09-30"));
  assert.deepEqual(step(dates("2026-01-01", "2026-01-31"), -1), dates("2025-12-01", "2025-12-31"));
  assert.deepEqual(step(dates("2024-01-01", "2024-01-31"), 1), dates("2024-02-01", "2024-02-29"));
  assert.deepEqual(step({ range: "year" }, -1), dates("2025-01-01", "2025-12-31"));
  assert.deepEqual(step(dates("2025-01-01", "2025-12-31"), 1), named("year"));
  assert.deepEqual(step({ range: "12mo" }, -1), dates("2024-12-01", "2025-11-30"));
  // On the first of a month, that day is the month to date.
  assert.deepEqual(step({ range: "last_month" }, 1, at("2026-11-01T12:00:00Z")), named("month"));
});

Deno.test("hours and minutes move by their length", () => {
  assert.deepEqual(step({ range: "realtime" }, -1), {
    ...{ range: null, from: "2026-11-29T12:01", to: "2026-11-29T12:31" },
  });
  assert.deepEqual(step({ range: "24h" }, -1), {
    ...{ range: null, from: "2026-11-27T14:00", to: "2026-11-28T14:00" },
  });
  const span = { from: at("2026-11-20T09:00:00Z"), to: at("2026-11-20T10:30:00Z") };
  assert.deepEqual(stepped({ from: "x", to: "y" }, span, 1, BERLIN, NOW), {
    ...{ range: null, from: "2026-11-20T11:30", to: "2026-11-20T13:00" },
  });
});

Deno.test("whole days are dates, parts of them local times, and the hour that comes twice is in seconds", () => {
  assert.deepEqual(
    boundsOf(at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z"), BERLIN, NOW),
    dates("2026-10-25", "2026-10-25"),
  );
  assert.deepEqual(boundsOf(at("2026-11-22T23:00:00Z"), NOW, BERLIN, NOW), named("7d"));
  assert.deepEqual(boundsOf(at("2026-11-29T10:00:00Z"), NOW, BERLIN, NOW), {
    ...{ range: null, from: "2026-11-29T11:00", to: null },
  });
  assert.equal(boundText(at("2026-10-25T00:30:00Z"), BERLIN), "2026-10-25T02:30");
  assert.equal(boundText(at("2026-10-25T01:30:00Z"), BERLIN), String(at("2026-10-25T01:30:00Z")));
});

Deno.test("the days of a range are those of the zone", () => {
  assert.notEqual(today(at("2026-11-29T23:30:00Z"), "UTC"), today(at("2026-11-29T23:30:00Z"), BERLIN));
  const day = today(at("2028-03-31T12:00:00Z"), BERLIN);
  const length = (/** @type {string} */ name) => {
    const days = daysOf(name, day);
    return days && days.last - days.first + 1;
  };
  assert.deepEqual(["7d", "month", "last_month", "year", "24h"].map(length), [7, 31, 31 - 2, 31 + 29 + 31, null]);
});

Deno.test("intervals are those that make sense", () => {
  const intervals = (/** @type {any} */ bounds) => intervalsFor(lengthInDays(bounds, BERLIN, NOW));
  assert.deepEqual(intervals({ range: "realtime" }), ["minute", "hour"]);
  assert.deepEqual(intervals({ range: "7d" }), ["hour", "day"]);
  assert.deepEqual(intervals({ range: "30d" }), ["hour", "day", "week"]);
  assert.deepEqual(intervals({ range: "12mo" }), ["day", "week", "month"]);
  assert.deepEqual(intervals({ range: "all" }), ["day", "week", "month"]);
});
