import assert from "node:assert/strict";
import { VIEW_LABELS } from "../../Web/kit/contract.js";
import {
  allowsPresent,
  allowsRange,
  allowsUnlimited,
  allowsView,
  datesOf,
  limitTexts,
  narrowed,
  onlySite,
  setLimits,
  wholeRangeLabel,
} from "../../Web/owner/limits.js";

const BERLIN = "Europe/Berlin";
const at = (/** @type {string} */ text) => Date.parse(text) / 1000;
const NOW = at("2026-11-29T12:00:30Z");
const NONE = { site: null, from: null, to: null, range_days: null, views: null };
/** @param {Partial<import("../../Web/owner/limits.js").Limits>} limits */
const limit = (limits) => setLimits({ ...NONE, ...limits });
const RANGES = "realtime today yesterday 24h 7d 30d 90d month last_month year 12mo all".split(" ");
const allowed = () => RANGES.filter((name) => allowsRange(name, BERLIN, NOW));
const narrow = (/** @type {Record<string, string>} */ state) => narrowed(state, BERLIN, "7d", NOW);

Deno.test("without limits everything is offered", () => {
  setLimits(null);
  assert.deepEqual(allowed(), RANGES);
  assert.ok(Object.keys(VIEW_LABELS).every(allowsView) && allowsPresent(NOW) && allowsUnlimited());
  assert.deepEqual([onlySite(), wholeRangeLabel()], [null, null]);
  const state = { range: "90d", site: "a" };
  assert.equal(narrow(state), state);
});

Deno.test("the last days have the ranges that begin within them", () => {
  limit({ range_days: 7 });
  assert.deepEqual(allowed(), ["realtime", "today", "yesterday", "24h", "7d", "all"]);
  assert.equal(wholeRangeLabel(), "Shared period");
  limit({ range_days: 45 });
  assert.equal(wholeRangeLabel(), "Last 45 days");
  limit({ range_days: 1 });
  assert.deepEqual(allowed(), ["realtime", "today", "24h", "all"]);
  limit({ range_days: 30 });
  assert.deepEqual(allowed(), ["realtime", "today", "yesterday", "24h", "7d", "30d", "month", "all"]);
  assert.ok(allowsPresent(NOW) && !allowsUnlimited());
});

Deno.test("fixed bounds have the ranges between them", () => {
  limit({ from: at("2026-11-27T23:00:00Z") });
  assert.deepEqual(allowed(), ["realtime", "today", "yesterday", "24h", "all"]);
  limit({ to: at("2026-11-28T23:00:00Z") });
  assert.deepEqual(allowed(), ["yesterday", "last_month", "all"]);
  assert.deepEqual([allowsPresent(NOW), wholeRangeLabel()], [false, "Shared period"]);
});

Deno.test("the state keeps what is allowed, and the rest becomes the whole range", () => {
  limit({ range_days: 7, site: "shop.example" });
  assert.deepEqual(narrow({ range: "24h", chart: "x" }), { range: "24h", chart: "x", site: "shop.example" });
  assert.deepEqual(narrow({ range: "90d", site: "other" }), { range: "all", site: "shop.example" });
  assert.deepEqual(narrow({}), { range: "7d", site: "shop.example" });
  limit({ range_days: 3 });
  assert.deepEqual(narrow({}), { range: "all" });
  assert.deepEqual(narrow({ site: "a" }), { range: "all", site: "a" });
  limit({ views: ["overview"] });
  assert.deepEqual(narrow({ range: "12mo" }), { range: "12mo" });
});

Deno.test("a custom range is cut to what is allowed", () => {
  limit({ range_days: 7 });
  assert.deepEqual(narrow({ from: "2026-11-25", to: "2026-11-26" }), { from: "2026-11-25", to: "2026-11-26" });
  assert.deepEqual(narrow({ from: "2026-11-01", to: "2026-11-26" }), { from: "2026-11-23T00:00", to: "2026-11-26" });
  assert.deepEqual(narrow({ from: "2026-10-01", to: "2026-10-02" }), { range: "all" });
  limit({ from: at("2026-11-10T00:00:00Z"), to: at("2026-11-20T00:00:00Z") });
  assert.deepEqual(narrow({ from: "2026-11-01" }), { from: "2026-11-10T01:00", to: "2026-11-20T01:00" });
  assert.deepEqual(narrow({ from: "2026-11-12", to: "2026-11-13" }), { from: "2026-11-12", to: "2026-11-13" });
});

Deno.test("limits have words", () => {
  assert.deepEqual(limitTexts(null, BERLIN), ["all data"]);
  assert.deepEqual(limitTexts({ ...NONE, site: "a", range_days: 1, views: ["raw", "issues"] }, BERLIN), [
    "site a",
    "last day",
    "Raw Data, Issues",
  ]);
  const bounds = { ...NONE, from: at("2026-11-10T00:00:00Z") };
  assert.match(limitTexts(bounds, BERLIN)[0], /^from /);
  assert.match(limitTexts({ ...bounds, to: NOW }, BERLIN)[0], / to /);
  assert.match(limitTexts({ ...NONE, to: NOW }, BERLIN)[0], /^before /);
});

Deno.test("dates of the form include both days", () => {
  assert.deepEqual(datesOf("2026-11-10", "2026-11-11", "UTC"), {
    from: at("2026-11-10T00:00:00Z"),
    to: at("2026-11-12T00:00:00Z"),
  });
  assert.deepEqual(datesOf("", "", "UTC"), { from: null, to: null });
});

Deno.test("the views of the contract are those of the page", async () => {
  const page = await Deno.readTextFile(new URL("../../Web/owner/index.html", import.meta.url));
  const tabs = [...page.matchAll(/data-tab="(\w+)"[^>]*>\s*([^<]+)</g)].map(([, name, label]) => [name, label.trim()]);
  assert.deepEqual(Object.fromEntries(tabs), { ...VIEW_LABELS });
  assert.deepEqual(tabs.map(([name]) => name), Object.keys(VIEW_LABELS));
  const views = await Deno.readTextFile(new URL("../../Web/owner/views.js", import.meta.url));
  const keys = [...views.matchAll(/^ {2}(\w+): \{/gm)].map(([, name]) => name);
  assert.deepEqual(keys, Object.keys(VIEW_LABELS));
});
