import { badge, h } from "../../kit/dom.js";
import { BOUNDS, METRIC_NAMES, METRICS } from "../../kit/contract.js";
import { tone, TONE_LABELS, vital } from "../../kit/ratings.js";
import { measureVitals, watchVisibility } from "../../tracker/vitals.js";

const METRIC_KEYS = /** @type {(keyof typeof METRICS)[]} */ (Object.keys(METRICS));

/** @type {Set<() => void>} */
const listeners = new Set();
watchVisibility();
export const vitals = measureVitals();

/** Calls the listeners when a vital of the current page view changes. */
function watchView() {
  const view = vitals._current();
  view._values = new Proxy(view._values, {
    set: (values, name, value) => {
      const isNew = values[/** @type {keyof typeof values} */ (name)] !== value;
      Reflect.set(values, name, value);
      if (isNew && view === vitals._current()) listeners.forEach((listener) => listener());
      return true;
    },
  });
}

watchView();

/** Measures a page view that begins without a load. @param {number} time milliseconds of the page's clock @param {string} kind */
export function restartVitals(time, kind) {
  vitals._restart(time, kind);
  watchView();
}

/** @param {keyof typeof METRICS} metric */
function card(metric) {
  const name = METRICS[metric];
  const title = METRIC_NAMES[metric];
  const measured = vitals._current()._values[name];
  const value = measured ?? null;
  const isSupported = measured !== null;
  const [good, fair] = BOUNDS[metric];
  const scale = h(
    "div",
    { class: value === null ? "scale idle" : "scale", "aria-hidden": "true" },
    ...["good", "fair", "poor"].map((tone) => h("i", { class: tone })),
  );
  if (value !== null) {
    // Each third of the bar is one rating; within it, the marker is in proportion.
    const thirds = value <= good
      ? value / good
      : value <= fair
      ? 1 + (value - good) / (fair - good)
      : 2 + Math.min(1, (value - fair) / fair);
    const marker = h("b", {});
    marker.style.insetInlineStart = `${Math.min(99, thirds / 3 * 100)}%`;
    scale.append(marker);
  }
  const rated = value === null ? null : tone(metric, value);
  const missing = !isSupported
    ? "not available in this browser"
    : name === "INP"
    ? "interact with the page"
    : "waiting";
  return h(
    "section",
    { class: "card vital", "aria-label": title },
    h("div", { class: "head" }, h("h3", { text: name }), rated && badge(TONE_LABELS[rated], rated)),
    h("p", { class: "full-name", text: title, title }),
    h("p", {
      class: value === null ? "figure dim" : "figure",
      "data-vital": name,
      text: value === null ? "–" : vital(metric, value),
    }),
    scale,
    h(
      "p",
      { class: "ends" },
      h("span", { class: value === null ? "missing" : "", text: value === null ? missing : "this page view" }),
      isSupported ? h("span", { text: `target ≤ ${vital(metric, good)}` }) : null,
    ),
  );
}

/** @type {import("./types.js").Collector} */
export default {
  name: "vitals",
  tab: "overview",
  title: "Core Web Vitals",
  width: "full",
  isBare: true,
  collect: () => vitals._current()._values,
  contribute(_value, payload) {
    // A value that is not known yet is null here, too.
    payload.performance.webVitals = Object.fromEntries(
      Object.entries(vitals._current()._values).map(([name, value]) => [name, value ?? null]),
    );
  },
  render(_value, element) {
    element.replaceChildren(h("div", { class: "vitals" }, ...METRIC_KEYS.map(card)));
  },
  watch(update) {
    listeners.add(() => update(vitals._current()._values));
  },
};
