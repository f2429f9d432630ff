// Goals, funnels and retention: words and numbers of the view.

import assert from "node:assert/strict";
import { chipText, operatorsOf, parseFilters } from "../../Web/owner/filters.js";
import { amount, goalText, periodOf, stepText } from "../../Web/owner/goal-words.js";
import { nameGoals } from "../../Web/owner/goal-names.js";

Deno.test("amounts have the digits of the server, also where a number of JavaScript would not", () => {
  assert.deepEqual(amount("12345678901234567890.5", "EUR"), "12,345,678,901,234,567,890.50 EUR");
  assert.deepEqual(amount("-0.1234", "USD"), "−0.1234 USD");
  assert.deepEqual(amount("5", null), "5");
  assert.deepEqual(amount("1000", "JPY"), "1,000 JPY");
});

Deno.test("a filter on a goal has its name once it is known, and two operators", () => {
  const [filter] = parseFilters('[["is_not","goal",["g1"]]]');
  assert.deepEqual(chipText(filter), { label: "Goal is not", values: "g1" });
  nameGoals([{ id: "g1", site: null, name: "", title: "Sign-up", type: "event", match: "signup" }]);
  assert.deepEqual(chipText(filter).values, "Sign-up");
  assert.deepEqual(operatorsOf("goal"), ["is", "is_not"]);
  assert.deepEqual(parseFilters('[["contains","goal",["g1"]]]'), []);
});

Deno.test("goals and steps are named by what they count", () => {
  assert.deepEqual(stepText(["page", "/a"]), "/a");
  assert.deepEqual(stepText(["event", "signup", "plan", "pro"]), "signup · plan = pro");
  assert.deepEqual(stepText(["goal", "g1"]), "Sign-up");
  assert.deepEqual(stepText(["goal", "g2"], "Purchase"), "Purchase");
  const goal = { id: "g", name: "", title: "", match: "buy", property: "plan", property_value: "pro" };
  assert.deepEqual(goalText({ ...goal, type: "event", site: "a.example" }), "Event buy · plan = pro · a.example");
});

Deno.test("cohorts are of a length that gives the range some of them", () => {
  const day = 86_400;
  assert.deepEqual([1, 7, 30, 90, 365].map((days) => periodOf({ from: 0, to: days * day })), [
    "day",
    "day",
    "week",
    "week",
    "month",
  ]);
});
