import { h, table } from "../../kit/dom.js";
import { milliseconds, shortName } from "../../kit/format.js";
import { readResources, watchResources } from "./resources.js";

const SHOWN = 40;
/** Milliseconds after the load within which requests still belong to it; later ones would squeeze it into a corner. */
const AFTERMATH_MS = 1500;

/** @param {any[]} resources */
function ofTheLoad(resources) {
  const loaded = /** @type {any} */ (performance.getEntriesByType("navigation")[0])?.loadEventEnd ?? 0;
  return resources.filter((resource) => resource.start <= loaded + AFTERMATH_MS).slice(0, SHOWN);
}

/** @type {import("./types.js").Collector} */
export default {
  name: "waterfall",
  tab: "performance",
  title: "Request waterfall",
  note: "by true start",
  width: "full",
  collect: () => readResources(),
  render(value, element) {
    const shown = ofTheLoad(value);
    const later = value.length - shown.length;
    const end = Math.max(1, ...shown.map((/** @type {any} */ resource) => resource.start + resource.duration));
    const list = h("ol", { class: "waterfall" });
    for (const resource of shown) {
      const bar = h("i", { class: resource.renderBlocking === "blocking" ? "bar blocking" : "bar" });
      bar.style.insetInlineStart = `${resource.start / end * 100}%`;
      bar.style.inlineSize = `max(${resource.duration / end * 100}%, 2px)`;
      const wait = h("i", { class: "wait" });
      wait.style.inlineSize = `${
        resource.duration ? Math.min(100, (resource.duration - resource.download) / resource.duration * 100) : 0
      }%`;
      bar.append(wait);
      list.append(h(
        "li",
        { title: resource.name },
        h("span", { class: "name", text: shortName(resource.name) }),
        h("span", { class: "track" }, bar),
        h("span", { class: "time", text: milliseconds(resource.duration) }),
      ));
    }
    const rows = value.map((
      /** @type {any} */ item,
    ) => [
      shortName(item.name),
      item.type,
      milliseconds(item.start),
      milliseconds(item.wait),
      milliseconds(item.duration),
    ]);
    const details = h(
      "details",
      {},
      h("summary", { text: "View as table" }),
      table(["Resource", "Type", "Start", "Wait", "Duration"], rows, "Requests in order of their start"),
    );
    const legend = h(
      "p",
      { class: "legend" },
      ...[h("i", { class: "wait" }), "waiting", h("i", {}), "downloading"],
      ...(list.querySelector(".blocking") ? [h("i", { class: "blocking" }), "blocks rendering"] : []),
      later > 0 ? h("span", { class: "later", text: `${later} later, in the table` }) : null,
    );
    const marks = [0, 1, 2, 3, 4, 5].map((fifth) => h("b", { class: "dim", text: milliseconds(end * fifth / 5) }));
    const ruler = h("div", { class: "ruler", "aria-hidden": "true" }, h("span", {}, ...marks));
    element.replaceChildren(legend, ruler, list, details);
  },
  watch(update) {
    watchResources(() => update(readResources()));
  },
};
