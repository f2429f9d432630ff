// Totals, their course over time, rankings, errors and the quality of the data.

import { colour, plot } from "../dashboard/charts.js";
import { badge, facts, h, isolated, isolatedList, setText, table } from "../shared/dom.js";
import { ask } from "./api.js";
import { openIssue } from "./issue.js";
import { bars, body, card, delta, failure, isComparing, noFigures, sampleNote, skeleton, sparkline } from "./parts.js";
import { lineOptions } from "./plots.js";
import { change, current, plainQuestion, question } from "./state.js";
import { areFiguresIncomplete } from "./status.js";
import { ago, bucket, count, exact, named, noiseLabel, percent, span, vital } from "./words.js";

/** @typedef {{name: string, label: string, format: (value: any) => string, isLessBetter?: boolean}} Tile */

/** @type {Tile[]} */
const TILES = [
  { name: "visitors", label: "Visitors", format: count },
  { name: "sessions", label: "Sessions", format: count },
  { name: "views", label: "Page views", format: count },
  { name: "bounce_rate", label: "Bounce rate", format: percent, isLessBetter: true },
  { name: "engaged_ms", label: "Engaged per view", format: span },
  { name: "lcp_p75", label: "LCP p75", format: (value) => vital("lcp", value), isLessBetter: true },
  { name: "inp_p75", label: "INP p75", format: (value) => vital("inp", value), isLessBetter: true },
  { name: "errors", label: "Errors", format: count, isLessBetter: true },
];

/** @type {[string, string, string][]} */
const RANKINGS = [
  ["path", "Pages", "half"],
  ["referrer", "Referrers", "half"],
  ["entry", "Entries", "third"],
  ["exit", "Exits", "third"],
  ["campaign", "Campaigns", "third"],
  ["browser", "Browsers", "third"],
  ["system", "Systems", "third"],
  ["device", "Devices", "third"],
  ["screen", "Screens", "third"],
  ["language", "Languages", "third"],
  ["event", "Events", "third"],
  ["country", "Countries", "third"],
  ["release", "Releases", "third"],
];
/** Not every site tells them. */
const RARE = new Set(["campaign", "country", "release"]);
const ROWS = 8;
const CHART_HEIGHT = 280;

/** @param {HTMLElement} panel @param {AbortSignal} signal */
export async function showOverview(panel, signal) {
  if (current().issue) return openIssue(panel, current().issue, signal);
  const tiles = h(
    "section",
    { class: "tiles eight full", "aria-label": "Totals" },
    ...TILES.map(({ label }) => h("div", { class: "tile" }, h("span", { class: "label", text: label }), skeleton(1))),
  );
  const chart = card("Over time", "full");
  const errors = card("Errors", "wide", "most frequent first", h("span", { class: "space" }), noiseToggle());
  const quality = card("Data quality", "third");
  const rankings = RANKINGS.map(([dimension, title, width]) => [dimension, card(title, width)]);
  const cards = new Map(/** @type {[string, HTMLElement][]} */ (rankings));
  const note = h("div", { class: "full bare", hidden: true });
  panel.replaceChildren(note, tiles, chart, .../** @type {HTMLElement[]} */ ([...cards.values()]), errors, quality);
  for (const one of [chart, errors, quality, ...cards.values()]) body(one).append(skeleton());
  const again = () => change({}, { isStep: false });

  const totals = ask("overview", question(), { signal }).then((answer) => {
    const told = sampleNote(answer.sampled);
    note.hidden = !told;
    if (told) note.replaceChildren(told);
    drawTiles(tiles, answer);
    drawChart(chart, answer);
    return answer;
  }, (error) => {
    if (signal.aborted) return;
    tiles.replaceChildren(failure(error, again));
    body(chart).replaceChildren(failure(error, again));
  });
  const ranked = ask("breakdowns", {
    ...question(),
    dimensions: RANKINGS.map(([name]) => name),
    limit: ROWS,
    only: "counts",
  }, {
    signal,
  }).then((answer) => {
    for (const [dimension, element] of cards) drawRanking(element, dimension, answer.dimensions[dimension]);
  }, (error) => {
    if (!signal.aborted) { for (const element of cards.values()) body(element).replaceChildren(failure(error, again)); }
  });
  const broken = ask("issues", { ...question(), noise: current().noise }, { signal }).then(
    (answer) => drawIssues(errors, answer),
    (error) => {
      if (!signal.aborted) body(errors).replaceChildren(failure(error, again));
    },
  );
  const trusted = ask("quality", plainQuestion(), { signal }).then(
    async (answer) => drawQuality(quality, answer, await absorbed(signal)),
    (error) => {
      if (!signal.aborted) body(quality).replaceChildren(failure(error, again));
    },
  );
  await Promise.all([totals, ranked, broken, trusted]);
}

