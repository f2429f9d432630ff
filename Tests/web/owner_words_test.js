import assert from "node:assert/strict";
import {
  changeOf,
  count,
  exact,
  isFew,
  percent,
  perThousand,
  SAMPLE_MIN,
  shareOf,
  span,
} from "../../Web/kit/format.js";
import { hasFigures, named, navigationLabel, partLabel, reasonLabel } from "../../Web/owner/words.js";
import { tone, vital } from "../../Web/kit/ratings.js";

Deno.test("large numbers are short, small ones whole, and nothing is a dash", () => {
  assert.deepEqual([0, 999, 9999, 10_000, 1_250_000].map(count), ["0", "999", "9,999", "10K", "1.3M"]);
  assert.deepEqual([null, undefined].map(count), ["–", "–"]);
  assert.deepEqual(exact(1_234_567), "1,234,567");
});

Deno.test("small shares have a decimal, and a tiny share is not shown as zero", () => {
  assert.deepEqual([0, 0.0004, 0.0123, 0.5, 1].map(percent), ["0 %", "<0.1 %", "1.2 %", "50 %", "100 %"]);
  assert.deepEqual(percent(null), "–");
});

Deno.test("engaged times are seconds, or minutes with two digits of seconds", () => {
  assert.deepEqual([400, 59_400, 61_000, 600_000].map(span), ["0 s", "59 s", "1 m 01 s", "10 m 00 s"]);
});

Deno.test("vitals are rated by the bounds that are shown", () => {
  assert.deepEqual([2500, 2501, 4000, 4001, null].map((value) => tone("lcp", value)), [
    "good",
    "fair",
    "fair",
    "poor",
    "plain",
  ]);
  assert.deepEqual([vital("cls", 0.1234), vital("lcp", 2510), vital("inp", null)], ["0.123", "2.51 s", "–"]);
});

Deno.test("almost 100 % is not rounded up, and more than 100 % is no share", () => {
  assert.deepEqual([0.9949, 0.996, 0.99914, 1].map(percent), ["99 %", "99.6 %", ">99.9 %", "100 %"]);
  assert.deepEqual([shareOf(3, 4), shareOf(4, 4), shareOf(5, 4), shareOf(0, 0), shareOf(1, null)], [
    ...[0.75, 1, null, null, null],
  ]);
});

Deno.test("rates change in points, all else in percent, and better is not always more", () => {
  const rate = { isRate: true, isLessBetter: true };
  assert.deepEqual(changeOf(0.449, 0.44, rate), { text: "+0.9 pp", tone: "poor" });
  assert.deepEqual(changeOf(0.3, 0.44, rate), { text: "−14 pp", tone: "good" });
  assert.deepEqual(changeOf(0.3, 0, rate), { text: "+30 pp", tone: "poor" });
  assert.deepEqual(changeOf(0.4401, 0.44, rate), { text: "±0 pp", tone: "" });
  assert.deepEqual(changeOf(108, 100), { text: "+8 %", tone: "good" });
  assert.deepEqual(changeOf(96.6, 100), { text: "−3.4 %", tone: "poor" });
  assert.deepEqual(changeOf(50_000, 100), { text: ">+999 %", tone: "good" });
});

Deno.test("without a previous period there is no change", () => {
  for (const [now, then] of [[5, 0], [5, null], [null, 5], [5, undefined]]) assert.equal(changeOf(now, then), null);
  assert.equal(changeOf(0.5, null, { isRate: true }), null);
});

Deno.test("a percentile of few values is known to be one", () => {
  assert.deepEqual([0, SAMPLE_MIN - 1, SAMPLE_MIN, null].map(isFew), [true, true, false, false]);
});

Deno.test("errors per 1,000 page views have the digits that matter", () => {
  assert.deepEqual([0, 0.004, 0.337, 33.86, null].map(perThousand), ["0", "<0.01", "0.34", "33.9", "–"]);
});

Deno.test("a value without a name has one", () => assert.deepEqual(named(""), "(none)"));

Deno.test("every part of the contract has the label of web-vitals, in words", () => {
  const { events } = JSON.parse(Deno.readTextFileSync(new URL("../../Contract/payloads.json", import.meta.url)));
  for (const [path, key] of Object.entries(/** @type {Record<string, any>} */ (events.webvitals.keys))) {
    if (!key.read || key.type !== "number" || !path.startsWith("attribution.")) continue;
    const name = path.split(".").pop() ?? "";
    const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    assert.equal(partLabel(name), words[0].toUpperCase() + words.slice(1));
  }
});

Deno.test("every navigation type of the contract has a label, and an unknown one is its own", () => {
  const { events } = JSON.parse(Deno.readTextFileSync(new URL("../../Contract/payloads.json", import.meta.url)));
  for (const type of events.webvitals.keys.navigationType.values) {
    assert.match(navigationLabel(type), /^[A-Z]/);
  }
  assert.equal(navigationLabel("other"), "other");
});

Deno.test("zeros of page views are figures, and buckets without page views are none", () => {
  const point = (/** @type {number} */ views, /** @type {number | null} */ errors) => ({ pageviews: views, errors });
  assert.equal(hasFigures([point(0, 0), point(12, 0)], "errors"), true);
  assert.equal(hasFigures([point(0, 3)], "errors"), true);
  assert.equal(hasFigures([point(0, 0), point(0, 0)], "errors"), false);
  assert.equal(hasFigures([point(12, null)], "errors"), false);
  assert.equal(hasFigures([], "errors"), false);
});

Deno.test("reasons of the contract have its labels, and others are their own", () => {
  const { reasons } = JSON.parse(Deno.readTextFileSync(new URL("../../Contract/bots.json", import.meta.url)));
  for (const [reason, { label }] of Object.entries(reasons)) assert.equal(reasonLabel(reason), label);
  assert.equal(reasonLabel("navigator.webdriver"), "navigator.webdriver");
});
