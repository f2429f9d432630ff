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
import { KEEPALIVE_BYTES_MAX } from "../../Web/tracker/limits.js";
import { report, withGlobals } from "./support.js";

Deno.test("a page that is hidden and shown 500 times without a change sends nothing and writes nothing more", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view);
    transport._leave();
    transport._wake();
    assert.equal(await transport._flush(), true);
    transport._leave();
    const [writes, posts] = [on.writes, on.bodies.length];
    for (let count = 0; count < 500; count++) {
      transport._leave();
      transport._wake();
      await transport._flush();
    }
    assert.deepEqual([on.bodies.length, on.beacons.length], [posts, 1]);
    assert.equal(on.writes, writes);
  });
});

Deno.test("beacons use at most half of the quota, reports first", () => {
  const on = site({ respond: () => unavailable() });
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    for (let count = 0; count < 10; count++) emit(transport, view, "x".repeat(10_000));
    emit(transport, view, {}, "engagement");
    transport._leave();
    assert.deepEqual(on.beacons.map(seqs), [[11, 1, 2, 3]]);
    assert.ok(on.sizes[0] <= KEEPALIVE_BYTES_MAX);
    emit(transport, view, "x".repeat(10_000));
    transport._leave();
    assert.equal(on.beacons.length, 1);
    // All of it is there for the next page.
    endPage(transport);
    on.respond = () => ok();
    const [next] = await open(on, 2);
    assert.equal(await next._flush(), true);
    const sent = on.bodies.flatMap(seqs);
    assert.deepEqual(sent.toSorted((left, right) => left - right), numbers(12));
  });
});

Deno.test("a request is only kept alive after its page while half of the limit suffices", () => {
  const on = site();
  // Sizes are those of the text where a browser cannot compress it.
  return visit(on, () =>
    withGlobals({ CompressionStream: undefined }, async () => {
      const [transport, view] = await open(on, 1);
      emit(transport, view, "x".repeat(20_000));
      await transport._flush();
      emit(transport, view, "x".repeat(40_000));
      await transport._flush();
      assert.deepEqual(on.keepalives, [true, false]);
      emit(transport, view, "x".repeat(30_000));
      transport._leave();
      emit(transport, view, "x".repeat(9000));
      await transport._flush();
      assert.deepEqual(on.keepalives.slice(2), [false]);
    }));
});

Deno.test("a hundred unconfirmed page views are sent in batches within the server's limits", () => {
  const on = site({ respond: () => unavailable() });
  return visit(on, async () => {
    for (const number of numbers(120)) {
      const [transport, view] = await open(on, number);
      emit(transport, view);
      assert.equal(await transport._flush(), false);
      transport._leave();
      endPage(transport);
    }
    for (const body of [...on.bodies, ...on.beacons]) assert.ok(body.pageviews.length <= 100);
    on.respond = () => ok();
    on.bodies.length = 0;
    const [last] = await open(on, 121);
    assert.equal(await last._flush(), true);
    assert.equal(new Set(on.bodies.flatMap(ids)).size, 120);
  });
});

Deno.test("later pages repeat only the latest reports, which a proxy may have lost", () => {
  const on = site();
  return visit(on, async () => {
    for (const number of numbers(30)) {
      const [transport, view] = await open(on, number);
      emit(transport, view);
      assert.equal(await transport._flush(), true);
      transport._leave();
      endPage(transport);
    }
    assert.equal(on.bodies.length, 30);
    assert.deepEqual(pageviews(on.bodies[29]), numbers(7, 24).map((number) => `p_${number}`));
  });
});

Deno.test("an event that is too large or cannot be serialized is counted", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    emit(transport, view, "x".repeat(60_000));
    transport._add("", view);
    assert.deepEqual(view.dropped, { too_large: 1, unserializable: 1 });
    assert.equal(await transport._flush(), true);
    assert.deepEqual(on.bodies.map(seqs), [[]]);
  });
});

Deno.test("a body stays within its limit, counted in bytes; no event is in two of them", () => {
  const on = site();
  return visit(on, async () => {
    const [transport, view] = await open(on, 1);
    // Two bytes a letter.
    for (let count = 0; count < 12; count++) emit(transport, view, "é".repeat(7000));
    await transport._flush();
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

Deno.test("where the sender cannot be loaded, the latest 20 entries wait with the page's own for a page that has it", () => {
  const on = site();
  for (const number of numbers(25, 10)) on.localStorage[`collector.queue.0${number}`] = "{}";
  return visit(on, async () => {
    const [transport, view] = await open(on, 1, false);
    emit(transport, view);
    assert.equal(await transport._flush(), false);
    assert.deepEqual([on.bodies, keys(on)], [[], numbers(20, 15).map((number) => `collector.queue.0${number}`)]);
    transport._leave();
    assert.deepEqual([on.beacons.map(seqs), keys(on).length], [[[1]], 21]);
    endPage(transport);
    const [next, own] = await open(on, 2);
    assert.equal(await next._flush(), true);
    assert.deepEqual(on.bodies.flatMap(ids), ["p_1-1"]);
    assert.deepEqual([own.dropped, keys(on)], [{ damaged: 20 }, []]);
  });
});

Deno.test("events sent before the sender loads leave when it has loaded", () => {
  const on = site();
  return visit(on, async () => {
    const { connect, transport } = await import("../../Web/tracker/transport.js?late");
    /** @type {any} */
    let arrive;
    const loading = new Promise((resolve) => arrive = resolve);
    connect(() => "https://collect.example/events", () => {});
    const view = report(1);
    on.transports.push(transport);
    transport._open(view);
    transport._hold(false);
    transport._complete(loading);
    emit(transport, view);
    const flushed = transport._flush();
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual(on.bodies, []);
    arrive(await import("../../Web/tracker/sender.js?late"));
    assert.equal(await flushed, true);
    assert.deepEqual(on.bodies.map(seqs), [[1]]);
  });
});

for (const when of ["Wed, 21 Oct 2026 07:28:00 GMT", "99999999999"]) {
  Deno.test(`no time to retry makes it retry at once: ${when}`, () => {
    const on = site({ respond: () => unavailable({ "Retry-After": when }) });
    return visit(on, async () => {
      const [transport, view] = await open(on, 1);
      emit(transport, view);
      assert.equal(await transport._flush(), false);
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(on.bodies.length, 1);
    });
  });
}
