import assert from "node:assert/strict";
import {
  boundSeconds,
  bucketEnd,
  bucketStart,
  bucketTitle,
  chosenPeriod,
  completeness,
  counterparts,
  dateValue,
  firstDayOfWeek,
  isZone,
  localOf,
  moment,
  period,
  secondsOf,
  zones,
} from "../../Web/kit/times.js";

const BERLIN = "Europe/Berlin";
const at = (/** @type {string} */ text) => Date.parse(text) / 1000;
const NOW = at("2026-11-28T12:00:00Z");

Deno.test("a moment has the date and the time of the zone", () => {
  const seconds = at("2026-11-26T23:30:00Z");
  const shown = (/** @type {string} */ zone) => moment(seconds * 1000, zone, NOW * 1000);
  assert.equal(shown("UTC"), "26 Nov, 23:30:00");
  assert.equal(shown(BERLIN), "27 Nov, 00:30:00");
  assert.equal(shown("Asia/Kathmandu"), "27 Nov, 05:15:00");
  assert.equal(dateValue(BERLIN, seconds), "2026-11-27");
});

Deno.test("a moment of another year has the year", () => {
  const [before, after] = [at("2026-12-31T23:30:00Z") * 1000, at("2027-11-28T12:00:00Z") * 1000];
  assert.equal(moment(after, "UTC", NOW * 1000), "28 Nov 2027, 12:00:00");
  assert.equal(moment(before, "UTC", NOW * 1000), "31 Dec, 23:30:00");
  assert.equal(moment(before, BERLIN, NOW * 1000), "1 Jan 2027, 00:30:00");
});

Deno.test("a local time is the moment that it was, also around a change of the clocks", () => {
  for (const zone of ["UTC", BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]) {
    for (
      const text of ["2026-01-15T12:34:56Z", "2026-03-29T00:59:59Z", "2026-07-01T00:00:00Z", "2026-10-26T05:00:00Z"]
    ) {
      assert.equal(secondsOf(localOf(at(text), zone), zone), at(text), `${zone} ${text}`);
    }
  }
  // 02:30 comes twice when the clocks are set back, and never when they are set forward.
  const halfPastTwo = { hour: 2, minute: 30 };
  assert.equal(secondsOf({ year: 2026, month: 10, day: 25, ...halfPastTwo }, BERLIN), at("2026-10-25T00:30:00Z"));
  assert.equal(localOf(secondsOf({ year: 2026, month: 3, day: 29, ...halfPastTwo }, BERLIN), BERLIN).hour, 3);
});

Deno.test("days have 23 to 25 hours where clocks are changed", () => {
  const length = (/** @type {string} */ date, /** @type {string} */ zone) => {
    const start = bucketStart(at(`${date}T15:00:00Z`), "day", zone);
    return (bucketEnd(start, "day", zone) - start) / 3600;
  };
  assert.deepEqual([length("2026-03-29", BERLIN), length("2026-10-25", BERLIN), length("2026-10-25", "UTC")], [
    23,
    25,
    24,
  ]);
  // Midnight is skipped there: the day begins at one.
  const start = bucketStart(at("2026-09-06T15:00:00Z"), "day", "America/Santiago");
  assert.equal(localOf(start, "America/Santiago").hour, 1);
});

Deno.test("weeks begin on the first day of the locale", () => {
  const seconds = at("2026-11-29T20:00:00Z");
  assert.equal(bucketStart(seconds, "week", BERLIN, 7), at("2026-11-28T23:00:00Z"));
  assert.equal(bucketStart(seconds, "week", BERLIN, 6), at("2026-11-27T23:00:00Z"));
  assert.equal(bucketEnd(seconds, "week", BERLIN, 6), at("2026-12-04T23:00:00Z"));
  assert.deepEqual(["en-US", "de-DE", "ar-EG", "not a locale"].map(firstDayOfWeek), [7, 1, 6, 1]);
});

Deno.test("weeks begin on Monday, and months on their first day", () => {
  const seconds = at("2026-11-29T20:00:00Z");
  assert.equal(bucketStart(seconds, "week", BERLIN), at("2026-11-22T23:00:00Z"));
  assert.equal(bucketEnd(seconds, "week", BERLIN), at("2026-11-29T23:00:00Z"));
  assert.equal(bucketStart(seconds, "month", BERLIN), at("2026-10-31T23:00:00Z"));
  assert.equal(bucketEnd(seconds, "month", BERLIN), at("2026-11-30T23:00:00Z"));
});

Deno.test("buckets that a range cuts, and the one that is not over, are partial", () => {
  const hours = [0, 1, 2, 3].map((hour) => at("2026-11-27T10:00:00Z") + hour * 3600);
  const range = { interval: /** @type {const} */ ("hour"), zone: BERLIN };
  const states = (/** @type {string} */ from, /** @type {string} */ to, /** @type {string} */ now) =>
    completeness(hours, { ...range, from: at(from), to: at(to) }, at(now));
  const later = "2026-11-28T00:00:00Z";
  assert.deepEqual(states("2026-11-27T10:00:00Z", "2026-11-27T14:00:00Z", later), Array(4).fill("whole"));
  assert.deepEqual(states("2026-11-27T10:00:17Z", "2026-11-27T13:30:00Z", later), [
    "partial",
    "whole",
    "whole",
    "partial",
  ]);
  // Of the end of a day that is not over, nothing is known yet.
  assert.deepEqual(states("2026-11-27T10:00:00Z", "2026-11-27T14:00:00Z", "2026-11-27T12:10:00Z"), [
    ...["whole", "whole", "partial", "future"],
  ]);
});

