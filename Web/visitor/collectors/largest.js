import { barChart } from "../../kit/charts.js";
import { bytes, shortName } from "../../kit/format.js";
import { readResources, watchResources } from "./resources.js";

const SHOWN = 10;

/** @type {import("./types.js").Collector} */
export default {
  name: "largest",
  tab: "performance",
  title: "Top resources by size",
  note: "as transferred",
  collect: () => readResources(),
  render(value, element) {
    const top = [...value].sort((left, right) => right.size - left.size).slice(0, SHOWN);
    barChart(element, {
      label: "Largest resources",
      unit: "Size",
      format: bytes,
      rows: top.map((resource) => ({ name: shortName(resource.name), value: resource.size })),
    });
  },
  watch(update) {
    watchResources(() => update(readResources()));
  },
};
