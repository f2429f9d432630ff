// Totals, figures over time, lists, errors and data quality.

import { h, setText } from "../kit/dom.js";
import { allowsView } from "./limits.js";
import { drawTopIssues, issuesLink, TOP_MAX } from "./issues.js";
import { delta, drawPart, failure, noFigures, refusalOf, refused, showFailure } from "./parts.js";
import { body, card, skeleton } from "../kit/cards.js";
import { sparkline } from "../kit/sparkline.js";
import { apartRequests, listCards, listsRequest } from "./lists.js";
import { drawQuality, duplicatesRemoved } from "./quality.js";
import { report } from "./reports.js";
import { change, current, isComparing, reportQuery, seriesQuery } from "./state.js";
import { areFiguresIncomplete } from "./status.js";
import { drawTimeline, intervalSelect, periodOf, previousPeriodOf, statesOf } from "./timeline.js";
import { count, isFew, percent, perThousand, span } from "../kit/format.js";
import { drawn } from "../kit/time.js";
import { hasFigures } from "./words.js";
import { vital } from "../kit/ratings.js";

/**
 * @typedef {object} Tile
 * @property {string} name
 * @property {string} label
 * @property {(value: any) => string} format
 * @property {string} [compared] the member whose change is shown, instead of its own
 * @property {string} [sample] the member that has the number of values of a percentile
 * @property {boolean} [isLessBetter]
 * @property {boolean} [isRate]
 */

/** @type {Tile[]} */
const TILES = [
  { name: "visitors", label: "Visitors", format: count },
  { name: "sessions", label: "Sessions", format: count },
  { name: "pageviews", label: "Page views", format: count },
  { name: "bounce_rate", label: "Bounce rate", format: percent, isLessBetter: true, isRate: true },
  { name: "engaged_ms", label: "Avg. engagement time", format: span },
  {
    name: "lcp_p75",
    label: "LCP p75",
    format: (value) => vital("lcp", value),
    sample: "lcp_count",
    isLessBetter: true,
  },
  {
    name: "inp_p75",
    label: "INP p75",
    format: (value) => vital("inp", value),
    sample: "inp_count",
    isLessBetter: true,
  },
  // More traffic has more errors: what counts is how many there are for each page view.
  { name: "errors", label: "Errors", format: count, compared: "errors_per_1000_pageviews", isLessBetter: true },
];

/** Figures that sites in anonymous mode do not have. */
const OF_VISITORS = new Set(["visitors", "sessions", "bounce_rate"]);

/** Pixels of the chart, and of the line below it that opens its table. */
const CHART_HEIGHT = 280;
const FIGURES_HEIGHT = 31;

/** The reports of the view, the first figures first. @returns {Record<string, import("./reports.js").Request>} */
const requests = () => ({
  totals: ["overview", seriesQuery()],
  lists: listsRequest(),
  issues: ["issues", { ...reportQuery(), limit: TOP_MAX }],
  quality: ["data-quality", { ...reportQuery(), bots: undefined }],
});

export function overviewRequests() {
  const { totals, lists, issues, quality } = requests();
  return [totals, lists, ...(allowsView("issues") ? [issues] : []), quality, ...apartRequests()];
}

/** @param {HTMLElement} panel @param {AbortSignal} signal */
export async function showOverview(panel, signal) {
  const tiles = h(
    "section",
    { class: "tiles eight full", "aria-label": "Totals" },
    ...TILES.map(({ label }) => h("div", { class: "tile" }, h("span", { class: "label", text: label }), skeleton(1))),
  );
  const chart = card("Over time", "full", null, h("span", { class: "space" }), intervalSelect());
  body(chart).style.minBlockSize = `${CHART_HEIGHT + FIGURES_HEIGHT}px`;
  const errors = card(
    "Top issues",
    "wide",
    "most frequent first",
    h("span", { class: "space" }),
    issuesLink({ issue: null, state: "all" }, { class: "all-issues" }, "View all"),
  );
  const quality = card("Data quality", "third");
  const lists = listCards(signal);
  const hasIssues = allowsView("issues");
  panel.replaceChildren(tiles, chart, ...lists.elements, ...(hasIssues ? [errors] : []), quality);
  for (const one of [chart, errors, quality]) body(one).append(skeleton());
  const { totals, issues, quality: delivery } = requests();
  const figures = report(totals, signal);
  // The first figures do not share the server with the other reports.
  await figures.catch(() => {});
  if (signal.aborted) return;
  await Promise.all([
    figures.then((found) => {
      drawTiles(tiles, found);
      return drawn().then(() => signal.aborted || drawChart(chart, found));
    }, (error) => {
      if (!signal.aborted) tiles.replaceChildren(failure(error));
      showFailure(signal, chart)(error);
    }),
    lists.show(),
    hasIssues && report(issues, signal).then(
      (found) => drawPart(errors, found, () => drawTopIssues(errors, found)),
      showFailure(signal, errors),
    ),
    report(delivery, signal).then(
      async (found) => drawQuality(quality, found, await duplicatesRemoved(signal)),
    ).catch(showFailure(signal, quality)),
  ]);
}

