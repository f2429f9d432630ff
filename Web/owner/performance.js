// Core Web Vitals: the pages that need attention, values over time, their distribution, a breakdown, a comparison, and
// the root causes of slow page views.

import { h, setText } from "../kit/dom.js";
import { drawAttention } from "./attention.js";
import { drawCauses, drawResources } from "./causes.js";
import { HEIGHT as COMPARISON_HEIGHT, readComparison, showComparison } from "./compare.js";
import { distribution } from "./distribution.js";
import { body, card, skeleton } from "../kit/cards.js";
import {
  delta,
  drawPart,
  failure,
  noFigures,
  refusalOf,
  segments,
  select,
  shares,
  showFailure,
  toneBadge,
} from "./parts.js";
import { report } from "./reports.js";
import { change, current, filters, isComparing, reportQuery, seriesQuery } from "./state.js";
import { encodeFilters, isDimension, withFilter } from "./filters.js";
import { drawTimeline, intervalSelect, periodOf, previousPeriodOf } from "./timeline.js";
import { scoreTile } from "./score.js";
import { VitalsTable } from "./vitals-table.js";
import { DIMENSIONS, METRIC_NAMES, METRICS } from "../kit/contract.js";
import { tone, vital } from "../kit/ratings.js";
import { exact, isFew, percent, SAMPLE_MIN, shareOf } from "../kit/format.js";
import { drawn } from "../kit/time.js";
import { ROUTES } from "./words.js";

/** Dimensions of the breakdown, with their labels. */
const NAMES = "path browser browser_version device system system_version connection navigation country channel release"
  .split(" ");
const BY = Object.fromEntries(NAMES.map((name) => [name, DIMENSIONS[/** @type {keyof typeof DIMENSIONS} */ (name)]]));
const CHART_HEIGHT = 260;
/** Pixels of the cards while they load. */
const HEIGHTS = {
  attention: 160,
  chart: 291,
  distribution: 311,
  slow: 456,
  comparison: COMPARISON_HEIGHT,
  attribution: 237,
  resources: 190,
  parties: 190,
};
/** Rows of the breakdown before all are asked for. */
const ROWS = 25;
const CAUSES = ["lcp_element", "lcp_part", "inp_element", "inp_part", "cls_element", "resource", "third_party"];

/** The cards of the view, by their names. @param {string} metric @param {string} by */
function cardsOf(metric, by) {
  const label = METRICS[/** @type {keyof typeof METRICS} */ (metric)];
  return {
    attention: card("Needs attention", "full", `Pages with the largest impact on ${label}`),
    chart: card("Over time", "wide", null, segments("Metric", "metric", METRICS, metric), intervalSelect()),
    distribution: card("Distribution", "third", `Page views with ${label}`),
    slow: card("Breakdown", "full", null, select("Split by", "by", BY, by)),
    comparison: card("Compare", "full"),
    attribution: card("Root causes", "full"),
    resources: card("Resources", "half", "slowest of each page view"),
    parties: card("Third parties", "half"),
  };
}

/** The chosen metric and dimension of the breakdown. */
const choice = () => ({
  metric: Object.hasOwn(METRICS, current().metric ?? "") ? current().metric : "lcp",
  by: Object.hasOwn(BY, current().by ?? "") ? current().by : "path",
});

/** The reports of the view, without those of the comparison. @returns {Record<string, import("./reports.js").Request>} */
function requests() {
  const { metric, by } = choice();
  return {
    figures: ["performance", seriesQuery()],
    attention: ["slow-pages", { ...reportQuery(), vital: metric }],
    breakdown: breakdownRequest(metric, by),
    routes: ["vitals-by", { ...reportQuery(), dimension: "navigation", limit: 15 }],
    causes: ["breakdowns", { ...reportQuery(), dimensions: CAUSES, limit: 8 }],
  };
}

/** Requests what the view shows, one report after the other. @param {AbortSignal} signal */
export async function readPerformance(signal) {
  for (const request of Object.values(requests())) await report(request, signal);
  await readComparison(signal);
}

