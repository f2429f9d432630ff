import { barChart } from "../../kit/charts.js";
import { milliseconds, shortName } from "../../kit/format.js";
import { readResources, RESOURCES_MAX, watchResources } from "./resources.js";

const SHOWN = 10;

/** @type {import("./types.js").Collector} */
export default {
  name: "slowest",
  tab: "performance",
  title: "Top resources by time",
  collect: () => readResources(),
  contribute(value, payload) {
    const slowest = [...value].sort((left, right) => right.duration - left.duration).slice(0, RESOURCES_MAX);
    payload.performance.resources = slowest;
    payload.performance.resourcesCount = value.length;
  },
  render(value, element) {
    const top = [...value].sort((left, right) => right.duration - left.duration).slice(0, SHOWN);
    barChart(element, {
      label: "Slowest resources",
      unit: "Time",
      format: milliseconds,
      rows: top.map((resource) => ({ name: shortName(resource.name), value: resource.duration })),
    });
  },
  watch(update) {
    watchResources(() => update(readResources()));
  },
};
