// The view "Issues": the list of issues, or one of them.

import { badge, h, isolatedList, setText } from "../kit/dom.js";
import { body, card, skeleton } from "../kit/cards.js";
import { sparkline } from "../kit/sparkline.js";
import { ago, count, exact } from "../kit/format.js";
import { moment } from "../kit/times.js";
import { openIssue } from "./issue.js";
import { culpritOf, issuesLink, noiseToggle, stateBadge, title } from "./issues.js";
import { failure, noFigures, sortHeading } from "./parts.js";
import { report } from "./reports.js";
import { change, current, reportQuery, zone } from "./state.js";
import { noiseLabel } from "./words.js";

/** Issues of a page. */
const PAGE = 25;
/** Milliseconds after the last key until a search begins. */
const TYPING_MS = 250;
const ALL = "all";
/** The tabs, by state; the first is open at the start. */
const TABS = {
  unresolved: "Unresolved",
  regressed: "Regressed",
  resolved: "Resolved",
  ignored: "Ignored",
  [ALL]: "All",
};
/** What a list can be sorted by. @type {Record<string, string>} */
const SORTS = { events: "Events", visitors: "Visitors", last_seen: "Last seen", first_seen: "First seen" };

const openState = () => Object.hasOwn(TABS, current().state ?? "") ? current().state : "unresolved";
const openSort = () => Object.hasOwn(SORTS, current().sort ?? "") ? current().sort : "events";
const offset = () => Math.max(0, Number.parseInt(current().offset ?? "", 10) || 0);

/** @param {HTMLElement} panel @param {AbortSignal} signal @returns {Promise<any>} */
export function showIssues(panel, signal) {
  if (current().issue) return openIssue(panel, current().issue, signal);
  // The search keeps its focus while the list below it changes.
  const known = /** @type {HTMLElement | null} */ (panel.querySelector(".issue-list"));
  const element = known ?? card("Issues", "full issue-list", null, h("span", { class: "space" }), noiseToggle());
  if (known) {
    const field = /** @type {HTMLInputElement} */ (known.querySelector(".issue-tools input"));
    if (document.activeElement !== field) field.value = current().search ?? "";
    known.querySelector(".toggle")?.replaceWith(noiseToggle());
  } else {
    body(element).append(toolbar(), h("div", { class: "issue-rows" }, skeleton(8)));
    panel.replaceChildren(element);
  }
  return load(element, signal);
}

/** The page of issues by the chosen state, search and order. @returns {import("./reports.js").Request} */
const request = () => ["issues", {
  ...reportQuery(),
  noise: current().noise,
  state: openState() === ALL ? undefined : openState(),
  search: current().search,
  sort: openSort(),
  limit: PAGE,
  offset: offset() || undefined,
}];

export const issuesRequests = () => current().issue ? [] : [request()];

/** @param {HTMLElement} element @param {AbortSignal} signal */
async function load(element, signal) {
  const tools = /** @type {HTMLElement} */ (element.querySelector(".issue-tools"));
  const list = /** @type {HTMLElement} */ (element.querySelector(".issue-rows"));
  drawTabs(tools, null);
  try {
    const found = await report(request(), signal);
    if (!found.issues.length && offset() && found.count) return change({ offset: null }, { isStep: false });
    drawTabs(tools, found.states);
    drawRows(list, found);
  } catch (error) {
    if (!signal.aborted) list.replaceChildren(failure(error));
  }
}

function toolbar() {
  const field = /** @type {HTMLInputElement} */ (h("input", {
    type: "search",
    class: "field",
    placeholder: "Message, function, file or id",
    "aria-label": "Search issues",
    value: current().search ?? "",
  }));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => change({ search: field.value.trim(), offset: null }, { isStep: false }), TYPING_MS);
  });
  return h(
    "div",
    { class: "issue-tools" },
    h("div", { class: "segments states", role: "group", "aria-label": "State" }),
    h("span", { class: "space" }),
    field,
  );
}

/** @param {HTMLElement} tools @param {Record<string, number> | null} states numbers of issues; null while they load */
function drawTabs(tools, states) {
  const group = /** @type {HTMLElement} */ (tools.querySelector(".states"));
  const all = states && Object.values(states).reduce((sum, one) => sum + one, 0);
  if (!group.childElementCount) {
    group.replaceChildren(
      ...Object.entries(TABS).map(([name, label]) =>
        h(
          "button",
          {
            type: "button",
            "data-state": name,
            onclick: () => change({ state: name, offset: null }, { isStep: false }),
          },
          label,
          h("span", { class: "number" }),
        )
      ),
    );
  }
  for (const button of /** @type {HTMLElement[]} */ ([...group.children])) {
    const name = button.dataset.state ?? "";
    button.setAttribute("aria-pressed", String(name === openState()));
    if (states) setText(/** @type {HTMLElement} */ (button.lastElementChild), exact(name === ALL ? all : states[name]));
  }
}

