import assert from "node:assert/strict";
import { openAttribution } from "../../Web/tracker/attribution.js";
import { addInteraction, atPercentile, openFrames } from "../../Web/tracker/interactions.js";
import { defineNodes, element } from "./support.js";

defineNodes();

/** @typedef {import("../../Web/tracker/interactions.js").Interaction} Interaction */

/** Merges recorded entries, in the order in which they arrive. @param {any[]} entries @returns {Interaction[]} */
function merged(entries) {
  const frameOf = openFrames();
  return entries.reduce((longest, entry) => {
    const frame = frameOf(entry);
    return entry.interactionId ? addInteraction(longest, entry, frame) : longest;
  }, /** @type {Interaction[]} */ ([]));
}

/** @param {any[]} entries @param {any} [scriptWithin] */
const attributed = (entries, scriptWithin) => {
  const [longest] = merged(entries);
  return openAttribution(scriptWithin)("INP", longest.duration, longest);
};

/** An entry as the browser reports it. @param {any} fields */
const event = (fields) => ({ entryType: "event", interactionId: 0, target: null, ...fields });

const BUTTON = element("button", { id: "s" });
const EARLY = element("b", { id: "early" });

// Chromium 156: a click of 150 ms on a button. Pointerup has no target, and its handler ends at once.
const CLICK = [
  event({
    name: "pointerup",
    interactionId: 5615,
    startTime: 2138.1,
    duration: 160,
    processingStart: 2139,
    processingEnd: 2139.1,
  }),
  event({
    name: "mouseup",
    startTime: 2138.1,
    duration: 160,
    processingStart: 2139.2,
    processingEnd: 2139.3,
    target: BUTTON,
  }),
  event({
    name: "click",
    interactionId: 5615,
    startTime: 2138.3,
    duration: 160,
    processingStart: 2139.4,
    processingEnd: 2290,
    target: BUTTON,
  }),
];

Deno.test("of the events of one frame, the first with a target names the interaction", () => {
  const [longest, ...rest] = merged(CLICK);
  assert.deepEqual(rest, []);
  assert.equal(attributed(CLICK).interactionTarget, "button#s");
  assert.equal(longest.duration, 160);
  // An entry that comes before, and has a shorter duration, names it as well.
  const early = event({
    name: "pointerdown",
    interactionId: 5615,
    startTime: 2050,
    duration: 8,
    processingStart: 2051,
    processingEnd: 2051.2,
    target: EARLY,
  });
  assert.equal(attributed([early, ...CLICK]).interactionTarget, "b#early");
});

Deno.test("every handler of the frame counts as processing, whichever event it belongs to", () => {
  assert.deepEqual(attributed(CLICK), {
    interactionTarget: "button#s",
    interactionType: "pointer",
    interactionTime: 2138.1,
    inputDelay: 0.9,
    processingDuration: 151,
    presentationDelay: 8.1,
    longestScript: null,
  });
  // Firefox 153: the handler of mouseup, which has no interaction, is no input delay of the click.
  const phases = attributed([
    event({ name: "mouseup", startTime: 500, duration: 136, processingStart: 501, processingEnd: 622 }),
    event({
      name: "click",
      interactionId: 7,
      startTime: 500,
      duration: 136,
      processingStart: 622,
      processingEnd: 625,
    }),
  ]);
  assert.equal(phases.inputDelay, 1);
  assert.equal(phases.processingDuration, 124);
  assert.equal(phases.presentationDelay, 11);
});

Deno.test("phases sum up to the duration, also where clocks are rounded or handlers ran before the interaction", () => {
  const key = { name: "keydown", interactionId: 3, startTime: 1000, duration: 96 };
  const handlers = [
    // The paint is reported to be before the end of the handler, by rounding.
    [{ processingStart: 1001, processingEnd: 1099 }],
    // A handler of the same frame began before the key was pressed.
    [{ processingStart: 1002, processingEnd: 1010 }, {
      name: "mouseover",
      interactionId: 0,
      startTime: 990,
      duration: 104,
      processingStart: 991,
      processingEnd: 1001,
    }],
  ];
  for (const [own, ...others] of handlers) {
    const phases = attributed([event({ ...key, ...own }), ...others.map(event)]);
    const { inputDelay, processingDuration, presentationDelay } = phases;
    assert.equal(inputDelay + processingDuration + presentationDelay, 96);
    assert.ok(Math.min(inputDelay, processingDuration, presentationDelay) >= 0, JSON.stringify(phases));
    assert.equal(phases.interactionType, "keyboard");
  }
});

Deno.test("frames are distinguished by their paint, to the 8 ms to which durations are rounded", () => {
  const frameOf = openFrames();
  const at = (/** @type {number} */ paint) =>
    frameOf({ startTime: 0, duration: paint, processingStart: paint - 5, processingEnd: paint - 1 });
  const first = at(100);
  assert.equal(at(108), first);
  assert.deepEqual(first.map(({ processingEnd }) => processingEnd), [99, 107]);
  assert.notEqual(at(109), first);
  // Long ago nothing comes late any more.
  for (let paint = 200; paint < 400; paint += 20) at(paint);
  assert.notEqual(at(100), first);
});

