import assert from "node:assert/strict";
import { ageText, bytesText, eventsKeptText, spaceText } from "../../Web/owner/storage-words.js";

Deno.test("sizes have the unit that fits", () => {
  assert.equal(bytesText(0), "0 bytes");
  assert.equal(bytesText(1023), "1023 bytes");
  assert.equal(bytesText(1024), "1.0 KiB");
  assert.equal(bytesText(150 * 1024 * 1024), "150 MiB");
  assert.equal(bytesText(-3 * 1024 ** 3), "−3.0 GiB");
});

Deno.test("ages are days, and always without a limit", () => {
  assert.equal(ageText(null), "always");
  assert.equal(ageText(86_400), "1 day");
  assert.equal(ageText(180 * 86_400), "180 days");
});

Deno.test("events without an age are kept until a limit of size removes the oldest", () => {
  const report = { disk_free: null, policy: { events: null, database_max: null, disk_free_min: 1024 ** 3 } };
  assert.equal(eventsKeptText(report), "always");
  assert.equal(eventsKeptText({ ...report, disk_free: 5 }), "until the disk has less than 1.0 GiB left");
  assert.equal(eventsKeptText({ disk_free: 5, policy: { ...report.policy, disk_free_min: 0 } }), "always");
  assert.equal(
    eventsKeptText({ ...report, policy: { ...report.policy, database_max: 2048 } }),
    "up to 2.0 KiB, the newest",
  );
  assert.equal(eventsKeptText({ ...report, policy: { ...report.policy, events: 86_400 } }), "1 day");
});

Deno.test("the forecast says what is known", () => {
  const report = {
    sizes: { used: 2048 },
    growth_per_day: null,
    days_left: null,
    disk_free: null,
    policy: { database_max: null },
  };
  assert.equal(spaceText(report), "The database uses 2.0 KiB. Its growth is known after six hours.");
  assert.equal(
    spaceText({ ...report, growth_per_day: 1024, days_left: 12.9, disk_free: 4096, policy: { database_max: 8192 } }),
    "The database uses 2.0 KiB of 8.0 KiB. The disk has 4.0 KiB left. It grows by 1.0 KiB a day. There is space for 12 days.",
  );
  assert.equal(spaceText({ ...report, growth_per_day: -5 }), "The database uses 2.0 KiB. It does not grow.");
});
