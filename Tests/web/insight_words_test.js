import assert from "node:assert/strict";
import {
  bucket,
  count,
  exact,
  named,
  navigationLabel,
  partLabel,
  percent,
  span,
  tone,
  vital,
} from "../../Web/insight/words.js";

Deno.test("large numbers are short, small ones whole, and nothing is a dash", () => {
  assert.deepEqual([0, 999, 9999, 10_000, 1_250_000].map(count), ["0", "999", "9,999", "10K", "1.3M"]);
  assert.deepEqual([null, undefined].map(count), ["–", "–"]);
  assert.deepEqual(exact(1_234_567), "1,234,567");
});

Deno.test("shares have a digit where they are small, and what is almost nothing is not nothing", () => {
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

Deno.test("buckets are those of UTC, wherever the owner is", () => {
  assert.deepEqual(bucket(1_795_737_600, "hour"), "00:00");
  assert.deepEqual(bucket(1_795_737_600, "day"), "27 Nov");
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
