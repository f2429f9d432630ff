// Core Web Vitals: values over time, their distribution, a breakdown, and the root causes of slow page views.

import { colour, plot } from "../dashboard/charts.js";
import { h, isolated, setText, table } from "../shared/dom.js";
import { bytes } from "../shared/format.js";
import { ask } from "./api.js";
import {
  bars,
  body,
  card,
  delta,
  failure,
  isComparing,
  noFigures,
  sampleNote,
  segments,
  select,
  shares,
  skeleton,
  toneBadge,
} from "./parts.js";
import { histogramOptions, lineOptions } from "./plots.js";
import { change, current, question } from "./state.js";
import {
  BOUNDS,
  bucket,
  count,
  exact,
  METRIC_NAMES,
  METRICS,
  named,
  navigationLabel,
  partLabel,
  percent,
  ROUTES,
  tone,
  vital,
} from "./words.js";

const BY = {
  path: "Page",
  browser: "Browser",
  device: "Device",
  system: "System",
  connection: "Connection",
  navigation: "Navigation",
  country: "Country",
  release: "Release",
};
const CHART_HEIGHT = 260;

/** @param {HTMLElement} panel @param {AbortSignal} signal */
export async function showPerformance(panel, signal) {
  const metric = current().metric ?? "lcp";
  const by = current().by ?? "path";
  const vitals = h(
    "section",
    { class: "vitals full", "aria-label": "Vitals" },
    ...Object.keys(METRICS).map(() => h("div", { class: "card vital" }, skeleton(3))),
  );
  const chart = card("Over time", "wide", "p50, p75 and p95", segments("Metric", "metric", METRICS, metric));
  const distribution = card(
    "Distribution",
    "third",
    `Page views with ${METRICS[/** @type {keyof typeof METRICS} */ (metric)]}`,
  );
  const slow = card(
    "Breakdown",
    "full",
    "p75 and sample size",
    select("Split by", "by", BY, by),
  );
  const attribution = card("Root causes", "full");
  const resources = card("Resources", "half", "among the slowest of each page view");
  const parties = card("Third parties", "half");
  const note = h("div", { class: "full bare", hidden: true });
  const routes = h("p", { class: "full caption", hidden: true });
  panel.replaceChildren(note, routes, vitals, chart, distribution, slow, attribution, resources, parties);
  for (const one of [chart, distribution, slow, attribution, resources, parties]) body(one).append(skeleton());
  const again = () => change({}, { isStep: false });
  const failed = (/** @type {HTMLElement[]} */ ...cards) => (/** @type {any} */ error) => {
    if (!signal.aborted) { for (const one of cards) body(one).replaceChildren(failure(error, again)); }
  };
  await Promise.all([
    ask("performance", question(), { signal }).then((answer) => {
      drawSampleNote(note, answer);
      drawVitals(vitals, answer);
      drawChart(chart, answer, metric);
      drawDistribution(distribution, answer.metrics[metric], metric);
    }, (error) => {
      if (!signal.aborted) vitals.replaceChildren(failure(error, again));
      failed(chart, distribution)(error);
    }),
    ask("slowest", { ...question(), dimension: by, limit: 15 }, { signal }).then(
      (answer) => drawSlowest(slow, answer, /** @type {any} */ (BY)[by]),
      failed(slow),
    ),
    ask("slowest", { ...question(), dimension: "navigation", limit: 15 }, { signal }).then(
      (answer) => drawRoutes(routes, answer, metric),
      // The breakdown shows the same error.
      () => {},
    ),
    ask("breakdowns", {
      ...question(),
      dimensions: ["lcp_element", "lcp_part", "inp_element", "inp_part", "cls_element", "resource", "third_party"],
      limit: 8,
    }, { signal }).then(({ dimensions }) => {
      drawAttribution(attribution, dimensions);
      drawLoads(resources, dimensions.resource, "Resource");
      drawLoads(parties, dimensions.third_party, "Host");
    }, failed(attribution, resources, parties)),
  ]);
}

/** @param {HTMLElement} element @param {any} answer */
function drawSampleNote(element, { sampled }) {
  const note = sampleNote(sampled);
  element.hidden = !note;
  if (note) element.replaceChildren(note);
}

