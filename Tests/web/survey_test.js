import assert from "node:assert/strict";
import { survey } from "../../Web/tracker/survey.js";

/** Milliseconds that a signal has: enough on the busiest machine, unless a test waits for the end. */
const LIMIT = 10_000;

/**
 * @param {Record<string, () => any>} lasting @param {Record<string, () => any>} [fleeting]
 * @param {string[]} [doubted] @param {number} [limit]
 */
const ask = (lasting, fleeting = {}, doubted = [], limit = LIMIT) => survey(lasting, fleeting, doubted, limit);

/** The timer of an answer that came in time runs out by itself. */
const test = (/** @type {string} */ name, /** @type {() => Promise<void>} */ fn) =>
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });

test("a signal that throws, rejects, hangs or has nothing is null, and harms no other", async () => {
  const asked = {
    throws: () => {
      throw new Error("on purpose");
    },
    rejects: () => Promise.reject(new Error("on purpose")),
    hangs: () => new Promise(() => {}),
    nothing: () => undefined,
    good: () => 1,
  };
  const { signals, parts } = await ask(asked, {}, [], 20);
  assert.deepEqual(signals, { throws: null, rejects: null, hangs: null, nothing: null, good: 1 });
  assert.deepEqual(Object.keys(parts), ["good"]);
});

test("a volatile signal is reported, and is no part of the hash", async () => {
  const one = await ask({ a: () => 1 }, { battery: () => ({ level: 10 }) });
  const other = await ask({ a: () => 1 }, { battery: () => ({ level: 20 }) });
  assert.deepEqual(one.signals, { a: 1, battery: { level: 10 } });
  assert.deepEqual(Object.keys(one.parts), ["a"]);
  assert.equal(one.hash, other.hash);
});

test("a new version of a browser has the same hash, another device has not", async () => {
  const hash = async (/** @type {any} */ said) => (await ask({ navigator: () => said })).hash;
  const one = await hash({
    userAgent: "Chrome/156",
    platform: "Win32",
    onLine: true,
    brands: [1],
    platformVersion: "1",
  });
  const later = { userAgent: "Chrome/157", platform: "Win32", onLine: false, brands: [2], platformVersion: "2" };
  assert.equal(await hash(later), one);
  assert.notEqual(await hash({ ...later, platform: "Linux" }), one);
});

test("a doubted part is asked twice; if it says two things, it is not in the hash", async () => {
  let count = 0;
  const noisy = () => count++;
  const one = await ask({ a: () => 1, noisy }, {}, ["noisy"]);
  const other = await ask({ a: () => 1, noisy }, {}, ["noisy"]);
  assert.equal(count, 4);
  assert.deepEqual([one.parts.noisy.stable, one.parts.a.stable], [false, true]);
  assert.equal(one.hash, other.hash);
  assert.equal(one.hash, (await ask({ a: () => 1 })).hash);
  assert.notEqual(one.hash, (await ask({ a: () => 2 })).hash);
});

test("one is asked after the other", async () => {
  /** @type {string[]} */
  const log = [];
  const slow = (/** @type {string} */ name) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    log.push(`${name} ends`);
    return 1;
  };
  await ask({ a: slow("a"), b: slow("b") });
  assert.deepEqual(log, ["a begins", "a ends", "b begins", "b ends"]);
});
