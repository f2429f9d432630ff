import { facts } from "../../kit/dom.js";
import { named, ownAgent } from "../agent.js";
import { clientHints } from "../../signals/hints.js";
import { plain } from "../../signals/plain.js";

/** @type {import("./types.js").Collector} */
export default {
  name: "browser",
  tab: "overview",
  title: "Browser",
  isFingerprint: true,
  async collect() {
    const agent = plain(navigator) ?? {};
    const names = await ownAgent();
    return {
      userAgent: agent.userAgent,
      browser: names?.browser ?? null,
      system: names?.system ?? null,
      clientHints: await clientHints().catch(() => null),
      language: agent.language,
      languages: agent.languages ?? [],
      platform: agent.platform,
      vendor: agent.vendor,
      webdriver: agent.webdriver ?? null,
      pdfViewer: agent.pdfViewerEnabled ?? null,
    };
  },
  // The names follow from what the browser reports, and depend on the server.
  identity: (value) => ({ ...value, browser: null, system: null }),
  summary: (value) => [named(value.browser), named(value.system)].filter(Boolean).join(" on ") || value.userAgent,
  contribute(value, payload) {
    Object.assign(payload.browser, value);
  },
  render(value, element) {
    const hints = value.clientHints;
    const brands = hints?.fullVersionList?.map((/** @type {any} */ item) => `${item.brand} ${item.version}`).join(", ");
    const machine = hints &&
      [hints.platform, hints.platformVersion, hints.architecture, hints.bitness && `${hints.bitness} bit`].filter(
        Boolean,
      ).join(" ");
    element.replaceChildren(facts([
      ["Browser", named(value.browser) || null],
      ["System", named(value.system) || null],
      ["User agent", value.userAgent],
      ["Client hints", brands],
      ["Hinted OS", machine],
      ["Languages", value.languages.join(", ")],
      ["Platform", value.platform],
      ["Automated", value.webdriver === null ? null : value.webdriver ? "yes (webdriver)" : "no"],
    ]));
  },
};
