import assert from "node:assert/strict";
import { hyphenated, pageviewId, sessionId, uuid7, visitorId } from "../../Web/shared/ids.js";

const MINUTE = 60_000;

/** @param {Record<string, unknown>} replaced @param {() => void} body */
function withGlobals(replaced, body) {
  const before = Object.fromEntries(
    Object.keys(replaced).map((key) => [key, Object.getOwnPropertyDescriptor(globalThis, key)]),
  );
  for (const [key, value] of Object.entries(replaced)) {
    Object.defineProperty(
      globalThis,
      key,
      typeof value === "function" ? { get: () => value(), configurable: true } : { value, configurable: true },
    );
  }
  try {
    body();
  } finally {
    for (const [key, descriptor] of Object.entries(before)) {
      if (descriptor) Object.defineProperty(globalThis, key, descriptor);
    }
  }
}

function storage() {
  const kept = new Map();
  return {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value),
  };
}

Deno.test("an id carries its time first, its version and its variant", () => {
  const now = Date.UTC(2026, 10, 23);
  const id = uuid7(now);
  assert.match(id, /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  assert.equal(parseInt(id.slice(0, 12), 16), now);
  assert.match(hyphenated(id), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

Deno.test("ids are not the same twice, and a later one sorts later", () => {
  const ids = new Set(Array.from({ length: 1000 }, () => uuid7()));
  assert.equal(ids.size, 1000);
  assert.ok(uuid7(1000) < uuid7(2000));
  assert.match(pageviewId(), /^p_[0-9a-f]{32}$/);
});

Deno.test("a visitor is known again, and what is no id is replaced", () => {
  const kept = storage();
  withGlobals({ localStorage: kept, sessionStorage: storage() }, () => {
    const first = visitorId();
    assert.match(first, /^v_[0-9a-f]{32}$/);
    assert.equal(visitorId(), first);
    assert.equal(kept.getItem("collector.visitor_id"), first);
    kept.setItem("collector.visitor_id", "v_<script>");
    assert.match(visitorId(), /^v_[0-9a-f]{32}$/);
  });
});

Deno.test("a session ends after 30 minutes without activity, and each activity prolongs it", () => {
  withGlobals({ localStorage: storage(), sessionStorage: storage() }, () => {
    const start = Date.UTC(2026, 10, 23);
    const first = sessionId(start);
    assert.match(first, /^s_[0-9a-f]{32}$/);
    assert.equal(sessionId(start + 29 * MINUTE), first);
    assert.equal(sessionId(start + 58 * MINUTE), first);
    assert.notEqual(sessionId(start + 88 * MINUTE), first);
  });
});

Deno.test("a clock that was turned back does not keep a session for ever", () => {
  withGlobals({ localStorage: storage(), sessionStorage: storage() }, () => {
    const first = sessionId(Date.UTC(2030, 0, 1));
    assert.notEqual(sessionId(Date.UTC(2026, 0, 1)), first);
  });
});

Deno.test("where storage throws, ids live as long as the page", () => {
  const blocked = () => {
    throw new Error("blocked");
  };
  withGlobals({ localStorage: blocked, sessionStorage: blocked }, () => {
    const visitor = visitorId();
    const session = sessionId();
    assert.equal(visitorId(), visitor);
    assert.equal(sessionId(), session);
  });
});

Deno.test("where only local storage throws, the session's is used", () => {
  const second = storage();
  second.setItem("collector.visitor_id", "no id");
  const blocked = () => {
    throw new Error("blocked");
  };
  withGlobals({ localStorage: blocked, sessionStorage: second }, () => {
    const made = visitorId();
    assert.match(made, /^v_/);
    assert.equal(second.getItem("collector.visitor_id"), made);
  });
});
