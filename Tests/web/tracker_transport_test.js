import assert from "node:assert/strict";
import { permitStorage } from "../../Web/tracker/storage.js";
import { openTransport } from "../../Web/tracker/transport.js";
import { storage, withGlobals } from "./support.js";

permitStorage(true);

/** @param {number} number */
const ledger = (number) => ({
  pageview_id: `p_${number}`,
  visitor_id: "v_1",
  session_id: "s_1",
  site: "shop.example",
  emitted: 0,
  dropped: /** @type {Record<string, number>} */ ({}),
});

/** A server whose answers are given; it keeps what it was sent. @param {(body: any) => Response | Promise<Response>} answer */
function server(answer = () => ok()) {
  /** @type {any[]} */
  const bodies = [];
  /** @type {any[]} */
  const beacons = [];
  const state = { isBeaconTaken: true };
  return {
    ...{ bodies, beacons, state },
    globals: {
      localStorage: storage(),
      fetch: { value: null },
      navigator: { sendBeacon: (/** @type {string} */ _, /** @type {string} */ body) => take(beacons, body) },
    },
    fetch: async (/** @type {string} */ _, /** @type {any} */ { body }) => {
      const sent = JSON.parse(body);
      bodies.push(sent);
      return await answer(sent);
    },
  };
  /** @param {any[]} to @param {string} body */
  function take(to, body) {
    if (state.isBeaconTaken && body.length < 64_000) to.push(JSON.parse(body));
    return state.isBeaconTaken && body.length < 64_000;
  }
}

const ok = (more = {}) => Response.json({ status: "ok", accepted: 1, rejected: [], ...more });

/** @param {ReturnType<typeof server>} from @param {(open: () => ReturnType<typeof openTransport>) => Promise<void>} body */
function on(from, body) {
  const { localStorage, navigator } = from.globals;
  return withGlobals({ localStorage, navigator, fetch: () => from.fetch }, () =>
    body(() => {
      const transport = openTransport(() => "https://collect.example/events", () => {});
      transport.hold(false);
      return transport;
    }));
}

/** Emits as the core does. @param {any} transport @param {any} view @param {any} [payload] */
function emit(transport, view, payload = {}) {
  view.emitted++;
  transport.add(JSON.stringify({ pageview_id: view.pageview_id, seq: view.emitted, payload }), view);
}

/** The page views of events, or of a ledger's entries. @param {any[]} items */
const viewsOf = (items) => items.map(({ pageview_id }) => pageview_id);

/** A page with one event that takes over what others have left; gives whether all was confirmed when it was left. @param {() => any} open @param {number} number */
async function passThrough(open, number) {
  const [transport, view] = [open(), ledger(number)];
  transport.open(view);
  emit(transport, view);
  transport.adopt();
  const isConfirmed = await transport.flush();
  transport.leave();
  transport.hold(true);
  return isConfirmed;
}

const seqs = (/** @type {any} */ body) => body.events.map((/** @type {any} */ event) => event.seq);

Deno.test("what is confirmed is sent once, with the numbers of its view", () => {
  const from = server();
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.open(view);
    emit(transport, view);
    emit(transport, view);
    assert.equal(await transport.flush(), true);
    assert.equal(await transport.flush(), true);
    assert.equal(from.bodies.length, 1);
    assert.deepEqual(seqs(from.bodies[0]), [1, 2]);
    assert.equal(from.bodies[0].ledger[0].emitted, 2);
    assert.match(from.bodies[0].sent_at, /^\d{4}-.*Z$/);
    assert.deepEqual(Object.keys(from.globals.localStorage), []);
  });
});

Deno.test("what the server cannot take now is kept for a later page, which sends it with the numbers of its view", () => {
  let isUp = false;
  const from = server(() => isUp ? ok() : new Response("", { status: 503, headers: { "Retry-After": "600" } }));
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.open(view);
    emit(transport, view);
    assert.equal(await transport.flush(), false);
    assert.equal(Object.keys(from.globals.localStorage).length, 1);
    isUp = true;
    const next = open();
    next.adopt();
    assert.equal(await next.flush(), true);
    const [, last] = from.bodies;
    assert.deepEqual(seqs(last), [1]);
    assert.deepEqual(viewsOf(last.ledger), ["p_1"]);
    assert.deepEqual(Object.keys(from.globals.localStorage), []);
    transport.clear();
    transport.hold(true);
  });
});

