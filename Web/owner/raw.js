// The Raw Data view: live events, a search of stored events, and submissions.

import { h, isolated, isolatedList, setText, table } from "../kit/dom.js";
import { poll } from "../kit/time.js";
import { shortened } from "../kit/visible.js";
import { address, ask, check } from "./api.js";
import { body, card, empty, skeleton } from "../kit/cards.js";
import { allowsPresent, allowsUnlimited, onlySite } from "./limits.js";
import { failure, visitorLink } from "./parts.js";
import { forgetReport, report, reportTime } from "./reports.js";
import { change, current, rangeQuery, zone } from "./state.js";
import { moment } from "../kit/times.js";
import { vital } from "../kit/ratings.js";

/** Events in the live list; older ones are removed. */
const LIVE_MAX = 100;
/** Milliseconds between two updates of the live list. */
const DRAW_MS = 200;
const PAGE = 50;
const SUBMISSIONS_MS = 5000;
/** Milliseconds until the next attempt after the server has refused the stream, as it does at its limit of subscribers. */
const REFUSED_MS = 10_000;
/** Characters of a payload in the live list. */
const PAYLOAD_SHOWN = 200;

/** @param {HTMLElement} panel @param {AbortSignal} signal */
export async function showRaw(panel, signal) {
  const live = card("Live", "full", "events as they are stored");
  const explorer = card("Explorer", "full", "newest first");
  const submissions = card("Dashboard submissions", "full", "the last 50");
  const [hasLive, hasSubmissions] = [allowsPresent(), allowsUnlimited()];
  panel.replaceChildren(...(hasLive ? [live] : []), explorer, ...(hasSubmissions ? [submissions] : []));
  if (hasLive) startLive(live, signal);
  if (hasSubmissions) startSubmissions(submissions, signal);
  await startExplorer(explorer, signal);
}

// Live

/** @param {HTMLElement} element @param {AbortSignal} signal */
function startLive(element, signal) {
  const filter = /** @type {HTMLInputElement} */ (h("input", {
    type: "search",
    class: "field",
    placeholder: "Type, page or visitor",
    "aria-label": "Filter live events",
  }));
  const pause = h("button", { type: "button", class: "button", text: "Pause", "aria-pressed": "false" });
  const status = h("span", { class: "note", role: "status", text: "Connecting" });
  const list = h("ol", { class: "stream", "aria-label": "Live events" });
  element.querySelector(".head")?.append(status, h("span", { class: "space" }), filter, pause);
  body(element).append(
    list,
    h("p", {
      class: "caption",
      text: `The last 100 events${
        onlySite() === null ? " of all sites" : ""
      }. When the stream lags, events are skipped and counted.`,
    }),
  );
  /** @type {any[]} */
  let events = [];
  let isPaused = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const draw = () => {
    timer = undefined;
    const wanted = filter.value.trim().toLowerCase();
    const shown = events.filter((event) =>
      !wanted ||
      [event.type, event.path, event.visitor, event.site].some((text) =>
        String(text ?? "").toLowerCase().includes(wanted)
      )
    );
    list.replaceChildren(...shown.map(line));
    if (!shown.length) {
      list.append(
        h("li", {
          class: "none",
          text: wanted ? "None of the last 100 matches." : "Waiting for events.",
        }),
      );
    }
  };
  const later = () => timer ??= setTimeout(draw, DRAW_MS);
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    setText(pause, isPaused ? "Resume" : "Pause");
    if (!isPaused) later();
  });
  filter.addEventListener("input", draw);
  draw();

  follow(signal, status, (event) => {
    events = [event, ...events].slice(0, LIVE_MAX);
    if (!isPaused) later();
  });
  signal.addEventListener("abort", () => clearTimeout(timer));
}

