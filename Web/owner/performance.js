// Core Web Vitals: values over time, their distribution, a breakdown, and the root causes of slow page views.

import { plot } from "../kit/charts.js";
import { h, setText, table } from "../kit/dom.js";
import { ask } from "./api.js";
import { drawCauses, drawResources } from "./causes.js";
import { body, card, skeleton } from "../kit/cards.js";
import {
  delta,
  drawPart,
  failure,
  noFigures,
  percentile,
  refusalOf,
  restLabel,
  restOf,
  segments,
  select,
  shares,
  showFailure,
  toneBadge,
  valueButton,
} from "./parts.js";
import { histogramOptions } from "../kit/plots.js";
import { change, current, isComparing, reportQuery, seriesQuery } from "./state.js";
import { drawTimeline, intervalSelect, periodOf, previousPeriodOf } from "./timeline.js";
import { BOUNDS, DIMENSIONS, METRIC_NAMES, METRICS } from "../kit/contract.js";
import { tone, vital } from "../kit/ratings.js";
import { count, exact, isFew, percent, SAMPLE_MIN, shareOf } from "../kit/format.js";
import { named, navigationLabel, ROUTES } from "./words.js";

/** Dimensions of the breakdown, with their labels. */
const { path, browser, device, system, connection, navigation, country, release } = DIMENSIONS;
const BY = { path, browser, device, system, connection, navigation, country, release };
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
  const chart = card("Over time", "wide", null, segments("Metric", "metric", METRICS, metric), intervalSelect());
  const distribution = card(
    "Distribution",
    "third",
    `Page views with ${METRICS[/** @type {keyof typeof METRICS} */ (metric)]}`,
  );
  const slow = card("Breakdown", "full", null, select("Split by", "by", BY, by));
  const attribution = card("Root causes", "full");
  const resources = card("Resources", "half", "slowest of each page view");
  const parties = card("Third parties", "half");
  const routes = h("p", { class: "full caption", hidden: true });
  panel.replaceChildren(routes, vitals, chart, distribution, slow, attribution, resources, parties);
  for (const one of [chart, distribution, slow, attribution, resources, parties]) body(one).append(skeleton());
  await Promise.all([
    ask("performance", seriesQuery(), { signal }).then((report) => {
      drawVitals(vitals, report);
      drawChart(chart, report, metric);
      drawDistribution(distribution, report.metrics[metric], metric);
    }, (error) => {
      if (!signal.aborted) vitals.replaceChildren(h("div", { class: "full" }, failure(error)));
      showFailure(signal, chart, distribution)(error);
    }),
    ask("vitals-by", { ...reportQuery(), dimension: by, limit: 15 }, { signal }).then(
      (report) => drawPart(slow, report, () => drawBreakdown(slow, report, by)),
      showFailure(signal, slow),
    ),
    ask("vitals-by", { ...reportQuery(), dimension: "navigation", limit: 15 }, { signal }).then(
      (report) => refusalOf(report) === null && drawRoutes(routes, report, metric),
      // The breakdown shows the same error.
      () => {},
    ),
    ask("breakdowns", {
      ...reportQuery(),
      dimensions: ["lcp_element", "lcp_part", "inp_element", "inp_part", "cls_element", "resource", "third_party"],
      limit: 8,
    }, { signal }).then(({ dimensions }) => {
      drawCauses(attribution, dimensions);
      drawPart(resources, dimensions.resource, () => drawResources(resources, dimensions.resource, "Resource"));
      drawPart(parties, dimensions.third_party, () => drawResources(parties, dimensions.third_party, "Host"));
    }, showFailure(signal, attribution, resources, parties)),
  ]);
}

/** @param {HTMLElement} element @param {any} report */
function drawVitals(element, { metrics, range }) {
  element.replaceChildren(
    ...Object.entries(METRICS).map(([name, label]) => {
      const { figures, previous } = metrics[name];
      const isSmall = isFew(figures.count);
      const isComparable = isComparing() && !isSmall && previous && !isFew(previous.count);
      const title = isComparable ? `Previous period (${previousPeriodOf(range)}): ${vital(name, previous.p75)}` : "";
      return h(
        "button",
        {
          type: "button",
          class: "card vital",
          "aria-pressed": String((current().metric ?? "lcp") === name),
          onclick: () => change({ metric: name }, { isStep: false }),
        },
        h("span", { class: "head" }, h("b", { text: label }), isSmall ? null : toneBadge(tone(name, figures.p75))),
        h("span", { class: "full-name", text: METRIC_NAMES[/** @type {keyof typeof METRIC_NAMES} */ (name)] }),
        h(
          "span",
          { class: `figure${isSmall ? " few" : ""}` },
          vital(name, figures.p75),
          " ",
          h("small", { text: "p75" }),
          " ",
          isComparable ? delta(figures.p75, previous.p75, { isLessBetter: true, title }) : null,
        ),
        shares(figures),
        h(
          "span",
          { class: "ends" },
          h("span", { text: isSmall ? `fewer than ${SAMPLE_MIN} values` : `${percent(figures.good)} good` }),
          h("span", { text: `n = ${exact(figures.count)}`, title: "Page views with a value" }),
        ),
      );
    }),
  );
}