Deno.test("buckets have titles in the zone, and the hour that comes twice has two", () => {
  const night = at("2026-11-26T23:00:00Z");
  assert.equal(bucketTitle(night, "day", BERLIN), "Fri, 27 Nov 2026");
  assert.equal(bucketTitle(at("2026-11-22T23:00:00Z"), "week", BERLIN), "Week of 23 Nov 2026");
  assert.equal(bucketTitle(night, "month", BERLIN), "Nov 2026");
  const titles = ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"].map((text) => bucketTitle(at(text), "hour", BERLIN));
  assert.notEqual(titles[0], titles[1]);
});

Deno.test("a range is read with both of its days", () => {
  const days = (/** @type {string} */ from, /** @type {string} */ to) => period(at(from), at(to), BERLIN, NOW);
  assert.equal(days("2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"), "24 Nov");
  assert.equal(days("2026-11-19T23:00:00Z", "2026-11-24T23:00:00Z"), "20 – 24 Nov");
  assert.equal(days("2026-10-29T23:00:00Z", "2026-11-02T23:00:00Z"), "30 Oct – 2 Nov");
  assert.equal(days("2025-12-30T23:00:00Z", "2026-01-02T23:00:00Z"), "31 Dec 2025 – 2 Jan 2026");
  assert.equal(days("2026-11-24T09:00:00Z", "2026-11-24T10:30:00Z"), "24 Nov 10:00 – 11:30");
  assert.equal(days("2026-11-23T23:00:00Z", "2026-11-26T10:30:00Z"), "24 Nov 00:00 – 26 Nov 11:30");
  assert.equal(days("2026-11-24T09:00:00Z", "2026-11-25T23:00:00Z"), "24 Nov 10:00 – 25 Nov 24:00");
});

Deno.test("a range of the address is read as it was chosen", () => {
  const chosen = (/** @type {string | undefined} */ from, /** @type {string | undefined} */ to) =>
    chosenPeriod(from, to, BERLIN, NOW);
  assert.equal(chosen("2026-11-24", "2026-11-24"), "24 Nov");
  assert.equal(chosen("2026-11-20", "2026-11-24"), "20 – 24 Nov");
  assert.equal(chosen("2026-11-24T10:00", "2026-11-24T11:30"), "24 Nov 10:00 – 11:30");
  assert.equal(chosen("2026-11-24T10:00", "2026-11-25"), "24 Nov 10:00 – 25 Nov 24:00");
  assert.equal(chosen("2026-11-24", undefined), "24 Nov – now");
  assert.equal(chosen(undefined, "2025-11-24"), "Until 24 Nov 2025");
  assert.equal(chosen("2026-11-24T09:00:00Z", String(at("2026-11-24T10:30:00Z"))), "24 Nov 10:00 – 11:30");
  assert.equal(chosen("nonsense", undefined), "Custom");
});

Deno.test("bounds of the address are moments of the zone, and a last day is included", () => {
  assert.equal(boundSeconds("2026-11-24", BERLIN), at("2026-11-23T23:00:00Z"));
  assert.equal(boundSeconds("2026-11-24", BERLIN, { isEnd: true }), at("2026-11-24T23:00:00Z"));
  assert.equal(boundSeconds("2026-11-24T10:00", BERLIN, { isEnd: true }), at("2026-11-24T09:00:00Z"));
  assert.equal(boundSeconds("2026-11-24T10:00:00+05:30", BERLIN), at("2026-11-24T04:30:00Z"));
  assert.equal(boundSeconds("1795737600", BERLIN), 1_795_737_600);
  assert.equal(boundSeconds("nonsense", BERLIN), null);
});

Deno.test("zones are those of the browser, with UTC first, and a name from an address may be none", () => {
  const names = zones(BERLIN, BERLIN);
  assert.equal(names[0], "UTC");
  assert.equal(names.filter((name) => name === BERLIN).length, 1);
  assert.ok(names.length > 300);
  assert.deepEqual([BERLIN, "UTC", "Mars/Olympus", "<b>"].map(isZone), [true, true, false, false]);
});

Deno.test("hours are compared with those that the clocks show, also where clocks are changed", () => {
  const hours = (/** @type {string} */ text, /** @type {number} */ count) =>
    Array.from({ length: count }, (_, index) => at(text) + index * 3600);
  // The day has 25 hours: 02:00 comes twice, and the second has no counterpart.
  const long = counterparts(hours("2026-10-24T22:00:00Z", 25), hours("2026-10-23T22:00:00Z", 24), "hour", BERLIN);
  assert.deepEqual(long, [0, 1, 2, -1, ...Array.from({ length: 21 }, (_, index) => index + 3)]);
  // The day has 23 hours: 02:00 is left out.
  const short = counterparts(hours("2026-03-28T23:00:00Z", 23), hours("2026-03-27T23:00:00Z", 24), "hour", BERLIN);
  assert.deepEqual(short, [0, 1, ...Array.from({ length: 21 }, (_, index) => index + 3)]);
  assert.deepEqual(counterparts([1, 2, 3], [1, 2], "day", BERLIN), [0, 1, -1]);
});