/** Follows the stream of events. @param {AbortSignal} signal @param {HTMLElement} status @param {(event: any) => void} receive */
function follow(signal, status, receive) {
  let seen = 0;
  /** @type {EventSource | undefined} */
  let source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;
  const connect = () => {
    source = new EventSource(address("stream"));
    source.onopen = () => setText(status, seen ? `${seen} events` : "Connected");
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED) return setText(status, "Reconnecting");
      // A browser reconnects by itself only after the status 200.
      setText(status, `The server is busy; next attempt in ${REFUSED_MS / 1000} s`);
      again = setTimeout(connect, REFUSED_MS);
    };
    source.onmessage = ({ data }) => {
      seen += 1;
      setText(status, `${seen} events`);
      receive(JSON.parse(data));
    };
    source.addEventListener(
      "skipped",
      ({ data }) => setText(status, `Stream lagged, ${JSON.parse(data).ids} events skipped`),
    );
  };
  connect();
  signal.addEventListener("abort", () => {
    source?.close();
    clearTimeout(again);
  });
}

/** @param {any} event */
const line = (event) =>
  h(
    "li",
    {},
    h("time", { text: moment(event.t, zone()) }),
    h("b", { text: event.type }),
    h("span", { class: "value", text: event.path ?? "" }),
    visitorLink(event.visitor),
    h("code", {
      text: event.payload === null ? "(large payload)" : shortened(JSON.stringify(event.payload), PAYLOAD_SHOWN),
    }),
  );

// Explorer

/** What the address searches for. */
function searched() {
  const { type, page, find, key, value } = current();
  return { ...rangeQuery(), type, path: page, visitor: find, key, value };
}

/** The first page of the events of a search. @param {Record<string, any>} search @returns {import("./reports.js").Request} */
const firstPage = (search) => ["events", { ...search, limit: PAGE }];

export const rawRequests = () => [firstPage(searched())];

/** @param {HTMLElement} element @param {AbortSignal} signal */
async function startExplorer(element, signal) {
  const search = searched();
  const refused = h("p", { class: "note", role: "alert" });
  const results = h("div", {}, skeleton());
  const time = h("span", { class: "note as-of", role: "status" });
  const again = h("button", { type: "button", class: "button", text: "Refresh", title: "Load the newest events" });
  again.addEventListener("click", () => {
    forgetReport(firstPage(search));
    showEvents(results, time, search, signal);
  });
  element.querySelector(".head")?.append(
    time,
    h("span", { class: "space" }),
    again,
    h("span", { class: "note", text: "Export" }),
    exportLinks(search, refused),
  );
  body(element).replaceChildren(refused, searchForm(), results);
  await showEvents(results, time, search, signal);
}

function searchForm() {
  const state = current();
  const field = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ hint) =>
    h(
      "label",
      {},
      h("span", { text: label }),
      h("input", { name, class: "field", value: state[name] ?? "", placeholder: hint }),
    );
  const form = h(
    "form",
    { class: "search", role: "search", "aria-label": "Events" },
    field("type", "Type", "pageview"),
    field("page", "Page", "/users/:id"),
    field("find", "Visitor", "v_…"),
    field("key", "Payload key", "attribution.LCP.target"),
    field("value", "Value", "any"),
    h("button", { class: "button", text: "Search" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (form));
    const changes = Object.fromEntries([...data].map(([name, value]) => [name, String(value).trim()]));
    change(changes, { redraws: false });
    // The same search again is for events that came since.
    forgetReport(firstPage(searched()));
    change({}, { isStep: false });
  });
  return form;
}

/** @param {Record<string, any>} search @param {HTMLElement} refused */
const exportLinks = (search, refused) =>
  h(
    "span",
    { class: "exports" },
    ...["ndjson", "csv"].map((format) =>
      h("a", {
        href: address("export", { ...search, format }),
        download: `events.${format}`,
        text: format.toUpperCase(),
        onclick: (/** @type {MouseEvent} */ event) => startExport(event, { ...search, format }, refused),
      })
    ),
  );

/**
 * Shows the first events of a search, with the time of the newest that they contain.
 *
 * @param {HTMLElement} results @param {HTMLElement} time @param {Record<string, any>} search @param {AbortSignal} signal
 */
