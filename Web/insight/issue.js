// One issue: when, for whom, where, and with which stacks.

import { badge, facts, h, isolated, isolatedList } from "../shared/dom.js";
import { ask } from "./api.js";
import { bars, body, card, empty, failure, skeleton, sparkline, visitorLink } from "./parts.js";
import { change, question } from "./state.js";
import { exact, moment, noiseLabel } from "./words.js";

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
    [isolated(issue.name), ": ", isolated(issue.message)],
    "full",
    null,
    badge(WORDS[issue.state] ?? issue.state, isOpen ? "fair" : "good"),
  );
  body(main).append(
    facts([
      ["Kind", issue.kind],
      ["Counted in totals", issue.noise ? `No (${noiseLabel(issue.noise)})` : "Yes"],
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
  const ranking = (/** @type {string} */ title, /** @type {string} */ dimension, /** @type {any[]} */ rows) => {
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
    ranking("Browsers", "browser", issue.browsers),
    ranking("Pages", "path", issue.paths),
    samples,
  );
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
      h("span", { class: "note", text: moment(event.t) }),
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
