import assert from "node:assert/strict";
import {
  emit,
  endPage,
  ids,
  keys,
  numbers,
  ok,
  open,
  pageviews,
  seqs,
  site,
  unavailable,
  visit,
} from "./delivery_site.js";
import { report, withGlobals } from "./support.js";

Deno.test("confirmed events are sent once, with the delivery report of their page view", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    emit(transport, view);
    assert.equal(await transport._flush(), true);
    assert.equal(await transport._flush(), true);
    assert.equal(on.bodies.length, 1);
    assert.deepEqual(seqs(on.bodies[0]), [1, 2]);
    assert.deepEqual(on.bodies[0].pageviews, [{ ...report(1), emitted: 2 }]);
    assert.match(on.bodies[0].sent_at, /^\d{4}-.*Z$/);
    assert.deepEqual(keys(on), []);
    transport._leave();
    assert.deepEqual(on.beacons, []);
  });
});

Deno.test("events that the server cannot accept now are kept for a later page", () => {
  const on = site({ respond: () => unavailable({ "Retry-After": "600" }) });
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    assert.equal(await transport._flush(), false);
    assert.equal(keys(on).length, 1);
    on.respond = () => ok();
    const [next] = await open(on, 2);
    assert.equal(await next._flush(), true);
    assert.deepEqual([ids(on.bodies[1]), pageviews(on.bodies[1])], [["p_1-1"], ["p_1", "p_2"]]);
    assert.deepEqual(keys(on), []);
  });
});

Deno.test("events of a beacon are resent by the next page with its first batch", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    transport._leave();
    assert.deepEqual(seqs(on.beacons[0]), [1]);
    endPage(transport);
    const [next, own] = await open(on, 2);
    emit(next, own);
    assert.equal(on.bodies.length, 0);
    next._leave();
    assert.deepEqual(ids(on.beacons[1]), ["p_2-1"]);
    await next._flush();
    assert.deepEqual(on.bodies.map(ids), [["p_1-1", "p_2-1"]]);
  });
});

Deno.test("many events that other pages have left are sent at once, since this page may not live long", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    for (let count = 0; count < 19; count++) emit(transport, view);
    transport._leave();
    endPage(transport);
    const [next, own] = await open(on, 2);
    emit(next, own);
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal(await next._flush(), true);
    assert.deepEqual(on.bodies.map((body) => body.events.length), [20]);
  });
});

Deno.test("an event leaves with one beacon, and with none while a request that outlives the page has it", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    transport._leave();
    emit(transport, view);
    transport._leave();
    assert.deepEqual(on.beacons.map(seqs), [[1], [2]]);
    emit(transport, view);
    /** @type {any} */
    let release;
    const sent = new Promise((resolve) => on.respond = () => (resolve(0), new Promise((respond) => release = respond)));
    const flushed = transport._flush();
    await sent;
    emit(transport, view);
    transport._leave();
    assert.deepEqual(seqs(on.beacons[2]), [4]);
    on.respond = () => unavailable();
    release(unavailable());
    assert.equal(await flushed, false);
    // The request has failed: what no beacon has taken leaves with one.
    transport._leave();
    assert.deepEqual(seqs(on.beacons[3]), [3]);
  });
});

Deno.test("an event that the server rejects is dropped and counted, the others of its batch are stored", () => {
  const rejected = [{ index: 1, message: "no" }, { index: 7, message: "none of ours" }, { message: "a report" }];
  const on = site({ respond: ({ events }) => ok({ rejected: events.length > 1 ? rejected : [] }) });
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    emit(transport, view);
    assert.equal(await transport._flush(), true);
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
    assert.equal(await transport._flush(), true);
    assert.deepEqual(view.dropped, { refused: 1 });
    assert.equal(on.bodies.filter(({ events }) => events.length).length, 1);
  });
});

