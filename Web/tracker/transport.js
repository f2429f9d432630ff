// From the page to the server. An event leaves the queue when the server has said that it is stored, not before: what a beacon took along is
// sent again by whoever comes next, since an event that comes twice counts once.

import { guard, later } from "./guard.js";
import { uuid7 } from "./ids.js";
import { keysOf, read, remove, write } from "./storage.js";

/** @typedef {{pageview_id: string, visitor_id: string, session_id: string, site: string | null, emitted: number, dropped: Record<string, number>}} Ledger what a page view has counted */
/** @typedef {[text: string, view: Ledger, isAdopted?: any]} Item an event as JSON, the page view it is of, and whether another page has left it */

const KEY = "collector.queue.";
/** Events and milliseconds after which what waits is sent. */
const BATCH_EVENTS = 20;
const WAIT_MS = 3000;
/** Bodies that outlive the page share 64 KiB; a part of it is for what stands around the events. */
export const BODY_BYTES_MAX = 56_000;
/** What waits for a server that does not answer: events, and characters of them, with a few for what belongs to each. */
const QUEUE_EVENTS_MAX = 500;
const QUEUE_LENGTH_MAX = 200_000;
/** Page views whose numbers are kept, those that one body carries, and those that are told again by the next page though they are confirmed. */
const VIEWS_MAX = 20;
const BODY_VIEWS_MAX = 10;
const RETOLD_MAX = 8;
const RETRY_MS = 1000;
const RETRY_MS_MAX = 300_000;
const ANSWER_MS_MAX = 30_000;

/** @param {string} text */
const bytesOf = (text) => new TextEncoder().encode(text).length;

/** Counts an event that will not be sent. @param {Ledger | undefined} view nothing where its numbers are kept no more @param {string} reason */
export const drop = (view, reason) => {
  if (view) view.dropped[reason] = (view.dropped[reason] ?? 0) + 1;
};

/**
 * @param {() => string} endpoint
 * @param {() => void} prepare adds what is final before something is sent
 */
