// The contract of pages and server. Generated from Contract/ by scripts/build-contract: do not edit.

/** Labels of the dimensions that filters can have. */
export const DIMENSIONS = Object.freeze({
  path: "Page",
  entry: "Entry page",
  exit: "Exit page",
  channel: "Channel",
  referrer: "Referrer",
  campaign: "Campaign",
  utm_source: "UTM source",
  utm_medium: "UTM medium",
  utm_term: "UTM term",
  utm_content: "UTM content",
  browser: "Browser",
  browser_version: "Browser version",
  system: "Operating system",
  system_version: "System version",
  device: "Device",
  screen: "Screen size",
  language: "Language",
  country: "Country",
  region: "Region",
  city: "City",
  location_source: "Location source",
  imported: "Imported from",
  connection: "Connection",
  navigation: "Navigation",
  release: "Release",
  event: "Custom event",
  issue: "Issue",
  goal: "Goal",
  visitor: "Visitor",
  site: "Site",
});

/** Titles of the lists of dimensions. @type {Record<string, string>} */
export const LISTS = Object.freeze({
  path: "Pages",
  entry: "Entry pages",
  exit: "Exit pages",
  channel: "Channels",
  referrer: "Referrers",
  campaign: "Campaigns",
  utm_source: "UTM sources",
  utm_medium: "UTM mediums",
  utm_term: "UTM terms",
  utm_content: "UTM contents",
  browser: "Browsers",
  browser_version: "Browser versions",
  system: "Operating systems",
  system_version: "System versions",
  device: "Devices",
  screen: "Screen sizes",
  language: "Languages",
  country: "Countries",
  region: "Regions",
  city: "Cities",
  location_source: "Location sources",
  imported: "Imported from",
  connection: "Connections",
  navigation: "Navigations",
  release: "Releases",
  event: "Custom events",
  issue: "Issues",
  site: "Sites",
  noise: "Noise",
  invalid: "Invalid values",
  not_found: "Missing pages",
  resource: "Resources",
  third_party: "Third parties",
  lcp_element: "LCP elements",
  lcp_part: "LCP parts",
  inp_element: "INP elements",
  inp_part: "INP parts",
  cls_element: "CLS elements",
  bot_reasons: "Bot reasons",
});

/** Labels of the operators. */
export const OPERATORS = Object.freeze({
  is: "is",
  is_not: "is not",
  contains: "contains",
  contains_not: "does not contain",
  matches: "matches",
  matches_not: "does not match",
});

/** Dimensions that do not have all operators. @type {Record<string, readonly string[]>} */
export const FEWER_OPERATORS = Object.freeze({
  event: ["is", "contains", "matches"],
  issue: ["is", "contains", "matches"],
  goal: ["is", "is_not"],
  visitor: ["is"],
});

/** Begins the name of a filter on a member of custom events' payloads, before the name of the member. */
export const PROPERTY = "property:";
export const PROPERTY_OPERATORS = Object.freeze(["is"]);

/** Short names of vitals. */
export const METRICS = Object.freeze({
  lcp: "LCP",
  inp: "INP",
  cls: "CLS",
  fcp: "FCP",
  ttfb: "TTFB",
});

/** Full names of vitals. */
export const METRIC_NAMES = Object.freeze({
  lcp: "Largest Contentful Paint",
  inp: "Interaction to Next Paint",
  cls: "Cumulative Layout Shift",
  fcp: "First Contentful Paint",
  ttfb: "Time to First Byte",
});

/** Upper bounds of "good" and of "needs improvement". @type {Record<string, [number, number]>} */
export const BOUNDS = Object.freeze({
  lcp: [2500, 4000],
  inp: [200, 500],
  cls: [0.1, 0.25],
  fcp: [1800, 3000],
  ttfb: [800, 1800],
});

/** Why a session may be a bot's. @type {Record<string, string>} */
export const BOT_REASONS = Object.freeze({
  "no user agent": "No user agent",
  "bot user agent": "Bot user agent",
  "headless browser": "Headless browser",
  "no screen": "No screen",
  "no language": "No language",
  "impossible timings": "Impossible timings",
  webdriver: "WebDriver",
  headless: "Headless browser (page)",
  software_renderer: "Software renderer",
  driver_globals: "Variables of a driver",
  patched_navigator: "Patched navigator",
  no_chrome: "No window.chrome",
  no_plugins: "No plugins",
  no_outer_size: "No window size",
  no_touch: "No touch screen",
  platform_differs: "Contradictory platform",
});

