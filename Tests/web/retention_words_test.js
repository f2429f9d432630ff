import assert from "node:assert/strict";
import {
  ageChoices,
  agesOf,
  effects,
  isShorter,
  keptText,
  oldestText,
  secondsOf,
} from "../../Web/owner/retention-words.js";

const DAY = 86_400;
const KEPT = { events: null, pageviews: null };

Deno.test("a choice is an age, kept, or that of the server", () => {
  assert.equal(secondsOf("30d", 5), 30 * DAY);
  assert.equal(secondsOf("36h", null), 1.5 * DAY);
  assert.equal(secondsOf("keep", 5), null);
  assert.equal(secondsOf("", 5), 5);
  assert.equal(keptText(null), "kept");
  assert.equal(keptText(DAY), "removed after 1 day");
  assert.equal(keptText(1.5 * DAY), "removed after 36 hours");
});

Deno.test("the list has the age that is set, also one that it does not offer", () => {
  assert.deepEqual(ageChoices(null, null)[0], ["", "As the server: kept"]);
  assert.deepEqual(ageChoices("7d", 30 * DAY).slice(0, 3), [
    ["", "As the server: removed after 30 days"],
    ["7d", "Remove after 7 days"],
    ["30d", "Remove after 30 days"],
  ]);
  assert.equal(ageChoices("keep", null).filter(([value]) => value === "keep").length, 1);
});

Deno.test("events are not kept longer than the page views of their figures", () => {
  assert.deepEqual(agesOf("keep", "30d", KEPT), { events: 30 * DAY, pageviews: 30 * DAY });
  assert.deepEqual(agesOf("30d", "keep", KEPT), { events: 30 * DAY, pageviews: null });
  assert.deepEqual(agesOf("", "", { events: 90 * DAY, pageviews: 60 * DAY }), {
    events: 60 * DAY,
    pageviews: 60 * DAY,
  });
});

Deno.test("a confirmation is needed when data goes that would have stayed", () => {
  const month = { events: 30 * DAY, pageviews: null };
  assert.equal(isShorter(KEPT, month), true);
  assert.equal(isShorter(month, KEPT), false);
  assert.equal(isShorter(month, month), false);
  assert.equal(isShorter(month, { events: 30 * DAY, pageviews: 365 * DAY }), true);
});

Deno.test("the confirmation names what goes", () => {
  assert.deepEqual(effects(KEPT), ["Page views stay in the figures."]);
  const both = effects({ events: 30 * DAY, pageviews: 365 * DAY });
  assert.match(both[0], /^Events are removed after 30 days/);
  assert.match(both[1], /removed from all figures after 365 days/);
});

Deno.test("the oldest data has an age in whole days", () => {
  assert.equal(oldestText(null, 5), "none");
  assert.equal(oldestText(100, 90), "less than a day old");
  assert.equal(oldestText(0, DAY), "1 day old");
  assert.equal(oldestText(0, 2.9 * DAY), "2 days old");
});
