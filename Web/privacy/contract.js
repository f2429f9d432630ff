// The contract of privacy: purposes and fields. Generated from Contract/ by scripts/build-contract: do not edit.

/** Purposes by name. @type {Record<string, string>} */
export const PURPOSES = {
  audience: "To know which browsers, devices and languages the site has to support",
  delivery: "To count each event once, and to find out which events were lost",
  engagement: "To know which pages hold attention",
  errors: "To find and fix errors of the site",
  fingerprint: "To show how recognizable browsers are; only if the site enables it",
  goals: "To count conversions and their value",
  location: "To know the countries and regions of visitors",
  navigation: "To know how visitors move through the site",
  pages: "To know which pages are visited",
  performance: "To find and fix slow pages",
  releases: "To compare versions of the site",
  site: "What the site itself adds to its events",
  sources: "To know where visitors come from",
  visitors: "To count visitors and visits",
};

/** Fields that every event has, and what they contain in each mode. @type {{name: string, label: string, purpose: string, modes: Record<string, string | null>}[]} */
export const FIELDS = [
  {
    name: "visitor_id",
    label: "Visitor",
    purpose: "visitors",
    modes: {
      full: "A random id, which the browser stores",
      cookieless:
        "A hash that changes every day: HMAC-SHA-256 of site, address and user agent under the key of the day",
      anonymous: null,
    },
  },
  {
    name: "session_id",
    label: "Session",
    purpose: "visitors",
    modes: {
      full: "A random id, which the browser stores; a new one after 30 minutes without activity",
      cookieless: "A hash like that of the visitor: all activity of a visitor on the site in one day (UTC)",
      anonymous: null,
    },
  },
  {
    name: "pageview_id",
    label: "Page view",
    purpose: "pages",
    modes: {
      full: "A random id of one display of a page",
      cookieless: "A random id of one display of a page, which is not stored in the browser",
      anonymous: "A random id of one display of a page, which is not stored in the browser",
    },
  },
  {
    name: "event_id",
    label: "Event",
    purpose: "delivery",
    modes: {
      full: "A random id of one event",
      cookieless: "A random id of one event",
      anonymous: "A random id of one event",
    },
  },
  {
    name: "event_type",
    label: "Event type",
    purpose: "pages",
    modes: {
      full: "Such as pageview or error",
      cookieless: "Such as pageview or error",
      anonymous: "Such as pageview or error",
    },
  },
  {
    name: "seq",
    label: "Number",
    purpose: "delivery",
    modes: {
      full: "The number of the event in its page view",
      cookieless: "The number of the event in its page view",
      anonymous: "The number of the event in its page view",
    },
  },
  {
    name: "time",
    label: "Time",
    purpose: "pages",
    modes: {
      full: "When the event happened, and when the server received it",
      cookieless: "When the event happened, and when the server received it",
      anonymous: "When the event happened, and when the server received it",
    },
  },
  {
    name: "site",
    label: "Site",
    purpose: "pages",
    modes: {
      full: "The name of the site",
      cookieless: "The name of the site",
      anonymous: "The name of the site",
    },
  },
  {
    name: "path",
    label: "Page",
    purpose: "pages",
    modes: {
      full: "The path of the page, without the query and without identifiers",
      cookieless: "The path of the page, without the query and without identifiers",
      anonymous: "The path of the page, without the query and without identifiers",
    },
  },
  {
    name: "referrer",
    label: "Referrer",
    purpose: "sources",
    modes: {
      full: "The address of the page before, without the query and without identifiers",
      cookieless: "The address of the page before, without the query and without identifiers",
      anonymous: "The address of the page before, without the query and without identifiers",
    },
  },
  {
    name: "user_agent",
    label: "User agent",
    purpose: "audience",
    modes: {
      full: "The names and versions of browser and system, as the browser sends them",
      cookieless: "The names and versions of browser and system, as the browser sends them",
      anonymous: "The names and versions of browser and system, as the browser sends them",
    },
  },
  {
    name: "location",
    label: "Location",
    purpose: "location",
    modes: {
      full: "Country, region and city, looked up by the address if the operator has a database for it",
      cookieless: "Country, region and city, looked up by the address if the operator has a database for it",
      anonymous: "The country, looked up by the address if the operator has a database for it",
    },
  },
  {
    name: "ip_hash",
    label: "Address",
    purpose: "visitors",
    modes: {
      full: "A hash of the IP address, only if the operator has set a key for it; never the address itself",
      cookieless: null,
      anonymous: null,
    },
  },
];

