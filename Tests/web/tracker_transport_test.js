import assert from "node:assert/strict";
import * as deliveryLater from "../../Web/tracker/delivery-later.js";
import { permitStorage } from "../../Web/tracker/storage.js";
import { report, storage, withGlobals } from "./support.js";

permitStorage(true);

const KEEPALIVE_BYTES_MAX = 32_768;
const ok = (more = {}) => Response.json({ status: "ok", accepted: 1, rejected: [], ...more });
const unavailable = (headers = {}) => new Response("", { status: 503, headers });

/** A body, whether or not it is compressed. @param {any} body */
async function read(body) {
  if (typeof body === "string") return JSON.parse(body);
  const stream = /** @type {any} */ (new Response(body).body).pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).json();
}

/**
 * A browser, and a server that keeps what it is sent and responds as a test wants.
 *
 * @param {{respond?: (body: any) => any}} options
 */
function site({ respond = () => ok() } = {}) {
  const self = {
    respond,
    /** @type {any[]} */
    bodies: [],
    /** @type {boolean[]} */
    keepalives: [],
    /** @type {any[]} */
    beacons: [],
    /** @type {number[]} */
    sizes: [],
    writes: 0,
    isBeaconTaken: true,
    localStorage: storage(),
    /** @type {any[]} */
    transports: [],
  };
  const { localStorage } = self;
  const setItem = Object.getPrototypeOf(localStorage).setItem;
  Object.getPrototypeOf(localStorage).setItem = function (/** @type {string} */ key, /** @type {string} */ value) {
    self.writes++;
    setItem.call(this, key, value);
  };
  return self;
}

/** @param {ReturnType<typeof site>} on */
const globals = (on) => ({
  localStorage: on.localStorage,
  navigator: {
    sendBeacon: (/** @type {string} */ _, /** @type {string} */ body) => {
      if (!on.isBeaconTaken) return false;
      on.beacons.push(JSON.parse(body));
      on.sizes.push(new TextEncoder().encode(body).length);
      return true;
    },
  },
  fetch: () => async (/** @type {string} */ _, /** @type {any} */ { body, keepalive }) => {
    const sent = await read(body);
    on.bodies.push(sent);
    on.keepalives.push(keepalive);
    return await on.respond(sent);
  },
});

/** Runs a test on a site; nothing of its transports is left. @param {ReturnType<typeof site>} on @param {() => Promise<void>} body */
const visit = (on, body) =>
  withGlobals(globals(on), async () => {
    try {
      await body();
    } finally {
      for (const transport of on.transports) close(transport);
    }
  });

/** The page is gone: its timers do nothing any more. @param {any} transport */
const close = (transport) => transport.hold(true);

let pages = 0;

/** A page with one page view, and a transport of its own. @param {ReturnType<typeof site>} on @param {number} number @param {any} [later] @returns {Promise<[any, any]>} */
async function open(on, number, later = deliveryLater) {
  const { openTransport } = await import(`../../Web/tracker/transport.js?${pages++}`);
  const [transport, view] = [openTransport(() => "https://collect.example/events", () => {}), report(number)];
  on.transports.push(transport);
  transport.open(view);
  transport.hold(false);
  transport.complete(later);
  return [transport, view];
}

/** Emits as the core does. @param {any} transport @param {any} view @param {any} [payload] @param {string} [event_type] */
function emit(transport, view, payload = {}, event_type = "step") {
  const seq = ++view.emitted;
  const text = JSON.stringify({ event_id: `${view.pageview_id}-${seq}`, event_type, seq, payload });
  transport.add(text, view, event_type !== "step");
}

/** @param {any} body */
const seqs = ({ events }) => events.map((/** @type {any} */ { seq }) => seq);
/** @param {any} body */
const ids = ({ events }) => events.map((/** @type {any} */ { event_id }) => event_id);
/** @param {any} body */
const pageviews = (body) => body.pageviews.map((/** @type {any} */ { pageview_id }) => pageview_id);
/** @param {ReturnType<typeof site>} on */
const keys = (on) => Object.keys(on.localStorage);
const numbers = (/** @type {number} */ count, first = 1) => Array.from({ length: count }, (_, index) => first + index);

