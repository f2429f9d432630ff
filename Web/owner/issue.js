// One issue: who is affected since which release, its errors over time, and each of its occurrences.

import { badge, h, isolated, table } from "../kit/dom.js";
import { body, card, skeleton } from "../kit/cards.js";
import { ago, exact } from "../kit/format.js";
import { moment } from "../kit/times.js";
import { ask } from "./api.js";
import { actions, mergedCard } from "./issue-actions.js";
import { showOccurrences } from "./issue-occurrences.js";
import { showProperties } from "./issue-properties.js";
import { culpritOf, issuePath, issuesLink, stateBadge, title } from "./issues.js";
import { bars, drawPart, noFigures, refusalOf, refused, showFailure, valueButton } from "./parts.js";
import { current, reportQuery, zone } from "./state.js";
import { drawTimeline, intervalSelect, periodOf } from "./timeline.js";
import { noiseLabel } from "./words.js";

const CHART_HEIGHT = 200;
/** Values of a list that are shown. */
const ROWS = 8;
/** Lists of an issue, with the dimension of their values. @type {[string, string, string][]} */
const LISTS = [
  ["Pages", "path", "paths"],
  ["Browsers", "browser", "browsers"],
  ["Operating systems", "system", "systems"],
  ["Devices", "device", "devices"],
  ["Releases", "release", "releases"],
];

/** @param {HTMLElement} panel @param {string} name @param {AbortSignal} signal */
export async function openIssue(panel, name, signal) {
  const back = issuesLink({ issue: null }, { class: "button back" }, "← All issues");
  const main = card("Issue", "full");
  body(main).append(skeleton());
  panel.replaceChildren(h("div", { class: "full bare" }, back), main);
  try {
    const issue = await ask(issuePath(name), { ...reportQuery(), interval: current().interval }, { signal });
    draw(panel, back, issue, signal);
  } catch (error) {
    showFailure(signal, main)(error);
  }
}

/** @param {HTMLElement} panel @param {HTMLElement} back @param {any} issue @param {AbortSignal} signal */
function draw(panel, back, issue, signal) {
  const chart = card(
    "Errors over time",
    "wide",
    issue.range ? periodOf(issue.range) : null,
    h("span", { class: "space" }),
    intervalSelect(),
  );
  drawPart(chart, issue, () => drawErrors(chart, issue));
  const one = card("Event", "full");
  const payload = card("Properties", "full", "of the payload, by errors in this period");
  const all = card("Occurrences", "full", "of this period, newest first");
  panel.replaceChildren(
    h("div", { class: "full bare" }, back),
    summary(issue),
    chart,
    releases(issue),
    one,
    h(
      "div",
      { class: "rows full" },
      ...LISTS.map(([label, dimension, member]) => ranking(label, dimension, issue, member)),
    ),
    payload,
    all,
    mergedCard(issue) ?? "",
  );
  showOccurrences(one, all, issue, signal);
  showProperties(payload, issue, signal);
}

/** The time of a first or last error, and its release. @param {number} seconds @param {string | null} release */
const seen = (seconds, release) =>
  h(
    "span",
    { title: moment(seconds * 1000, zone()) },
    ago(seconds),
    ...(release ? [" in ", valueButton("release", release)] : []),
  );

/** @param {any} issue */
function summary(issue) {
  const sentence = refusalOf(issue);
  const element = card(title(issue), "full issue-head", null, stateBadge(issue.state));
  const figure = (/** @type {string} */ label, /** @type {Node | string} */ value) =>
    h("div", {}, h("span", { class: "note", text: label }), h("b", {}, value));
  body(element).append(
    culpritOf(issue.culprit) ?? "",
    h(
      "div",
      { class: "issue-figures" },
      figure("Events in this period", sentence === null ? exact(issue.errors) : "–"),
      figure("Visitors in this period", sentence === null ? exact(issue.visitors) : "–"),
      figure("First seen", seen(issue.first_seen, issue.first_release)),
      figure("Last seen", seen(issue.last_seen, issue.last_release)),
      issue.regressed_in ? figure("Regressed in", valueButton("release", issue.regressed_in)) : "",
    ),
    sentence === null ? "" : refused(sentence),
    h(
      "p",
      { class: "note issue-marks" },
      isolated(issue.kind),
      isolated(issue.site),
      issue.noise ? badge(`${noiseLabel(issue.noise)}: not counted in totals`, "plain") : null,
      h("span", {}, "Id ", isolated(issue.issue)),
    ),
    actions(issue),
  );
  return element;
}

/** @param {HTMLElement} element @param {any} issue */
function drawErrors(element, { range, series }) {
  if (!series.some((/** @type {any} */ point) => point.errors)) {
    return body(element).replaceChildren(
      noFigures("No data for this period", "This issue has no errors in this period."),
    );
  }
  drawTimeline(body(element), {
    ...{ label: `Errors per ${range.interval}`, height: CHART_HEIGHT, range, series, format: exact },
    lines: [{ label: "Errors", token: "--accent", value: (point) => point.errors, fill: true }],
  });
}

/** Since which release it exists. @param {any} issue */
function releases({ release_history: history }) {
  const element = card("Releases", "third", "all time, newest first");
  body(element).append(
    history.length
      ? table(
        ["Release", "First seen", "Last seen"],
        history.map((/** @type {any} */ one) => [
          valueButton("release", one.release),
          h("span", { title: moment(one.first_seen * 1000, zone()), text: ago(one.first_seen) }),
          h("span", { title: moment(one.last_seen * 1000, zone()), text: ago(one.last_seen) }),
        ]),
        "Releases with this issue",
      )
      : noFigures("No release", 'Name the release of a page with the option "release" of the tracker.'),
  );
  return element;
}

/**
 * @param {string} label @param {string} dimension @param {any} issue
 * @param {string} member of the issue that has the rows
 */
function ranking(label, dimension, issue, member) {
  const element = card(label, "third", "errors");
  const all = issue[member] ?? [];
  const rows = all.slice(0, ROWS);
  const rest = all.slice(ROWS).reduce(
    (/** @type {number} */ sum, /** @type {any} */ row) => sum + row.count,
    issue[`${member}_rest`] ?? 0,
  );
  const count = issue[`${member}_count`] ?? all.length;
  body(element).append(bars(dimension, { rows, rest, count, by: "count" }));
  return element;
}
