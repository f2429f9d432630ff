import assert from "node:assert/strict";
import { createRunner } from "../../Web/visitor/runner.js";
import { canonical } from "../../Web/kit/canonical.js";

/** @typedef {import("../../Web/visitor/collectors/types.js").Collector} Collector */

/** @param {Partial<Collector> & {name: string}} collector @returns {Collector} */
const make = (collector) => ({ tab: "overview", title: collector.name, collect: () => 1, render() {}, ...collector });

/** @param {Collector[]} collectors */
function start(collectors) {
  /** @type {string[]} */
  const log = [];
  const runner = createRunner(collectors, (run) => log.push(`${run.collector.name} ${run.state}`));
  return { runner, log };
}

Deno.test("a collector that throws, rejects, hangs or has nothing harms no other", async () => {
  const { runner, log } = start([
    make({
      name: "throws",
      collect: () => {
        throw new Error("on purpose");
      },
    }),
    make({ name: "rejects", collect: () => Promise.reject(new Error("on purpose")) }),
    make({ name: "hangs", timeLimit: 20, collect: () => new Promise(() => {}) }),
    make({ name: "nothing", collect: () => null }),
    make({
      name: "contributes badly",
      contribute: () => {
        throw new Error("on purpose");
      },
    }),
    make({
      name: "watches badly",
      watch: () => {
        throw new Error("on purpose");
      },
    }),
    make({ name: "good", collect: () => ({ a: 1 }), contribute: (value, payload) => payload.good = value }),
  ]);
  await runner.measure();
  const bad = ["throws", "rejects", "hangs", "nothing"];
  assert.deepEqual(
    log.filter((line) => line.endsWith("unavailable")).sort(),
    bad.map((name) => `${name} unavailable`).sort(),
  );
  assert.equal(runner.runs.get("throws")?.reason, "on purpose");
  const payload = {};
  runner.contribute(payload);
  assert.deepEqual(payload, { good: { a: 1 } });
});

Deno.test("values after the time limit are still used", async () => {
  /** @type {(value: unknown) => void} */
  let resolve = () => {};
  const { runner } = start([
    make({ name: "slow", timeLimit: 5, collect: () => new Promise((done) => resolve = done) }),
  ]);
  await runner.measure();
  assert.equal(runner.runs.get("slow")?.state, "unavailable");
  resolve(7);
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual([runner.runs.get("slow")?.state, runner.runs.get("slow")?.value], ["ready", 7]);
});

Deno.test("a value that is used by another is put into it whenever it comes", async () => {
  const { runner } = start([
    make({ name: "status", uses: ["battery", "heap"], collect: () => ({ isOnline: true }) }),
    make({ name: "battery", collect: async () => ({ level: await 50 }) }),
    make({ name: "heap", collect: () => null }),
  ]);
  await runner.measure();
  const { value } = /** @type {import("../../Web/visitor/runner.js").Run} */ (runner.runs.get("status"));
  assert.deepEqual([value.isOnline, value.battery, value.heap, value.heapState], [
    true,
    { level: 50 },
    null,
    "unavailable",
  ]);
});

Deno.test("a change of one field keeps the others; a list is taken whole", async () => {
  /** @type {Record<string, (value: unknown) => void>} */
  const updates = {};
  const { runner } = start([
    make({ name: "fields", collect: () => ({ a: 1, b: 2 }), watch: (update) => updates.fields = update }),
    make({ name: "list", collect: () => [1], watch: (update) => updates.list = update }),
  ]);
  await runner.measure();
  updates.fields({ b: 3 });
  updates.list([2, 3]);
  assert.deepEqual(runner.runs.get("fields")?.value, { a: 1, b: 3 });
  assert.deepEqual(runner.runs.get("list")?.value, [2, 3]);
});

Deno.test("only parts that are the same twice are in the combined hash, in whatever order they come", async () => {
  let count = 0;
  const steady = make({
    name: "steady",
    tab: "fingerprint",
    isFingerprint: true,
    collect: () => ({ b: 1, a: 2 }),
    summary: () => "two",
  });
  const other = make({ name: "other", tab: "fingerprint", isFingerprint: true, collect: () => [1] });
  const moving = make({ name: "moving", tab: "fingerprint", isFingerprint: true, collect: () => count++ });
  const absent = make({ name: "absent", tab: "fingerprint", isFingerprint: true, collect: () => null });
  const all = await start([steady, moving, absent, other]).runner.fingerprint();
  const few = await start([other, steady]).runner.fingerprint();
  assert.equal(all.hash, few.hash);
  assert.deepEqual(all.parts.map((part) => [part.name, part.isStable]), [["steady", true], ["moving", false], [
    "other",
    true,
  ]]);
  assert.equal(all.parts[0].summary, "two");
});

Deno.test("only identifying signals are compared", async () => {
  let count = 0;
  const quota = make({
    ...{ name: "quota", tab: "fingerprint", isFingerprint: true },
    collect: () => ({ used: count++, kind: "disk" }),
    identity: (value) => value.kind,
  });
  const { parts } = await start([quota]).runner.fingerprint();
  assert.equal(parts[0].isStable, true);
});

Deno.test("the order of fields does not matter, the order of a list does", () => {
  assert.equal(canonical({ a: 1, b: [1, { d: 1, c: 2 }] }), canonical({ b: [1, { c: 2, d: 1 }], a: 1 }));
  assert.notEqual(canonical([1, 2]), canonical([2, 1]));
  assert.equal(canonical(undefined), "null");
});
