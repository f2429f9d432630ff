import assert from "node:assert/strict";
import { activeIds, forgetIds, IDS_KEY, pageviewId, shareActivity, uuid7 } from "../../Web/tracker/ids.js";
import { permitStorage } from "../../Web/tracker/storage.js";
import { blocked, storage, withGlobals } from "./support.js";

const MINUTE = 60_000;
const FORM = /^v_[0-9a-f]{32} s_[0-9a-f]{32} \d+$/;

permitStorage(true);

Deno.test("an id carries its time first, its version and its variant", () => {
  const now = Date.UTC(2026, 10, 23);
  const id = uuid7("", now);
  assert.match(id, /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  assert.equal(parseInt(id.slice(0, 12), 16), now);
  assert.match(uuid7("-", now), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

Deno.test("ids are not the same twice, and a later one sorts later", () => {
  const ids = new Set(Array.from({ length: 1000 }, () => uuid7()));
  assert.equal(ids.size, 1000);
  assert.ok(uuid7("", 1000) < uuid7("", 2000));
  assert.match(pageviewId(), /^p_[0-9a-f]{32}$/);
});

Deno.test("a visitor keeps its id, and an invalid id is replaced", () => {
  const kept = storage();
  return withGlobals({ localStorage: kept }, () => {
    forgetIds();
    const first = activeIds();
    assert.match(kept.getItem(IDS_KEY), FORM);
    assert.deepEqual(activeIds(), first);
    kept.setItem(IDS_KEY, "v_<script> s_1 2");
    assert.notDeepEqual(activeIds(Date.now() + MINUTE), first);
    assert.match(kept.getItem(IDS_KEY), FORM);
  });
});

Deno.test("a session ends after 30 minutes without activity, and each activity prolongs it; the visitor stays", () => {
  return withGlobals({ localStorage: storage() }, () => {
    forgetIds();
    const start = Date.UTC(2026, 10, 23);
    const first = activeIds(start);
    assert.deepEqual(activeIds(start + 29 * MINUTE), first);
    assert.deepEqual(activeIds(start + 58 * MINUTE), first);
    const later = activeIds(start + 88 * MINUTE);
    assert.notEqual(later.session_id, first.session_id);
    assert.equal(later.visitor_id, first.visitor_id);
  });
});

Deno.test("a clock that was turned back does not keep a session for ever", () => {
  return withGlobals({ localStorage: storage() }, () => {
    forgetIds();
    const first = activeIds(Date.UTC(2030, 0, 1));
    assert.notEqual(activeIds(Date.UTC(2026, 0, 1)).session_id, first.session_id);
  });
});

Deno.test("where storage throws, ids live as long as the page", () => {
  return withGlobals({ localStorage: blocked }, () => assert.deepEqual(activeIds(), activeIds()));
});

Deno.test("nothing is stored before consent, and known ids are stored after it", () => {
  const kept = storage();
  return withGlobals({ localStorage: kept }, () => {
    forgetIds();
    permitStorage(false);
    const first = activeIds();
    assert.deepEqual(activeIds(), first);
    assert.equal(kept.getItem(IDS_KEY), null);
    permitStorage(true);
    assert.match(kept.getItem(IDS_KEY), FORM);
    assert.deepEqual(activeIds(), first);
  });
});

Deno.test("the storage is touched once a minute, and when other pages must know of an activity", () => {
  const kept = storage();
  return withGlobals({ localStorage: kept }, () => {
    forgetIds();
    const start = Date.UTC(2026, 10, 23);
    const stored = () => +kept.getItem(IDS_KEY).split(" ")[2];
    activeIds(start);
    activeIds(start + 59_000);
    assert.equal(stored(), start);
    shareActivity(start + 59_500);
    assert.equal(stored(), start + 59_500);
    activeIds(start + 60_000 + MINUTE);
    assert.equal(stored(), start + 60_000 + MINUTE);
    shareActivity();
    assert.equal(stored(), start + 60_000 + MINUTE);
  });
});

Deno.test("a session that another tab has begun is this page's, too, within a minute", () => {
  const kept = storage();
  return withGlobals({ localStorage: kept }, () => {
    forgetIds();
    const start = Date.UTC(2026, 10, 23);
    const { visitor_id } = activeIds(start);
    const other = "s_" + "1".repeat(32);
    kept.setItem(IDS_KEY, `${visitor_id} ${other} ${start + 1000}`);
    assert.equal(activeIds(start + MINUTE).session_id, other);
  });
});
