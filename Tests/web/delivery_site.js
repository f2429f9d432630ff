// A site with the tracker's transport on its pages, in a browser that keeps what it is given to send.

import { permitStorage } from "../../Web/tracker/storage.js";
import { report, storage, withGlobals } from "./support.js";

permitStorage(true);

export const ok = (more = {}) => Response.json({ status: "ok", accepted: 1, rejected: [], ...more });
export const unavailable = (headers = {}) => new Response("", { status: 503, headers });

/** A body, whether or not it is compressed. @param {any} body */
async function read(body) {
  if (typeof body === "string") return JSON.parse(body);
  const stream = /** @type {any} */ (new Response(body).body).pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).json();
}

/**
 * A browser, and a server that keeps what it is sent and responds as a test wants.
 *
 * @param {{respond?: (body: any) => any}} options
 */
export function site({ respond = () => ok() } = {}) {
  const self = {
    respond,
    /** @type {any[]} */
    bodies: [],
    /** @type {boolean[]} */
    keepalives: [],
    /** @type {any[]} */
    beacons: [],
    /** @type {number[]} */
    sizes: [],
    writes: 0,
    isBeaconTaken: true,
    localStorage: storage(),
    /** @type {any[]} */
    transports: [],
  };
  const { localStorage } = self;
  const setItem = Object.getPrototypeOf(localStorage).setItem;
  Object.getPrototypeOf(localStorage).setItem = function (/** @type {string} */ key, /** @type {string} */ value) {
    self.writes++;
    setItem.call(this, key, value);
  };
  return self;
}

/** @param {ReturnType<typeof site>} on */
const globals = (on) => ({
  localStorage: on.localStorage,
  navigator: {
    sendBeacon: (/** @type {string} */ _, /** @type {string} */ body) => {
      if (!on.isBeaconTaken) return false;
      on.beacons.push(JSON.parse(body));
      on.sizes.push(new TextEncoder().encode(body).length);
      return true;
    },
  },
  fetch: () => async (/** @type {string} */ _, /** @type {any} */ { body, keepalive }) => {
    const sent = await read(body);
    on.bodies.push(sent);
    on.keepalives.push(keepalive);
    return await on.respond(sent);
  },
});

/** Runs a test on a site; nothing of its transports is left. @param {ReturnType<typeof site>} on @param {() => Promise<void>} body */
export const visit = (on, body) =>
  withGlobals(globals(on), async () => {
    try {
      await body();
    } finally {
      for (const transport of on.transports) endPage(transport);
    }
  });

/** The page is gone: its timers do nothing any more. @param {any} transport */
export const endPage = (transport) => transport._hold(true);

let pages = 0;

/**
 * A page with one page view. Its transport and its sender are new: both keep their state in a module.
 *
 * @param {ReturnType<typeof site>} on
 * @param {number} number
 * @param {boolean} [hasSender] whether sender.js can be loaded
 * @returns {Promise<[any, any]>}
 */
export async function open(on, number, hasSender = true) {
  const page = pages++;
  const { connect, transport } = await import(`../../Web/tracker/transport.js?${page}`);
  const loading = hasSender ? import(`../../Web/tracker/sender.js?${page}`) : Promise.resolve();
  connect(() => "https://collect.example/events", () => {});
  const view = report(number);
  on.transports.push(transport);
  transport._open(view);
  transport._complete(loading);
  await loading;
  await Promise.resolve();
  // At the end: what is held no longer is sent in the next task.
  transport._hold(false);
  return [transport, view];
}

/** Emits as the core does; the transport counts. @param {any} transport @param {any} view @param {any} [payload] @param {string} [event_type] */
export function emit(transport, view, payload = {}, event_type = "step") {
  const seq = view.emitted + 1;
  const text = JSON.stringify({ event_id: `${view.pageview_id}-${seq}`, event_type, seq, payload });
  transport._add(text, view, event_type !== "step");
}

/** @param {any} body */
export const seqs = ({ events }) => events.map((/** @type {any} */ { seq }) => seq);
/** @param {any} body */
export const ids = ({ events }) => events.map((/** @type {any} */ { event_id }) => event_id);
/** @param {any} body */
export const pageviews = (body) => body.pageviews.map((/** @type {any} */ { pageview_id }) => pageview_id);
/** @param {ReturnType<typeof site>} on */
export const keys = (on) => Object.keys(on.localStorage);
export const numbers = (/** @type {number} */ count, first = 1) =>
  Array.from({ length: count }, (_, index) => first + index);