/** @param {HTMLElement} element @param {any} answer */
function drawVitals(element, { metrics }) {
  element.replaceChildren(
    ...Object.entries(METRICS).map(([name, label]) => {
      const { figures, previous } = metrics[name];
      return h(
        "button",
        {
          type: "button",
          class: "card vital",
          "aria-pressed": String((current().metric ?? "lcp") === name),
          onclick: () => change({ metric: name }, { isStep: false }),
        },
        h("span", { class: "head" }, h("b", { text: label }), toneBadge(tone(name, figures.p75))),
        h("span", { class: "full-name", text: METRIC_NAMES[/** @type {keyof typeof METRIC_NAMES} */ (name)] }),
        h(
          "span",
          { class: "figure" },
          vital(name, figures.p75),
          " ",
          h("small", { text: "p75" }),
          " ",
          isComparing() ? delta(figures.p75, previous.p75, true) : null,
        ),
        shares(figures),
        h(
          "span",
          { class: "ends" },
          h("span", { text: `${percent(figures.good)} good` }),
          h("span", { text: `${count(figures.count)} views` }),
        ),
      );
    }),
  );
}

/**
 * Says so when the figures mix loads with routes, which have no request of their own and are faster.
 *
 * @param {HTMLElement} element @param {any} answer @param {string} metric
 */
function drawRoutes(element, { rows }, metric) {
  const sum = (/** @type {any[]} */ some) => some.reduce((total, row) => total + row[metric].count, 0);
  const share = sum(rows.filter((/** @type {any} */ { value }) => ROUTES.includes(value))) / Math.max(1, sum(rows));
  element.hidden = share === 0;
  const label = METRICS[/** @type {keyof typeof METRICS} */ (metric)];
  setText(
    element,
    share === 1
      ? `All values of ${label} are from route changes, not from page loads.`
      : `${percent(share)} of the values of ${label} are from route changes. To separate them from page loads, ` +
        "split the breakdown by Navigation.",
  );
}

/** @param {HTMLElement} element @param {any} answer @param {string} metric */
function drawChart(element, { metrics, range }, metric) {
  const { series } = metrics[metric];
  const format = (/** @type {any} */ value) => vital(metric, value);
  if (!series.some((/** @type {any} */ point) => point.count)) {
    body(element).replaceChildren(noFigures("No values in this range", "Page views report them when they end."));
    return;
  }
  const labels = series.map((/** @type {any} */ point) => bucket(point.t, range.interval));
  const COLOURS = { p50: "--good-bar", p75: "--accent", p95: "--poor-bar" };
  const datasets = () =>
    Object.entries(COLOURS).map(([name, token]) => ({
      label: name,
      data: series.map((/** @type {any} */ point) => point[name]),
      borderColor: colour(token),
      borderWidth: name === "p75" ? 2.5 : 1.5,
    }));
  const footer = (/** @type {number} */ place) => `${exact(series[place].count)} page views`;
  plot(body(element), {
    label: `${metric} over time`,
    height: CHART_HEIGHT,
    configure: () => lineOptions({ labels, datasets: datasets(), format, hasLegend: true, footer }),
    figures: () =>
      table(
        ["UTC", "p50", "p75", "p95", "Page views"],
        series.map((
          /** @type {any} */ point,
          /** @type {number} */ place,
        ) => [labels[place], format(point.p50), format(point.p75), format(point.p95), exact(point.count)]),
        `${metric} over time`,
      ),
  });
}

/** Bars whose width is a step of 1.2, so that each holds some buckets of 1.05. @param {HTMLElement} element @param {any} told @param {string} metric */
function drawDistribution(element, told, metric) {
  const STEP = 1.2;
  const total = told.figures.count;
  if (!total) {
    body(element).replaceChildren(noFigures("No values in this range", "Page views report them when they end."));
    return;
  }
  /** @type {Map<number, number>} */
  const steps = new Map();
  for (const [bound, number] of told.distribution) {
    const step = bound > 0 ? Math.ceil(Math.log(bound) / Math.log(STEP) - 1e-6) : -Infinity;
    steps.set(step, (steps.get(step) ?? 0) + number);
  }
  const sorted = [...steps.keys()].sort((one, other) => one - other);
  // What is rarer than one in a thousand at the ends would make the middle narrow.
  const shown = sorted.filter((step) => (steps.get(step) ?? 0) / total > 0.001);
  const upper = (/** @type {number} */ step) => step === -Infinity ? 0 : STEP ** step;
  const labels = shown.map((step) => `≤ ${vital(metric, upper(step))}`);
  const values = shown.map((step) => (steps.get(step) ?? 0) / total);
  const tones = shown.map((step) =>
    upper(step) <= BOUNDS[metric][0] * 1.1
      ? "--good-bar"
      : upper(step) <= BOUNDS[metric][1] * 1.1
      ? "--fair-bar"
      : "--poor-bar"
  );
  const format = (/** @type {any} */ value) => percent(value);
  plot(body(element), {
    label: `distribution of ${metric}`,
    height: CHART_HEIGHT,
    configure: () => histogramOptions({ labels, values, tones, format }),
    figures: () =>
      table(
        ["Up to", "Share"],
        shown.map((_, place) => [labels[place], format(values[place])]),
        `distribution of ${metric}`,
      ),
  });
}