/** @param {HTMLElement} element @param {any} answer */
function drawTiles(element, { totals, previous, series }) {
  const chosen = current().chart ?? "visitors";
  const before = isComparing() ? previous : null;
  element.replaceChildren(...TILES.map(({ name, label, format, isLessBetter }) =>
    h(
      "button",
      {
        type: "button",
        class: "tile",
        "aria-pressed": String(name === chosen),
        title: `Chart of ${label}`,
        onclick: () => change({ chart: name }, { isStep: false }),
      },
      h("span", { class: "label", text: label }),
      h(
        "span",
        { class: "value" },
        // Of events that are not counted yet, zero would be wrong.
        areFiguresIncomplete() && !totals[name] ? "–" : format(totals[name]),
        " ",
        delta(totals[name], before?.[name] ?? null, isLessBetter),
      ),
      areFiguresIncomplete() && !totals[name]
        ? h("div", { class: "sparkline" })
        : sparkline(series.map((/** @type {any} */ point) => point[name]), `${label} over time`),
    )
  ));
}

/** @param {HTMLElement} element @param {any} answer */
function drawChart(element, { series, previous_series, range }) {
  const { name, label, format } = TILES.find((tile) => tile.name === current().chart) ?? TILES[0];
  const before = isComparing() ? previous_series : [];
  const per = range.interval === "hour" ? "hour" : "day";
  const title = /** @type {HTMLElement} */ (element.querySelector("h2"));
  setText(title, `${label} per ${per}`);
  if (!series.some((/** @type {any} */ point) => point[name])) {
    body(element).replaceChildren(
      noFigures("No events in this range", "As soon as a page reports, it is counted here."),
    );
    return;
  }
  const labels = series.map((/** @type {any} */ point) => bucket(point.t, range.interval));
  const isUnfinished = range.to > Date.now() / 1000 - 60;
  const last = series.length - 1;
  const datasets = () => [
    {
      label: "This range",
      data: series.map((/** @type {any} */ point) => point[name]),
      borderColor: colour("--accent"),
      backgroundColor: colour("--accent-soft"),
      fill: true,
      // What is not over yet is no fall.
      segment: {
        borderDash: (/** @type {any} */ part) => isUnfinished && part.p1DataIndex === last ? [5, 4] : undefined,
      },
    },
    ...(before.length
      ? [{
        label: "The time before",
        data: before.map((/** @type {any} */ point) => point[name]),
        borderColor: colour("--quiet"),
        borderDash: [4, 4],
        borderWidth: 1.5,
        fill: false,
      }]
      : []),
  ];
  plot(body(element), {
    label: `${label} per ${per}`,
    height: CHART_HEIGHT,
    configure: () => lineOptions({ labels, datasets: datasets(), format, hasLegend: before.length > 0 }),
    figures: () =>
      table(
        [per === "hour" ? "Hour (UTC)" : "Day (UTC)", label, "The time before"],
        series.map((
          /** @type {any} */ point,
          /** @type {number} */ place,
        ) => [labels[place], format(point[name]), before[place] ? format(before[place][name]) : "–"]),
        `${label} per ${per}`,
      ),
  });
}

/** @param {HTMLElement} element @param {string} dimension @param {any} ranking */
function drawRanking(element, dimension, ranking) {
  const head = /** @type {HTMLElement} */ (element.querySelector(".head"));
  head.querySelector(".all")?.remove();
  head.querySelector(".note")?.remove();
  head.append(
    h("span", {
      class: "note",
      text: ranking.by === "events" ? "events" : ranking.by === "sessions" ? "sessions" : "page views",
    }),
  );
  if (ranking.count > ranking.rows.length) {
    head.append(
      h("button", {
        type: "button",
        class: "all",
        text: `All ${exact(ranking.count)}`,
        onclick: () => openAll(dimension, /** @type {string} */ (element.querySelector("h2")?.textContent)),
      }),
    );
  }
  element.hidden = RARE.has(dimension) && !ranking.rows.length;
  body(element).replaceChildren(bars(dimension, ranking));
}

