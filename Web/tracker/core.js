// The tracker: opens a page view for each page, each route, and each return from the back/forward cache, and reports what it
// measures.

import { hasPrivacySignal } from "../kit/privacy.js";
import { drop } from "./delivery-report.js";
import { ofDocument } from "./dom.js";
import { watchEngagement } from "./engagement.js";
import { openErrors } from "./errors.js";
import { guard, later, listen, listenAgain, navigationKind, now } from "./guard.js";
import { activeIds, forgetIds, shareActivity } from "./ids.js";
import { changeOptions, has, isOutsideSample, options } from "./options.js";
import { close, current, emit, here, open } from "./pageviews.js";
import { shared } from "./share.js";
import { permitStorage, read, remove, write } from "./storage.js";
import { connect, transport } from "./transport.js";
import { measureVitals, watchVisibility } from "./vitals.js";

/** @typedef {import("./pageviews.js").Pageview} Pageview */

const OPT_OUT_KEY = "collector.opt_out";
/** Milliseconds after the start of a route in which the interaction that led to it is reported. */
const SETTLE_MS = 1000;

/** Where the script came from, up to its last slash. */
let base = "";
/** What was tracked before there was a page view. @type {[string, any][] | undefined} */
let early = [];
let isConsented = false;
/** @type {ReturnType<typeof measureVitals> | undefined} */
let vitals;
/** @type {any} */
let details;
/** Until the details have arrived, or will not come. @type {Promise<any> | undefined} */
let loading;
/** @type {ReturnType<typeof watchEngagement>} */
let engagement;
/** The page view before, whose last interaction may still be reported. @type {Pageview | undefined} */
let previous;
/** @type {Promise<any> | undefined} */
let routing;
/** @type {Promise<any> | undefined} */
let fingerprinting;

/** A file of the tracker that is loaded when it is needed; the rest works without. @param {string} name @returns {Promise<any>} */
const load = (name) => import(`${base}collector-${name}.js`).catch(() => {});

const isHeld = () => options.consent && !isConsented;

/** @param {Pageview | undefined} pageview @param {boolean} isFinal */
const reportVitals = (pageview, isFinal) => {
  for (const state of pageview?._vitals ?? []) {
    vitals?._take(state, isFinal, (payload) => emit(pageview, "webvitals", payload, true));
  }
};

connect(
  () => options.endpoint,
  // Attribution needs the details.
  guard(() => !loading && reportVitals(current, false)),
);

const errors = openErrors({
  _load: () => load("errors"),
  _isOn: () => current || early,
  _emit: (payload, pageview) => emit(pageview, "error", payload),
  _drop: (reason, pageview) => {
    if (!pageview) return;
    drop(pageview._fields, reason);
    pageview._fields.emitted++;
  },
  _options: options,
});

/** Reports everything of a page view that may end here. @param {Pageview} pageview @param {string} reason */
const report = (pageview, reason) => {
  const isLast = reason !== "visibilitychange";
  reportVitals(previous, true);
  reportVitals(pageview, true);
  details?._report(reason);
  errors._flush(isLast);
  engagement._take(
    isLast,
    details?._scrollDepth(),
    (attention) => emit(pageview, "engagement", { ...attention, title: details?._title(), reason }, true),
  );
};

/** @param {string} kind @param {number} from @param {string} [referrer] */
const openNext = (kind, from, referrer) => {
  vitals?._restart(from, kind);
  details?._restart();
  engagement._restart();
  open(kind, vitals?._current(), referrer);
  errors._restart(current);
};

const changeRoute = () => {
  routing ??= vitals &&
    load("routes").then(guard((module) => module?.watchRoutes(vitals, () => current)));
  if (!current || here() === current._fields.path) return;
  const past = previous = current;
  report(past, "route");
  openNext("route", now(), location.origin + past._fields.path);
  // The interaction that led here is reported after its next paint.
  later(() => reportVitals(past, true), SETTLE_MS);
};

/** Whether this visitor and this page are measured at all. */
const isWanted = () => {
  if (self !== top && options.frames !== "count") return end();
  if (!options.dnt && hasPrivacySignal() || read(OPT_OUT_KEY)) return stop();
  // What an earlier tag has stored.
  if (options.privacy) forget();
  if (!isHeld()) permitStorage(!options.privacy);
  // Visitors outside the sample keep their id, too.
  if (isOutsideSample(activeIds().visitor_id)) return end();
  if (has("errors")) errors._listen();
  loading = load("details");
  transport._complete(loading);
};