/** @param {HTMLElement} element @param {any} answer @param {string} title */
function drawSlowest(element, { rows, count: all }, title) {
  if (!rows.length) {
    body(element).replaceChildren(noFigures("No data for this period", "No page view has a value."));
    return;
  }
  const name = title === BY.navigation ? navigationLabel : named;
  const cell = (/** @type {any} */ row, /** @type {string} */ name) => {
    const { p75, count: number } = row[name];
    return h(
      "span",
      { class: `cell ${tone(name, p75)}` },
      h("b", { text: vital(name, p75) }),
      h("small", { text: number ? count(number) : "" }),
    );
  };
  const names = Object.keys(METRICS);
  const list = table(
    [title, "Page views", ...Object.values(METRICS)],
    rows.map((/** @type {any} */ row) => [name(row.value), exact(row.views), ...names.map((one) => cell(row, one))]),
    `Vitals by ${title}`,
  );
  body(element).replaceChildren(
    list,
    h("p", { class: "caption", text: `${exact(rows.length)} of ${exact(all)}, those with the most page views.` }),
  );
}

/** @param {HTMLElement} element @param {any} dimensions */
function drawAttribution(element, dimensions) {
  const groups = [["lcp", "LCP", "lcp_element", "lcp_part"], ["inp", "INP", "inp_element", "inp_part"], [
    "cls",
    "CLS",
    "cls_element",
    null,
  ]].map(([name, label, elements, parts]) => {
    const { rows } = dimensions[/** @type {string} */ (elements)];
    const slow = rows.reduce((/** @type {number} */ sum, /** @type {any} */ row) => sum + row.slow_views, 0);
    if (!slow) return null;
    const partRows = parts ? dimensions[parts].rows : [];
    const partSum = partRows.reduce((/** @type {number} */ sum, /** @type {any} */ row) => sum + row.slow_views, 0);
    const [first] = rows;
    const sentence = [
      isolated(named(first.value)),
      ` in ${percent(first.slow_views / slow)}`,
      ...(partSum
        ? [
          ". Main cause: ",
          isolated(partLabel(partRows[0].value)),
          ` (${percent(partRows[0].slow_views / partSum)})`,
        ]
        : []),
      ".",
    ];
    const figure = (/** @type {any} */ row) => row.slow_views;
    return h(
      "div",
      { class: "cause" },
      h("h3", {
        text: `${label}: ${exact(slow)} page views over ${
          vital(/** @type {string} */ (name), BOUNDS[/** @type {string} */ (name)][0])
        }`,
      }),
      h("p", {}, ...sentence),
      bars(/** @type {string} */ (elements), { count: rows.length, by: "slow_views", rows }, { figure }),
      partSum
        ? bars(/** @type {string} */ (parts), {
          count: partRows.length,
          by: "slow_views",
          rows: partRows.map((/** @type {any} */ row) => ({ ...row, value: partLabel(row.value) })),
        }, { figure })
        : null,
    );
  }).filter((one) => one !== null);
  body(element).replaceChildren(
    groups.length
      ? h("div", { class: "causes" }, ...groups)
      : noFigures("No slow page views", "Root causes are shown for values that are not good."),
  );
}

/** @param {HTMLElement} element @param {any} ranking @param {string} title */
function drawLoads(element, { rows }, title) {
  const sorted = [...rows].sort((one, other) => (other.duration.p75 ?? 0) - (one.duration.p75 ?? 0));
  body(element).replaceChildren(
    sorted.length
      ? table(
        [title, "p75", "p95", "Requests", "Avg. size"],
        sorted.map((
          row,
        ) => [
          h("span", { class: "summary", text: row.value, title: row.value }),
          vital("ttfb", row.duration.p75),
          vital("ttfb", row.duration.p95),
          exact(row.events),
          bytes(Math.round(row.bytes / Math.max(1, row.events))),
        ]),
        title,
      )
      : noFigures("No data for this period", "No page view reported any."),
  );
}
