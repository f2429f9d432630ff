// One issue: when, for whom, where, and with which stacks.

import { badge, facts, h } from "../shared/dom.js";
import { ask } from "./api.js";
import { bars, body, card, empty, failure, skeleton, sparkline, visitorLink } from "./parts.js";
import { change, question } from "./state.js";
import { exact, moment } from "./words.js";

const WORDS = /** @type {Record<string, string>} */ ({
  open: "Open",
  resolved: "Resolved",
  ignored: "Ignored",
  reopened: "Reopened",
});

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
    const issue = await ask("issue", { ...question(), issue: name }, { signal });
    draw(panel, back, issue, name);
  } catch (error) {
    if (!signal.aborted) body(main).replaceChildren(failure(error, () => change({}, { isStep: false })));
  }
}

/** @param {HTMLElement} panel @param {HTMLElement} back @param {any} issue @param {string} name */
function draw(panel, back, issue, name) {
  const decide = async (/** @type {string} */ state) => {
    await ask("issue", { issue: name, site: issue.site }, { method: "PUT", body: { state } }).catch((error) =>
      alertOf(panel, error)
    );
    change({}, { isStep: false });
  };
  const action = (/** @type {string} */ state, /** @type {string} */ text) =>
    h("button", { type: "button", class: "button", text, onclick: () => decide(state) });
  const isOpen = issue.state === "open" || issue.state === "reopened";
  const main = card(
    `${issue.name}: ${issue.message}`,
    "full",
    null,
    badge(WORDS[issue.state] ?? issue.state, isOpen ? "fair" : "good"),
  );
  body(main).append(
    facts([
      ["Kind", issue.kind],
      ["Site", issue.site],
      ["First seen", moment(issue.first_seen * 1000)],
      ["Last seen", moment(issue.last_seen * 1000)],
      ["Errors in this range", exact(issue.errors)],
      ["Visitors", exact(issue.visitors)],
    ]),
    h(
      "div",
      { class: "tall" },
      sparkline(issue.series.map((/** @type {any} */ point) => point.errors), "errors over time"),
    ),
    h(
      "div",
      { class: "actions" },
      ...(isOpen ? [action("resolved", "Resolve"), action("ignored", "Ignore")] : [action("open", "Reopen")]),
    ),
  );
  const list = (/** @type {string} */ title, /** @type {string} */ dimension, /** @type {any[]} */ rows) => {
    const element = card(title, "half", "since it was first seen");
    body(element).append(bars(dimension, { count: rows.length, by: "count", rows }));
    return element;
  };
  const samples = card("Samples", "full", "the latest errors of this kind");
  body(samples).append(
    issue.samples.length
      ? h("ol", { class: "errors" }, ...issue.samples.map(sample))
      : empty("No sample is left", "The events of this issue are further back than is looked."),
  );
  panel.replaceChildren(
    h("div", { class: "full bare" }, back),
    main,
    list("Browsers", "browser", issue.browsers),
    list("Pages", "path", issue.paths),
    samples,
  );
}

/** @param {HTMLElement} panel @param {any} error */
const alertOf = (panel, error) => panel.prepend(h("p", { class: "card full", role: "alert", text: error.message }));

/** @param {any} event */
function sample(event) {
  const { payload } = event;
  const frames = (payload?.frames ?? []).map((/** @type {any} */ frame) =>
    `at ${frame.function || "(anonymous)"} ${frame.file ?? ""}:${frame.line ?? ""}:${frame.column ?? ""}`
  );
  const stack = frames.length ? frames.join("\n") : payload?.stack ?? payload?.source ?? "";
  const crumbs = (payload?.breadcrumbs ?? []).map((/** @type {any} */ crumb) =>
    typeof crumb === "string" ? crumb : JSON.stringify(crumb)
  );
  return h(
    "li",
    {},
    h(
      "div",
      { class: "head" },
      h("span", { class: "message", text: payload?.message ?? "" }),
      h("span", { class: "space" }),
      h("span", { class: "note", text: moment(event.t) }),
    ),
    h("p", { class: "note" }, `${event.path ?? ""} · `, visitorLink(event.visitor), ` · ${event.user_agent ?? ""}`),
    stack ? h("pre", { class: "stack", tabindex: "0", text: stack }) : null,
    crumbs.length
      ? h(
        "details",
        {},
        h("summary", { text: `What happened before (${crumbs.length})` }),
        h("pre", { class: "stack", tabindex: "0", text: crumbs.join("\n") }),
      )
      : null,
  );
}
