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

/**
 * Lines over time. A dataset with `titles` names the bucket of each of its points in the tooltip.
 *
 * @typedef {object} Lines
 * @property {string[]} labels
 * @property {any[]} datasets
 * @property {(value: any) => string} format
 * @property {boolean} hasLegend
 * @property {(index: number) => string} title of the tooltip
 * @property {(index: number) => string} footer of the tooltip
 *
 * @param {Lines} lines
 */
export const lineOptions = ({ labels, datasets, format, hasLegend, title, footer }) => ({
  type: "line",
  data: {
    labels,
    datasets: datasets.map((dataset) => ({
      ...{ borderWidth: 2, pointRadius: 0, pointHitRadius: 10, cubicInterpolationMode: "monotone", spanGaps: true },
      ...dataset,
    })),
  },
  options: {
    ...still,
    interaction: { mode: "index", intersect: false },
    plugins: {
      legend: {
        display: hasLegend,
        align: "end",
        labels: { color: color("--quiet"), font: font(), boxWidth: 18, boxHeight: 2, sort: byDataset },
      },
      tooltip: {
        ...tooltip(format),
        itemSort: byDataset,
        // Without a counterpart in the previous period there is nothing to show of it.
        filter: (/** @type {any} */ { raw }) => raw !== null,
        callbacks: {
          title: (/** @type {any[]} */ items) => items.length ? title(items[0].dataIndex) : "",
          label: (/** @type {any} */ { dataset, dataIndex, raw }) =>
            `${dataset.titles ? `Previous period, ${dataset.titles[dataIndex]}` : dataset.label}: ${format(raw)}`,
          footer: (/** @type {any[]} */ items) => items.length ? footer(items[0].dataIndex) : "",
        },
      },
    },
    scales: scales(format, 18),
  },
});
