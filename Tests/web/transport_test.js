import assert from "node:assert/strict";
import { openTransport } from "../../Web/visitor/transport.js";

const IDS = { visitor_id: "v_1", session_id: "s_1", pageview_id: "p_1" };

/**
 * A transport whose network is the given function.
 *
 * @param {{answer?: (address: string, options: any) => Promise<Response>, takesBeacon?: () => boolean, sendsEvents?: boolean, isHeld?: boolean}} [world]
 */
function open(
  {
    answer = () => Promise.resolve(new Response('{"status":"ok"}')),
    takesBeacon = () => true,
    sendsEvents = true,
    isHeld = false,
  } = {},
) {
  /** @type {{address: string, body: any}[]} */
  const posts = [];
  /** @type {{address: string, body: any}[]} */
  const beacons = [];
  Object.assign(globalThis, {
    document: { referrer: "https://from.example/page?secret=1#part" },
    location: { pathname: "/collector/" },
    fetch: (/** @type {string} */ address, /** @type {any} */ options) => {
      posts.push({ address, body: JSON.parse(options.body) });
      return answer(address, options);
    },
  });
  Object.defineProperty(navigator, "sendBeacon", {
    configurable: true,
    value(/** @type {string} */ address, /** @type {string} */ text) {
      beacons.push({ address, body: JSON.parse(text) });
      return takesBeacon();
    },
  });
  return { posts, beacons, transport: openTransport(IDS, { sendsEvents, isHeld, changed() {} }) };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("events are numbered from one, each with an id of its own, and the referrer without its query", async () => {
  const { transport, posts } = open();
  transport.event("pageview", {});
  transport.event("error", { message: "m" });
  await settle();
  assert.deepEqual(posts.map(({ body }) => [body.event_type, body.seq]), [["pageview", 1], ["error", 2]]);
  assert.notEqual(posts[0].body.event_id, posts[1].body.event_id);
  assert.equal(posts[0].body.referrer, "https://from.example/page");
  assert.equal(posts[0].body.path, "/collector/");
  assert.deepEqual(transport.deliveries.map(({ state }) => state), ["stored", "stored"]);
});

Deno.test("a page view is submitted once", async () => {
  const { transport, posts, beacons } = open();
  transport.collect({ a: 1 });
  transport.collect({ a: 2 }, true);
  transport.collect({ a: 3 });
  await settle();
  assert.deepEqual([posts.length, beacons.length], [1, 0]);
  assert.equal(transport.hasCollected, true);
});

Deno.test("a held view sends nothing, not even when it is left, and all of it once it is released", async () => {
  const { transport, posts, beacons } = open({ isHeld: true });
  transport.event("pageview", {});
  transport.event("webvitals", {}, true);
  transport.collect({ a: 1 });
  transport.collect({ a: 2 }, true);
  transport.leave();
  await settle();
  assert.deepEqual([posts.length, beacons.length, transport.hasCollected], [0, 0, false]);
  assert.deepEqual(transport.deliveries.map(({ state }) => state), ["unsent", "unsent"]);
  transport.release();
  transport.release();
  await transport.released;
  transport.event("error", {});
  transport.collect({ a: 3 });
  await settle();
  assert.deepEqual(posts.map(({ body }) => body.seq ?? body.a), [1, 2, 3, 3]);
});

Deno.test("a page that is left sends beacons", () => {
  const { transport, posts, beacons } = open();
  transport.event("webvitals", { LCP: 1 }, true);
  transport.collect({ a: 1 }, true);
  assert.equal(posts.length, 0);
  assert.deepEqual(beacons.map(({ address }) => address), ["event", "collect"]);
  assert.deepEqual(transport.deliveries.map(({ state }) => state), ["queued", "queued"]);
});

Deno.test("when the browser's queue is full, less is sent", () => {
  let free = 1;
  const { transport, beacons } = open({ takesBeacon: () => free-- <= 0 });
  transport.collect({ fingerprints: { canvas: "x".repeat(20_000), hash: "h" } }, true);
  assert.equal(beacons.length, 2);
  assert.deepEqual(beacons[1].body.fingerprints, { hash: "h" });
  assert.equal(transport.deliveries[0].state, "queued");
});

Deno.test("events that are turned off take no number and go nowhere; the submission still does", async () => {
  const { transport, posts } = open({ sendsEvents: false });
  transport.event("pageview", {});
  transport.collect({});
  await settle();
  assert.deepEqual(posts.map(({ address }) => address), ["collect"]);
});

Deno.test("an event that the server cannot take now goes by beacon when the page is left, with the same id", async () => {
  const { transport, posts, beacons } = open({ answer: () => Promise.resolve(new Response("{}", { status: 503 })) });
  transport.event("pageview", {});
  await settle();
  transport.leave();
  assert.equal(beacons[0].body.event_id, posts[0].body.event_id);
  assert.equal(beacons[0].body.seq, 1);
});

Deno.test("an event that the server refuses for good is not sent again", async () => {
  const { transport, beacons } = open({ answer: () => Promise.resolve(new Response("{}", { status: 400 })) });
  transport.event("pageview", {});
  await settle();
  transport.leave();
  assert.equal(beacons.length, 0);
  assert.equal(transport.deliveries[0].state, "refused");
});

Deno.test("a network that fails is no error of the page", async () => {
  const { transport } = open({ answer: () => Promise.reject(new TypeError("Failed to fetch")) });
  transport.collect({});
  await settle();
  assert.deepEqual([transport.deliveries[0].state, transport.deliveries[0].status], ["failed", null]);
});

Deno.test("no more outlives the page than browsers allow", async () => {
  /** @type {boolean[]} */
  const outlives = [];
  const { transport } = open({
    answer: (_address, { keepalive }) => {
      outlives.push(keepalive);
      return new Promise(() => {});
    },
  });
  for (let index = 0; index < 3; index++) transport.event("error", { stack: "x".repeat(25_000) });
  await settle();
  assert.deepEqual(outlives, [true, true, false]);
});
