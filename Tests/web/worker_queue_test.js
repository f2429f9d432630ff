import assert from "node:assert/strict";

/** What the server answers next; nothing stands for no network. @type {(Response | undefined)[]} */
const answers = [];
/** @type {any[]} */
const bodies = [];
const { fetch } = globalThis;
globalThis.fetch = (/** @type {any} */ _, /** @type {any} */ options) => {
  bodies.push(JSON.parse(options.body));
  const answer = answers.shift();
  return answer ? Promise.resolve(answer) : Promise.reject(new TypeError("no network"));
};
const { openWorkerQueue } = await import("../../Web/tracker/worker-queue.js");
globalThis.fetch = fetch;

/** @param {any} [body] @param {number} [status] */
const answer = (body = {}, status = 200) => new Response(JSON.stringify(body), { status });

const opened = () => {
  const report = { emitted: 0, dropped: {} };
  const context = () => ({
    pageview_id: "p_1",
    visitor_id: "v_1",
    session_id: "s_1",
    site: "a",
    path: "/w",
    referrer: "",
  });
  bodies.length = 0;
  return { report, queue: openWorkerQueue({ _report: report, context, endpoint: () => "http://a/events" }) };
};

Deno.test("events are sent with their shared fields and a delivery report", async () => {
  const { report, queue } = opened();
  report.emitted = 2;
  for (const seq of [1, 2]) queue.push([{ seq, event_type: "x" }, `{"n":${seq}}`]);
  answers.push(answer({ rejected: [{ index: 1 }] }), answer());
  assert.equal(await queue.send(), true);
  const [{ v, pageviews, events }] = bodies;
  assert.deepEqual([v, events.length, events[0].payload, events[1].pageview], [2, 2, { n: 1 }, 0]);
  assert.deepEqual(pageviews, [{
    pageview_id: "p_1",
    visitor_id: "v_1",
    session_id: "s_1",
    site: "a",
    path: "/w",
    referrer: "",
    emitted: 2,
    dropped: {},
  }]);
  assert.deepEqual(report.dropped, { rejected: 1 });
  // The number of those that were rejected is sent, too, and then nothing more.
  assert.deepEqual(bodies[1].pageviews[0].dropped, { rejected: 1 });
  assert.equal(await queue.send(), true);
  assert.equal(bodies.length, 2);
});

Deno.test("permanently refused events are counted, and the oldest are dropped when the queue is full", async () => {
  const { report, queue } = opened();
  for (let seq = 1; seq <= 203; seq++) queue.push([{ seq }, "{}"]);
  answers.push(answer({}, 400), answer());
  assert.equal(await queue.send(), true);
  assert.equal(bodies[0].events[0].seq, 4);
  assert.deepEqual(report.dropped, { queue_full: 3, refused: 200 });
});

Deno.test({
  name: "events stay until there is an answer, and a large queue goes in bodies of bounded size",
  // The retry waits longer than the test.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const { report, queue } = opened();
    const text = JSON.stringify({ text: "x".repeat(20_000) });
    for (let seq = 1; seq <= 7; seq++) queue.push([{ seq }, text]);
    assert.equal(await queue.send(), false);
    answers.push(answer(), answer(), answer(), answer());
    assert.equal(await queue.send(), true);
    const sent = bodies.slice(1).map(({ events }) => events.map((/** @type {any} */ { seq }) => seq));
    assert.deepEqual(sent.flat(), [1, 2, 3, 4, 5, 6, 7]);
    assert.ok(sent.every((part) => part.length <= 3) && answers.length <= 1);
    assert.deepEqual(report.dropped, {});
    answers.length = 0;
  },
});