/**
 * Says so when the figures mix loads with routes, which have no request of their own and are faster.
 *
 * @param {HTMLElement} element @param {any} report @param {string} metric
 */
function drawRoutes(element, { rows }, metric) {
  const sum = (/** @type {any[]} */ some) => some.reduce((total, row) => total + row[metric].count, 0);
  const share = shareOf(sum(rows.filter((/** @type {any} */ { value }) => ROUTES.includes(value))), sum(rows)) ?? 0;
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

const LINES = { p50: ["--good-bar", 1.5], p75: ["--accent", 2.5], p95: ["--poor-bar", 1.5] };

/** @param {HTMLElement} element @param {any} report @param {string} metric */
function drawChart(element, { metrics, range }, metric) {
  const { series } = metrics[metric];
  const label = METRICS[/** @type {keyof typeof METRICS} */ (metric)];
  element.querySelector("h2")?.after(h("span", { class: "note", text: periodOf(range) }));
  if (!series.some((/** @type {any} */ point) => point.count)) {
    body(element).replaceChildren(noFigures("No data for this period", `No page view has a value of ${label}.`));
    return;
  }
  drawTimeline(body(element), {
    label: `${label} per ${range.interval}`,
    height: CHART_HEIGHT,
    range,
    series,
    format: (value) => vital(metric, value),
    lines: Object.entries(LINES).map(([name, [token, width]]) => ({
      label: name,
      token: String(token),
      width: Number(width),
      value: (point) => point[name],
    })),
    sample: (point) => point.count,
  });
}

/**
 * Bars whose width is a step of 1.2, so that each holds some buckets of the server.
 *
 * @param {HTMLElement} element @param {any} found @param {string} metric
 */
function drawDistribution(element, found, metric) {
  const STEP = 1.2;
  const total = found.figures.count;
  if (!total) {
    body(element).replaceChildren(noFigures("No data for this period", "Page views report vitals when they end."));
    return;
  }
  /** @type {Map<number, number>} */
  const steps = new Map();
  for (const [bound, number] of found.distribution) {
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
        shown.map((_, index) => [labels[index], format(values[index])]),
        `distribution of ${metric}`,
      ),
  });
}

/** @param {HTMLElement} element @param {any} report @param {string} dimension */
function drawBreakdown(element, report, dimension) {
  const { rows, count: all } = report;
  const title = /** @type {Record<string, string>} */ (BY)[dimension];
  if (!rows.length) {
    body(element).replaceChildren(noFigures("No data for this period", "No page view has a value."));
    return;
  }
  const name = dimension === "navigation" ? navigationLabel : named;
  const cell = (/** @type {any} */ row, /** @type {string} */ metric) => {
    const { p75, count: number } = row[metric];
    if (!number) return "–";
    if (isFew(number)) return percentile(vital(metric, p75), number, "cell");
    return h(
      "span",
      { class: `cell ${tone(metric, p75)}` },
      h("b", { text: vital(metric, p75) }),
      h("small", { text: count(number) }),
    );
  };
  const names = Object.keys(METRICS);
  const list = table(
    [title, "Page views", ...Object.values(METRICS)],
    rows.map((/** @type {any} */ row) => [
      valueButton(dimension, row.value, name(row.value)),
      exact(row.pageviews),
      ...names.map((one) => cell(row, one)),
    ]),
    `Vitals by ${title}`,
  );
  const rest = restOf(report);
  const more = rest
    ? rest.sum
      ? `(rest): ${restLabel(rest.values)}, ${exact(rest.sum)} page views.`
      : `Top ${exact(rows.length)} of ${exact(all)} by page views.`
    : "";
  body(element).replaceChildren(
    list,
    h("p", { class: "caption", text: `p75 with sample size; gray below ${SAMPLE_MIN} values. ${more}` }),
  );
}