Deno.test("a frame has a bounded number of events", () => {
  const frameOf = openFrames();
  for (let count = 0; count < 1000; count++) frameOf({ startTime: 0, duration: 100 });
  assert.equal(frameOf({ startTime: 0, duration: 100 }).length, 50);
});

Deno.test("an interaction counts with its longest event, and the ten longest are kept", () => {
  const entries = Array.from({ length: 30 }, (_, index) =>
    [40, 48].map((more) =>
      event({
        name: "click",
        interactionId: 1 + index,
        startTime: 1000 * index,
        duration: more + 8 * index,
        processingStart: 1000 * index,
        processingEnd: 1000 * index + 1,
      })
    )).flat();
  const longest = merged(entries);
  assert.deepEqual(longest.map(({ duration }) => duration), [280, 272, 264, 256, 248, 240, 232, 224, 216, 208]);
  assert.equal(new Set(longest.map(({ id }) => id)).size, 10);
});

Deno.test("the worst interaction counts below fifty of them, then one is forgiven for every fifty", () => {
  const longest = /** @type {any[]} */ ([500, 300, 80, 40].map((duration) => ({ duration })));
  const at = (/** @type {number} */ count) => atPercentile(longest, count)?.duration;
  assert.equal(at(4), 500);
  assert.equal(at(49), 500);
  assert.equal(at(50), 300);
  assert.equal(at(100), 80);
  assert.equal(at(10_000), 40);
});

Deno.test("interactions that the browser did not report have a value only where the page view did not begin with a load", () => {
  assert.equal(atPercentile([], 7), undefined);
  assert.deepEqual(atPercentile([], 7, true), { duration: 8 });
  assert.equal(atPercentile([], 0, true), undefined);
  assert.equal(openAttribution()("INP", 8, atPercentile([], 7, true)), undefined);
});

Deno.test("the longest script is that of the frames in which the interaction waited", () => {
  /** @type {number[][]} */
  const asked = [];
  const script = { invoker: "BUTTON#b.onclick" };
  const found = attributed(CLICK, (/** @type {number[]} */ ...times) => {
    asked.push(times);
    return script;
  });
  assert.equal(found.longestScript, script);
  assert.deepEqual(asked, [[2138.1, 2290]]);
});

// A press of 48 ms and the click of 160 ms that it ends with are one interaction.
const PRESS = event({
  name: "pointerdown",
  interactionId: 5615,
  startTime: 2038.1,
  duration: 48,
  processingStart: 2040,
  processingEnd: 2070,
  target: EARLY,
});
/** The entry of the first input is a copy of that of the event. */
const FIRST = { ...CLICK[2], entryType: "first-input" };
/** An element that was removed is no longer known to its entry. @param {any} entry */
const removed = (entry) => ({ ...entry, target: null });

Deno.test("of events of one interaction in different frames, the longest counts with its own frame", () => {
  const { interactionTarget: _, ...phases } = attributed(CLICK);
  for (const entries of [[PRESS, ...CLICK], [...CLICK, PRESS]]) {
    const { interactionTarget: __, ...found } = attributed(entries);
    assert.deepEqual([merged(entries).length, found], [1, phases]);
  }
  // A press whose element was removed before the click still names the interaction.
  assert.equal(attributed([PRESS, ...CLICK.map(removed)]).interactionTarget, "b#early");
});

Deno.test("a first input counts once and has the phases of its frame, whether it arrives before or after the events", () => {
  // Firefox 153: the handler of mouseup, which has no interaction, held the frame up.
  const mouseup = event({ name: "mouseup", startTime: 500, duration: 136, processingStart: 501, processingEnd: 622 });
  const click = event({
    name: "click",
    interactionId: 7,
    startTime: 500,
    duration: 136,
    processingStart: 622,
    processingEnd: 625,
    target: BUTTON,
  });
  const first = { ...click, entryType: "first-input" };
  const expected = attributed([mouseup, click]);
  assert.equal(expected.processingDuration, 124);
  for (const entries of [[first, mouseup, click], [mouseup, first, click], [mouseup, click, first]]) {
    assert.deepEqual([merged(entries).length, attributed(entries)], [1, expected]);
  }
});

Deno.test("an element is named that the first input knew, and events that came later did not", () => {
  assert.equal(attributed([FIRST, ...CLICK.map(removed)]).interactionTarget, "button#s");
});

Deno.test("an element that is removed after its events have arrived is named", () => {
  for (const entries of [[CLICK[2]], CLICK, [...CLICK, FIRST]]) {
    const arrived = entries.map((entry) => ({ ...entry }));
    const [longest] = merged(arrived);
    for (const entry of arrived) entry.target = null;
    const { interactionTarget } = openAttribution()("INP", longest.duration, longest);
    assert.equal(interactionTarget, "button#s", `${entries.map(({ name }) => name)}`);
  }
});

Deno.test("another interaction of the same frame lends an interaction no element", () => {
  const other = event({
    name: "click",
    interactionId: 9,
    startTime: 2298.3,
    duration: 0,
    processingStart: 2298.3,
    processingEnd: 2298.3,
    target: EARLY,
  });
  assert.equal(attributed([other, removed(CLICK[2])]).interactionTarget, "");
  assert.equal(attributed([other, CLICK[2]]).interactionTarget, "button#s");
});
