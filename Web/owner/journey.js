// The timeline of one visitor: sessions with their page views and events, in order.

import { badge, h, isolated, isolatedList, setText } from "../kit/dom.js";
import { exact, milliseconds } from "../kit/format.js";
import { ask } from "./api.js";
import { encodeFilters, withValue } from "./filters.js";
import { joined } from "./journey-pages.js";
import { body, card, empty, skeleton } from "../kit/cards.js";
import { showFailure } from "./parts.js";
import { change, filters, zone } from "./state.js";
import { moment } from "../kit/times.js";
import { vital } from "../kit/ratings.js";

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
  panel.replaceChildren(h("div", { class: "full bare actions" }, back, filterButton(visitor)), main);
  /** @type {any[]} */
  let sessions = [];
  const more = h("button", { type: "button", class: "button", text: "Load earlier events" });
  const note = h("p", { class: "note", role: "status" });
  const foot = h("div", { class: "full bare", hidden: true }, more, note);
  /** @param {number} [before] */
  const load = async (before) => {
    const timeline = await ask(`visitors/${encodeURIComponent(visitor)}/timeline`, { before }, { signal });
    const isFirst = before === undefined;
    sessions = isFirst ? timeline.sessions : joined(timeline.sessions, sessions);
    if (!sessions.length) {
      body(main).replaceChildren(empty("Visitor not found", "No event of this visitor is stored."));
      return;
    }
    body(main).replaceChildren(...head(sessions, timeline.next));
    for (const old of panel.querySelectorAll(".session")) old.remove();
    for (const [index, session] of sessions.entries()) {
      panel.children[1].after(sessionCard(session, index, timeline.next));
    }
    if (timeline.next) foot.hidden = false;
    more.hidden = !timeline.next;
    more.onclick = () => attempt(timeline.next);
    setText(note, isFirst || timeline.next ? "" : "All events of this visitor are shown.");
  };
  /** @param {number} before */
  const attempt = async (before) => {
    if (more.getAttribute("aria-disabled")) return;
    more.setAttribute("aria-disabled", "true");
    try {
      await load(before);
    } catch (error) {
      if (!signal.aborted) setText(note, /** @type {Error} */ (error).message);
    }
    more.removeAttribute("aria-disabled");
  };
  panel.append(foot);
  try {
    await load();
  } catch (error) {
    showFailure(signal, main)(error);
  }
}

/** @param {string} visitor */
const filterButton = (visitor) =>
  h("button", {
    type: "button",
    class: "button",
    text: "Filter by this visitor",
    onclick: () => {
      location.hash = "#overview";
      change({ visitor: null, filters: encodeFilters(withValue(filters(), "visitor", visitor)) });
    },
  });

/** The first lines of the timeline. @param {any[]} sessions @param {number | null} next */
function head(sessions, next) {
  const views = sessions.flatMap((session) => session.pageviews);
  const [first] = views[0].events;
  const shown = `${exact(sessions.length)} sessions, ${exact(views.length)} page views`;
  return [
    h("p", {
      text: next
        ? `Only the latest events are shown: ${shown}, since ${moment(first.t, zone())}.`
        : `${shown}, first seen ${moment(first.t, zone())}.`,
    }),
    h("p", { class: "note", text: first.user_agent ?? "" }),
  ];
}

/** @param {any} session @param {number} index @param {number | null} next */
function sessionCard(session, index, next) {
  // How many came before is not known until all are loaded.
  const element = card(
    next ? "Session" : `Session ${index + 1}`,
    "full session",
    moment(session.pageviews[0].events[0].t, zone()),
  );
  body(element).append(...session.pageviews.map((/** @type {any} */ view) => viewList(view, next !== null)));
  return element;
}

/** Whether the page was displayed inside a frame of another page. @param {any} view */
const isFramed = (view) =>
  view.events.some((/** @type {any} */ { type, payload }) => type === "pageview" && payload?.frame === true);

/** @param {any} view @param {boolean} isCut whether earlier events have not been loaded yet */
function viewList(view, isCut) {
  const start = view.events.reduce(
    (/** @type {number} */ least, /** @type {any} */ { t }) => Math.min(least, t),
    Infinity,
  );
  const begin = isCut ? view.events.find((/** @type {any} */ event) => event.seq)?.seq ?? 0 : 0;
  const holesOf = view.missing.filter((/** @type {number} */ number) => number > begin);
  const missing = new Set(holesOf);
  const list = h("ol", { class: "journey" });
  let seq = 0;
  for (const event of view.events) {
    const holes = [];
    for (let number = seq + 1; number < event.seq; number++) if (missing.has(number)) holes.push(number);
    if (holes.length) list.append(hole(holes));
    seq = Math.max(seq, event.seq);
    list.append(step(event, start));
  }
  const rest = holesOf.filter((/** @type {number} */ number) => number > seq);
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
        text: `${isFramed(view) ? "In a frame · " : ""}${exact(view.events.length)} events${
          view.emitted ? ` of ${exact(view.emitted)} sent` : ""
        }`,
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

/** Phases of the navigation, where the page has reported them. @param {any} view */
function phases(view) {
  const payload = view.events.find((/** @type {any} */ event) => event.type === "navigation")?.payload;
  if (!payload) return null;
  const known = Object.entries(payload).filter(([, value]) => typeof value === "number" && value > 0).slice(0, 12);
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
    details,
  );
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
    default:
      return Object.keys(payload).length ? isolatedList(Object.keys(payload).slice(0, 5)) : ["empty"];
  }
}