/** @param {string} dimension @param {string} title */
async function openAll(dimension, title) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("all"));
  const content = /** @type {HTMLElement} */ (dialog.querySelector(".content"));
  setText(/** @type {HTMLElement} */ (dialog.querySelector("h2")), title);
  content.replaceChildren(skeleton(8));
  dialog.showModal();
  try {
    const answer = await ask("breakdowns", { ...question(), dimensions: dimension, limit: 500 });
    const { rows } = answer.dimensions[dimension];
    content.replaceChildren(table(
      ["Value", "Visitors", "Page views", "Sessions", "Errors", "LCP p75", "INP p75"],
      rows.map((
        /** @type {any} */ row,
      ) => [
        named(row.value),
        exact(row.visitors),
        exact(row.views),
        exact(row.sessions),
        exact(row.errors),
        vital("lcp", row.lcp_p75),
        vital("inp", row.inp_p75),
      ]),
      title,
    ));
  } catch (error) {
    content.replaceChildren(failure(error, () => openAll(dimension, title)));
  }
}

/** Shows the errors that are not the site's, which are left out by default. */
function noiseToggle() {
  const isOn = current().noise === "include";
  return h("button", {
    type: "button",
    class: "button toggle",
    "aria-pressed": String(isOn),
    title: 'Errors of browser extensions, ResizeObserver loops and "Script error."; they count in no total',
    text: "Include noise",
    onclick: () => change({ noise: isOn ? null : "include" }, { isStep: false }),
  });
}

/** @param {HTMLElement} element @param {any} answer */
function drawIssues(element, { issues, count: all }) {
  if (!issues.length) {
    body(element).replaceChildren(
      noFigures("No errors for this period", "Uncaught exceptions, rejections, failed requests"),
    );
    return;
  }
  const TONES =
    /** @type {Record<string, any>} */ ({ open: "fair", reopened: "poor", resolved: "good", ignored: "plain" });
  const list = h("ol", { class: "issues" });
  for (const issue of issues.slice(0, 12)) {
    list.append(h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "issue", onclick: () => change({ issue: issue.issue }) },
        h("b", {}, isolated(issue.name), ": ", isolated(issue.message)),
        h(
          "span",
          { class: "note" },
          isolated(issue.paths[0]?.value),
          ` · seen ${ago(issue.last_seen)} · `,
          ...isolatedList(issue.browsers.map((/** @type {any} */ one) => one.value).slice(0, 3)),
        ),
      ),
      sparkline(issue.trend, "errors over time"),
      h(
        "span",
        {},
        issue.noise ? badge(noiseLabel(issue.noise), "plain") : null,
        badge(issue.state, TONES[issue.state]),
      ),
      h(
        "span",
        { class: "figures" },
        h("b", { text: count(issue.errors) }),
        h("span", { class: "note", text: `${count(issue.visitors)} visitors` }),
      ),
    ));
  }
  const head = /** @type {HTMLElement} */ (element.querySelector(".note"));
  setText(head, `${exact(all)} issues, most frequent first`);
  body(element).replaceChildren(list);
}

/** Events that came again and were stored once, since the program started; null when it does not say. @param {AbortSignal} signal */
async function absorbed(signal) {
  try {
    const answer = await fetch(new URL("health/details", document.baseURI), { signal });
    return answer.ok ? (await answer.json()).ingest.duplicates : null;
  } catch {
    return null;
  }
}

/** @param {HTMLElement} element @param {any} told @param {number | null} duplicates */
function drawQuality(element, told, duplicates) {
  const share = (/** @type {number} */ part, /** @type {number} */ whole) =>
    whole ? `${exact(part)} (${percent(part / whole)})` : exact(part);
  const ofViews = (/** @type {number} */ part) => told.views ? share(part, told.emitted) : "–";
  body(element).replaceChildren(
    facts([
      ["Events", exact(told.events)],
      ["From bots", share(told.robot_events, told.events)],
      ["Emitted", told.views ? exact(told.emitted) : "–"],
      ["Arrived", ofViews(told.received)],
      ["Dropped by pages", ofViews(told.dropped)],
      ["Lost on the way", ofViews(told.lost)],
      ["Invalid values", exact(told.invalid_values)],
      ["Sent again", duplicates === null ? "–" : `${exact(duplicates)} since the start, stored once`],
    ]),
    h("p", {
      class: "caption",
      text: told.views
        ? `Emitted, arrived, dropped and lost are those of the latest ${exact(told.views)} page views.`
        : "No page view of this range has told how much it emitted.",
    }),
  );
}