/** Privacy modes of sites, the least strict first. @type {Record<string, {label: string, description: string}>} */
export const PRIVACY_MODES = {
  full: {
    label: "Full",
    description: "Visitors are recognized by a random id in the browser's storage, for as long as the storage lasts.",
  },
  cookieless: {
    label: "Cookieless",
    description:
      "Nothing is stored in the browser. Visitors are recognized within one day (UTC) by a hash of address and user agent, under a key that is deleted after the day.",
  },
  anonymous: {
    label: "Anonymous",
    description:
      "Nothing is stored in the browser. Page views and events are counted, visitors and sessions are not: no two page views can be connected.",
  },
};

/** Labels of the views of the owner's page, in the order of its tabs. @type {Record<string, string>} */
export const VIEW_LABELS = Object.freeze({
  overview: "Overview",
  performance: "Performance",
  issues: "Issues",
  visitors: "Visitors",
  goals: "Goals",
  fingerprint: "Fingerprint",
  raw: "Raw Data",
  tracking: "Tracking",
});

/** Body of `POST /event`; in bytes. */
export const EVENT_BODY_BYTES_MAX = 262_144;

/** Body of `POST /collect`; in bytes. */
export const COLLECT_BODY_BYTES_MAX = 1_048_576;

/** Body of `POST /events`; in bytes. */
export const BATCH_BODY_BYTES_MAX = 1_048_576;

/** Events of one `POST /events`; in events. */
export const BATCH_EVENTS_MAX = 1000;

/** Entries of `pageviews` in one `POST /events`; in entries. */
export const BATCH_PAGEVIEWS_MAX = 100;

/** One entry of `pageviews`; in bytes. */
export const PAGEVIEW_BYTES_MAX = 16_384;

/** Reasons for dropped events in a delivery report; in reasons. */
export const DROP_REASONS_MAX = 20;

/** Name of a reason in a delivery report; in bytes. */
export const DROP_REASON_BYTES_MAX = 64;

/** `visitor_id`, `session_id`, `pageview_id`, `event_type` and `site`; in bytes. */
export const IDENTIFIER_BYTES_MAX = 256;

/** `path` and `referrer`; in bytes. */
export const LOCATION_BYTES_MAX = 2048;

/** Stored user agent; longer ones are truncated; in bytes. */
export const USER_AGENT_BYTES_MAX = 1024;

/** Nesting of JSON; in levels. */
export const JSON_DEPTH_MAX = 64;

/** A number in JSON; in bytes. */
export const JSON_NUMBER_BYTES_MAX = 1024;

/** Digits of a number with an exponent, when written without it; a longer one is stored as a string; in digits. */
export const JSON_PLAIN_DIGITS_MAX = 40;

/** Head of a request; in bytes. */
export const HEAD_BYTES_MAX = 16_384;

/** Fields of a request's head; in fields. */
export const HEAD_FIELDS_MAX = 100;

/** Target of a request; in bytes. */
export const TARGET_BYTES_MAX = 8192;

/** Body on a route that does not use one; in bytes. */
export const IGNORED_BODY_BYTES_MAX = 16_384;

/** Body of the owner's API; in bytes. */
export const OWNER_BODY_BYTES_MAX = 4096;

/** Response of `GET /bw`; in bytes. */
export const BANDWIDTH_BYTES_MAX = 5_000_000;

/** Filters of a query; in filters. */
export const FILTERS_MAX = 12;

/** Values of a filter; in values. */
export const FILTER_VALUES_MAX = 50;

/** A value of a filter; in bytes. */
export const FILTER_VALUE_BYTES_MAX = 500;

/** The parameter `filters`; in bytes. */
export const FILTERS_BYTES_MAX = 16_384;

/** A value of a filter with the operators matches and matches_not; in bytes. */
export const PATTERN_BYTES_MAX = 200;

/** Wildcards of such a value; in wildcards. */
export const PATTERN_WILDCARDS_MAX = 8;

