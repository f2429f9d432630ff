// Options of Chart.js for lines over time.

import { color, font, tooltip } from "./charts.js";

/** How the axes are drawn. @param {(value: any) => string} format @param {number} skip */
const scales = (format, skip) => ({
  x: {
    grid: { display: false },
    ticks: { color: color("--quiet"), font: font(), maxRotation: 0, autoSkipPadding: skip },
  },
  y: {
    beginAtZero: true,
    grid: { color: color("--line"), drawBorder: false },
    ticks: { color: color("--quiet"), font: font(), maxTicksLimit: 6, callback: format },
  },
});

const still = { responsive: true, maintainAspectRatio: false, animation: false };

/** In the order of the datasets, whichever is drawn in front. @param {any} one @param {any} other */
const byDataset = (one, other) => one.datasetIndex - other.datasetIndex;

/** Pixels that a tick of the time axis takes, and the width below which there are fewer ticks of values. */
const TICK_WIDTH = 68;
const NARROW_WIDTH = 480;

/**
 * Lines over time. A dataset without a label is an area, which has no tooltip.
 *
 * @typedef {object} Lines
 * @property {number} count of the buckets
 * @property {(most: number) => import("./ticks.js").Tick[]} ticks of the time axis
 * @property {any[]} datasets
 * @property {(value: any) => string} format
 * @property {boolean} hasLegend
 * @property {(index: number) => string} title of the tooltip
 * @property {(dataset: any, index: number) => string} line of the tooltip
 * @property {(index: number) => string[]} footer of the tooltip
 * @property {(chart: any) => void} draw draws on the chart, below its tooltip
 *
 * @param {Lines} lines
 */
export const lineOptions = ({ count, ticks, datasets, format, hasLegend, title, line, footer, draw }) => ({
  type: "line",
  data: {
    labels: Array.from({ length: count }, (_, index) => index),
    datasets: datasets.map((dataset) => ({
      ...{ borderWidth: 2, pointRadius: 0, pointHitRadius: 10, spanGaps: true, fill: false },
      ...dataset,
    })),
  },
  plugins: [{ id: "marks", afterDatasetsDraw: draw }],
  options: {
    ...still,
    interaction: { mode: "index", intersect: false },
    plugins: {
      legend: {
        display: hasLegend,
        align: "end",
        labels: {
          color: color("--quiet"),
          font: font(),
          boxWidth: 18,
          boxHeight: 2,
          sort: byDataset,
          filter: (/** @type {any} */ { text }) => Boolean(text),
        },
        // A click on the legend would hide a line, which is not in the address.
        onClick: () => {},
      },
      tooltip: {
        ...tooltip(format),
        itemSort: byDataset,
        footerColor: color("--panel"),
        footerFont: { ...font(), weight: "normal" },
        // Without a counterpart in the previous period there is nothing to show of it.
        filter: (/** @type {any} */ { raw, dataset }) => raw !== null && Boolean(dataset.label),
        callbacks: {
          title: (/** @type {any[]} */ items) => items.length ? title(items[0].dataIndex) : "",
          label: (/** @type {any} */ { dataset, dataIndex }) => line(dataset, dataIndex),
          footer: (/** @type {any[]} */ items) => items.length ? footer(items[0].dataIndex) : "",
        },
      },
    },
    scales: timeScales(format, ticks),
  },
});

/** @param {(value: any) => string} format @param {Lines["ticks"]} ticks */
function timeScales(format, ticks) {
  const { x, y } = scales(format, 0);
  return {
    x: {
      ...x,
      afterBuildTicks(/** @type {any} */ axis) {
        axis.ticks = ticks(axis.chart.width / TICK_WIDTH).map(({ index, lines }) => ({ value: index, lines }));
      },
      ticks: {
        ...x.ticks,
        autoSkip: false,
        callback: (/** @type {any} */ _, /** @type {number} */ index, /** @type {any[]} */ all) => all[index].lines,
      },
    },
    y: {
      ...y,
      afterBuildTicks(/** @type {any} */ axis) {
        if (axis.chart.width < NARROW_WIDTH) {
          axis.ticks = axis.ticks.filter((/** @type {any} */ _, /** @type {number} */ index) => index % 2 === 0);
        }
      },
    },
  };
}