/** What starts the tracker; each in a task of its own, so that none becomes a long task. */
const steps = [
  isWanted,
  () => {
    if (has("vitals")) vitals = measureVitals();
  },
  () => {
    engagement = watchEngagement();
    open(navigationKind(), vitals?._current());
    errors._restart(current);
    early?.forEach(([type, payload]) => emit(current, type, payload));
  },
  () => {
    allow();
    const { navigation } = /** @type {any} */ (self);
    // An element or a variable of that name is no Navigation API.
    navigation?.currentEntry
      ? listen("currententrychange", changeRoute, navigation)
      : load("routes").then((module) => module?.watchHistory(changeRoute));
    const first = current;
    /** @type {Promise<any>} */ (loading).then(guard((module) => {
      loading = undefined;
      details = module?.watchDetails({
        _emit: emit,
        _first: first,
        _current: () => current,
        _options: options,
        _vitals: vitals,
        _errors: errors,
        _transport: transport,
      });
    }));
  },
];

const advance = () => {
  guard(steps.shift() ?? Object)();
  if (steps[0]) later(advance);
};

const begin = () => {
  // `document.open()` removes all listeners, and puts another root in.
  new MutationObserver(guard(listenAgain)).observe(document, { childList: true });
  watchVisibility();
  // A page view may end with either, and entries may arrive between the two; what has not changed is not reported again.
  listen("pagehide visibilitychange", ({ type }) => {
    if (!ofDocument("hidden") && type !== "pagehide") return transport._wake();
    while (steps[0]) advance();
    if (!current) return;
    report(current, type);
    shareActivity();
    transport._leave();
  });
  listen("pageshow", ({ persisted, timeStamp }) => {
    if (persisted && current) openNext("bfcache", timeStamp);
  });
  later(advance);
};

/** Sends and stores what was held back, unless consent is still missing. */
const allow = () => {
  if (isHeld() || !current) return;
  permitStorage(!options.privacy);
  transport._hold(false);
  if (options.fingerprint && !options.privacy) {
    fingerprinting ??= load("fingerprint").then((module) => module?.report(api.track));
  }
};

/** Nothing more is measured on this page. */
const end = () => {
  close();
  early = undefined;
  steps.length = 0;
};

/** Nothing stays in storage. */
const forget = () => {
  transport._clear();
  forgetIds();
};

/** Nothing more is measured, and nothing is kept. */
const stop = () => {
  end();
  transport._hold(true);
  forget();
};

/** What the page may call. */
const api = {
  /** Emits an event of the page's own. */
  track: guard((/** @type {string} */ type, payload = {}) => {
    current ? emit(current, type, Object(payload)) : early?.push([type, payload]);
  }),
  /** Reports an error that the page has caught. */
  error: guard((/** @type {any} */ thrown) => errors._add("handled", thrown)),
  /** Names the visitor, in an event and in each page view from now on. */
  identify: guard((/** @type {any} */ id, /** @type {any} */ properties) => {
    options.user = { ...properties, id };
    api.track("identify", options.user);
  }),
  configure: guard((/** @type {any} */ given) => {
    changeOptions(given);
    allow();
  }),
  consent: guard((/** @type {boolean} */ given) => {
    if (!given && isConsented) stop();
    isConsented = given;
    allow();
  }),
  /** Stops measuring this browser; `optOut(false)` measures it again from the next page on. */
  optOut: guard((isOut = true) => {
    stop();
    permitStorage(true);
    remove(OPT_OUT_KEY);
    if (isOut) write(OPT_OUT_KEY, "1");
  }),
  /** Sends what waits; a promise of whether all of it is stored. */
  flush: transport._flush,
  /** The ids of the page view, for a worker: `configure({ pageview })`. */
  get pageview() {
    return current && { ...current._fields };
  },
  /** Id of the page view; undefined where nothing is measured. */
  get id() {
    return current?._fields.pageview_id;
  },
};

/** The tracker of this page, whichever of its tags came first, and functions for the files that are loaded later. */
const KEY = Symbol.for("collector");

/**
 * Starts the tracker, once for all tags of a page, and makes the calls that the page's stub has recorded.
 *
 * @param {string} url of the script
 * @param {any} attributes
 */
export const install = (url, attributes) => {
  const scope = /** @type {any} */ (self);
  if (scope[KEY]) return scope[KEY][0];
  scope[KEY] = [api, ...shared];
  // The script's own query may hold a slash.
  base = url.replace(/[^/]*([?#].*)?$/, "");
  options.endpoint = base + "events";
  changeOptions(attributes);
  // An element with the id "collector" is a property of the window, too, but not of its own.
  const page = Object.getOwnPropertyDescriptor(scope, "collector");
  const calls = page?.value?.q;
  // A variable of the page's own stays what it is.
  if (!page || calls) scope.collector = api;
  for (const [name, ...values] of calls ?? []) /** @type {any} */ (api)[name]?.(...values);
  /** @type {any} */ (document).prerendering ? listen("prerenderingchange", begin, document) : guard(begin)();
  return api;
};
