import { h, table } from "../../kit/dom.js";
import { bytes, milliseconds } from "../../kit/format.js";
import { readNavigation } from "../../tracker/load.js";

/** The phases of a page load, each by the entries that bound it. */
const PHASES = [
  ["Redirect", "redirectStart", "redirectEnd"],
  ["DNS", "domainLookupStart", "domainLookupEnd"],
  ["TCP", "connectStart", "connectEnd"],
  ["TLS", "secureConnectionStart", "connectEnd"],
  ["Wait", "requestStart", "responseStart"],
  ["Download", "responseStart", "responseEnd"],
  ["DOM", "responseEnd", "domContentLoadedEventEnd"],
  ["Load", "domContentLoadedEventEnd", "loadEventEnd"],
];

/** @param {any} entry */
const phases = (entry) =>
  PHASES.map(([name, from, to]) => {
    const start = entry[from] || 0;
    // A phase that did not happen has a start of zero; clocks on reused connections may run backwards.
    const end = name === "TCP" && entry.secureConnectionStart > 0 ? entry.secureConnectionStart : entry[to];
    return { name, start, duration: start > 0 ? Math.max(0, end - start) : null };
  });

/** The old interface, with times since 1970, for the member `timing`. */
function legacyTiming() {
  const timing = /** @type {any} */ (performance).timing;
  return timing?.toJSON ? timing.toJSON() : {};
}

/** @type {import("./types.js").Collector} */
export default {
  name: "navigation",
  tab: "performance",
  title: "Navigation timing",
  width: "full",
  collect() {
    const entry = readNavigation();
    if (!entry.type) return null;
    return {
      kind: entry.type,
      ...entry,
      phases: phases(entry),
      total: entry.loadEventEnd || entry.domContentLoadedEventEnd,
    };
  },
  contribute(value, payload) {
    payload.performance.timing = legacyTiming();
    const type = { navigate: 0, reload: 1, back_forward: 2 }[/** @type {"navigate"} */ (value.kind)] ?? 255;
    payload.performance.navigation = { ...value, type };
  },
  render(value, element) {
    const total = Math.max(value.total, 1);
    const bar = h("div", { class: "phases", "aria-hidden": "true" });
    value.phases.forEach((/** @type {any} */ phase, /** @type {number} */ index) => {
      const piece = h("i", { class: `tone${index}`, title: `${phase.name}: ${milliseconds(phase.duration)}` });
      piece.style.insetInlineStart = `${phase.start / total * 100}%`;
      piece.style.inlineSize = `max(${phase.duration / total * 100}%, ${phase.duration > 0 ? 2 : 0}px)`;
      bar.append(piece);
    });
    const legend = h("ul", { class: "phase-list" });
    value.phases.forEach((/** @type {any} */ phase, /** @type {number} */ index) => {
      legend.append(
        h(
          "li",
          {},
          h("i", { class: `tone${index}` }),
          h("span", { text: phase.name }),
          h("b", { text: milliseconds(phase.duration) }),
        ),
      );
    });
    const more = [
      value.kind.replace("_", "/"),
      value.redirectCount === 1 ? "1 redirect" : `${value.redirectCount} redirects`,
      value.nextHopProtocol,
      `${bytes(value.transferSize)} transferred, ${bytes(value.decodedBodySize)} decoded`,
    ].filter(Boolean).join(" · ");
    const rows = value.phases.map((
      /** @type {any} */ phase,
    ) => [phase.name, milliseconds(phase.start), milliseconds(phase.duration)]);
    const details = h(
      "details",
      {},
      h("summary", { text: "View as table" }),
      table(["Phase", "Start", "Duration"], rows, "Phases of the navigation"),
    );
    element.replaceChildren(
      h("p", { class: "figure" }, milliseconds(value.total), h("small", { text: " to the end of load" })),
      h("p", { class: "caption", text: more }),
      bar,
      legend,
      details,
    );
  },
};
