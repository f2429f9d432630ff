// One session of a timeline: its page views, each of which opens to its measurements and events.

import { badge, h, isolated, setText } from "../kit/dom.js";
import { body, card } from "../kit/cards.js";
import { duration, exact, span } from "../kit/format.js";
import { tone } from "../kit/ratings.js";
import { localOf, moment } from "../kit/times.js";
import { detailsOf, vitalsOf } from "./journey-details.js";
import { eventList } from "./journey-events.js";
import { customTypes, errorsIn, eventOf, lostIn, summaryOf } from "./journey-model.js";
import { zone } from "./state.js";
import { navigationLabel } from "./words.js";

/**
 * @param {any} session @param {number} index @param {boolean} isCut whether earlier events have not been loaded yet
 * @param {Set<string>} open ids of the page views that are open
 */
export function sessionCard(session, index, isCut, open) {
  const summary = summaryOf(session);
  const toggle = h("button", { type: "button", class: "button", text: "Expand all" });
  const element = card(
    // How many came before is not known until all are loaded.
    isCut ? "Session" : `Session ${index + 1}`,
    "full session",
    moment(summary.start, zone()),
    h("span", { class: "space" }),
    toggle,
  );
  const list = h("ol", { class: "views" });
  for (const one of summary.views) {
    if (one.gap) list.append(h("li", { class: "gap" }, h("span", { text: `${duration(one.gap)} later` })));
    list.append(h("li", {}, viewDetails(one, isCut, open)));
  }
  body(element).append(sessionFacts(summary), list);
  const all = () => /** @type {HTMLDetailsElement[]} */ ([...list.querySelectorAll("details.view")]);
  const draw = () => setText(toggle, all().every((one) => one.open) ? "Collapse all" : "Expand all");
  toggle.addEventListener("click", () => {
    const isOpen = all().every((one) => one.open);
    for (const one of all()) one.open = !isOpen;
  });
  list.addEventListener("toggle", draw, true);
  draw();
  return element;
}

/** @param {ReturnType<typeof summaryOf>} summary */
const sessionFacts = ({ views, events, errors, entry, exit, source, duration: length }) =>
  h(
    "p",
    { class: "session-facts" },
    fact("Duration", span(length)),
    fact("Source", source),
    fact("Entry", entry),
    fact("Exit", exit),
    fact("Page views", exact(views.length)),
    fact("Events", exact(events)),
    errors ? badge(`${exact(errors)} ${errors === 1 ? "error" : "errors"}`, "poor") : null,
  );

/** @param {string} name @param {string} value */
const fact = (name, value) => h("span", {}, h("span", { class: "dim", text: `${name} ` }), isolated(value));

/** "09:41:07" in the zone of the page. @param {number} ms */
function clock(ms) {
  const { hour, minute, second } = localOf(Math.floor(ms / 1000), zone());
  return [hour, minute, Math.floor(second)].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Whether the page was displayed inside a frame of another page. @param {any} view */
const isFramed = (view) =>
  view.events.some((/** @type {any} */ { type, payload }) => type === "pageview" && payload?.frame === true);

/** @param {{view: any, start: number, time: number | null}} one @param {boolean} isCut @param {Set<string>} open */
function viewDetails({ view, start, time }, isCut, open) {
  const lost = lostIn(view, isCut);
  const kind = eventOf(view, "pageview")?.payload?.kind;
  const details = /** @type {HTMLDetailsElement} */ (h(
    "details",
    { class: "view" },
    h(
      "summary",
      {},
      h("time", { text: clock(start), title: moment(start, zone()) }),
      h("h3", { text: view.path ?? "/" }),
      h("span", { class: "badges" }, ...badges(view, lost)),
      h("span", {
        class: "note",
        text: [
          isFramed(view) ? "In a frame" : null,
          typeof kind === "string" && kind !== "navigate" ? navigationLabel(kind) : null,
          `${exact(view.events.length)} events${view.emitted ? ` of ${exact(view.emitted)} sent` : ""}`,
        ].filter(Boolean).join(" · "),
      }),
      h("b", { class: "spent", text: time === null ? "–" : span(time), title: "Time on page" }),
    ),
  ));
  const fill = () => {
    if (details.childElementCount > 1) return;
    details.append(
      h("div", { class: "opened" }, h("div", { class: "parts" }, ...detailsOf(view)), eventList(view, lost)),
    );
  };
  details.addEventListener("toggle", () => {
    if (details.open) open.add(view.pageview);
    else open.delete(view.pageview);
    if (details.open) fill();
  });
  if (open.has(view.pageview)) {
    fill();
    details.open = true;
  }
  return details;
}

/** @param {any} view @param {number[]} lost */
function badges(view, lost) {
  const { values } = vitalsOf(view);
  const poor = Object.entries(values).filter(([name, value]) => tone(name.toLowerCase(), value) === "poor");
  const errors = errorsIn(view);
  return [
    errors ? badge(`${exact(errors)} ${errors === 1 ? "error" : "errors"}`, "poor") : null,
    ...poor.map(([name]) => badge(`Poor ${name}`, "poor")),
    ...customTypes(view).map((type) => badge(type, "plain")),
    lost.length ? badge(`${exact(lost.length)} lost`, "fair") : null,
    view.dropped ? badge(`${exact(view.dropped)} dropped by the page`, "fair") : null,
  ];
}
