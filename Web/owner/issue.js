// One issue: its course, affected visitors, pages and browsers, and stacks.

import { facts, h, isolated, isolatedList } from "../kit/dom.js";
import { ask } from "./api.js";
import { stateBadge } from "./issues.js";
import { bars, drawPart, noFigures, refusalOf, refused, showFailure, visitorLink } from "./parts.js";
import { body, card, empty, skeleton } from "../kit/cards.js";
import { change, current, reportQuery, zone } from "./state.js";
import { drawTimeline, intervalSelect, periodOf } from "./timeline.js";
import { moment } from "../kit/times.js";
import { exact } from "../kit/format.js";
import { noiseLabel } from "./words.js";

const CHART_HEIGHT = 200;
/** Lists of an issue, with the dimension of their values. @type {[string, string, string][]} */
const LISTS = [["Browsers", "browser", "browsers"], ["Pages", "path", "paths"], ["Releases", "release", "releases"]];

/** @param {HTMLElement} panel @param {string} name @param {AbortSignal} signal */
export async function openIssue(panel, name, signal) {
  const back = h("button", {
    type: "button",
    class: "button",
    text: "← All errors",
    onclick: () => change({ issue: null }),
  });
  const main = card("Issue", "full");
  body(main).append(skeleton());
  panel.replaceChildren(h("div", { class: "full bare" }, back), main);
  try {
    const issue = await ask(address(name), { ...reportQuery(), interval: current().interval }, { signal });
    draw(panel, back, issue, name);
  } catch (error) {
    showFailure(signal, main)(error);
  }
}

/** @param {HTMLElement} panel @param {HTMLElement} back @param {any} issue @param {string} name */
function draw(panel, back, issue, name) {
  const chart = card(
    "Errors over time",
    "full",
    issue.range ? periodOf(issue.range) : null,
    h("span", { class: "space" }),
    intervalSelect(),
  );
  drawPart(chart, issue, () => drawErrors(chart, issue));
  const latest = card("Latest events", "full", "of this issue, regardless of filters");
  body(latest).append(
    issue.samples.length
      ? h("ol", { class: "errors" }, ...issue.samples.map(sample))
      : empty("No recent events", "The latest events of this issue are too old to load."),
  );
  panel.replaceChildren(
    h("div", { class: "full bare" }, back),
    summary(panel, issue, name),
    chart,
    ...LISTS.map(([title, dimension, member]) => ranking(title, dimension, issue, member)),
    latest,
  );
}

/** The path of an issue below `api/`. @param {string} name */
const address = (name) => `issues/${encodeURIComponent(name)}`;

/** @param {HTMLElement} panel @param {any} issue @param {string} name */
function summary(panel, issue, name) {
  const decide = async (/** @type {string} */ state) => {
    await ask(address(name), { site: issue.site }, { method: "PUT", body: { state } }).catch((error) =>
      alertOf(panel, error)
    );
    change({}, { isStep: false });
  };
  const action = (/** @type {string} */ state, /** @type {string} */ text) =>
    h("button", { type: "button", class: "button", text, onclick: () => decide(state) });
  const isResolved = issue.state === "resolved" || issue.state === "ignored";
  const element = card(
    [isolated(issue.name), ": ", isolated(issue.message)],
    "full",
    null,
    stateBadge(issue.state),
  );
  const sentence = refusalOf(issue);
  body(element).append(
    facts([
      ["Kind", issue.kind],
      ["Counted in totals", issue.noise ? `No (${noiseLabel(issue.noise)})` : "Yes"],
      ["Site", issue.site],
      ["First seen", moment(issue.first_seen * 1000, zone())],
      ["Last seen", moment(issue.last_seen * 1000, zone())],
      ["Errors in this period", sentence === null ? exact(issue.errors) : "–"],
      ["Visitors in this period", sentence === null ? exact(issue.visitors) : "–"],
    ]),
    ...(sentence === null ? [] : [refused(sentence)]),
    h(
      "div",
      { class: "actions" },
      ...(isResolved ? [action("unresolved", "Reopen")] : [action("resolved", "Resolve"), action("ignored", "Ignore")]),
    ),
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

/**
 * @param {string} title @param {string} dimension @param {any} issue
 * @param {string} member of the issue that has the rows
 */
function ranking(title, dimension, issue, member) {
  const element = card(title, "third", "errors");
  const rows = issue[member] ?? [];
  const rest = issue[`${member}_rest`] ?? 0;
  const count = issue[`${member}_count`] ?? rows.length;
  body(element).append(bars(dimension, { rows, rest, count, by: "count" }));
  return element;
}

/** @param {HTMLElement} panel @param {any} error */
const alertOf = (panel, error) => panel.prepend(h("p", { class: "card full", role: "alert", text: error.message }));

/** Payloads are as they were sent: what should be a list may be anything. @param {any} value @returns {any[]} */
const list = (value) => Array.isArray(value) ? value : [];

/** @param {(Node | string)[][]} parts of each line */
const lines = (parts) => parts.flatMap((line, index) => index ? ["\n", ...line] : line);

/** The stack of an error, a line for each frame. @param {any} error */
const framesOf = (error) =>
  list(error?.frames).map((frame) => [
    "at ",
    isolated(frame?.function || "(anonymous)"),
    " ",
    isolated(frame?.file),
    ":",
    ...isolatedList([frame?.line, frame?.column], ":"),
  ]);

/** Errors behind an error: the causes of it, or those that it contains. @param {string} title @param {any[]} errors */
const behind = (title, errors) =>
  errors.length
    ? h(
      "details",
      { open: true },
      h("summary", { text: `${title} (${errors.length})` }),
      h(
        "pre",
        { class: "stack", tabindex: "0" },
        ...lines(errors.flatMap((error) => [
          [isolated(error?.name ?? "Error"), ": ", isolated(error?.message ?? error)],
          ...framesOf(error).map((frame) => ["  ", ...frame]),
        ])),
      ),
    )
    : null;

/** @param {any} event */
function sample(event) {
  const { payload } = event;
  const frames = framesOf(payload);
  const crumbs = list(payload?.breadcrumbs).map((crumb) => [isolated(crumb)]);
  const stack = frames.length ? lines(frames) : payload?.stack ?? payload?.source ?? "";
  return h(
    "li",
    {},
    h(
      "div",
      { class: "head" },
      h("span", { class: "message", text: payload?.message ?? "" }),
      h("span", { class: "space" }),
      h("span", { class: "note", text: moment(event.t, zone()) }),
    ),
    h(
      "p",
      { class: "note" },
      isolated(event.path),
      " · ",
      visitorLink(event.visitor),
      " · ",
      isolated(event.user_agent),
    ),
    Array.isArray(stack)
      ? h("pre", { class: "stack", tabindex: "0" }, ...stack)
      : stack
      ? h("pre", { class: "stack", tabindex: "0", text: stack })
      : null,
    // A cause was a text in the previous version of the tracker.
    behind("Caused by", typeof payload?.cause === "string" ? [payload.cause] : list(payload?.cause)),
    behind("Inner errors", list(payload?.errors)),
    crumbs.length
      ? h(
        "details",
        {},
        h("summary", { text: `Breadcrumbs (${crumbs.length})` }),
        h("pre", { class: "stack", tabindex: "0" }, ...lines(crumbs)),
      )
      : null,
  );
}
