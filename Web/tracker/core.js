// The tracker: opens a view for each page, route and return, and says of it what is final.

import { addCrumb, breadcrumbs, watchAttention, watchRoutes, watchSteps } from "./activity.js";
import { addError, captureErrors, errors, onError } from "./errors.js";
import {
  bare,
  cut,
  guard,
  later,
  listen,
  navigationEntry,
  now,
  pick,
  spentMs,
  tenth,
  timestamp,
  toJSON,
} from "./guard.js";
import { activeIds, hyphenated, IDS_KEY, pageviewId, uuid7 } from "./ids.js";
import { changeOptions, defaultOptions } from "./options.js";
import { permitStorage, read, remove, write } from "./storage.js";
import { drop } from "./delivery-report.js";
import { openTransport } from "./transport.js";
import { measureVitals } from "./vitals.js";

/** @typedef {import("./delivery-report.js").Report} Ledger */
/** @typedef {import("./errors.js").PageError} PageError */
/** @typedef {{ledger: Ledger, session: string, path: string, referrer: string, kind: string, state: any, sent: Record<string, any>}} View */

const OPT_OUT_KEY = "collector.opt_out";
/** Events of one view; what comes after is counted only. */
const EVENTS_MAX = 1000;
const RESERVED = /^(pageview|webvitals|engagement)$/;
/** Milliseconds in which a click is told of after the route that it led to has begun. */
const SETTLE_MS = 1000;
const PAST_VIEWS_MAX = 2;
/** Parameters of an address that say which advertisement or letter a visitor came from. */
const CAMPAIGN = /^utm_|clid$|^.braid$|^li_fat_id$/;

/**
 * @param {string} base the address that the script came from, up to its last slash
 * @param {DOMStringMap} data attributes of its tag
 */
