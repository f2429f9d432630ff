// The conclusion on the tracking, and its checks in words.

import assert from "node:assert/strict";
import { checksOf, conclusionOf, versionsText } from "../../Web/owner/tracking-model.js";

const CHECKS = [
  ..."last_event gaps delivery dropped rejected storage csp versions clock vitals reports bots".split(" "),
  ..."duplicates consent".split(" "),
];

/** @param {Record<string, any>} [changes] @param {Record<string, string>} [states] @returns {any} */
const report = (changes = {}, states = {}) => ({
  now: 1000,
  range: { from: 0, to: 1000 },
  conclusion: "complete",
  reasons: [],
  checks: CHECKS.map((check) => ({ check, state: states[check] ?? "ok" })),
  pageviews: 100,
  events: 1000,
  bot_events: 20,
  last_event: 996,
  figures: {
    pageviews: 100,
    reported: 90,
    emitted: 1000,
    received: 990,
    dropped: 4,
    lost: 6,
    delivery_rate: 0.99,
    loads: 80,
    loads_without_vitals: 4,
    clocks: 100,
    wrong_clocks: 1,
    median_skew_seconds: -7200,
    sampled: 0,
    versions: [{ version: "1.0", pageviews: 99, last_seen: 990 }, { version: "", pageviews: 1, last_seen: 5 }],
  },
  figures_from: 0,
  figures_to: 1000,
  refused: null,
  gaps: { hours_checked: 100, rows: [] },
  blocked: { total: 3, own: 0, rows: [] },
  sites: [],
  site_count: 1,
  version: "1.0",
  server: {
    uptime_seconds: 3600,
    duplicates: 5,
    refused: 0,
    rate_limited: 0,
    unavailable: 0,
    journaling: false,
    journal_full: false,
    journal_records: 0,
    dead_letters: 0,
  },
  ...changes,
});

/** @param {any} of */
const figures = (of) => Object.fromEntries(checksOf(of).map(({ check, figure }) => [check, figure]));

Deno.test("each check has a figure and its meaning, and advice only if something is to be done", () => {
  assert.deepEqual(figures(report()), {
    last_event: "4 s ago",
    gaps: "0 hours",
    delivery: "99 %",
    dropped: "0.4 %",
    rejected: "0",
    storage: "Empty",
    csp: "0",
    versions: "1.0 and 1 other",
    clock: "1 %",
    vitals: "5 %",
    reports: "10 %",
    bots: "2 %",
    duplicates: "5",
    consent: "Not counted",
  });
  for (const { note, advice } of checksOf(report())) assert.ok(note && !advice);
  for (const state of ["warning", "problem"]) {
    const all = checksOf(report({}, Object.fromEntries(CHECKS.map((check) => [check, state]))));
    for (const { check, advice } of all) {
      if (!/^(duplicates|consent)$/.test(check)) assert.ok(advice.endsWith("."), check);
    }
  }
});

Deno.test("unknown figures are dashes, not zeros", () => {
  const unknown = figures(
    report({ figures: null, server: null, last_event: null, gaps: { hours_checked: 0, rows: [] } }),
  );
  const { last_event, csp, bots, ...others } = unknown;
  assert.deepEqual([last_event, csp, bots], ["None", "0", "2 %"]);
  assert.deepEqual(new Set(Object.values(others)), new Set(["–"]));
});

Deno.test("gaps are summed up in hours, and the clock has a direction", () => {
  const of = report({
    gaps: { hours_checked: 9, rows: [{ from: 0, to: 7200, expected: 20 }, { from: 9000, to: 12_600, expected: 9 }] },
  });
  assert.equal(figures(of).gaps, "3 hours");
  assert.match(checksOf(of).find(({ check }) => check === "clock")?.note ?? "", /by 2 h slow or more/);
});

Deno.test("the conclusion is one sentence", () => {
  assert.deepEqual(conclusionOf(report()), {
    label: "Complete",
    tone: "good",
    text: "99 % of the events that pages sent have arrived, and no check found a gap.",
  });
  const incomplete = conclusionOf(report({ conclusion: "incomplete", reasons: ["csp"] }));
  assert.deepEqual([incomplete.label, incomplete.text], [
    "Probably incomplete",
    "1 check found that data is missing or may be.",
  ]);
  assert.equal(conclusionOf(report({ conclusion: "not_receiving", reasons: ["last_event"] })).tone, "poor");
  assert.equal(conclusionOf(report({ conclusion: "unknown", refused: "Narrow the range." })).text, "Narrow the range.");
});

Deno.test("page views without a version are named so", () => {
  assert.equal(versionsText({ versions: [] }), "–");
  assert.equal(versionsText({ versions: [{ version: "" }] }), "No version");
});
