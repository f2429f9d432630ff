// The current page view, and the events that it emits.

import { clean, cleanParameters, EMAIL } from "./addresses.js";
import { drop } from "./delivery-report.js";
import { ofDocument } from "./dom.js";
import { cut, guard, timestamp, toJSON } from "./guard.js";
import { activeIds, ids, pageviewId, uuid7 } from "./ids.js";
import { CAMPAIGN_LENGTH_MAX, CAMPAIGN_PARAMETERS_MAX, PAGEVIEW_EVENTS_MAX } from "./limits.js";
import { options } from "./options.js";
import { pick } from "./pick.js";
import { transport } from "./transport.js";
import { VERSION } from "./version.js";

/**
 * A page view: its fields as they are sent, its vitals by navigation, and what has been reported.
 *
 * @typedef {{_fields: import("./delivery-report.js").Report, _vitals: any[]}} Pageview
 */

/** Parameters of a campaign in an address. */
const CAMPAIGN = /^(utm_\w{1,30}|\w{1,9}clid|.braid|li_fat_id)$/;
/** Characters that no database takes, as JSON writes them. A backslash that was written as such is none of them. */
const UNSTORABLE = /(\\\\)|\\u(0000|d[89a-f]..)/g;

/** @type {Pageview | undefined} */
export let current;
/** The part of the address that makes a page view. */
export const here = () => {
  const { pathname, search, hash, protocol } = location;
  // A page of `data:` is its own address.
  if (!"http: https: file:".includes(protocol)) return protocol;
  return cut(
    clean(pathname) + (options.routes === "query" ? cleanParameters(search) : "") +
      (options.hash || options.routes === "hash" ? cleanParameters(hash) : ""),
  );
};

/** @param {Pageview | undefined} pageview @param {string} type @param {any} payload @param {any} [isReserved] */
export const emit = (pageview, type, payload, isReserved) => {
  // After consent is withdrawn there is no current page view, though work under way may still end.
  if (!pageview || !current) return;
  const { _fields: fields } = pageview;
  const { session_id } = ofDocument("hidden") && ids || activeIds();
  if (fields.emitted < PAGEVIEW_EVENTS_MAX || isReserved) {
    transport._add(
      (guard(toJSON)({
        event_id: uuid7("-"),
        event_type: type,
        client_timestamp: timestamp(),
        session_id: session_id === fields.session_id ? undefined : session_id,
        payload,
        get seq() {
          return fields.emitted + 1;
        },
      }) ?? "").replace(UNSTORABLE, (_, pair) => pair ?? "\ufffd"),
      fields,
      isReserved,
    );
  } else {
    drop(fields, "too_many");
    fields.emitted++;
  }
};

const campaign = () =>
  Object.fromEntries(
    // Most addresses have no query, and the first use of a reader of queries is slow.
    [.../** @type {Iterable<[string, string]>} */ (location.search && new URLSearchParams(location.search))]
      .filter(([name]) => CAMPAIGN.test(name))
      .slice(0, CAMPAIGN_PARAMETERS_MAX)
      .map(([name, value]) => [name, cut(value, CAMPAIGN_LENGTH_MAX).replace(EMAIL, ":address")]),
  );

/**
 * The time zone of the browser; nothing where the page has replaced `Intl` by something else. The first use of `Intl` in a process takes
 * 16 ms on a fast machine, so only browsers without `Temporal` use it.
 */
const zone = guard(() =>
  /** @type {any} */ (self).Temporal?.Now?.timeZoneId() ?? Intl.DateTimeFormat().resolvedOptions().timeZone
);

/**
 * Begins a page view.
 *
 * @param {string} kind
 * @param {any} vitals the state of its vitals
 * @param {string} [referrer] a clean address
 */
export const open = (kind, vitals, referrer = clean(ofDocument("referrer"))) => {
  const { site, privacy, release, user, sample } = options;
  const fields = {
    pageview_id: pageviewId(),
    ...activeIds(),
    site,
    path: here(),
    referrer,
    privacy,
    emitted: 0,
    dropped: {},
  };
  current = { _fields: fields, _vitals: [vitals] };
  transport._open(fields);
  emit(current, "pageview", {
    kind,
    ...pick(navigator, "language platform hardwareConcurrency deviceMemory"),
    timeZone: zone(),
    dark: self.matchMedia("(prefers-color-scheme:dark)").matches,
    ...pick(self, "innerWidth innerHeight devicePixelRatio"),
    screenResolution: screen.width + "x" + screen.height,
    connection: /** @type {any} */ (navigator).connection?.effectiveType,
    campaign: campaign(),
    release,
    user,
    sample,
    frame: self !== top,
    hidden: ofDocument("hidden"),
    collector: VERSION,
  }, true);
};

/** Nothing is measured any more. */
export const close = () => current = undefined;