Deno.test("what a beacon took along is sent again by the next page, since nobody has confirmed it", () => {
  const from = server();
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.open(view);
    emit(transport, view);
    transport.leave();
    assert.deepEqual(seqs(from.beacons[0]), [1]);
    const next = open();
    next.adopt();
    await next.flush();
    assert.deepEqual(seqs(from.bodies[0]), [1]);
    transport.hold(true);
  });
});

Deno.test("what others have left is sent as soon as it is taken over, for a page that may not live long", () => {
  const from = server();
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.open(view);
    emit(transport, view);
    transport.leave();
    transport.hold(true);
    const [next, later] = [open(), ledger(2)];
    next.open(later);
    emit(next, later);
    next.adopt();
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual(from.bodies.map(seqs), [[1, 1]]);
    assert.equal(await next.flush(), true);
  });
});

Deno.test("a beacon takes along what is new, however much there is that went along with earlier pages", () => {
  const from = server(() => new Response("", { status: 503 }));
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.open(view);
    for (let count = 0; count < 10; count++) emit(transport, view, "x".repeat(10_000));
    transport.leave();
    assert.deepEqual(from.beacons.flatMap(seqs), Array.from({ length: 10 }, (_, place) => place + 1));
    const [next, later] = [open(), ledger(2)];
    next.adopt();
    next.open(later);
    emit(next, later);
    from.beacons.length = 0;
    next.leave();
    assert.deepEqual(from.beacons.map((body) => viewsOf(body.events)), [
      ["p_2"],
    ]);
    // It is all still there for whoever is answered.
    from.fetch = (_, { body }) => {
      from.bodies.push(JSON.parse(body));
      return Promise.resolve(ok());
    };
    from.bodies.length = 0;
    const last = open();
    last.adopt();
    assert.equal(await last.flush(), true);
    assert.equal(from.bodies.flatMap(seqs).length, 11);
    for (const one of [transport, next]) one.hold(true);
  });
});

Deno.test("a visitor who sees a hundred pages while nothing is confirmed still says no more at once than a server takes", () => {
  let isUp = false;
  const from = server(() => isUp ? ok() : new Response("", { status: 503 }));
  return on(from, async (open) => {
    for (let number = 1; number <= 120; number++) {
      assert.equal(await passThrough(open, number), false);
    }
    for (const { ledger } of [...from.bodies, ...from.beacons]) assert.ok(ledger.length <= 10);
    isUp = true;
    from.bodies.length = 0;
    const last = open();
    last.adopt();
    assert.equal(await last.flush(), true);
    assert.equal(
      new Set(from.bodies.flatMap(({ events }) => viewsOf(events))).size,
      120,
    );
    assert.equal(
      new Set(from.bodies.flatMap(({ ledger }) => viewsOf(ledger))).size,
      20,
    );
  });
});

Deno.test("the latest numbers are told by later pages, too, since a network may confirm what has never arrived; older ones are not", () => {
  const from = server();
  return on(from, async (open) => {
    for (let number = 1; number <= 30; number++) {
      assert.equal(await passThrough(open, number), true);
    }
    const pages = from.bodies.map(({ ledger }) => viewsOf(ledger));
    const last = Array.from({ length: 9 }, (_, place) => `p_${place + 22}`);
    assert.deepEqual(pages.at(-1), last);
    assert.equal(from.bodies.length, 30);
  });
});

Deno.test("an event that the server rejects is dropped and counted, the others of its batch are stored", () => {
  const from = server(({ events }) => ok({ rejected: events.length > 1 ? [{ index: 1, message: "no" }] : [] }));
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.open(view);
    emit(transport, view);
    emit(transport, view);
    assert.equal(await transport.flush(), true);
    assert.deepEqual(view.dropped, { rejected: 1 });
    assert.deepEqual(from.bodies.at(-1).ledger[0].dropped, { rejected: 1 });
    assert.deepEqual(from.bodies.at(-1).events, []);
  });
});

