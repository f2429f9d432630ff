// The events of a page view in order, with those that did not arrive.

import { h, isolated, isolatedList } from "../kit/dom.js";
import { milliseconds } from "../kit/format.js";
import { vital } from "../kit/ratings.js";
import { moment } from "../kit/times.js";
import { change, zone } from "./state.js";

/** @param {any} view @param {number[]} lost numbers of events that did not arrive */
export function eventList(view, lost) {
  const start = Math.min(...view.events.map((/** @type {any} */ event) => event.t));
  const missing = new Set(lost);
  const issues = new Map((view.issues ?? []).map((/** @type {any} */ one) => [one.event, one.issue]));
  const list = h("ol", { class: "journey" });
  let seq = 0;
  for (const event of view.events) {
    const holes = [];
    for (let number = seq + 1; number < event.seq; number++) if (missing.has(number)) holes.push(number);
    if (holes.length) list.append(hole(holes));
    seq = Math.max(seq, event.seq);
    list.append(step(event, start, issues.get(event.id)));
  }
  const rest = lost.filter((number) => number > seq);
  if (rest.length) list.append(hole(rest));
  return list;
}

/** @param {number[]} numbers */
const hole = (numbers) =>
  h(
    "li",
    { class: "hole" },
    h("span", {
      text: numbers.length > 1
        ? `${numbers.length} events are missing (${numbers[0]} to ${numbers[numbers.length - 1]})`
        : `event ${numbers[0]} is missing`,
    }),
  );

/** @param {any} event @param {number} start @param {string} [issue] */
function step(event, start, issue) {
  const details = h("details", { class: "payload" }, h("summary", {}, h("span", {}, ...summaryOf(event))));
  details.addEventListener("toggle", () => {
    if (details.childElementCount < 2) {
      details.append(h("pre", { class: "json", tabindex: "0", text: JSON.stringify(event.payload, null, 2) }));
    }
  });
  return h(
    "li",
    { class: event.type === "error" ? "error" : "" },
    h("span", { class: "seq", text: event.seq || "" }),
    h("time", { text: `+${milliseconds(event.t - start)}`, title: moment(event.t, zone()) }),
    h("b", { text: event.type }),
    issue ? h("div", { class: "with" }, details, issueLink(issue)) : details,
  );
}

/** @param {string} issue */
function issueLink(issue) {
  const link = h("a", { href: "#issues", text: "Open issue" });
  link.addEventListener("click", (event) => {
    event.preventDefault();
    location.hash = "#issues";
    change({ issue }, { isStep: false });
  });
  return link;
}

/** Members of a payload that a line shows, and characters of each. */
const MEMBERS_MAX = 4;
const VALUE_MAX = 60;

/** "plan: gold, items: 3" @param {any} payload @returns {(Node | string)[]} */
function properties(payload) {
  const members = Object.entries(payload).slice(0, MEMBERS_MAX);
  if (!members.length) return ["no properties"];
  return isolatedList(members.map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
    return `${name}: ${Array.from(text).slice(0, VALUE_MAX).join("")}`;
  }));
}

/** The line of an event. @param {any} event @returns {(Node | string)[]} */
function summaryOf({ type, payload: sent }) {
  const payload = sent ?? {};
  switch (type) {
    case "webvitals":
      return [
        ["LCP", "INP", "CLS", "FCP", "TTFB"].filter((name) => typeof payload[name] === "number").map((name) =>
          `${name} ${vital(name.toLowerCase(), payload[name])}`
        ).join(", ") || "nothing new",
      ];
    case "engagement":
      return [`${milliseconds(payload.engagedMs)} engaged, scrolled `, isolated(payload.scrollDepth ?? "–"), " %"];
    case "error":
      return [isolated(payload.name ?? "Error"), ": ", isolated(payload.message)];
    case "resources":
      return [isolated(payload.count ?? "–"), " resources, slowest ", isolated(payload.slowest?.[0]?.name ?? "–")];
    case "pageview":
    case "navigation":
    case "frames":
    case "fingerprint_ready":
      return Object.keys(payload).length ? isolatedList(Object.keys(payload).slice(0, 5)) : ["empty"];
    default:
      return properties(payload);
  }
}
