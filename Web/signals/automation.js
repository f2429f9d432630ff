// Signs of automation. Each can be wrong: a human may use such a browser.

/** Names that drivers leave in the window or the document. */
const DRIVERS = /^\$?cdc_|^__(playwright|pw|puppeteer|selenium|webdriver)/;

/**
 * @param {any} window
 * @param {string} [renderer] what draws, as WebGL says
 * @returns {string[]}
 */
export function automation(window, renderer = "") {
  const { navigator, document } = window;
  const { userAgent, maxTouchPoints, plugins } = navigator;
  const isMobile = /Mobi/.test(userAgent);
  const isChrome = /Chrome\//.test(userAgent);
  /** @type {Record<string, unknown>} */
  const reasons = {
    webdriver: navigator.webdriver,
    headless: /headless/i.test(userAgent),
    software_renderer: /swiftshader|llvmpipe|soft[pw]/i.test(renderer),
    driver_globals: [...Object.keys(window), ...Object.keys(document)].some((name) => DRIVERS.test(name)),
    patched_navigator: Object.getOwnPropertyNames(navigator).length,
    no_chrome: isChrome && !window.chrome,
    no_plugins: isChrome && !isMobile && plugins?.length === 0,
    no_outer_size: window.outerWidth * window.outerHeight === 0,
    no_touch: isMobile && maxTouchPoints === 0,
    platform_differs: /Win/.test(userAgent) !== /Win/.test(navigator.platform),
  };
  return Object.keys(reasons).filter((reason) => reasons[reason]);
}
