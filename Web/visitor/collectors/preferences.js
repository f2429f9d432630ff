import { facts } from "../../kit/dom.js";
import { locale } from "../../signals/locale.js";
import { preferences } from "../../signals/queries.js";

/** @param {string | null} value */
const words = (value) => value === "reduce" ? "reduced" : value?.replace("-", " ");

/** @type {import("./types.js").Collector} */
export default {
  name: "preferences",
  tab: "overview",
  title: "Locale and preferences",
  width: "third",
  isFingerprint: true,
  collect() {
    const { timeZone, locale: name, calendar, numberingSystem } = locale();
    const asked = preferences();
    return {
      timeZone,
      timeZoneOffset: new Date().getTimezoneOffset(),
      locale: name,
      calendar,
      numberingSystem,
      colorScheme: asked["prefers-color-scheme"],
      reducedMotion: asked["prefers-reduced-motion"],
      reducedTransparency: asked["prefers-reduced-transparency"],
      contrast: asked["prefers-contrast"],
      forcedColors: asked["forced-colors"],
      invertedColors: asked["inverted-colors"],
      displayMode: asked["display-mode"],
    };
  },
  // Preferences may change with the time of day.
  identity: ({ timeZone, locale, calendar, numberingSystem }) => ({ timeZone, locale, calendar, numberingSystem }),
  summary: (value) => `${value.timeZone}, ${value.locale}`,
  contribute(value, payload) {
    payload.browser.preferences = value;
  },
  render(value, element) {
    const hours = -value.timeZoneOffset / 60;
    element.replaceChildren(facts([
      ["Time zone", `${value.timeZone} (UTC${hours >= 0 ? "+" : ""}${hours})`],
      ["Locale", `${value.locale}, ${value.calendar}, ${value.numberingSystem}`],
      ["Color scheme", value.colorScheme],
      ["Motion", words(value.reducedMotion)],
      ["Transparency", words(value.reducedTransparency)],
      ["Contrast", words(value.contrast)],
      ["Forced colors", value.forcedColors],
      ["Display mode", value.displayMode],
    ]));
  },
  watch(update) {
    matchMedia("(prefers-color-scheme: dark)").addEventListener?.(
      "change",
      (event) => update({ colorScheme: event.matches ? "dark" : "light" }),
    );
  },
};
