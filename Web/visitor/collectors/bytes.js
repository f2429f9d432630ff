import { h } from "../../kit/dom.js";
import { bytes } from "../../kit/format.js";
import { readResources, watchResources } from "./resources.js";

function read() {
  /** @type {any} */
  const page = performance.getEntriesByType("navigation")[0];
  /** @type {Record<string, {count: number, bytes: number}>} */
  const kinds = { document: { count: 1, bytes: page?.transferSize ?? 0 } };
  for (const resource of readResources()) {
    const sum = kinds[resource.kind] ??= { count: 0, bytes: 0 };
    sum.count += 1;
    sum.bytes += resource.size;
  }
  return kinds;
}

/** @type {import("./types.js").Collector} */
export default {
  name: "bytes",
  tab: "performance",
  title: "Bytes by type",
  width: "third",
  collect: read,
  contribute(value, payload) {
    payload.performance.bytesByType = value;
  },
  render(value, element) {
    const rows = Object.entries(value).sort((left, right) => right[1].bytes - left[1].bytes);
    const most = Math.max(1, ...rows.map(([, sum]) => sum.bytes));
    const list = h("ul", { class: "bars" });
    for (const [type, sum] of rows) {
      const fill = h("i", {});
      fill.style.inlineSize = `${sum.bytes / most * 100}%`;
      list.append(
        h(
          "li",
          {},
          fill,
          h("span", { class: "name", text: type }),
          h("b", { text: bytes(sum.bytes) }),
          h("span", { class: "dim", text: sum.count === 1 ? "1 file" : `${sum.count} files` }),
        ),
      );
    }
    element.replaceChildren(list);
  },
  watch(update) {
    watchResources(() => update(read()));
  },
};
