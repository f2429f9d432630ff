// The owner's decisions about an issue: resolve, ignore, reopen, merge.

import { h, isolated, setText } from "../kit/dom.js";
import { body, card } from "../kit/cards.js";
import { exact } from "../kit/format.js";
import { ask } from "./api.js";
import { culpritOf, issuePath, title } from "./issues.js";
import { change, reportQuery } from "./state.js";

/** Numbers of further errors and visitors after which an ignored issue is unresolved again. */
const ERRORS = [10, 100, 1000];
const VISITORS = [10, 100];
/** Issues that the dialog of a merge lists. */
const LISTED_MAX = 20;
/** Milliseconds after the last key until a search begins. */
const TYPING_MS = 250;

/** Draws the view again. */
const redraw = () => change({}, { isStep: false });

/**
 * Sends a change and draws the view again; a message shows why it failed.
 *
 * @param {HTMLElement} message @param {() => Promise<any>} send
 */
async function attempt(message, send) {
  try {
    await send();
    redraw();
  } catch (error) {
    setText(message, /** @type {Error} */ (error).message);
  }
}

/**
 * A button that opens a list of others.
 *
 * @param {string} label @param {[string, () => void][]} items
 */
function menu(label, items) {
  const element = h(
    "details",
    { class: "issue-menu" },
    h("summary", { class: "button", text: label }),
    h(
      "div",
      { class: "items" },
      ...items.map(([text, act]) =>
        h("button", {
          type: "button",
          text,
          onclick: () => {
            element.removeAttribute("open");
            act();
          },
        })
      ),
    ),
  );
  element.addEventListener("keydown", (event) => {
    if (/** @type {KeyboardEvent} */ (event).key !== "Escape" || !element.hasAttribute("open")) return;
    event.stopPropagation();
    element.removeAttribute("open");
    element.querySelector("summary")?.focus();
  });
  element.addEventListener("focusout", (event) => {
    const { relatedTarget } = /** @type {FocusEvent} */ (event);
    if (relatedTarget && !element.contains(/** @type {Node} */ (relatedTarget))) element.removeAttribute("open");
  });
  return element;
}

/** What the owner decided, in a sentence; empty without a condition. @param {any} issue */
function condition({ state, decision }) {
  if (!decision || state === "regressed") return "";
  if (state === "resolved" && decision.release) {
    return decision.in_next ? `Resolved in the release after ${decision.release}` : `Resolved in ${decision.release}`;
  }
  if (state !== "ignored") return "";
  const until = [
    decision.until_errors ? `${exact(decision.until_errors)} more events` : "",
    decision.until_visitors ? `${exact(decision.until_visitors)} more visitors` : "",
  ].filter(Boolean);
  return until.length ? `Ignored until ${until.join(" or ")}` : "";
}

/** @param {any} issue */
export function actions(issue) {
  const message = h("p", { class: "note", role: "alert" });
  const decide = (/** @type {Record<string, any>} */ decision) => () =>
    attempt(message, () => ask(issuePath(issue.issue), { site: issue.site }, { method: "PUT", body: decision }));
  const button = (/** @type {string} */ text, /** @type {() => void} */ act) =>
    h("button", { type: "button", class: "button", text, onclick: act });
  const isOpen = issue.state === "unresolved" || issue.state === "regressed";
  const resolve = menu("Resolve in", [
    ["The current release", decide({ state: "resolved", in_release: "current" })],
    ["The next release", decide({ state: "resolved", in_release: "next" })],
  ]);
  const ignore = menu("Ignore until", [
    ...ERRORS.map((number) => /** @type {[string, () => void]} */ ([
      `${exact(number)} more events`,
      decide({ state: "ignored", until_errors: number }),
    ])),
    ...VISITORS.map((number) => /** @type {[string, () => void]} */ ([
      `${exact(number)} more visitors`,
      decide({ state: "ignored", until_visitors: number }),
    ])),
  ]);
  const sentence = condition(issue);
  return h(
    "div",
    { class: "only" },
    h(
      "div",
      { class: "actions" },
      ...(isOpen
        ? [
          button("Resolve", decide({ state: "resolved" })),
          resolve,
          button("Ignore", decide({ state: "ignored" })),
          ignore,
        ]
        : [button("Reopen", decide({ state: "unresolved" }))]),
      button("Merge into…", () => openMerge(issue)),
      sentence ? h("span", { class: "note", text: sentence }) : null,
    ),
    message,
  );
}