Deno.test("what is confirmed is sent once, with the delivery report of its page view", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    emit(transport, view);
    assert.equal(await transport.flush(), true);
    assert.equal(await transport.flush(), true);
    assert.equal(on.bodies.length, 1);
    assert.deepEqual(seqs(on.bodies[0]), [1, 2]);
    assert.deepEqual(on.bodies[0].pageviews, [{ ...report(1), emitted: 2 }]);
    assert.match(on.bodies[0].sent_at, /^\d{4}-.*Z$/);
    assert.deepEqual(keys(on), []);
    transport.leave();
    assert.deepEqual(on.beacons, []);
  });
});

Deno.test("what the server cannot accept now is kept for a later page, which sends it with its report", () => {
  const on = site({ respond: () => unavailable({ "Retry-After": "600" }) });
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    assert.equal(await transport.flush(), false);
    assert.equal(keys(on).length, 1);
    on.respond = () => ok();
    const [next] = await open(on, 2);
    assert.equal(await next.flush(), true);
    assert.deepEqual([ids(on.bodies[1]), pageviews(on.bodies[1])], [["p_1-1"], ["p_1", "p_2"]]);
    assert.deepEqual(keys(on), []);
  });
});

Deno.test("what a beacon took is sent again by the next page, with what that page sends itself", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    transport.leave();
    assert.deepEqual(seqs(on.beacons[0]), [1]);
    close(transport);
    const [next, own] = await open(on, 2);
    emit(next, own);
    assert.equal(on.bodies.length, 0);
    await next.flush();
    assert.deepEqual(on.bodies.map(ids), [["p_1-1", "p_2-1"]]);
  });
});

Deno.test("many events that other pages have left are sent at once, since this page may not live long", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    for (let count = 0; count < 19; count++) emit(transport, view);
    transport.leave();
    close(transport);
    const [next, own] = await open(on, 2);
    emit(next, own);
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal(await next.flush(), true);
    assert.deepEqual(on.bodies.map((body) => body.events.length), [20]);
  });
});

Deno.test("an event leaves with one beacon, and with none while a request that outlives the page has it", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    transport.leave();
    emit(transport, view);
    transport.leave();
    assert.deepEqual(on.beacons.map(seqs), [[1], [2]]);
    emit(transport, view);
    /** @type {any} */
    let release;
    const sent = new Promise((resolve) => on.respond = () => (resolve(0), new Promise((respond) => release = respond)));
    const flushed = transport.flush();
    await sent;
    emit(transport, view);
    transport.leave();
    assert.deepEqual(seqs(on.beacons[2]), [4]);
    on.respond = () => unavailable();
    release(unavailable());
    assert.equal(await flushed, false);
    // The request has failed: what no beacon has taken leaves with one.
    transport.leave();
    assert.deepEqual(seqs(on.beacons[3]), [3]);
  });
});

Deno.test("a page that is hidden and shown 500 times without a change sends nothing and writes nothing more", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    transport.leave();
    transport.wake();
    assert.equal(await transport.flush(), true);
    transport.leave();
    const [writes, posts] = [on.writes, on.bodies.length];
    for (let count = 0; count < 500; count++) {
      transport.leave();
      transport.wake();
      await transport.flush();
    }
    assert.deepEqual([on.bodies.length, on.beacons.length], [posts, 1]);
    assert.equal(on.writes, writes);
  });
});

Deno.test("beacons take at most half of what the browser grants, what figures are computed from first", () => {
  const on = site({ respond: () => unavailable() });
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    for (let count = 0; count < 10; count++) emit(transport, view, "x".repeat(10_000));
    emit(transport, view, {}, "engagement");
    transport.leave();
    assert.deepEqual(on.beacons.map(seqs), [[11, 1, 2, 3]]);
    assert.ok(on.sizes[0] <= KEEPALIVE_BYTES_MAX);
    emit(transport, view, "x".repeat(10_000));
    transport.leave();
    assert.equal(on.beacons.length, 1);
    // All of it is there for the next page.
    close(transport);
    on.respond = () => ok();
    const [next] = await open(on, 2);
    assert.equal(await next.flush(), true);
    const sent = on.bodies.flatMap(seqs);
    assert.deepEqual(sent.toSorted((left, right) => left - right), numbers(12));
  });
});