/** @param {HTMLElement} list @param {any} report */
function drawRows(list, report) {
  const { issues, count: all } = report;
  if (!issues.length) {
    const isNarrowed = current().search || openState() !== ALL;
    return list.replaceChildren(
      noFigures(
        isNarrowed ? "No issue matches" : "No errors for this period",
        isNarrowed ? "Choose another state, search or range." : "Uncaught exceptions, rejections, failed requests",
      ),
    );
  }
  list.replaceChildren(
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Issues" },
      h(
        "table",
        { class: "issues-table" },
        h("caption", { class: "unseen", text: "Issues" }),
        h("thead", {}, h("tr", {}, ...heads())),
        h("tbody", {}, ...issues.map(row)),
      ),
    ),
    pages(all, issues.length),
  );
}

/** The heads of the columns; those of figures sort the list. */
function heads() {
  const plain = (/** @type {string} */ text, /** @type {string} */ name) =>
    h("th", { scope: "col", class: name, text });
  const sorted = (/** @type {string} */ name, /** @type {string} */ column) =>
    sortHeading(
      SORTS[name],
      {
        direction: openSort() === name ? "descending" : null,
        name: column,
        title: `Sort by ${SORTS[name].toLowerCase()}`,
      },
      () => change({ sort: name, offset: null }, { isStep: false }),
    );
  return [
    plain("Issue", "of-title"),
    plain("Trend", "of-trend"),
    sorted("events", "number"),
    sorted("visitors", "number"),
    plain("Releases", "of-release"),
    sorted("first_seen", "of-time"),
    sorted("last_seen", "of-time"),
  ];
}

/** @param {any} issue */
function row(issue) {
  const { first_release: first, last_release: last } = issue;
  const isKnown = issue.last_seen > 0;
  const time = (/** @type {number} */ seconds) =>
    isKnown ? h("span", { title: moment(seconds * 1000, zone()), text: ago(seconds) }) : "–";
  return h(
    "tr",
    {},
    h(
      "td",
      { class: "of-title" },
      issuesLink({ issue: issue.issue }, { class: "issue" }, h("b", {}, ...title(issue)), culpritOf(issue.culprit)),
      h(
        "span",
        { class: "note issue-marks" },
        issue.state === "unresolved" && openState() === "unresolved" ? null : stateBadge(issue.state),
        issue.noise ? badge(noiseLabel(issue.noise), "plain") : null,
        h("span", { class: "origin" }, ...isolatedList([issue.kind, issue.site].filter(Boolean), " · ")),
        issue.merged ? h("span", { text: `${issue.merged + 1} merged` }) : null,
        issue.regressed_in ? h("span", { text: `Regressed in ${issue.regressed_in}` }) : null,
      ),
    ),
    h("td", { class: "of-trend" }, sparkline(issue.trend, "errors over time")),
    h("td", { class: "number", title: exact(issue.errors) }, h("b", { text: count(issue.errors) })),
    h("td", { class: "number", title: exact(issue.visitors), text: count(issue.visitors) }),
    h(
      "td",
      { class: "of-release", title: first ? `First seen in ${first}, last seen in ${last}` : null },
      ...(first ? isolatedList(first === last ? [first] : [first, last], " – ") : ["–"]),
    ),
    h("td", { class: "of-time" }, time(issue.first_seen)),
    h("td", { class: "of-time" }, time(issue.last_seen)),
  );
}

/** @param {number} all @param {number} shown */
function pages(all, shown) {
  const start = offset();
  const to = (/** @type {number} */ first) => () => change({ offset: first ? String(first) : null });
  return h(
    "div",
    { class: "pages" },
    h("span", { class: "note", text: `${exact(start + 1)}–${exact(start + shown)} of ${exact(all)}` }),
    h("button", {
      type: "button",
      class: "button",
      text: "Previous",
      disabled: start === 0,
      onclick: to(Math.max(0, start - PAGE)),
    }),
    h("button", {
      type: "button",
      class: "button",
      text: "Next",
      disabled: start + shown >= all,
      onclick: to(start + PAGE),
    }),
  );
}
