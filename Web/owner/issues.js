// The list of issues: groups of equal errors.

import { badge, h, isolated, isolatedList, setText } from "../kit/dom.js";
import { body } from "../kit/cards.js";
import { noFigures } from "./parts.js";
import { sparkline } from "../kit/sparkline.js";
import { change, current } from "./state.js";
import { ago, count, exact } from "../kit/format.js";
import { noiseLabel } from "./words.js";

/** Issues that the overview lists. */
const SHOWN_MAX = 12;
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

/** @param {HTMLElement} element @param {any} report */
export function drawIssues(element, { issues, count: all, total }) {
  if (!issues.length) {
    body(element).replaceChildren(
      noFigures("No errors for this period", "Uncaught exceptions, rejections, failed requests"),
    );
    return;
  }
  const list = h("ol", { class: "issues" });
  for (const issue of issues.slice(0, SHOWN_MAX)) {
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
          ...isolatedList([issue.site, issue.kind].filter(Boolean), " · "),
          issue.last_seen ? ` · Last seen ${ago(issue.last_seen)}` : "",
        ),
      ),
      sparkline(issue.trend, "errors over time"),
      h(
        "span",
        {},
        issue.noise ? badge(noiseLabel(issue.noise), "plain") : null,
        stateBadge(issue.state),
      ),
      h(
        "span",
        { class: "figures" },
        h("b", { text: count(issue.errors) }),
        h("span", { class: "note", text: `${count(issue.visitors)} ${issue.visitors === 1 ? "visitor" : "visitors"}` }),
      ),
    ));
  }
  const head = /** @type {HTMLElement} */ (element.querySelector(".note"));
  const shown = Math.min(issues.length, SHOWN_MAX);
  setText(
    head,
    `${shown < all ? `${shown} of ${exact(all)}` : exact(all)} ${all === 1 ? "issue" : "issues"}, most frequent first`,
  );
  const rest = total -
    issues.slice(0, shown).reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.errors, 0);
  body(element).replaceChildren(
    list,
    shown < all
      ? h("p", { class: "caption", text: `(rest): ${exact(all - shown)} more issues, ${exact(rest)} errors.` })
      : "",
  );
}