/** Sessions that a filter by visitor or event property selects; in sessions. */
export const FILTER_SESSIONS_MAX = 100_000;

/** Range of a query; in days. */
export const RANGE_DAYS_MAX = 10_000;

/** Points of a series; in buckets. */
export const BUCKETS_MAX = 1500;

/** Rows of a list; in rows. */
export const ROWS_MAX = 500;

/** Events of one response of `/api/events`; in events. */
export const EVENTS_MAX = 500;

/** Issues of one response; in issues. */
export const ISSUES_MAX = 200;

/** Rows of each list of an issue; in rows. */
export const ISSUE_ROWS_MAX = 20;

/** Missing `seq` that the timeline lists for a page view; in numbers. */
export const MISSING_NUMBERS_MAX = 200;

/** Submissions of one response; in submissions. */
export const SUBMISSIONS_MAX = 50;

/** Sites of one response; in sites. */
export const SITES_MAX = 200;

/** Combinations of bot reasons of one response; in rows. */
export const FINGERPRINT_BOTS_MAX = 50;

/** Most frequent values of a signal; in values. */
export const FINGERPRINT_VALUES_MAX = 5;

/** Share links; in links. */
export const SHARE_LINKS_MAX = 100;

/** Sessions of one share link; in sessions. */
export const SHARE_GUESTS_MAX = 500;

/** Days until a share link expires; in days. */
export const SHARE_DAYS_MAX = 366;

/** Days back that a share link can be limited to; in days. */
export const SHARE_RANGE_DAYS_MAX = 3660;

/** Label of a share link; in bytes. */
export const SHARE_LABEL_BYTES_MAX = 200;

/** API tokens, including expired ones; in tokens. */
export const API_TOKENS_MAX = 100;

/** Days until an API token expires; in days. */
export const API_TOKEN_DAYS_MAX = 3660;

/** Name of an API token; in bytes. */
export const API_TOKEN_NAME_BYTES_MAX = 100;

/** Sessions of the owner in the list; in sessions. */
export const OWNER_SESSIONS_MAX = 200;

/** Entries of the audit log; in entries. */
export const AUDIT_ENTRIES_MAX = 10_000;

/** Days for which entries of the audit log are kept; in days. */
export const AUDIT_DAYS_MAX = 400;

/** Entries of one response of `/api/audit-log`; in entries. */
export const AUDIT_PAGE_MAX = 200;

/** Subscribers of `/api/stream`; in subscribers. */
export const STREAM_SUBSCRIBERS_MAX = 1000;

/** Payload of an event in `/api/stream`; a longer one is left out; in bytes. */
export const STREAM_PAYLOAD_BYTES_MAX = 4096;

/** A dimension value; longer ones are truncated; in bytes. */
export const DIMENSION_VALUE_BYTES_MAX = 200;

/** Values of a dimension in total; further ones become `(other)`; in values. */
export const DIMENSION_VALUES_MAX = 50_000;

/** Events of a session that count; in events. */
export const SESSION_EVENTS_MAX = 5000;

/** `engagedMs` of a page view; in milliseconds. */
export const ENGAGEMENT_MILLISECONDS_MAX = 86_400_000;

/** `count` of an error event; in errors. */
export const ERROR_COUNT_MAX = 10_000;

/** Duration of a resource; in milliseconds. */
export const RESOURCE_MILLISECONDS_MAX = 3_600_000;

/** Size of a resource; in bytes. */
export const RESOURCE_BYTES_MAX = 10_000_000_000;

/** Emitted events of a delivery report; in events. */
export const EMITTED_EVENTS_MAX = 100_000;

/** Records that wait for the database; in records. */
export const QUEUE_RECORDS_MAX = 20_000;

/** Bytes of these records; in bytes. */
export const QUEUE_BYTES_MAX = 33_554_432;

/** Records in the journal; in records. */
export const JOURNAL_RECORDS_MAX = 5_000_000;

/** Default of `COLLECTOR_JOURNAL_MAX`; in bytes. */
export const JOURNAL_BYTES_MAX = 1_073_741_824;

/** Default of `COLLECTOR_RATE_LIMIT`, per client address; in records. */
export const RECORDS_PER_SECOND_MAX = 100;
