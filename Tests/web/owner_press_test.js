// What waits for the release of a pointer.

import assert from "node:assert/strict";
import { released, startPresses } from "../../Web/owner/press.js";

const target = new EventTarget();
startPresses(target);

/** @param {string} type @param {string} pointerType @param {object} more */
const send = (type, pointerType = "mouse", more = {}) =>
  target.dispatchEvent(Object.assign(new Event(type), { pointerType, button: 0 }, more));

/** Whether it has ended after all tasks that are due. @param {Promise<void>} promise */
async function isOver(promise) {
  let over = false;
  promise.then(() => over = true);
  await new Promise((resolve) => setTimeout(resolve));
  await new Promise((resolve) => setTimeout(resolve));
  return over;
}

Deno.test("nothing waits while no pointer is pressed", async () => {
  assert.ok(await isOver(released()));
  send("pointerup");
  assert.ok(await isOver(released()));
});

Deno.test("a press ends after its click", async () => {
  send("pointerdown");
  assert.ok(!await isOver(released()));
  const waiting = released();
  /** @type {string[]} */
  const order = [];
  waiting.then(() => order.push("released"));
  send("pointerup");
  // The browser sends the click in the same task.
  order.push("click");
  await waiting;
  assert.deepEqual(order, ["click", "released"]);
  assert.ok(await isOver(released()));
});

Deno.test("a press that becomes a scroll ends, and so does one that a second press follows", async () => {
  send("pointerdown", "touch");
  const scrolled = released();
  send("pointercancel", "touch");
  assert.ok(await isOver(scrolled));
  send("pointerdown");
  const first = released();
  send("pointerdown", "touch");
  assert.ok(await isOver(first));
  assert.ok(!await isOver(released()));
  send("pointercancel", "touch");
  assert.ok(await isOver(released()));
});

Deno.test("a press that is released out of the page's sight ends with the next movement", async () => {
  send("pointerdown");
  send("pointermove", "mouse", { buttons: 1 });
  assert.ok(!await isOver(released()));
  send("pointermove", "mouse", { buttons: 0 });
  assert.ok(await isOver(released()));
});

Deno.test("a press of another button is none", async () => {
  send("pointerdown", "mouse", { button: 2 });
  assert.ok(await isOver(released()));
});

Deno.test("the late end of a press does not end the next one", async () => {
  send("pointerdown", "touch");
  const first = released();
  send("pointerup", "touch");
  send("pointerdown", "touch");
  const second = released();
  await first;
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.ok(!await isOver(second));
  send("pointercancel", "touch");
  assert.ok(await isOver(second));
});