Deno.test("a request is only kept alive after its page while half of the limit suffices", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1, null);
    emit(transport, view, "x".repeat(20_000));
    await transport.flush();
    emit(transport, view, "x".repeat(40_000));
    await transport.flush();
    assert.deepEqual(on.keepalives, [true, false]);
    emit(transport, view, "x".repeat(30_000));
    transport.leave();
    emit(transport, view, "x".repeat(9000));
    await transport.flush();
    assert.deepEqual(on.keepalives.slice(2), [false]);
  });
});

Deno.test("a visitor who sees a hundred pages while nothing is confirmed sends no more at once than a server accepts", () => {
  const on = site({ respond: () => unavailable() });
  return visit(on, async () => {
    for (const number of numbers(120)) {
      const [transport, view] = await open(on, number);
      emit(transport, view);
      assert.equal(await transport.flush(), false);
      transport.leave();
      close(transport);
    }
    for (const body of [...on.bodies, ...on.beacons]) assert.ok(body.pageviews.length <= 100);
    on.respond = () => ok();
    on.bodies.length = 0;
    const [last] = await open(on, 121);
    assert.equal(await last.flush(), true);
    assert.equal(new Set(on.bodies.flatMap(ids)).size, 120);
  });
});

Deno.test("the latest reports are repeated by later pages, since a proxy may confirm what it loses; older ones are not", () => {
  const on = site();
  return visit(on, async () => {
    for (const number of numbers(30)) {
      const [transport, view] = await open(on, number);
      emit(transport, view);
      assert.equal(await transport.flush(), true);
      transport.leave();
      close(transport);
    }
    assert.equal(on.bodies.length, 30);
    assert.deepEqual(pageviews(on.bodies[29]), ["p_26", "p_27", "p_28", "p_29", "p_30"]);
  });
});

Deno.test("an event that the server rejects is dropped and counted, the others of its batch are stored", () => {
  const rejected = [{ index: 1, message: "no" }, { index: 7, message: "none of ours" }, { message: "a report" }];
  const on = site({ respond: ({ events }) => ok({ rejected: events.length > 1 ? rejected : [] }) });
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    emit(transport, view);
    assert.equal(await transport.flush(), true);
    assert.deepEqual(view.dropped, { rejected: 1 });
    assert.deepEqual(on.bodies[1].pageviews[0].dropped, { rejected: 1 });
    assert.deepEqual(on.bodies[1].events, []);
  });
});

Deno.test("a request that is refused for good is not sent again, and its events are counted", () => {
  const on = site({ respond: ({ events }) => events.length ? new Response("", { status: 400 }) : ok() });
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    assert.equal(await transport.flush(), true);
    assert.deepEqual(view.dropped, { refused: 1 });
    assert.equal(on.bodies.filter(({ events }) => events.length).length, 1);
  });
});

Deno.test("an event that is too large or cannot be serialized is counted", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view, "x".repeat(60_000));
    transport.add(undefined, view);
    assert.deepEqual(view.dropped, { too_large: 1, unserializable: 1 });
    assert.equal(await transport.flush(), true);
    assert.deepEqual(on.bodies.map(seqs), [[]]);
  });
});

Deno.test("a body stays within its limit, counted in bytes; no event is in two of them", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    // Two bytes a letter.
    for (let count = 0; count < 12; count++) emit(transport, view, "é".repeat(7000));
    await transport.flush();
    assert.ok(on.bodies.length > 2);
    assert.deepEqual(on.bodies.flatMap(seqs), numbers(12));
    for (const body of on.bodies) assert.ok(new TextEncoder().encode(JSON.stringify(body)).length <= 60_000);
  });
});

Deno.test("20 events are sent without waiting for more", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    const sent = new Promise((resolve) => on.respond = () => (resolve(0), ok()));
    for (let count = 0; count < 20; count++) emit(transport, view);
    await sent;
    assert.deepEqual(on.bodies.map(seqs), [numbers(20)]);
  });
});

