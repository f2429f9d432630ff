// Browser and system out of a user agent string: families and major versions, no more than the string can carry.

/** In this order: each later one also names the earlier ones in its string. */
const BROWSERS = /** @type {[RegExp, string][]} */ ([
  [/\bEdgA?(?:iOS)?\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\bSamsungBrowser\/(\d+)/, "Samsung Internet"],
  [/\bVivaldi\/(\d+)/, "Vivaldi"],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/\bHeadlessChrome\/(\d+)/, "Chrome (headless)"],
  [/\b(?:Chrome|CriOS)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+).*\bSafari\//, "Safari"],
]);

const SYSTEMS = /** @type {[RegExp, string][]} */ ([
  [/\bAndroid (\d+)/, "Android"],
  [/\b(?:iPhone|iPad).* OS (\d+)_/, "iOS"],
  [/\bWindows NT 10/, "Windows 10 or later"],
  [/\bWindows NT/, "Windows"],
  [/\bMac OS X/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
]);

/**
 * @param {[RegExp, string][]} table
 * @param {string} text
 */
function find(table, text) {
  for (const [pattern, name] of table) {
    const match = pattern.exec(text);
    if (match) return { name, version: match[1] ?? null };
  }
  return { name: "unknown", version: null };
}

/** @param {string} text */
export function parseUserAgent(text) {
  const browser = find(BROWSERS, text);
  const system = find(SYSTEMS, text);
  // WebKitGTK says "Version/60.5 Safari" on Linux, where there is no Safari.
  if (browser.name === "Safari" && system.name === "Linux") {
    return { browser: { name: "WebKitGTK", version: null }, system };
  }
  return { browser, system };
}
