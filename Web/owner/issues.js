// What the list of issues, an issue, and the overview share: titles, states, links.

import { badge, h, isolated, setText } from "../kit/dom.js";
import { body } from "../kit/cards.js";
import { noFigures } from "./parts.js";
import { sparkline } from "../kit/sparkline.js";
import { change, current } from "./state.js";
import { count, exact } from "../kit/format.js";

/** Issues that the overview lists. */
export const TOP_MAX = 5;
/** Names and tones of the states. @type {Record<string, [string, "good" | "fair" | "poor" | "plain"]>} */
const STATES = {
  unresolved: ["Unresolved", "fair"],
  regressed: ["Regressed", "poor"],
  resolved: ["Resolved", "good"],
  ignored: ["Ignored", "plain"],
};

/** @param {string} state */
export function stateBadge(state) {
  const [label, tone] = STATES[state] ?? [state, "plain"];
  return badge(label, tone);
}

/** Shows the errors that are not the site's, which are left out by default. */
export function noiseToggle() {
  const isOn = current().noise === "include";
  return h("button", {
    type: "button",
    class: "button toggle",
    "aria-pressed": String(isOn),
    title: 'Errors of browser extensions, ResizeObserver loops and "Script error."; not counted in totals',
    text: "Include noise",
    onclick: () => change({ noise: isOn ? null : "include" }, { isStep: false }),
  });
}

/**
 * A link that changes the state of the page, within the view of issues.
 *
 * @param {Record<string, string | null>} changes @param {Record<string, any>} properties @param {...(Node | string | null)} children
 */
export function issuesLink(changes, properties, ...children) {
  const query = new URLSearchParams(current());
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  const link = h("a", { ...properties, href: `?${query}#issues` }, ...children);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (location.hash === "#issues") return change(changes);
    // The tab opens first, so that the view is drawn once with the new state.
    history.pushState(null, "", link.getAttribute("href"));
    dispatchEvent(new PopStateEvent("popstate"));
    dispatchEvent(new HashChangeEvent("hashchange"));
  });
  return link;
}

/** The path of an issue below `api/`. @param {string} name */
export const issuePath = (name) => `issues/${encodeURIComponent(name)}`;

/** The name and the message. @param {any} issue */
export const title = (issue) =>
  issue.message ? [isolated(issue.name), ": ", isolated(issue.message)] : [isolated(issue.name)];

/** The path of a script below its host. @param {string} file */
const shortFile = (file) => file.replace(/^[a-z-]+:\/\/[^/]*\//, "");

/** `function file:line` of the site's own code. @param {{function: string, file: string, line: number} | null} culprit */
export const culpritOf = (culprit) =>
  culprit
    ? h(
      "code",
      { class: "culprit", title: culprit.file },
      ...(culprit.function ? [isolated(culprit.function), " "] : []),
      h("span", { class: "dim" }, isolated(shortFile(culprit.file)), culprit.line ? `:${culprit.line}` : ""),
    )
    : null;

/** @param {number | null} visitors */
const visitorsText = (visitors) => `${count(visitors)} ${visitors === 1 ? "visitor" : "visitors"}`;

/** The card of the overview: the most frequent issues. @param {HTMLElement} element @param {any} report */
export function drawTopIssues(element, { issues, count: all }) {
  setText(
    /** @type {HTMLElement} */ (element.querySelector(".note")),
    all > TOP_MAX ? `${TOP_MAX} of ${exact(all)} issues, most frequent first` : "most frequent first",
  );
  if (!issues.length) {
    return body(element).replaceChildren(
      noFigures("No errors for this period", "Uncaught exceptions, rejections, failed requests"),
    );
  }
  body(element).replaceChildren(
    h(
      "ol",
      { class: "issues top" },
      ...issues.slice(0, TOP_MAX).map((/** @type {any} */ issue) =>
        h(
          "li",
          {},
          issuesLink(
            { issue: issue.issue },
            { class: "issue" },
            h("b", {}, ...title(issue)),
            h("span", { class: "note" }, culpritOf(issue.culprit) ?? isolated(issue.site)),
          ),
          sparkline(issue.trend, "errors over time"),
          h("span", {}, stateBadge(issue.state)),
          h(
            "span",
            { class: "figures" },
            h("b", { text: count(issue.errors) }),
            h("span", { class: "note", text: visitorsText(issue.visitors) }),
          ),
        )
      ),
    ),
  );
}