Deno.test("a browser that takes no beacon does no harm", () => {
  const on = site();
  on.isBeaconTaken = false;
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    for (let count = 0; count < 5; count++) emit(transport, view);
    transport.leave();
    assert.equal(await transport.flush(), true);
    assert.deepEqual(seqs(on.bodies[0]), [1, 2, 3, 4, 5]);
  });
});

Deno.test("while it is held nothing is sent and nothing is kept; after it is cleared nothing is left", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    transport.hold(true);
    emit(transport, view);
    transport.leave();
    assert.equal(await transport.flush(), false);
    assert.deepEqual([on.bodies, on.beacons, keys(on)], [[], [], []]);
    transport.clear();
    transport.hold(false);
    assert.equal(await transport.flush(), true);
    assert.deepEqual(on.bodies, []);
  });
});

Deno.test("what waits for consent takes over nothing; with consent it does", () => {
  const on = site();
  return visit(on, async () => {
    const [other, left] = await open(on, 1);
    emit(other, left);
    other.leave();
    close(other);
    const [transport] = await open(on, 2);
    transport.hold(true);
    on.localStorage["collector.queue.x"] = "{";
    transport.hold(false);
    assert.equal(await transport.flush(), true);
    assert.deepEqual(on.bodies.flatMap(ids), ["p_1-1"]);
  });
});

Deno.test("consent that is withdrawn while a body is compressed stops it", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    const flushed = transport.flush();
    await Promise.resolve();
    transport.hold(true);
    transport.clear();
    assert.equal(await flushed, false);
    assert.deepEqual([on.bodies, keys(on)], [[], []]);
  });
});

Deno.test("a foreign or damaged entry is removed, counted, and stops nothing", () => {
  const on = site();
  on.localStorage["collector.queue.1"] = "{";
  on.localStorage["collector.queue.z"] = '[[{"pageview_id":"x"}],[["{}",0]]]';
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    assert.equal(await transport.flush(), true);
    assert.equal(on.bodies[0].events.length, 1);
    assert.deepEqual([view.emitted, view.dropped], [3, { damaged: 2 }]);
    assert.deepEqual(on.bodies[0].pageviews, [view]);
    assert.deepEqual(keys(on), []);
  });
});

Deno.test("where the file that reads entries cannot be loaded, the latest 20 wait, and nothing else changes", () => {
  const on = site();
  for (const number of numbers(25, 10)) on.localStorage[`collector.queue.${number}`] = "{}";
  return visit(on, async () => {
    const [transport, view] = await open(on, 1, null);
    emit(transport, view);
    assert.equal(await transport.flush(), true);
    assert.deepEqual(seqs(on.bodies[0]), [1]);
    assert.deepEqual(keys(on), numbers(20, 15).map((number) => `collector.queue.${number}`));
  });
});

Deno.test("a page takes over what others have left, and nothing of its own", () => {
  const on = site({ respond: () => unavailable() });
  return visit(on, async () => {
    const [other, left] = await open(on, 1);
    emit(other, left);
    other.leave();
    close(other);
    const [transport, view] = await open(on, 2);
    emit(transport, view);
    assert.equal(await transport.flush(), false);
    assert.equal(keys(on).length, 1);
    transport.hold(false);
    on.respond = () => ok();
    assert.equal(await transport.flush(), true);
    const sent = on.bodies[on.bodies.length - 1];
    assert.deepEqual([ids(sent), pageviews(sent)], [["p_1-1", "p_2-1"], ["p_1", "p_2"]]);
  });
});

for (const when of ["Wed, 21 Oct 2026 07:28:00 GMT", "99999999999"]) {
  Deno.test(`no time to retry makes it retry at once: ${when}`, () => {
    const on = site({ respond: () => unavailable({ "Retry-After": when }) });
    return visit(on, async () => {
      const [transport, view] = await open(on, 1);
      emit(transport, view);
      assert.equal(await transport.flush(), false);
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(on.bodies.length, 1);
    });
  });
}