Deno.test("a browser that takes no beacon does no harm", () => {
  const on = site();
  on.isBeaconTaken = false;
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    for (let count = 0; count < 5; count++) emit(transport, view);
    transport._leave();
    assert.equal(await transport._flush(), true);
    assert.deepEqual(seqs(on.bodies[0]), [1, 2, 3, 4, 5]);
  });
});

Deno.test("while it is held nothing is sent and nothing is kept; after it is cleared nothing is left", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    transport._hold(true);
    emit(transport, view);
    transport._leave();
    assert.equal(await transport._flush(), false);
    assert.deepEqual([on.bodies, on.beacons, keys(on)], [[], [], []]);
    transport._clear();
    transport._hold(false);
    assert.equal(await transport._flush(), true);
    assert.deepEqual(on.bodies, []);
  });
});

Deno.test("stored events are taken over only after consent", () => {
  const on = site();
  return visit(on, async () => {
    const [other, left] = await open(on, 1);
    emit(other, left);
    other._leave();
    endPage(other);
    const [transport] = await open(on, 2);
    transport._hold(true);
    on.localStorage["collector.queue.x"] = "{";
    transport._hold(false);
    assert.equal(await transport._flush(), true);
    assert.deepEqual(on.bodies.flatMap(ids), ["p_1-1"]);
  });
});

Deno.test("consent that is withdrawn while a body is compressed stops it", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    const { CompressionStream } = globalThis;
    /** @type {any} */
    let begin;
    const begun = new Promise((resolve) => begin = resolve);
    await withGlobals({ CompressionStream: () => (begin(), CompressionStream) }, async () => {
      const flushed = transport._flush();
      await begun;
      transport._hold(true);
      transport._clear();
      assert.equal(await flushed, false);
    });
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
    assert.equal(await transport._flush(), true);
    assert.equal(on.bodies[0].events.length, 1);
    assert.deepEqual([view.emitted, view.dropped], [3, { damaged: 2 }]);
    // Compared as JSON: the text that the server has confirmed is a property with a symbol.
    assert.equal(JSON.stringify(on.bodies[0].pageviews), JSON.stringify([view]));
    assert.deepEqual(keys(on), []);
  });
});

Deno.test("a page takes over events of other pages, and none of its own", () => {
  const on = site({ respond: () => unavailable() });
  return visit(on, async () => {
    const [other, left] = await open(on, 1);
    emit(other, left);
    other._leave();
    endPage(other);
    const [transport, view] = await open(on, 2);
    emit(transport, view);
    assert.equal(await transport._flush(), false);
    assert.equal(keys(on).length, 1);
    transport._hold(false);
    on.respond = () => ok();
    assert.equal(await transport._flush(), true);
    const sent = on.bodies[on.bodies.length - 1];
    assert.deepEqual([ids(sent), pageviews(sent)], [["p_1-1", "p_2-1"], ["p_1", "p_2"]]);
  });
});

Deno.test("a script that ends while it emits has counted only queued events", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    await transport._flush();
    // The browser may end a script wherever something is called. An exception does the same, up to the nearest `catch`.
    const called = { encodeURIComponent, setTimeout };
    let calls = 0;
    const ending = (/** @type {number} */ at) =>
      Object.fromEntries(
        Object.entries(called).map(([name, body]) => [name, () => (/** @type {any[]} */ ...values) => {
          if (calls++ === at) throw new Error("the script has ended");
          return /** @type {any} */ (body)(...values);
        }]),
      );
    for (let at = 0, isEnded = true; isEnded; at++) {
      calls = 0;
      isEnded = false;
      await withGlobals(ending(at), () => {
        try {
          emit(transport, view, { name: "café" });
        } catch {
          isEnded = true;
        }
      });
    }
    assert.ok(calls > 1);
    emit(transport, view);
    transport._leave();
    assert.deepEqual(seqs(on.beacons[0]), numbers(view.emitted));
    const [entry] = keys(on).map((key) => JSON.parse(on.localStorage.getItem(key)));
    assert.deepEqual([entry.pageviews[0].emitted, seqs(entry)], [view.emitted, numbers(view.emitted)]);
  });
});
