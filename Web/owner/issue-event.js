// One error of an issue: its stack, causes, breadcrumbs and payload.

import { facts, h, isolated, isolatedList } from "../kit/dom.js";
import { moment } from "../kit/times.js";
import { visitorLink } from "./parts.js";
import { zone } from "./state.js";

/** Members of a payload that are shown elsewhere. */
const SHOWN = new Set(
  "kind name message frames stack breadcrumbs cause errors count key noise source lineno colno".split(" "),
);
/** Characters of a value of a payload that are shown. */
const VALUE_MAX = 300;

/** Payloads are as they were sent: what should be a list may be anything. @param {any} value @returns {any[]} */
const list = (value) => Array.isArray(value) ? value : [];

/** @param {(Node | string)[][]} parts of each line */
const lines = (parts) => parts.flatMap((line, index) => index ? ["\n", ...line] : line);

/** A frame as a line. @param {any} frame */
const frameLine = (frame) => [
  "at ",
  isolated(frame?.function || "(anonymous)"),
  " ",
  isolated(frame?.file),
  ":",
  ...isolatedList([frame?.line, frame?.column], ":"),
];

/**
 * The stack: frames of the site's own code are open, those of libraries between them are folded.
 *
 * @param {any[]} frames
 */
function stackOf(frames) {
  const element = h("ol", { class: "stack-frames", "aria-label": "Stack" });
  for (let start = 0; start < frames.length;) {
    const isOwn = Boolean(frames[start].in_app);
    let end = start + 1;
    while (end < frames.length && Boolean(frames[end].in_app) === isOwn) end += 1;
    const group = frames.slice(start, end);
    if (isOwn) element.append(...group.map(frameItem));
    else {
      const text = `${group.length} ${group.length === 1 ? "frame" : "frames"} of libraries`;
      element.append(h(
        "li",
        { class: "folded" },
        h("details", {}, h("summary", { text }), h("ol", { class: "stack-frames" }, ...group.map(frameItem))),
      ));
    }
    start = end;
  }
  return element;
}

/** @param {any} frame */
const frameItem = (frame) =>
  h(
    "li",
    { class: frame.in_app ? "own" : "" },
    h("b", {}, isolated(frame.function || "(anonymous)")),
    h("span", { class: "dim" }, isolated(frame.file), ":", ...isolatedList([frame.line, frame.column], ":")),
  );

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
          ...list(error?.frames).map((frame) => ["  ", ...frameLine(frame)]),
        ])),
      ),
    )
    : null;

/** The other members of the payload. @param {any} payload @returns {[string, any][]} */
const properties = (payload) =>
  Object.entries(payload && typeof payload === "object" && !Array.isArray(payload) ? payload : {})
    .filter(([name]) => !SHOWN.has(name))
    .map(([name, value]) => [name, (typeof value === "string" ? value : JSON.stringify(value)).slice(0, VALUE_MAX)]);

/** @param {HTMLElement} element @param {{event: any, frames: any[] | null}} occurrence */
export function drawOccurrence(element, { event, frames }) {
  const { payload } = event;
  const crumbs = list(payload?.breadcrumbs).map((crumb) => [isolated(crumb)]);
  const known = frames ?? list(payload?.frames).map((frame) => ({ ...frame, in_app: true }));
  const stack = payload?.stack ?? payload?.source ?? "";
  const more = properties(payload);
  element.replaceChildren(
    h(
      "div",
      { class: "errors" },
      h("p", { class: "message", text: payload?.message ?? "" }),
      h(
        "p",
        { class: "note issue-marks" },
        h("span", { text: moment(event.t, zone()) }),
        isolated(event.path ?? ""),
        visitorLink(event.visitor),
        isolated(event.user_agent ?? ""),
      ),
      known.length
        ? stackOf(known)
        : stack
        ? h("pre", { class: "stack", tabindex: "0", text: stack })
        : h("p", { class: "note", text: "The browser reported no stack." }),
      // A cause was a text in the previous version of the tracker.
      behind("Caused by", typeof payload?.cause === "string" ? [payload.cause] : list(payload?.cause)),
      behind("Inner errors", list(payload?.errors)),
      crumbs.length
        ? h(
          "details",
          { open: true },
          h("summary", { text: `Breadcrumbs (${crumbs.length})` }),
          h("pre", { class: "stack", tabindex: "0" }, ...lines(crumbs)),
        )
        : null,
      more.length ? h("details", {}, h("summary", { text: `Properties (${more.length})` }), facts(more)) : null,
    ),
  );
}
