// One visitor's way: sessions, in them page views, in them what happened, in the order in which it did.

import { badge, h, isolated, isolatedList } from "../shared/dom.js";
import { milliseconds } from "../shared/format.js";
import { ask } from "./api.js";
import { body, card, empty, failure, skeleton } from "./parts.js";
import { change } from "./state.js";
import { exact, moment, vital } from "./words.js";

/** @param {HTMLElement} panel @param {string} visitor @param {AbortSignal} signal */
export async function showJourney(panel, visitor, signal) {
  const back = h("button", {
    type: "button",
    class: "button",
    text: "← All events",
    onclick: () => change({ visitor: null }),
  });
  const main = card(["Visitor ", isolated(visitor)], "full");
  body(main).append(skeleton());
  panel.replaceChildren(h("div", { class: "full bare" }, back), main);
  try {
    const journey = await ask("journey", { visitor }, { signal });
    const views = journey.sessions.flatMap((/** @type {any} */ session) => session.views);
    if (!views.length) {
      body(main).replaceChildren(empty("Nobody of that name", "There is no event of this visitor."));
      return;
    }
    const [first] = views[0].events;
    body(main).replaceChildren(
      h("p", {
        text: `${exact(journey.sessions.length)} sessions, ${exact(views.length)} page views, first seen ${
          moment(first.t)
        }${journey.cut ? "; only the latest events are shown" : ""}.`,
      }),
      h("p", { class: "note", text: first.user_agent ?? "" }),
    );
    panel.append(
      ...journey.sessions.map((/** @type {any} */ session, /** @type {number} */ place) => sessionCard(session, place))
        .reverse(),
    );
  } catch (error) {
    if (!signal.aborted) body(main).replaceChildren(failure(error, () => change({}, { isStep: false })));
  }
}

/** @param {any} session @param {number} place */
function sessionCard(session, place) {
  const element = card(`Session ${place + 1}`, "full", moment(session.views[0].events[0].t));
  body(element).append(...session.views.map(viewList));
  return element;
}

/** @param {any} view */
function viewList(view) {
  const start = Math.min(...view.events.map((/** @type {any} */ event) => event.t));
  const missing = new Set(view.missing);
  const list = h("ol", { class: "journey" });
  let seq = 0;
  for (const event of view.events) {
    const holes = [];
    for (let number = seq + 1; number < event.seq; number++) if (missing.has(number)) holes.push(number);
    if (holes.length) list.append(hole(holes));
    seq = Math.max(seq, event.seq);
    list.append(step(event, start));
  }
  const rest = view.missing.filter((/** @type {number} */ number) => number > seq);
  if (rest.length) list.append(hole(rest));
  const dropped = view.dropped ? badge(`${view.dropped} dropped by the page`, "fair") : null;
  return h(
    "div",
    { class: "view" },
    h(
      "div",
      { class: "head" },
      h("h3", { text: view.path ?? "/" }),
      h("span", {
        class: "note",
        text: `${exact(view.events.length)} events${view.emitted ? ` of ${exact(view.emitted)} emitted` : ""}`,
      }),
      dropped,
    ),
    phases(view),
    list,
  );
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

/** Phases of the navigation, where the page told them. @param {any} view */
function phases(view) {
  const told = view.events.find((/** @type {any} */ event) => event.type === "navigation")?.payload;
  if (!told) return null;
  const known = Object.entries(told).filter(([, value]) => typeof value === "number" && value > 0).slice(0, 12);
  return known.length
    ? h(
      "ul",
      { class: "chips" },
      ...known.map(([name, value]) =>
        h(
          "li",
          {},
          isolated(name),
          ` ${/** @type {number} */ (value) < 1e7 ? milliseconds(/** @type {number} */ (value)) : value}`,
        )
      ),
    )
    : null;
}

/** @param {any} event @param {number} start */
function step(event, start) {
  const details = h("details", { class: "payload" }, h("summary", {}, h("span", {}, ...says(event))));
  details.addEventListener("toggle", () => {
    if (details.childElementCount < 2) {
      details.append(h("pre", { class: "json", tabindex: "0", text: JSON.stringify(event.payload, null, 2) }));
    }
  });
  return h(
    "li",
    { class: event.type === "error" ? "error" : "" },
    h("span", { class: "seq", text: event.seq || "" }),
    h("time", { text: `+${milliseconds(event.t - start)}`, title: moment(event.t) }),
    h("b", { text: event.type }),
    details,
  );
}

/** What of an event is worth a line. @param {any} event @returns {(Node | string)[]} */
function says({ type, payload }) {
  const told = payload ?? {};
  switch (type) {
    case "webvitals":
      return [
        ["LCP", "INP", "CLS", "FCP", "TTFB"].filter((name) => typeof told[name] === "number").map((name) =>
          `${name} ${vital(name.toLowerCase(), told[name])}`
        ).join(", ") || "nothing new",
      ];
    case "engagement":
      return [`${milliseconds(told.engagedMs)} engaged, scrolled `, isolated(told.scrollDepth ?? "–"), " %"];
    case "error":
      return [isolated(told.name ?? "Error"), ": ", isolated(told.message)];
    case "resources":
      return [isolated(told.count ?? "–"), " resources, slowest ", isolated(told.slowest?.[0]?.name ?? "–")];
    default:
      return Object.keys(told).length ? isolatedList(Object.keys(told).slice(0, 5)) : ["empty"];
  }
}