/** The issues that are merged into it; null when there are none. @param {any} issue */
export function mergedCard({ merged }) {
  if (!merged.length) return null;
  const element = card("Merged issues", "full", `${exact(merged.length)} count as this one`);
  const message = h("p", { class: "note", role: "alert" });
  body(element).append(
    h(
      "ul",
      { class: "merged" },
      ...merged.map((/** @type {any} */ one) =>
        h(
          "li",
          {},
          h("span", { class: "issue" }, h("b", {}, ...title(one)), culpritOf(one.culprit) ?? isolated(one.issue)),
          h("button", {
            type: "button",
            class: "button only",
            text: "Split off",
            title: "Undo the merge of this issue",
            onclick: () => attempt(message, () => ask(`${issuePath(one.issue)}/merge`, {}, { method: "DELETE" })),
          }),
        )
      ),
    ),
    message,
  );
  return element;
}

// Merging

/** @param {any} issue */
function openMerge(issue) {
  const message = h("p", { class: "note", role: "alert" });
  const list = h("ul", { class: "merged" });
  const field = /** @type {HTMLInputElement} */ (h("input", {
    type: "search",
    class: "field",
    placeholder: "Message, function, file or id",
    "aria-label": "Search issues",
  }));
  const dialog = /** @type {HTMLDialogElement} */ (h(
    "dialog",
    { class: "merge", "aria-labelledby": "merge-title" },
    h("h2", { id: "merge-title", text: "Merge into" }),
    h("p", { class: "note", text: "Reports count both issues as the chosen one. The merge can be undone there." }),
    field,
    list,
    message,
    h(
      "p",
      { class: "actions" },
      h("button", { type: "button", class: "button", text: "Cancel", onclick: () => dialog.close() }),
    ),
  ));
  const merge = async (/** @type {string} */ target) => {
    try {
      await ask(`${issuePath(issue.issue)}/merge`, {}, { method: "PUT", body: { into: target } });
      dialog.close();
      change({ issue: target });
    } catch (error) {
      setText(message, /** @type {Error} */ (error).message);
    }
  };
  startSearch(field, dialog, async (signal) => {
    const query = {
      ...reportQuery(),
      noise: issue.noise ? "include" : undefined,
      search: field.value.trim(),
      limit: LISTED_MAX,
    };
    const { issues } = await ask("issues", query, { signal });
    const others = issues.filter((/** @type {any} */ one) => one.issue !== issue.issue && one.noise === issue.noise);
    setText(message, others.length ? "" : "No other issue of this period matches.");
    list.replaceChildren(...others.map((/** @type {any} */ one) =>
      h(
        "li",
        {},
        h("span", { class: "issue" }, h("b", {}, ...title(one)), culpritOf(one.culprit) ?? isolated(one.issue)),
        h("button", { type: "button", class: "button", text: "Merge", onclick: () => merge(one.issue) }),
      )
    ));
  }, message);
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * Searches at once and after each change of a field, until its dialog closes.
 *
 * @param {HTMLInputElement} field @param {HTMLDialogElement} dialog
 * @param {(signal: AbortSignal) => Promise<void>} search @param {HTMLElement} message
 */
function startSearch(field, dialog, search, message) {
  /** @type {AbortController | undefined} */
  let searching;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const start = () => {
    searching?.abort();
    const { signal } = searching = new AbortController();
    search(signal).catch((error) => signal.aborted || setText(message, error.message));
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(start, TYPING_MS);
  });
  dialog.addEventListener("close", () => {
    clearTimeout(timer);
    searching?.abort();
    dialog.remove();
  });
  start();
}
