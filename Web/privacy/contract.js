// The contract of privacy: modes, purposes, fields. Generated from Contract/ by scripts/build-contract: do not edit.

/** The modes, the least strict first. @type {Record<string, {label: string, description: string}>} */
export const MODES = {
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

/** Keys of payloads by event type, with the strictest mode that keeps them. @type {{type: string, description: string, keys: {name: string, description: string, purpose: string, privacy: string}[]}[]} */
export const EVENTS = [
  {
    type: "pageview",
    description: "The first event of each page view",
    keys: [
      {
        name: "kind",
        description: "How the page view began",
        purpose: "navigation",
        privacy: "anonymous",
      },
      {
        name: "language",
        description: "Preferred language of the browser",
        purpose: "audience",
        privacy: "anonymous",
      },
      {
        name: "platform",
        description: "navigator.platform",
        purpose: "audience",
        privacy: "full",
      },
      {
        name: "hardwareConcurrency",
        description: "Logical processors",
        purpose: "audience",
        privacy: "full",
      },
      {
        name: "deviceMemory",
        description: "Memory, rounded by the browser",
        purpose: "audience",
        privacy: "full",
      },
      {
        name: "innerWidth",
        description: "Width of the viewport",
        purpose: "audience",
        privacy: "anonymous",
      },
      {
        name: "innerHeight",
        description: "Height of the viewport",
        purpose: "audience",
        privacy: "full",
      },
      {
        name: "devicePixelRatio",
        description: "Device pixels for each CSS pixel",
        purpose: "audience",
        privacy: "full",
      },
      {
        name: "screenResolution",
        description: "Width and height of the screen, as 1920x1080",
        purpose: "audience",
        privacy: "anonymous",
      },
      {
        name: "dark",
        description: "Whether the visitor prefers a dark color scheme",
        purpose: "audience",
        privacy: "cookieless",
      },
      {
        name: "connection",
        description: "Effective type of the connection",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "country",
        description: "Country, when the sender knows it",
        purpose: "location",
        privacy: "anonymous",
      },
      {
        name: "timeZone",
        description: "IANA time zone of the browser",
        purpose: "location",
        privacy: "anonymous",
      },
      {
        name: "campaign",
        description: "Campaign parameters of the address",
        purpose: "sources",
        privacy: "anonymous",
      },
      {
        name: "release",
        description: "Version of the site",
        purpose: "releases",
        privacy: "anonymous",
      },
      {
        name: "user",
        description: "Properties of the visitor, given by the site",
        purpose: "site",
        privacy: "full",
      },
      {
        name: "sample",
        description: "Share of visitors that are measured, 0 to 1",
        purpose: "delivery",
        privacy: "anonymous",
      },
      {
        name: "hidden",
        description: "Whether the page was hidden when the page view began",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "frame",
        description: "Whether the page was displayed inside a frame",
        purpose: "navigation",
        privacy: "anonymous",
      },
      {
        name: "collector",
        description: "Version of the tracker, that of Collector",
        purpose: "delivery",
        privacy: "anonymous",
      },
    ],
  },
  {
    type: "webvitals",
    description:
      "Core Web Vitals with attribution; of several events of a page view, the last value of each metric counts",
    keys: [
      {
        name: "navigationType",
        description: "What the values belong to",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "why",
        description: "What made the tracker report",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "LCP",
        description: "Largest Contentful Paint; null when this browser cannot measure it",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "INP",
        description: "Interaction to Next Paint; null when this browser cannot measure it",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "CLS",
        description: "Cumulative Layout Shift; null when this browser cannot measure it",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "FCP",
        description: "First Contentful Paint; null when this browser cannot measure it",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "TTFB",
        description: "Time to First Byte; null when this browser cannot measure it",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "attribution",
        description: "Causes of the values",
        purpose: "performance",
        privacy: "anonymous",
      },
    ],
  },
  {
    type: "navigation",
    description: "The entry of Navigation Timing",
    keys: [
      {
        name: "*",
        description: "A field of the entry; null when the browser lacks it",
        purpose: "performance",
        privacy: "anonymous",
      },
    ],
  },
  {
    type: "resources",
    description: "Resources that the page loaded",
    keys: [
      {
        name: "count",
        description: "Resources that the page loaded",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "bytes",
        description: "Transferred in all",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "cached",
        description: "Resources that came from a cache",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "slowest",
        description: "The ten slowest resources",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "thirdParties",
        description: "The ten slowest other hosts",
        purpose: "performance",
        privacy: "anonymous",
      },
    ],
  },
  {
    type: "frames",
    description: "Long animation frames",
    keys: [
      {
        name: "kind",
        description: "Type of the performance entries",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "count",
        description: "Long frames",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "blocking",
        description: "Blocking time in all",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "worst",
        description: "The ten longest frames",
        purpose: "performance",
        privacy: "anonymous",
      },
      {
        name: "heap",
        description: "Memory of the page; null when the browser lacks it",
        purpose: "performance",
        privacy: "full",
      },
    ],
  },
  {
    type: "engagement",
    description: "Attention that the page view got",
    keys: [
      {
        name: "engagedMs",
        description: "Time in which the page was visible and had focus",
        purpose: "engagement",
        privacy: "anonymous",
      },
      {
        name: "scrollDepth",
        description: "How far the visitor scrolled",
        purpose: "engagement",
        privacy: "anonymous",
      },
      {
        name: "title",
        description: "Title of the page",
        purpose: "pages",
        privacy: "anonymous",
      },
      {
        name: "reason",
        description: "What made the tracker report",
        purpose: "delivery",
        privacy: "anonymous",
      },
    ],
  },
  {
    type: "error",
    description: "An uncaught exception, a rejection, a failed resource or request",
    keys: [
      {
        name: "kind",
        description: "How the error was noticed",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "name",
        description: "Name of the error",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "message",
        description: "Message of the error",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "source",
        description: "Address of the script or resource",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "lineno",
        description: "Line",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "colno",
        description: "Column",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "frames",
        description: "Stack, innermost frame first",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "cause",
        description: "Chain of causes, the nearest first",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "errors",
        description: "Inner errors of an AggregateError",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "stack",
        description: "Stack as text, when it could not be parsed",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "breadcrumbs",
        description: "The last steps before the error",
        purpose: "errors",
        privacy: "cookieless",
      },
      {
        name: "key",
        description: "Equal for equal errors of a page view",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "count",
        description: "Errors that the event stands for",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "worker",
        description: "Kind of the worker that the error happened in",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "page",
        description: "Page view of the page that started the worker",
        purpose: "errors",
        privacy: "cookieless",
      },
      {
        name: "status",
        description: "Status of a rejected Response",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "url",
        description: "Address of a rejected Response",
        purpose: "errors",
        privacy: "anonymous",
      },
      {
        name: "noise",
        description: "Why the error is not the site's; such errors count in no total",
        purpose: "errors",
        privacy: "anonymous",
      },
    ],
  },
  {
    type: "outbound",
    description: "A click on a link to another site",
    keys: [
      {
        name: "url",
        description: "Address of the link",
        purpose: "navigation",
        privacy: "anonymous",
      },
    ],
  },
  {
    type: "download",
    description: "A click on a link to a file",
    keys: [
      {
        name: "url",
        description: "Address of the link",
        purpose: "navigation",
        privacy: "anonymous",
      },
    ],
  },
  {
    type: "identify",
    description: "The visitor as the site knows them",
    keys: [
      {
        name: "id",
        description: "Id given by the site",
        purpose: "site",
        privacy: "full",
      },
      {
        name: "*",
        description: "Any other property",
        purpose: "site",
        privacy: "full",
      },
    ],
  },
  {
    type: "fingerprint_ready",
    description: "The fingerprint of the browser, once for each page",
    keys: [
      {
        name: "fingerprints",
        description: "The fingerprint",
        purpose: "fingerprint",
        privacy: "full",
      },
    ],
  },
  {
    type: "*",
    description: "An event of the site's own",
    keys: [
      {
        name: "value",
        description: "Amount: a number, or its digits as a string",
        purpose: "goals",
        privacy: "anonymous",
      },
      {
        name: "currency",
        description: "Code of the amount's currency by ISO 4217",
        purpose: "goals",
        privacy: "anonymous",
      },
      {
        name: "*",
        description: "Any other property",
        purpose: "site",
        privacy: "cookieless",
      },
    ],
  },
];
