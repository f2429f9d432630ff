import { facts } from "../../kit/dom.js";
import { parseUserAgent } from "../agent.js";
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
    const parsed = parseUserAgent(agent.userAgent);
    return {
      userAgent: agent.userAgent,
      browser: parsed.browser,
      system: parsed.system,
      clientHints: await clientHints().catch(() => null),
      language: agent.language,
      languages: agent.languages ?? [],
      platform: agent.platform,
      vendor: agent.vendor,
      webdriver: agent.webdriver ?? null,
      pdfViewer: agent.pdfViewerEnabled ?? null,
    };
  },
  summary: (value) => [value.browser.name, value.browser.version, "on", value.system.name].filter(Boolean).join(" "),
  contribute(value, payload) {
    Object.assign(payload.browser, value);
  },
  render(value, element) {
    const name = (/** @type {any} */ part) => [part.name, part.version].filter(Boolean).join(" ");
    const hints = value.clientHints;
    const brands = hints?.fullVersionList?.map((/** @type {any} */ item) => `${item.brand} ${item.version}`).join(", ");
    const machine = hints &&
      [hints.platform, hints.platformVersion, hints.architecture, hints.bitness && `${hints.bitness} bit`].filter(
        Boolean,
      ).join(" ");
    element.replaceChildren(facts([
      ["Browser", name(value.browser)],
      ["System", name(value.system)],
      ["User agent", value.userAgent],
      ["Client hints", brands],
      ["Hinted OS", machine],
      ["Languages", value.languages.join(", ")],
      ["Platform", value.platform],
      ["Automated", value.webdriver === null ? null : value.webdriver ? "yes (webdriver)" : "no"],
    ]));
  },
};
