import assert from "node:assert/strict";
import { watchFrames } from "../../Web/tracker/frames.js";
import { withGlobals } from "./support.js";

/** @param {any} fields */
const script = (fields) => ({
  startTime: 0,
  duration: 50,
  sourceURL: "http://a/app.js?v=1",
  sourceFunctionName: "go",
  ...fields,
});

class Observer {
  static supportedEntryTypes = ["long-animation-frame"];
  /** @type {(frame: any) => void} */
  static add;
  constructor(/** @type {any} */ callback) {
    Observer.add = (frame) => callback({ getEntries: () => [{ blockingDuration: 0, ...frame }] });
  }
  observe() {}
  /** Frames that the browser has not reported yet. @type {any[]} */
  static held = [];
  takeRecords() {
    return Observer.held.splice(0);
  }
}

/** Watches frames that the browser reports one by one. @param {(add: (frame: any) => void, frames: ReturnType<typeof watchFrames>) => void} body */
const watched = (body) =>
  withGlobals({ PerformanceObserver: () => Observer }, () => {
    const frames = watchFrames();
    body(Observer.add, frames);
  });

Deno.test("invokers are complete, except for secrets in addresses", () =>
  watched((add, { _scriptWithin: scriptWithin }) => {
    const invokers = {
      "BUTTON#b.onclick": "BUTTON#b.onclick",
      "TimerHandler:setTimeout": "TimerHandler:setTimeout",
      "http://a/app.js?token=1#x": "http://a/app.js",
      "IMG[src=http://a/pic.png?token[]=1].onload": "IMG[src=http://a/pic.png].onload",
      "IMG[src=/pic.png?token=1].onload": "IMG[src=/pic.png].onload",
    };
    Object.entries(invokers).forEach(([invoker, expected], index) => {
      const startTime = 1000 * index;
      add({ startTime, duration: 100, scripts: [script({ startTime, invoker })] });
      assert.deepEqual(scriptWithin(startTime, startTime + 50), {
        invoker: expected,
        sourceURL: "http://a/app.js",
        sourceFunctionName: "go",
        duration: 50,
      });
    });
  }));

Deno.test("the script that ran longest after the interaction began holds it up", () =>
  watched((add, { _scriptWithin: scriptWithin }) => {
    add({
      startTime: 1000,
      duration: 300,
      scripts: [
        // Longer, but over for the most part when the interaction began.
        script({ startTime: 1000, duration: 150, invoker: "before" }),
        script({ startTime: 1150, duration: 100, invoker: "while" }),
      ],
    });
    assert.equal(scriptWithin(1100, 1250)?.invoker, "while");
    assert.equal(scriptWithin(1020, 1250)?.invoker, "before");
    assert.equal(scriptWithin(1260, 1270), null);
    assert.equal(scriptWithin(1400, 1500), null);
  }));

Deno.test("a frame that was long is found though many others came after it", () =>
  watched((add, { _scriptWithin: scriptWithin }) => {
    add({ startTime: 1000, duration: 300, scripts: [script({ startTime: 1000, duration: 300, invoker: "slow" })] });
    for (let index = 0; index < 200; index++) {
      add({ startTime: 2000 + index * 60, duration: 50, scripts: [] });
    }
    assert.equal(scriptWithin(1000, 1200)?.invoker, "slow");
  }));

Deno.test("entries buffered by the browser count when frames are read", () =>
  watched((add, frames) => {
    const slow = {
      startTime: 1000,
      duration: 300,
      blockingDuration: 250,
      scripts: [script({ startTime: 1000, duration: 290, invoker: "slow" })],
    };
    Observer.held = [slow];
    assert.equal(frames._scriptWithin(1000, 1200)?.invoker, "slow");
    Observer.held = [{ ...slow, startTime: 2000 }];
    add({ startTime: 3000, duration: 60, blockingDuration: 10, scripts: [] });
    const { count, blocking, worst } = frames.read();
    assert.deepEqual([count, blocking, worst.length], [3, 510, 3]);
    // Each counts once.
    assert.equal(frames.read().count, 3);
  }));
