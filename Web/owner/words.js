// Labels of values.

/** Parts of vitals, by the names of web-vitals. @type {Record<string, string>} */
const PARTS = Object.freeze({
  timeToFirstByte: "Time to first byte",
  resourceLoadDelay: "Resource load delay",
  resourceLoadDuration: "Resource load duration",
  elementRenderDelay: "Element render delay",
  inputDelay: "Input delay",
  processingDuration: "Processing duration",
  presentationDelay: "Presentation delay",
});
/** @param {string} name */
export const partLabel = (name) => PARTS[name] ?? name;

/** How page views begin, by `navigationType`. @type {Record<string, string>} */
const NAVIGATIONS = Object.freeze({
  navigate: "Page load",
  reload: "Reload",
  back_forward: "Back or forward",
  prerender: "Prerendered load",
  restored: "Back/forward cache",
  bfcache: "Back/forward cache",
  route: "Route change",
  "soft-navigation": "Soft navigation",
});
/** @param {string} name */
export const navigationLabel = (name) => NAVIGATIONS[name] ?? name;
/** Page views without a load of their own. */
export const ROUTES = Object.freeze(["route", "soft-navigation"]);

/** Kinds of errors that are not the site's. @type {Record<string, string>} */
const NOISE = Object.freeze({
  extension: "Browser extension",
  resize_observer: "ResizeObserver loop",
  script_error: "Script error",
});
/** @param {string} kind */
export const noiseLabel = (kind) => NOISE[kind] ?? kind;

/** Why a session may be a bot's: the labels of Contract/bots.json. @type {Record<string, string>} */
const REASONS = Object.freeze({
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
/** @param {string} reason */
export const reasonLabel = (reason) => REASONS[reason] ?? reason;

/**
 * Whether a series has figures. Zero errors in page views are a figure; no page views are none.
 *
 * @param {any[]} series @param {string} name
 */
export const hasFigures = (series, name) =>
  series.some((point) => point[name] || point.pageviews > 0 && point[name] !== null && point[name] !== undefined);

/** The label of a value; an empty one has a name, too. @param {string} value */
export const named = (value) => value === "" ? "(none)" : value;