/** @param {HTMLElement} element @param {any} report */
function drawTiles(element, report) {
  const sentence = refusalOf(report);
  if (sentence !== null) return element.replaceChildren(refused(sentence));
  const chosen = current().chart ?? "visitors";
  element.replaceChildren(...TILES.map((tile) =>
    h(
      "button",
      {
        type: "button",
        class: "tile",
        "aria-pressed": String(tile.name === chosen),
        title: `Chart of ${tile.label}`,
        onclick: () => change({ chart: tile.name }, { isStep: false }),
      },
      h("span", { class: "label", text: tile.label }),
      ...tileFigures(tile, report),
    )
  ));
}

/** @param {Tile} tile @param {any} report */
function tileFigures({ name, label, format, compared = name, sample, isLessBetter, isRate }, report) {
  const { totals, previous, series, range } = report;
  // Of events that are not counted yet, zero would be wrong.
  if (areFiguresIncomplete() && !totals[name]) {
    return [h("span", { class: "value", text: "–" }), h("div", { class: "sparkline" })];
  }
  // Only page views in anonymous mode have no visitor.
  if (OF_VISITORS.has(name) && totals.pageviews && !totals.visitors) {
    return [
      h("span", { class: "value", text: "–" }),
      h("span", { class: "rate lack", text: "Not counted in anonymous mode" }),
      h("div", { class: "sparkline" }),
    ];
  }
  const isSmall = sample !== undefined && isFew(totals[sample]);
  const isPartial = OF_VISITORS.has(name) && totals.anonymous_pageviews > 0;
  const isComparable = isComparing() && previous?.pageviews > 0 && !isSmall &&
    !(sample !== undefined && isFew(previous[sample])) &&
    // A site that has changed its mode has lost no visitors.
    !(OF_VISITORS.has(name) && (isPartial || previous.anonymous_pageviews > 0));
  const rate = name === "errors" ? `${perThousand(totals.errors_per_1000_pageviews)} per 1,000 page views` : null;
  const before = isComparable && name === "errors"
    ? `${perThousand(previous.errors_per_1000_pageviews)} per 1,000 page views`
    : format(previous?.[name]);
  return [
    h(
      "span",
      { class: `value${isSmall ? " few" : ""}` },
      format(totals[name]),
      " ",
      isSmall && totals[sample]
        ? h("small", { text: `n = ${totals[sample]}`, title: "Too few values for a percentile" })
        : null,
      isComparable
        ? delta(totals[compared], previous[compared], {
          isRate,
          isLessBetter,
          title: `Previous period (${previousPeriodOf(range)}): ${before}`,
        })
        : null,
    ),
    ...(rate ? [h("span", { class: "rate", text: rate })] : []),
    ...(isPartial ? [h("span", { class: "rate lack", text: withoutAnonymous(totals.anonymous_pageviews) })] : []),
    sparklineOf(series, range, name, label),
  ];
}

/** @param {number} pageviews */
const withoutAnonymous = (pageviews) => `Without ${count(pageviews)} anonymous page view${pageviews === 1 ? "" : "s"}`;

/** @param {any[]} series @param {any} range @param {string} name @param {string} label */
function sparklineOf(series, range, name, label) {
  const states = statesOf(series, range);
  const values = series.map((point, index) => states[index] === "future" ? null : point[name]);
  return sparkline(values, `${label} over time`, (index) => states[index] === "partial");
}

/** @param {HTMLElement} element @param {any} report */
function drawChart(element, report) {
  const { series, previous_series: previous, range } = report;
  const { name, label, format, sample, isRate } = TILES.find((tile) => tile.name === current().chart) ?? TILES[0];
  setText(/** @type {HTMLElement} */ (element.querySelector("h2")), `${label} per ${range.interval}`);
  const head = /** @type {HTMLElement} */ (element.querySelector(".head"));
  head.querySelector(".note")?.remove();
  head.querySelector("h2")?.after(h("span", { class: "note", text: periodOf(range) }));
  if (!hasFigures(series, name)) {
    const isNew = areFiguresIncomplete();
    return body(element).replaceChildren(
      noFigures("No data for this period", isNew ? "" : `No page view has a value of "${label}".`),
    );
  }
  drawTimeline(body(element), {
    label: `${label} per ${range.interval}`,
    height: CHART_HEIGHT,
    range,
    series,
    format,
    previous: isComparing() ? previous : [],
    lines: [{ label, token: "--accent", value: (point) => point[name], fill: true }],
    sample: sample === undefined ? undefined : (point) => point[sample] ?? null,
    isRate,
  });
}