/** Keys of payloads by event type: name, purpose, the strictest mode that keeps it, description. @type {{type: string, description: string, keys: string[][]}[]} */
export const EVENTS = [
  {
    type: "pageview",
    description: "The first event of each page view",
    keys: [
      ["kind", "navigation", "anonymous", "How the page view began"],
      ["language", "audience", "anonymous", "Preferred language of the browser"],
      ["platform", "audience", "full", "navigator.platform"],
      ["hardwareConcurrency", "audience", "full", "Logical processors"],
      ["deviceMemory", "audience", "full", "Memory, rounded by the browser"],
      ["innerWidth", "audience", "anonymous", "Width of the viewport"],
      ["innerHeight", "audience", "full", "Height of the viewport"],
      ["devicePixelRatio", "audience", "full", "Device pixels for each CSS pixel"],
      ["screenResolution", "audience", "anonymous", "Width and height of the screen, as 1920x1080"],
      ["dark", "audience", "cookieless", "Whether the visitor prefers a dark color scheme"],
      ["connection", "performance", "anonymous", "Effective type of the connection"],
      ["country", "location", "anonymous", "Country, when the sender knows it"],
      ["timeZone", "location", "anonymous", "IANA time zone of the browser"],
      ["campaign", "sources", "anonymous", "Campaign parameters of the address"],
      ["release", "releases", "anonymous", "Version of the site"],
      ["user", "site", "full", "Properties of the visitor, given by the site"],
      [
        "imported",
        "audience",
        "anonymous",
        "Set on page views that 'collector import' has read from an export of another product",
      ],
      ["sample", "delivery", "anonymous", "Share of visitors that are measured, 0 to 1"],
      ["hidden", "performance", "anonymous", "Whether the page was hidden when the page view began"],
      ["frame", "navigation", "anonymous", "Whether the page was displayed inside a frame"],
      ["collector", "delivery", "anonymous", "Version of the tracker, that of Collector"],
    ],
  },
  {
    type: "webvitals",
    description:
      "Core Web Vitals with attribution; of several events of a page view, the last value of each metric counts",
    keys: [
      ["navigationType", "performance", "anonymous", "What the values belong to"],
      ["why", "performance", "anonymous", "What made the tracker report"],
      ["LCP", "performance", "anonymous", "Largest Contentful Paint; null when this browser cannot measure it"],
      ["INP", "performance", "anonymous", "Interaction to Next Paint; null when this browser cannot measure it"],
      ["CLS", "performance", "anonymous", "Cumulative Layout Shift; null when this browser cannot measure it"],
      ["FCP", "performance", "anonymous", "First Contentful Paint; null when this browser cannot measure it"],
      ["TTFB", "performance", "anonymous", "Time to First Byte; null when this browser cannot measure it"],
      ["attribution", "performance", "anonymous", "Causes of the values"],
    ],
  },
  {
    type: "navigation",
    description: "The entry of Navigation Timing",
    keys: [
      ["*", "performance", "anonymous", "A field of the entry; null when the browser lacks it"],
    ],
  },
  {
    type: "resources",
    description: "Resources that the page loaded",
    keys: [
      ["count", "performance", "anonymous", "Resources that the page loaded"],
      ["bytes", "performance", "anonymous", "Transferred in all"],
      ["cached", "performance", "anonymous", "Resources that came from a cache"],
      ["slowest", "performance", "anonymous", "The ten slowest resources"],
      ["thirdParties", "performance", "anonymous", "The ten slowest other hosts"],
    ],
  },
  {
    type: "frames",
    description: "Long animation frames",
    keys: [
      ["kind", "performance", "anonymous", "Type of the performance entries"],
      ["count", "performance", "anonymous", "Long frames"],
      ["blocking", "performance", "anonymous", "Blocking time in all"],
      ["worst", "performance", "anonymous", "The ten longest frames"],
      ["heap", "performance", "full", "Memory of the page; null when the browser lacks it"],
    ],
  },
  {
    type: "engagement",
    description: "Attention that the page view got",
    keys: [
      ["engagedMs", "engagement", "anonymous", "Time in which the page was visible and had focus"],
      ["scrollDepth", "engagement", "anonymous", "How far the visitor scrolled"],
      ["title", "pages", "anonymous", "Title of the page"],
      ["reason", "delivery", "anonymous", "What made the tracker report"],
    ],
  },
  {
    type: "error",
    description: "An uncaught exception, a rejection, a failed resource or request",
    keys: [
      ["kind", "errors", "anonymous", "How the error was noticed"],
      ["name", "errors", "anonymous", "Name of the error"],
      ["message", "errors", "anonymous", "Message of the error"],
      ["source", "errors", "anonymous", "Address of the script or resource"],
      ["lineno", "errors", "anonymous", "Line"],
      ["colno", "errors", "anonymous", "Column"],
      ["frames", "errors", "anonymous", "Stack, innermost frame first"],
      ["cause", "errors", "anonymous", "Chain of causes, the nearest first"],
      ["errors", "errors", "anonymous", "Inner errors of an AggregateError"],
      ["stack", "errors", "anonymous", "Stack as text, when it could not be parsed"],
      ["breadcrumbs", "errors", "cookieless", "The last steps before the error"],
      ["key", "errors", "anonymous", "Equal for equal errors of a page view"],
      ["count", "errors", "anonymous", "Errors that the event stands for"],
      ["worker", "errors", "anonymous", "Kind of the worker that the error happened in"],
      ["page", "errors", "cookieless", "Page view of the page that started the worker"],
      ["status", "errors", "anonymous", "Status of a rejected Response"],
      ["url", "errors", "anonymous", "Address of a rejected Response"],
      ["noise", "errors", "anonymous", "Why the error is not the site's; such errors count in no total"],
    ],
  },
  {
    type: "outbound",
    description: "A click on a link to another site",
    keys: [
      ["url", "navigation", "anonymous", "Address of the link"],
    ],
  },
  {
    type: "download",
    description: "A click on a link to a file",
    keys: [
      ["url", "navigation", "anonymous", "Address of the link"],
    ],
  },
  {
    type: "identify",
    description: "The visitor as the site knows them",
    keys: [
      ["id", "site", "full", "Id given by the site"],
      ["*", "site", "full", "Any other property"],
    ],
  },
  {
    type: "fingerprint_ready",
    description: "The fingerprint of the browser, once for each page",
    keys: [
      ["fingerprints", "fingerprint", "full", "The fingerprint"],
    ],
  },
  {
    type: "*",
    description: "An event of the site's own",
    keys: [
      ["value", "goals", "anonymous", "Amount: a number, or its digits as a string"],
      ["currency", "goals", "anonymous", "Code of the amount's currency by ISO 4217"],
      ["*", "site", "cookieless", "Any other property"],
    ],
  },
];
