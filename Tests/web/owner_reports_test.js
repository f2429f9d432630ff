// Reports of the owner's page: kept while their figures are current, shared by those who wait, forgotten after changes.

import assert from "node:assert/strict";

for (
  const [name, value] of /** @type {[string, any][]} */ ([
    ["location", { search: "?range=7d", pathname: "/insight", hash: "" }],
    ["history", { pushState() {}, replaceState() {} }],
    ["document", { baseURI: "http://collector.example/insight" }],
  ])
) Object.defineProperty(globalThis, name, { value, configurable: true });

const { ask } = await import("../../Web/owner/api.js");
const { areFiguresOld, figuresTime, forgetReports, isKept, report } = await import("../../Web/owner/reports.js");
const { change } = await import("../../Web/owner/state.js");

/** @type {import("../../Web/owner/reports.js").Request} */
const OVERVIEW = ["overview", { range: "7d" }];

/**
 * A server that answers each request with its number, when the test allows it.
 *
 * @param {(server: {requests: {signal: AbortSignal, answer: (status?: number) => void}[]}) => Promise<void>} body
 */
async function withServer(body) {
  const { fetch } = globalThis;
  /** @type {any[]} */
  const requests = [];
  globalThis.fetch =
    /** @type {any} */ ((/** @type {string} */ _, /** @type {any} */ { signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        const number = requests.length + 1;
        const answer = (status = 200) => resolve(new Response(JSON.stringify({ number, message: "No" }), { status }));
        requests.push({ signal, answer });
      }));
  forgetReports();
  try {
    await body({ requests });
  } finally {
    globalThis.fetch = fetch;
  }
}

Deno.test("a report is requested once for all who wait for it, and kept for those who come later", () =>
  withServer(async ({ requests }) => {
    const [one, other] = [report(OVERVIEW), report(OVERVIEW)];
    assert.equal(requests.length, 1);
    requests[0].answer();
    assert.deepEqual([(await one).number, (await other).number, (await report(OVERVIEW)).number], [1, 1, 1]);
    assert.equal(requests.length, 1);
    const further = report(["overview", { range: "24h" }]);
    requests[1].answer();
    assert.equal((await further).number, 2);
  }));

Deno.test("what a view changes in a report does not change the report of another view", () =>
  withServer(async ({ requests }) => {
    const first = report(OVERVIEW);
    requests[0].answer();
    (await first).number = 99;
    assert.equal((await report(OVERVIEW)).number, 1);
  }));

Deno.test("a request ends when nobody waits for it, and goes on for the view that has taken it over", () =>
  withServer(async ({ requests }) => {
    const [ahead, view] = [new AbortController(), new AbortController()];
    const first = report(OVERVIEW, ahead.signal);
    ahead.abort();
    const second = report(OVERVIEW, view.signal);
    await assert.rejects(first, { name: "AbortError" });
    assert.deepEqual([requests.length, requests[0].signal.aborted], [1, false]);
    view.abort();
    await assert.rejects(second, { name: "AbortError" });
    assert.ok(requests[0].signal.aborted);
    const third = report(OVERVIEW);
    assert.equal(requests.length, 2);
    requests[1].answer();
    assert.equal((await third).number, 2);
  }));

Deno.test("an error is not kept", () =>
  withServer(async ({ requests }) => {
    const failed = report(OVERVIEW);
    requests[0].answer(503);
    await assert.rejects(failed, { status: 503 });
    assert.ok(!isKept(OVERVIEW));
    const again = report(OVERVIEW);
    requests[1].answer();
    assert.equal((await again).number, 2);
  }));

Deno.test("a request that changes something forgets all reports, also those that were requested before it ended", () =>
  withServer(async ({ requests }) => {
    const first = report(OVERVIEW);
    requests[0].answer();
    await first;
    const changing = ask("goals", {}, { method: "POST", body: {} });
    const during = report(["issues", {}]);
    requests[1].answer();
    await changing;
    assert.ok(!isKept(OVERVIEW) && !isKept(["issues", {}]));
    requests[2].answer();
    assert.equal((await during).number, 3);
    const next = report(OVERVIEW);
    requests[3].answer();
    assert.equal((await next).number, 4);
  }));

Deno.test("reports are requested again after a minute, and after 20 seconds in the range Realtime", () =>
  withServer(async ({ requests }) => {
    const { now } = Date;
    const start = now();
    try {
      Date.now = () => start;
      forgetReports();
      const first = report(OVERVIEW);
      requests[0].answer();
      await first;
      Date.now = () => start + 60_000;
      assert.ok(isKept(OVERVIEW));
      change({ range: "realtime" });
      assert.ok(areFiguresOld(start) && !isKept(OVERVIEW));
      change({ range: "7d" });
      assert.equal(figuresTime(), start);
      Date.now = () => start + 60_001;
      assert.ok(areFiguresOld(start) && figuresTime() === start + 60_001);
      const second = report(OVERVIEW);
      requests[1].answer();
      assert.equal((await second).number, 2);
    } finally {
      Date.now = now;
    }
  }));

Deno.test("at most 64 reports are kept, the oldest go first", () =>
  withServer(async ({ requests }) => {
    for (let index = 0; index < 65; index++) {
      const one = report(["overview", { range: `${index + 1}d` }]);
      requests[index].answer();
      await one;
    }
    assert.deepEqual([isKept(["overview", { range: "1d" }]), isKept(["overview", { range: "2d" }])], [false, true]);
  }));