/** @param {HTMLElement} panel @param {AbortSignal} signal */
export async function showPerformance(panel, signal) {
  const { metric, by } = choice();
  const { figures, attention, routes: navigation } = requests();
  const vitals = h(
    "section",
    { class: "vitals six full", "aria-label": "Vitals" },
    ...["score", ...Object.keys(METRICS)].map(() => h("div", { class: "card vital" }, skeleton(4))),
  );
  const cards = cardsOf(metric, by);
  const routes = h("p", { class: "full caption", hidden: true });
  for (const [name, one] of Object.entries(cards)) {
    body(one).append(skeleton(4, HEIGHTS[/** @type {keyof typeof HEIGHTS} */ (name)]));
  }
  panel.replaceChildren(routes, vitals, ...Object.values(cards));
  await Promise.all([
    report(figures, signal).then(async (found) => {
      drawVitals(vitals, found);
      await drawn();
      if (signal.aborted) return;
      drawChart(cards.chart, found, metric);
      drawDistribution(cards.distribution, found.metrics[metric], metric);
    }, (error) => {
      if (!signal.aborted) vitals.replaceChildren(h("div", { class: "full" }, failure(error)));
      showFailure(signal, cards.chart, cards.distribution)(error);
    }),
    report(attention, signal).then(
      (found) => drawAttention(cards.attention, found),
      showFailure(signal, cards.attention),
    ),
    showBreakdown(cards.slow, metric, by, signal).catch(showFailure(signal, cards.slow)),
    report(navigation, signal).then(
      (found) => refusalOf(found) === null && drawRoutes(routes, found, metric),
      // The breakdown shows the same error.
      () => {},
    ),
    showCauses(cards, signal).catch(showFailure(signal, cards.attribution, cards.resources, cards.parties)),
  ]);
  // The comparison is below the fold and takes three reports more.
  if (!signal.aborted) await showComparison(cards.comparison, metric, signal);
}

/** @param {ReturnType<typeof cardsOf>} cards @param {AbortSignal} signal */
async function showCauses({ attribution, resources, parties }, signal) {
  const { dimensions } = await report(requests().causes, signal);
  drawCauses(attribution, dimensions);
  drawPart(resources, dimensions.resource, () => drawResources(resources, dimensions.resource, "Resource"));
  drawPart(parties, dimensions.third_party, () => drawResources(parties, dimensions.third_party, "Host"));
}

/** @typedef {{limit: number, sort: string, search: string}} BreakdownQuery */

/** The rows of the breakdown when it opens. @param {string} metric @returns {BreakdownQuery} */
const firstRows = (metric) => ({
  limit: ROWS,
  sort: (current().sort ?? "").startsWith("pageviews") ? "pageviews" : metric,
  search: "",
});

/**
 * @param {string} metric @param {string} dimension @param {BreakdownQuery} query
 * @returns {import("./reports.js").Request}
 */
function breakdownRequest(metric, dimension, { limit, sort, search } = firstRows(metric)) {
  const found = search && isDimension(dimension)
    ? withFilter(filters(), { operator: "contains", dimension, values: [search] })
    : filters();
  return ["vitals-by", { ...reportQuery(), filters: encodeFilters(found), dimension, limit, sort }];
}

/** @param {HTMLElement} element @param {string} metric @param {string} dimension @param {AbortSignal} signal */
async function showBreakdown(element, metric, dimension, signal) {
  const load = (/** @type {BreakdownQuery} */ query) => report(breakdownRequest(metric, dimension, query), signal);
  const title = /** @type {Record<string, string>} */ (BY)[dimension];
  const found = await report(breakdownRequest(metric, dimension), signal);
  await new VitalsTable(element, found, { dimension, title, metric, load }).start();
}

/** @param {HTMLElement} element @param {any} report */
function drawVitals(element, { metrics, range, score }) {
  const period = previousPeriodOf(range);
  element.replaceChildren(
    scoreTile(score, isComparing() ? period : null),
    ...Object.keys(METRICS).map((name) => vitalTile(name, metrics[name], period)),
  );
}

/** @param {string} name @param {any} metric @param {string} period the previous one */
function vitalTile(name, { figures, previous }, period) {
  const isSmall = isFew(figures.count);
  const isComparable = isComparing() && !isSmall && previous && !isFew(previous.count);
  const title = isComparable ? `Previous period (${period}): ${vital(name, previous.p75)}` : "";
  return h(
    "button",
    {
      type: "button",
      class: "card vital",
      "aria-pressed": String((current().metric ?? "lcp") === name),
      onclick: () => change({ metric: name }, { isStep: false }),
    },
    h(
      "span",
      { class: "head" },
      h("b", { text: METRICS[/** @type {keyof typeof METRICS} */ (name)] }),
      isSmall ? null : toneBadge(tone(name, figures.p75)),
    ),
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

/** @param {HTMLElement} element @param {any} found @param {string} metric */
function drawDistribution(element, found, metric) {
  body(element).replaceChildren(
    ...(found.figures.count
      ? distribution(metric, found)
      : [noFigures("No data for this period", "Page views report vitals when they end.")]),
  );
}
