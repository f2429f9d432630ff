import { h } from "../../kit/dom.js";
import { bytes, milliseconds } from "../../kit/format.js";
import { readResources, watchResources } from "./resources.js";

/** The row of tiles at the top of the tab. */
function read() {
  /** @type {any} */
  const entry = performance.getEntriesByType("navigation")[0];
  const resources = readResources();
  return {
    firstByte: entry?.responseStart || null,
    domReady: entry?.domContentLoadedEventEnd || null,
    loaded: entry?.loadEventEnd || null,
    requests: resources.length + 1,
    transferred: resources.reduce((sum, resource) => sum + resource.size, entry?.transferSize ?? 0),
    cached: resources.filter((resource) => resource.fromCache).length,
  };
}

/**
 * @param {string} label
 * @param {string} value
 * @param {string} mark
 */
const tile = (label, value, mark) =>
  h(
    "div",
    { class: "tile" },
    h("span", { class: "label", text: label }),
    h("span", { class: "value", text: value }),
    h("span", { class: "mark dim", text: mark }),
  );

/** @type {import("./types.js").Collector} */
export default {
  name: "load",
  tab: "performance",
  title: "Page load",
  width: "full",
  isBare: true,
  collect: read,
  render(value, element) {
    element.replaceChildren(h(
      "div",
      { class: "tiles five" },
      tile("First byte", milliseconds(value.firstByte), "from the start"),
      tile("DOM ready", milliseconds(value.domReady), "content loaded"),
      tile("Loaded", milliseconds(value.loaded), "end of load"),
      tile("Requests", String(value.requests), value.cached ? `${value.cached} from cache` : "none from cache"),
      tile("Transferred", bytes(value.transferred), "headers included"),
    ));
  },
  watch(update) {
    watchResources(() => update(read()));
  },
};