Deno.test("a request that is refused for good is not sent again, and its events are counted", () => {
  const from = server(({ events }) => events.length ? new Response("", { status: 400 }) : ok());
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.open(view);
    emit(transport, view);
    assert.equal(await transport.flush(), true);
    assert.deepEqual(view.dropped, { refused: 1 });
    assert.equal(from.bodies.filter(({ events }) => events.length).length, 1);
  });
});

Deno.test("the oldest give way when the queue is full, and what is too large is not taken; both are counted", () => {
  const from = server();
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.hold(true);
    transport.open(view);
    for (let count = 0; count < 501; count++) emit(transport, view);
    assert.deepEqual(view.dropped, { queue_full: 1 });
    emit(transport, view, "x".repeat(60_000));
    transport.add(undefined, view);
    assert.deepEqual(view.dropped, { queue_full: 1, too_large: 1, unserializable: 1 });
    transport.hold(false);
    await transport.flush();
    assert.deepEqual(from.bodies.flatMap(seqs), Array.from({ length: 500 }, (_, place) => place + 2));
  });
});

Deno.test("a body stays within what outlives a page, counted in bytes; no event is in two of them", () => {
  const from = server();
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.open(view);
    // Two bytes a letter.
    for (let count = 0; count < 12; count++) emit(transport, view, "é".repeat(7000));
    transport.leave();
    await transport.flush();
    for (const bodies of [from.beacons, from.bodies]) {
      assert.ok(bodies.length > 2);
      assert.deepEqual(bodies.flatMap(seqs), Array.from({ length: 12 }, (_, place) => place + 1));
      for (const body of bodies) assert.ok(new TextEncoder().encode(JSON.stringify(body)).length <= 60_000);
    }
  });
});

Deno.test("a browser that takes no beacon does no harm", () => {
  const from = server();
  from.state.isBeaconTaken = false;
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.open(view);
    for (let count = 0; count < 5; count++) emit(transport, view);
    transport.leave();
    assert.equal(await transport.flush(), true);
    assert.deepEqual(seqs(from.bodies[0]), [1, 2, 3, 4, 5]);
  });
});

Deno.test("while it is held nothing is sent and nothing is kept; after it is cleared nothing is left", () => {
  const from = server();
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.hold(true);
    transport.open(view);
    emit(transport, view);
    transport.leave();
    assert.equal(await transport.flush(), false);
    assert.deepEqual([from.bodies, from.beacons, Object.keys(from.globals.localStorage)], [[], [], []]);
    transport.clear();
    transport.hold(false);
    assert.equal(await transport.flush(), true);
    assert.deepEqual(from.bodies, []);
  });
});

Deno.test("what was left behind damaged is thrown away", () => {
  const from = server();
  from.globals.localStorage["collector.queue.1"] = "{";
  from.globals.localStorage["collector.queue.2"] = "[1,2]";
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.adopt();
    transport.open(view);
    emit(transport, view);
    assert.equal(await transport.flush(), true);
    assert.deepEqual(seqs(from.bodies[0]), [1]);
    assert.deepEqual(Object.keys(from.globals.localStorage), []);
  });
});

Deno.test("a page takes over what others have left, and nothing of its own", () => {
  let isUp = false;
  const from = server(() => isUp ? ok() : new Response("", { status: 503 }));
  return on(from, async (open) => {
    const [other, transport, view] = [open(), open(), ledger(2)];
    const left = ledger(1);
    other.open(left);
    emit(other, left);
    other.leave();
    transport.open(view);
    emit(transport, view);
    assert.equal(await transport.flush(), false);
    transport.adopt();
    transport.adopt();
    assert.equal(Object.keys(from.globals.localStorage).length, 1);
    isUp = true;
    assert.equal(await transport.flush(), true);
    const sent = from.bodies.at(-1);
    assert.deepEqual(viewsOf(sent.events), ["p_1", "p_2"]);
    assert.deepEqual(viewsOf(sent.ledger), ["p_1", "p_2"]);
    other.hold(true);
  });
});

Deno.test("a time to come back that is no number does not make it come back at once", () => {
  let requests = 0;
  const from = server(() => {
    requests++;
    return new Response("", { status: 503, headers: { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" } });
  });
  return on(from, async (open) => {
    const [transport, view] = [open(), ledger(1)];
    transport.open(view);
    emit(transport, view);
    assert.equal(await transport.flush(), false);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(requests, 1);
    transport.hold(true);
    transport.clear();
  });
});
