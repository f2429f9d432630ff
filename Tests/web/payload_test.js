import assert from "node:assert/strict";
import { CONFIG } from "../../Web/visitor/config.js";
import { byteLength, emptyPayload, eventText, fitted } from "../../Web/visitor/payload.js";

const IDS = { visitor_id: "v_1", session_id: "s_1", pageview_id: "p_1" };
const CONTEXT = { now: new Date(0), path: "/", referrer: null, eventId: "0193-..." };

/** @param {number} characters of its picture */
function payload(characters) {
  return {
    ...emptyPayload(IDS, "2026-11-23T00:00:00.000Z"),
    performance: { resources: Array.from({ length: 60 }, (_, index) => ({ name: `https://x.example/${index}` })) },
    fingerprints: { canvas: "é".repeat(characters), hash: "abc", webgl2: { renderer: "r", limits: { MAX: 1 } } },
    errors: [{ message: "m", stack: "s".repeat(8000) }],
  };
}

Deno.test("unreported values are null or empty before collection", () => {
  const empty = emptyPayload(IDS, "now");
  assert.deepEqual(Object.keys(empty), [
    ...["visitor_id", "session_id", "pageview_id", "timestamp", "browser", "performance", "network", "errors"],
    ...["fingerprints", "battery", "benchmarks"],
  ]);
  assert.deepEqual(new Set(Object.values(empty.browser)), new Set([null]));
  assert.deepEqual(empty.fingerprints, { canvas: null, fonts: [], webgl: null });
  assert.deepEqual([empty.network, empty.battery, empty.errors], [null, null, []]);
});

Deno.test("a payload that fits is sent as it is", () => {
  const small = payload(10);
  assert.equal(fitted(small, 100_000), JSON.stringify(small));
});

Deno.test("a payload that is too large gives up the picture before the rest of the fingerprint, and says so", () => {
  const large = payload(40_000);
  const text = fitted(large, 48_000);
  const smaller = JSON.parse(text);
  assert.ok(byteLength(text) <= 48_000);
  assert.equal(smaller.fingerprints.canvas, undefined);
  assert.equal(smaller.fingerprints.hash, "abc");
  assert.equal(smaller.fingerprints.webgl2.renderer, "r");
  assert.ok(smaller.trimmed.includes("fingerprints.canvas"));
  assert.equal(large.fingerprints.canvas.length, 40_000, "what is shown is not touched");
});

Deno.test("even a tiny limit keeps the ids", () => {
  const text = fitted(payload(100_000), 2000);
  assert.ok(byteLength(text) <= 2000, String(byteLength(text)));
  assert.equal(JSON.parse(text).visitor_id, "v_1");
});

Deno.test("an event has the keys of the original and an id", () => {
  const event = JSON.parse(eventText(IDS, "pageview", 1, { a: 1 }, CONTEXT));
  assert.deepEqual(event, {
    ...{
      ...IDS,
      event_type: "pageview",
      seq: 1,
      client_timestamp: "1970-01-01T00:00:00.000Z",
      path: "/",
      referrer: null,
    },
    ...{ payload: { a: 1 }, event_id: CONTEXT.eventId },
  });
});

Deno.test("an event stays below the server's limit", () => {
  const text = eventText(
    IDS,
    "fingerprint_ready",
    2,
    { fingerprints: { canvas: "x".repeat(400_000), hash: "abc" } },
    CONTEXT,
  );
  assert.ok(byteLength(text) <= CONFIG.EVENT_BYTES_MAX);
  assert.equal(JSON.parse(text).payload.fingerprints.hash, "abc");
});