async function showEvents(results, time, search, signal) {
  /** @type {any[]} */
  let events = [];
  const more = async (/** @type {number | undefined} */ before) => {
    const asked = before === undefined
      ? report(firstPage(search), signal)
      : ask("events", { ...search, before, limit: PAGE }, { signal });
    const until = reportTime(firstPage(search)) ?? Date.now();
    const page = await asked;
    if (before === undefined) setText(time, `as of ${moment(until, zone())}`);
    events = [...events, ...page.events];
    const older = page.next
      ? h("button", { type: "button", class: "button", text: "Load more", onclick: () => attempt(page.next) })
      : null;
    results.replaceChildren(
      ...(events.length ? [eventTable(events)] : [empty(
        "No data for this period",
        page.next ? "No match so far. Load more to search older events." : "No event matches the search.",
      )]),
      ...(older ? [h("p", { class: "actions" }, older)] : []),
    );
  };
  const attempt = async (/** @type {number | undefined} */ before) => {
    try {
      await more(before);
    } catch (error) {
      if (signal.aborted) return;
      if (before === undefined) setText(time, "");
      results.replaceChildren(failure(error, () => attempt(before)));
    }
  };
  await attempt(undefined);
}

/**
 * Checks an export before it starts: the browser would show an error of the server as a failed download, without the reason.
 *
 * @param {MouseEvent} event
 * @param {Record<string, any>} search
 * @param {HTMLElement} refused
 */
async function startExport(event, search, refused) {
  const link = /** @type {HTMLAnchorElement} */ (event.currentTarget);
  if (link.dataset.isAllowed !== undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  setText(refused, "");
  try {
    await check("export", search);
  } catch (error) {
    return setText(refused, `No export: ${/** @type {Error} */ (error).message}`);
  }
  link.dataset.isAllowed = "";
  link.click();
  delete link.dataset.isAllowed;
}

/** @param {any[]} events */
function eventTable(events) {
  const payload = (/** @type {any} */ event) => {
    const details = h("details", { class: "payload" }, h("summary", {}, h("span", {}, ...summary(event.payload))));
    details.addEventListener("toggle", () => {
      if (details.childElementCount < 2) {
        details.append(h("pre", { class: "json", tabindex: "0", text: JSON.stringify(event, null, 2) }));
      }
    });
    return details;
  };
  return table(
    ["Time", "Type", "Page", "Visitor", "Payload"],
    events.map((
      event,
    ) => [moment(event.t, zone()), event.type, event.path ?? "–", visitorLink(event.visitor), payload(event)]),
    "Events",
  );
}

/** @param {any} payload @returns {(Node | string)[]} */
function summary(payload) {
  const keys = Object.keys(payload ?? {});
  const more = keys.length > 4 ? ` and ${keys.length - 4} more` : "";
  return keys.length ? [...isolatedList(keys.slice(0, 4)), more] : ["empty"];
}

// Submissions

/** @param {HTMLElement} element @param {AbortSignal} signal */
function startSubmissions(element, signal) {
  body(element).append(skeleton());
  let shown = "";
  const load = async () => {
    if (document.visibilityState !== "visible") return;
    try {
      const { submissions, cut } = await ask("submissions", {}, { signal });
      const text = JSON.stringify([submissions, cut]);
      if (text !== shown) drawSubmissions(element, submissions, cut);
      shown = text;
    } catch (error) {
      shown = "";
      if (!signal.aborted) body(element).replaceChildren(failure(error, () => again()));
    }
  };
  const again = poll(load, SUBMISSIONS_MS, signal);
}

/** @param {HTMLElement} element @param {any[]} submissions @param {boolean} isCut */
function drawSubmissions(element, submissions, isCut) {
  body(element).replaceChildren(
    submissions.length ? submissionTable(submissions) : empty("None yet", "Each visit to / sends one."),
    isCut ? h("p", { class: "caption", text: "Earlier submissions are too large to load with these." }) : "",
  );
}

/** @param {any[]} submissions */
const submissionTable = (submissions) =>
  table(
    ["Time", "Browser", "LCP", "FCP", "TTFB", "CLS", "INP", "Errors"],
    submissions.map((
      one,
    ) => [
      moment(one.t, zone()),
      `${one.browser} · ${one.system}`,
      ...["lcp", "fcp", "ttfb", "cls", "inp"].map((name) => vital(name, one[name])),
      one.errors ? h("span", {}, `${one.errors}: `, isolated(one.message)) : "0",
    ]),
    "Dashboard submissions",
  );
