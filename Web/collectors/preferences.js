import { facts } from "../shared/dom.js";

/** @param {string} feature @param {string[]} values */
const choice = (feature, values) => values.find((value) => matchMedia(`(${feature}: ${value})`).matches) ?? null;

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
    const locale = Intl.DateTimeFormat().resolvedOptions();
    return {
      timeZone: locale.timeZone,
      timeZoneOffset: new Date().getTimezoneOffset(),
      locale: locale.locale,
      calendar: locale.calendar,
      numberingSystem: locale.numberingSystem,
      colorScheme: choice("prefers-color-scheme", ["dark", "light"]),
      reducedMotion: choice("prefers-reduced-motion", ["reduce", "no-preference"]),
      reducedTransparency: choice("prefers-reduced-transparency", ["reduce", "no-preference"]),
      contrast: choice("prefers-contrast", ["more", "less", "custom", "no-preference"]),
      forcedColors: choice("forced-colors", ["active", "none"]),
      invertedColors: choice("inverted-colors", ["inverted", "none"]),
      displayMode: choice("display-mode", ["fullscreen", "standalone", "minimal-ui", "browser"]),
    };
  },
  // What somebody prefers may change with the time of day.
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
      ["Colour scheme", value.colorScheme],
      ["Motion", words(value.reducedMotion)],
      ["Transparency", words(value.reducedTransparency)],
      ["Contrast", words(value.contrast)],
      ["Forced colours", value.forcedColors],
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
