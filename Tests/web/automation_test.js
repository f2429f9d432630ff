import assert from "node:assert/strict";
import { automation } from "../../Web/signals/automation.js";

const CHROME =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
const PHONE =
  "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36";

/**
 * A window as in a human's browser; properties of the browser are on the prototype.
 *
 * @param {Record<string, any>} [said]
 * @param {Record<string, any>} [further]
 */
const windowOf = (said = {}, further = {}) => ({
  navigator: Object.create({
    ...{ userAgent: CHROME, platform: "Win32", webdriver: false, languages: ["en"], plugins: { length: 5 } },
    ...{ maxTouchPoints: 0, ...said },
  }),
  ...{ document: { title: "" }, chrome: {}, outerWidth: 1200, outerHeight: 800, ...further },
});

Deno.test("there is no reason to doubt the browsers that people use", () => {
  assert.deepEqual(automation(windowOf(), "ANGLE (NVIDIA)"), []);
  assert.deepEqual(
    automation(
      windowOf({ userAgent: FIREFOX, platform: "Linux x86_64", plugins: { length: 0 } }, { chrome: undefined }),
    ),
    [],
  );
  assert.deepEqual(
    automation(windowOf({ userAgent: PHONE, platform: "Linux armv81", plugins: { length: 0 }, maxTouchPoints: 5 })),
    [],
  );
});

const CASES = /** @type {[string, Record<string, any>, Record<string, any>, string?][]} */ ([
  ["webdriver", { webdriver: true }, {}],
  ["headless", { userAgent: CHROME.replace("Chrome", "HeadlessChrome") }, {}],
  ["software_renderer", {}, {}, "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device), SwiftShader driver)"],
  ["software_renderer", {}, {}, "llvmpipe, or similar"],
  ["driver_globals", {}, { __playwright__binding__: 1 }],
  ["driver_globals", {}, { document: { $cdc_asdjflasutopfhvcZLmcfl_: 1 } }],
  ["no_chrome", {}, { chrome: undefined }],
  ["no_plugins", { plugins: { length: 0 } }, {}],
  ["no_outer_size", {}, { outerWidth: 0, outerHeight: 0 }],
  ["no_touch", { userAgent: PHONE, platform: "Linux armv81" }, {}],
  ["platform_differs", { platform: "Linux x86_64" }, {}],
]);

for (const [reason, said, further, renderer] of CASES) {
  Deno.test(`${reason} is a reason for ${JSON.stringify([said, further, renderer ?? ""])}`, () => {
    assert.deepEqual(automation(windowOf(said, further), renderer), [reason]);
  });
}

Deno.test("a navigator that was given fields of its own is patched", () => {
  const window = windowOf({ webdriver: true });
  Object.defineProperty(window.navigator, "webdriver", { get: () => false });
  assert.deepEqual(automation(window), ["patched_navigator"]);
});

Deno.test("a browser that says next to nothing gives no exception", () => {
  assert.deepEqual(automation({ navigator: {}, document: {} }), []);
});
