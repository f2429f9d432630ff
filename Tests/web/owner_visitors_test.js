import assert from "node:assert/strict";
import {
  customTypes,
  errorsIn,
  identityOf,
  lostIn,
  phasesOf,
  sourceOf,
  summaryOf,
  viewsOf,
} from "../../Web/owner/journey-model.js";

const event = (/** @type {string} */ type, /** @type {number} */ t, /** @type {any} */ payload = {}, more = {}) => ({
  ...{ id: t, seq: 1, t, type, payload, site: "shop.example", referrer: null },
  ...more,
});
const view = (/** @type {string} */ path, /** @type {any[]} */ ...events) => ({
  ...{ pageview: path, path, emitted: null, dropped: null, missing: [], events },
});

Deno.test("page views are in the order of time, each with the time until the next one and the gap before it", () => {
  const session = {
    pageviews: [
      view("/late", event("pageview", 400_000), event("engagement", 430_000)),
      view("/first", event("engagement", 30_000), event("pageview", 10_000)),
      view("/soon", event("pageview", 70_000)),
    ],
  };
  assert.deepEqual(viewsOf(session).map(({ view, start, time, gap }) => [view.path, start, time, gap]), [
    ["/first", 10_000, 60_000, 0],
    ["/soon", 70_000, 330_000, 0],
    ["/late", 400_000, 30_000, 330],
  ]);
  const { duration, entry, exit, events } = summaryOf(session);
  assert.deepEqual([duration, entry, exit, events], [420_000, "/first", "/late", 5]);
  assert.equal(viewsOf({ pageviews: [view("/", event("pageview", 5))] })[0].time, null);
});

Deno.test("the source is the referrer's host and the campaign of the first page view", () => {
  const from = (/** @type {string | null} */ referrer, /** @type {any} */ campaign) =>
    sourceOf(view("/", event("webvitals", 1), event("pageview", 2, { campaign }, { referrer })));
  assert.equal(from(null, {}), "Direct");
  assert.equal(
    from("https://www.news.example/a?b", { utm_source: "mail", utm_campaign: "spring" }),
    "news.example · spring",
  );
  assert.equal(from("https://shop.example/", { utm_source: "mail" }), "Same site · mail");
  assert.equal(from("not an address", { utm_source: 7 }), "not an address");
  assert.equal(from("android-app://com.example/", null), "com.example");
});

Deno.test("errors count as often as they were thrown, and lost events from the first loaded one on", () => {
  const events = [event("error", 1, { count: 3 }), event("error", 2, { count: "x" }), event("error", 3, null)];
  assert.equal(errorsIn(view("/", ...events)), 5);
  const cut = { ...view("/", event("a", 1, {}, { seq: 4 })), missing: [1, 2, 6] };
  assert.deepEqual([lostIn(cut, true), lostIn(cut, false)], [[6], [1, 2, 6]]);
});

Deno.test("custom events are named once, and the tracker's own are not", () => {
  const types = ["pageview", "buy", "buy", "error", "a", "b", "c", "d"];
  assert.deepEqual(customTypes(view("/", ...types.map((type, t) => event(type, t)))), ["buy", "a", "b", "c"]);
});

Deno.test("the latest identification counts, or the user of a page view", () => {
  const sessions = (/** @type {any[]} */ ...events) => [{ pageviews: [view("/", ...events)] }];
  assert.equal(identityOf(sessions(event("identify", 1, { id: "a" }), event("identify", 2, { id: 7 }))), 7);
  assert.equal(identityOf(sessions(event("pageview", 1, { user: { id: "b" } }), event("pageview", 2))), "b");
  assert.equal(identityOf(sessions(event("identify", 1, null), event("identify", 2, { id: "" }))), null);
});

Deno.test("phases of a navigation are those that took time", () => {
  const payload = {
    ...{ redirectStart: 0, redirectEnd: 0, domainLookupStart: 5, domainLookupEnd: 5, connectStart: 5 },
    ...{ secureConnectionStart: 15, connectEnd: 40, requestStart: 41, responseStart: 90, responseEnd: 100 },
    ...{ domComplete: 300 },
  };
  assert.deepEqual(phasesOf(payload).map(({ name, start, duration }) => [name, start, duration]), [
    ["tcp", 5, 10],
    ["tls", 15, 25],
    ["wait", 41, 49],
    ["download", 90, 10],
    ["dom", 100, 200],
  ]);
  const plain = phasesOf({ connectStart: 5, secureConnectionStart: 0, connectEnd: 9, responseStart: "x" });
  assert.deepEqual(plain.map(({ name, duration }) => [name, duration]), [["tcp", 4]]);
  assert.deepEqual([phasesOf(null), phasesOf({ requestStart: 1, responseStart: 1e300 })], [[], []]);
});