export const createCollector = (base, data) => {
  const options = defaultOptions(base);
  /** @type {View | undefined} */
  let view;
  /** What was tracked before there was a view. @type {[string, any][] | undefined} */
  let early = [];
  let isConsented = false;
  let isLeft = false;
  let areDetailsSettled = false;
  /** Page views before the current route, whose last interactions may not have been reported yet. @type {View[]} */
  let pastViews = [];
  /** @type {ReturnType<typeof measureVitals> | undefined} */
  let vitals;
  /** @type {ReturnType<typeof import("./details.js").watchDetails> | undefined} */
  let details;
  /** @type {ReturnType<typeof watchAttention>} */
  let attention;
  /** @type {any} */
  let fingerprinting;

  const transport = openTransport(() => options.endpoint, guard(() => view && reportVitals(view, false)));
  const has = (/** @type {string} */ name) => options.modules.includes(name);
  const isOwn = (/** @type {string} */ url) => url === options.endpoint;
  const isHeld = () => !!options.consent && !isConsented;
  const here = () => cut(location.pathname + (options.hash ? location.hash : ""), 500);

  /** @param {View | undefined} of @param {string} type @param {any} payload */
  const emit = (of, type, payload) => {
    // Who has withdrawn consent has no view any more, though a part that was under way comes to its end.
    if (!of || !view) return;
    const { ledger } = of;
    if (!document.hidden) of.session = activeIds().session_id;
    const seq = ++ledger.emitted;
    const isReserved = RESERVED.test(type);
    if (seq > EVENTS_MAX && !isReserved) return void drop(ledger, "too_many");
    const text = guard(toJSON)({
      event_id: hyphenated(uuid7()),
      event_type: type,
      session_id: of.session === ledger.session_id ? undefined : of.session,
      seq,
      client_timestamp: timestamp(),
      payload,
    });
    // Without the characters that no database takes, as JSON writes them; a backslash that was written as such is none.
    transport.add(text?.replace(/(\\\\)|\\u(0000|d[89a-f]..)/g, (_, pair) => pair ?? "\ufffd"), ledger, isReserved);
  };

  /** @param {string} kind @param {number} from @param {string} referrer */
  const openView = (kind, from, referrer) => {
    if (view) {
      vitals?.restart(from, kind);
      details?.restart();
      attention.restart();
    }
    const { site, release, user, sample } = options;
    const path = here();
    const ledger = { pageview_id: pageviewId(), ...activeIds(), site, path, referrer, emitted: 0, dropped: {} };
    view = { ledger, session: ledger.session_id, path, referrer, kind, state: vitals?.state(), sent: {} };
    transport.open(ledger);
    emit(view, "pageview", {
      kind,
      ...pick(navigator, "language platform hardwareConcurrency deviceMemory"),
      ...pick(self, "innerWidth innerHeight devicePixelRatio"),
      screenResolution: screen.width + "x" + screen.height,
      dark: matchMedia("(prefers-color-scheme:dark)").matches,
      connection: /** @type {any} */ (navigator).connection?.effectiveType,
      campaign: Object.fromEntries([...new URLSearchParams(location.search)].filter(([name]) => CAMPAIGN.test(name))),
      release,
      user,
      sample,
      hidden: document.hidden,
    });
    errors.restart(view);
  };

  /** @param {View} of @param {boolean} isFinal */
  const reportVitals = (of, isFinal) => {
    // Attribution arrives with the details; without it, only what may be the last is sent.
    const payload = isFinal || areDetailsSettled ? vitals?.take(of.state, isFinal) : undefined;
    if (payload) emit(of, "webvitals", payload);
    return payload;
  };

  /** The interaction that led to a route is reported after the route has been painted. @param {View} past */
  const settleVitals = (past) => {
    pastViews = [past, ...pastViews].slice(0, PAST_VIEWS_MAX);
    later(() => reportVitals(past, true), SETTLE_MS);
  };

  /** Everything there is to say when a view may end here. @param {View} of @param {string} reason */
  const tell = (of, reason) => {
    const { sent } = of;
    reportVitals(of, true);
    details?.tell();
    errors.flush(reason !== "route");
    const self = sent.self
      ? undefined
      : { cpuMs: tenth(spentMs + (details?.spentMs() ?? 0)), bytes: transport.bytesSent() };
    emit(of, "engagement", { ...attention.read(), title: cut(document.title), reason, self });
    sent.self = 1;
  };

  const changeRoute = () => {
    if (!view || here() === view.path) return;
    const past = view;
    tell(past, "route");
    addCrumb("route", here());
    openView("route", now(), location.origin + past.path);
    settleVitals(past);
  };

  /** What is to be done when the page is seen for the first time; each in a task of its own, so that none becomes a long one. */
  const steps = [
    () => {
      const { globalPrivacyControl, doNotTrack } = /** @type {any} */ (navigator);
      const isUnwanted = !options.dnt && (globalPrivacyControl || doNotTrack === "1") || read(OPT_OUT_KEY);
      if (isUnwanted) return stop();
      if (!isHeld()) permitStorage(true);
      // Always the same visitors: the end of an id is as good as a throw of the dice. It stays with those who are not chosen, too.
      if (parseInt(activeIds().visitor_id.slice(-8), 16) / 2 ** 32 >= options.sample) return end();
      if (has("errors")) {
        errors.capture();
      }
    },
    () => {
      if (has("vitals")) vitals = measureVitals({ navigated });
    },
    () => {
      attention = watchAttention();
      const { activationStart, type } = navigationEntry();
      openView(activationStart ? "prerender" : type, 0, bare(document.referrer));
      early?.forEach(([type, payload]) => emit(view, type, payload));
    },
    () => {
      if (has("errors")) watchSteps(isOwn);
      watchRoutes(changeRoute);
      listen("online", transport.wake);
      allow();
    },
    () => {
      const first = view;
      load("details", (module) => {
        const { watchDetails } = module;
        const emitNow = (/** @type {string} */ type, /** @type {any} */ payload) => emit(view, type, payload);
        details = watchDetails({ has, emit: emitNow, addError: errors.add });
        // What was loaded is told of in its own view only.
        if (view !== first) details?.restart();
        return module;
      }).then(transport.complete);
    },
  ];

  const advance = () => {
    guard(steps.shift() ?? Object)();
    if (steps[0]) later(advance);
  };
  const begin = () => {
    watchVisibility();
    listen("visibilitychange pagehide", ({ type }) => {
      const isLeaving = document.hidden || type === "pagehide";
      while (isLeaving && steps[0]) advance();
      if (isLeaving && view) {
        if (!isLeft) tell(view, type);
        // Events of the last interaction are reported between pagehide and visibilitychange.
        const late = [view, ...pastViews].filter((one) => reportVitals(one, true));
        if (!isLeft || late[0]) transport.leave();
      }
      if (!isLeaving) transport.wake();
      isLeft = isLeaving;
    });
    listen("pageshow", ({ persisted, timeStamp }) => {
      isLeft &&= !persisted;
      if (persisted && view) openView("bfcache", timeStamp, bare(document.referrer));
    });
    later(advance);
  };

  /** A part that is not always needed; without it the rest goes on. @param {string} name @param {(module: any) => any} use */
  const load = (name, use) => import(`${base}collector-${name}.js`).then(use).catch(() => {});

  const errors = openErrors({
    load: () => load("errors", (module) => module),
    emit: (payload, of) => emit(of, "error", payload),
    drop: (reason, of) => {
      if (of && ++of.ledger.emitted) drop(of.ledger, reason);
    },
    options,
  });

  /** What may be done once nothing has to be held back. */
  const allow = () => {
    if (isHeld() || !view) return;
    transport.hold(false);
    if (options.fingerprint) {
      fingerprinting ??= load(
        "fingerprint",
        async ({ fingerprint }) => emit(view, "fingerprint_ready", { fingerprints: await fingerprint() }),
      );
    }
  };

  /** Nothing is measured on this page any more. */
  const end = () => {
    view = early = undefined;
    steps.length = 0;
  };

  const stop = () => {
    end();
    transport.hold(true);
    transport.clear();
    remove(IDS_KEY);
  };

  const api = {
    track: guard((/** @type {string} */ type, payload = {}) => {
      view ? emit(view, type, Object(payload)) : early?.push([type, payload]);
    }),
    /** Something that the page has caught itself. */
    error: guard((/** @type {any} */ thrown) => errors.add("handled", thrown)),
    identify: guard((/** @type {any} */ id, /** @type {any} */ properties) => {
      options.user = { ...properties, id };
      api.track("identify", options.user);
    }),
    configure: guard((/** @type {any} */ given) => {
      changeOptions(options, given);
      allow();
    }),
    consent: guard((/** @type {boolean} */ given) => {
      if (!given && isConsented) stop();
      isConsented = given;
      if (given) permitStorage(true);
      allow();
    }),
    /** Nothing of this visitor any more; of the next page on again after `optOut(false)`. */
    optOut: guard((isOut = true) => {
      stop();
      permitStorage(true);
      isOut ? write(OPT_OUT_KEY, "1") : remove(OPT_OUT_KEY);
    }),
    /** Sends what waits; tells whether all of it is stored. */
    flush: transport.flush,
    /** Of the page view; undefined where nothing is measured. */
    get id() {
      return view?.ledger.pageview_id;
    },
    /** For workers: configure({ pageview }). */
    get pageview() {
      return view && { ...view.ledger, path: view.path };
    },
  };

  changeOptions(options, data);
  return {
    api,
    start: () => /** @type {any} */ (document).prerendering ? listen("prerenderingchange", begin, document) : begin(),
  };
};

/**
 * Puts the tracker where the page finds it, and does what was called before it was there.
 *
 * @param {string} base
 * @param {DOMStringMap} data
 */
export const install = (base, data) => {
  const scope = /** @type {any} */ (self);
  const { q, id } = scope.collector ?? {};
  if (id) return scope.collector;
  const { api, start } = createCollector(base, data);
  scope.collector = api;
  q?.forEach((/** @type {any[]} */ [name, ...values]) => /** @type {any} */ (api)[name]?.(...values));
  start();
  return api;
};