export const openTransport = (endpoint, prepare) => {
  const key = KEY + uuid7();
  /** @type {Item[]} */
  let queue = [];
  /** The latest last. @type {Ledger[]} */
  let views = [];
  /** Numbers as the server has confirmed them. @type {Map<Ledger, string>} */
  const confirmed = new Map();
  let isHeld = true;
  let failures = 0;
  let bytesSent = 0;
  let retryAfterMs = 0;
  /** @type {any} */
  let timer;
  /** @type {Promise<boolean> | undefined} */
  let running;

  /** @param {Ledger} view */
  const isUnconfirmed = (view) => confirmed.get(view) !== JSON.stringify(view);
  const unconfirmed = () => views.filter(isUnconfirmed);

  /** @param {number} [ms] */
  const schedule = (ms) => timer ??= later(flush, ms);

  /** Room is made at the front. */
  const trim = () => {
    while (queue.length > QUEUE_EVENTS_MAX || queue.join().length > QUEUE_LENGTH_MAX) {
      drop(/** @type {Item} */ (queue.shift())[1], "queue_full");
    }
  };

  /**
   * As many from the front as fit into a body, as a body, with views whose numbers the server does not have, as it will have them.
   *
   * @param {Item[]} items @returns {[Item[], string, [Ledger, string][]]}
   */
  const pack = (items) => {
    let bytes = 0;
    const end = items.findIndex(([text], place) => (bytes += bytesOf(text)) > BODY_BYTES_MAX && place);
    const packed = items.slice(0, end < 0 ? items.length : end);
    /** @type {[Ledger, string][]} */
    const told = unconfirmed().slice(-BODY_VIEWS_MAX).map((view) => [view, JSON.stringify(view)]);
    const body = `{"v":1,"sent_at":"${new Date().toISOString()}","ledger":[${told.map(([, text]) => text)}],"events":[${
      packed.map(([text]) => text)
    }]}`;
    return [packed, body, told];
  };

  /** What the server says to a body; nothing when it must come again. @param {string} body @param {boolean} keepalive @returns {Promise<any>} */
  const post = async (body, keepalive) => {
    bytesSent += bytesOf(body);
    try {
      const answer = await fetch(endpoint(), {
        method: "POST",
        body,
        headers: { "Content-Type": "text/plain" },
        keepalive,
        credentials: "omit",
        signal: AbortSignal.timeout?.(ANSWER_MS_MAX),
      });
      const { ok, status, headers } = answer;
      if (ok) return await answer.json();
      if (status < 500 && status !== 408 && status !== 429) return { isRefused: true };
      retryAfterMs = 1000 * +(headers.get("Retry-After") ?? 0) || 0;
    } catch {
      // No network, or no answer: as if nothing had been sent.
    }
  };

  /** Sends until nothing waits; whether that was so. */
  const run = async () => {
    prepare();
    while (!isHeld && (queue.length || unconfirmed().length)) {
      const [items, body, told] = pack(queue);
      // What another page has left may use what room there is for requests that outlive a page no more: it is kept, and its beacon has been.
      const answer = await post(body, !items[0]?.[2]);
      if (!answer) {
        keep();
        // Longer each time, and never all pages at once.
        const wait = Math.min(RETRY_MS * 2 ** failures++, RETRY_MS_MAX) * (0.5 + Math.random() / 2);
        schedule(Math.max(wait, retryAfterMs));
        return false;
      }
      failures = retryAfterMs = 0;
      for (const one of told) confirmed.set(...one);
      if (answer.isRefused) items.forEach(([, view]) => drop(view, "refused"));
      for (const { index } of answer.rejected ?? []) drop(items[index][1], "rejected");
      queue = queue.filter((item) => !items.includes(item));
    }
    remove(key);
    return !isHeld;
  };

  /** Whether all that there was is stored. */
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    return running ??= run().catch(() => false).finally(() => running = undefined);
  };

  /** Leaves what is not confirmed to a later page, and the latest numbers in any case: a network may have confirmed what has never arrived. */
  const keep = () => {
    if (isHeld) return;
    const left = views.filter((view, place) => place >= views.length - RETOLD_MAX || isUnconfirmed(view));
    write(key, JSON.stringify([left, queue.map(([text, view]) => [text, left.indexOf(view)])]));
  };

  /** @param {Item[]} items */
  const beacon = (items) => {
    const [packed, body] = pack(items);
    let size = packed.length;
    if (navigator.sendBeacon(endpoint(), body)) bytesSent += bytesOf(body);
    // More than the browser takes along at once: in halves, as far as they go.
    else if ((size >>= 1) > 0) beacon(packed.slice(0, size));
    if (size && size < items.length) beacon(items.slice(size));
  };

  return {
    /** @param {string | undefined} text @param {Ledger} view */
    add: (text, view) => {
      if (!text || bytesOf(text) > BODY_BYTES_MAX) drop(view, text ? "too_large" : "unserializable");
      else queue.push([text, view]);
      trim();
      if (!failures) schedule(queue.length < BATCH_EVENTS ? WAIT_MS : 0);
    },
    flush,
    /** @param {Ledger} view */
    open: (view) => views = [...views, view].slice(-VIEWS_MAX),
    /**
     * Takes over what other pages of the site have left: it is one's own before it is no longer theirs. It is sent at once, since this page may not
     * live long, either.
     */
    adopt: guard(() => {
      const found = keysOf(KEY).filter((name) => name !== key);
      found.forEach(guard((/** @type {string} */ name) => {
        const [theirs, items] = JSON.parse(read(name) ?? "");
        views = [...theirs, ...views].slice(-VIEWS_MAX);
        queue = [...items.map((/** @type {any[]} */ [text, place]) => [text, theirs[place], 1]), ...queue];
        later(flush);
      }));
      trim();
      keep();
      found.forEach(remove);
    }),
    /**
     * What is not confirmed goes along with the browser, which outlives the page, and stays here in case that it does not arrive. What was left by
     * others went along with them; there is room for little, and what is new comes first.
     */
    leave: () => {
      if (isHeld) return;
      keep();
      beacon(queue.filter(([, , isAdopted]) => !isAdopted));
    },
    /** The network is back, or somebody looks again. */
    wake: () => {
      failures = 0;
      if (queue.length) later(flush);
    },
    /** Until consent is given, or for ever, everything waits here. @param {boolean} held */
    hold: (held) => {
      isHeld = held;
      schedule();
    },
    /** Forgets everything. */
    clear: () => {
      queue = views = [];
      keysOf(KEY).forEach(remove);
    },
    bytesSent: () => bytesSent,
  };
};
