// The view "Visitors": a list, and the timeline of the chosen visitor.

import { badge, h, isolated, setText } from "../kit/dom.js";
import { body, card, skeleton } from "../kit/cards.js";
import { ago, exact } from "../kit/format.js";
import { moment } from "../kit/times.js";
import { valueLabel } from "./filters.js";
import { showJourney } from "./journey.js";
import { failure, noFigures, select, sortHeading, visitorHref, visitorTail } from "./parts.js";
import { report } from "./reports.js";
import { change, current, reportQuery, zone } from "./state.js";

/** Visitors of a page. */
const PAGE = 25;
/** Orders by the names of the server. @type {Record<string, string>} */
const ORDERS = { last_seen: "Last seen", pageviews: "Page views", sessions: "Sessions", errors: "Errors" };

/** The server's word for no value. */
const NONE = "(none)";

/** The visitors of the list that was shown last, for steps from one timeline to the next. @type {string[]} */
let listed = [];

/** @param {HTMLElement} panel @param {AbortSignal} signal */
export async function showVisitors(panel, signal) {
  const { visitor } = current();
  if (visitor) {
    const index = listed.indexOf(visitor);
    return showJourney(
      panel,
      visitor,
      signal,
      index < 0 ? {} : { previous: listed[index - 1], next: listed[index + 1] },
    );
  }
  const count = h("span", { class: "note", role: "status" });
  const main = card(
    "Visitors",
    "full visitors",
    null,
    count,
    h("span", { class: "space" }),
    searchForm(),
    orderSelect(),
  );
  body(main).append(skeleton(8));
  panel.replaceChildren(main);
  await showList(main, count, signal);
}

const order = () => Object.hasOwn(ORDERS, current().order ?? "") ? current().order : "last_seen";

const orderSelect = () => select("Sort by", "order", ORDERS, order());

function searchForm() {
  const field = /** @type {HTMLInputElement} */ (h("input", {
    type: "search",
    class: "field",
    placeholder: "Visitor or identified id",
    title: "The whole id, its beginning or its end, or the id that the site gave to identify",
    "aria-label": "Search visitors",
    maxlength: "256",
  }));
  field.value = current().who ?? "";
  const form = h("form", { class: "find", role: "search" }, field);
  const search = () => {
    const who = field.value.trim();
    if (who !== (current().who ?? "")) change({ who }, { isStep: false });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  // Also when the field is cleared by its button.
  field.addEventListener("search", search);
  return form;
}

/** A page of visitors. @param {string | null} cursor null for the first one @returns {import("./reports.js").Request} */
const request = (cursor) => ["visitors", {
  ...reportQuery(),
  sort: order(),
  limit: PAGE,
  find: current().who,
  cursor,
}];

export const visitorsRequests = () => current().visitor ? [] : [request(null)];

/** @param {HTMLElement} main @param {HTMLElement} count @param {AbortSignal} signal */
async function showList(main, count, signal) {
  const rows = h("tbody");
  const more = h("button", { type: "button", class: "button", text: "Load more" });
  const message = h("p", { class: "note", role: "alert" });
  /** @type {string | null} */
  let next = null;
  listed = [];
  const load = async () => {
    const page = await report(request(next), signal);
    next = page.next;
    rows.append(...page.visitors.map(row));
    listed.push(...page.visitors.flatMap((/** @type {any} */ { visitor }) => visitor ?? []));
    setText(count, `${exact(page.count)} ${page.count === 1 ? "visitor" : "visitors"}`);
    more.hidden = next === null;
    return page;
  };
  more.addEventListener("click", async () => {
    if (more.getAttribute("aria-disabled")) return;
    more.setAttribute("aria-disabled", "true");
    setText(message, "");
    await load().catch((error) => !signal.aborted && setText(message, error.message));
    more.removeAttribute("aria-disabled");
  });
  try {
    const { visitors } = await load();
    if (visitors.length) body(main).replaceChildren(visitorTable(rows), h("p", { class: "actions" }, more), message);
    else {
      body(main).replaceChildren(
        current().who
          ? noFigures("No visitor found", "No visitor with a page view in this period has this id.")
          : noFigures("No data for this period", "Visitors with a page view are listed here."),
      );
    }
  } catch (error) {
    if (!signal.aborted) body(main).replaceChildren(failure(error, () => change({}, { isStep: false })));
  }
}

/** @type {[string, string, string?][]} */
const COLUMNS = [
  ["Visitor", "who"],
  ["Last seen", "seen", "last_seen"],
  ["First seen", "first"],
  ["Sessions", "number", "sessions"],
  ["Page views", "number", "pageviews"],
  ["Errors", "number", "errors"],
  ["Source", "source"],
  ["Device", "device"],
  ["Browser", "browser"],
  ["System", "system"],
  ["Country", "country"],
];

/** @param {HTMLElement} rows */
function visitorTable(rows) {
  const heads = COLUMNS.map(([text, name, sort]) =>
    sort
      ? sortHeading(
        text,
        { direction: sort === order() ? "descending" : null, name },
        () => change({ order: sort }, { isStep: false }),
      )
      : h("th", { scope: "col", class: name }, h("span", { text }))
  );
  const element = h(
    "table",
    { class: "visitor-list" },
    h("caption", { class: "unseen", text: "Visitors" }),
    h("thead", {}, h("tr", {}, ...heads)),
    rows,
  );
  element.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const links = /** @type {HTMLElement[]} */ ([...rows.querySelectorAll("a")]);
    const index = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (!step || index < 0) return;
    event.preventDefault();
    links[index + step]?.focus();
  });
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Visitors" }, element);
}

/** @param {any} one */
function row(one) {
  const cell = (/** @type {number} */ index, /** @type {(Node | string | null)[]} */ ...content) =>
    h("td", { class: COLUMNS[index][1], "data-label": COLUMNS[index][0] }, ...content);
  const time = (/** @type {number} */ seconds, /** @type {string} */ text) =>
    h("time", { text, title: moment(seconds * 1000, zone()) });
  const element = h(
    "tr",
    {},
    cell(0, ...who(one)),
    cell(1, time(one.last_seen, ago(one.last_seen))),
    cell(2, time(one.first_seen, moment(one.first_seen * 1000, zone()))),
    cell(3, exact(one.sessions)),
    cell(4, exact(one.pageviews)),
    cell(5, one.errors ? h("b", { class: "bad", text: exact(one.errors) }) : "0"),
    cell(6, source(one)),
    ...["device", "browser", "system"].map((name, index) => value(cell, 7 + index, one[name])),
    value(cell, 10, valueLabel("country", one.country)),
  );
  if (one.visitor !== null) {
    element.classList.add("opens");
    element.addEventListener("click", (event) => {
      const isLink = event.target instanceof Element && event.target.closest("a");
      if (!isLink && !String(getSelection())) change({ visitor: one.visitor });
    });
  }
  return element;
}

/** @param {(index: number, ...content: (Node | string)[]) => HTMLElement} cell @param {number} index @param {string} text */
function value(cell, index, text) {
  const element = text === NONE ? cell(index, h("span", { class: "dim", text: "–" })) : cell(index, isolated(text));
  element.classList.toggle("none", text === NONE);
  return element;
}

/** @param {any} one */
function who({ visitor, name, bot }) {
  const label = name ?? (visitor === null ? "Deleted" : visitorTail(visitor));
  const content = [
    name === null || visitor === null ? null : h("small", { class: "dim", text: visitorTail(visitor) }),
    bot ? badge("Bot", "plain") : null,
  ];
  if (visitor === null) return [h("span", { class: "dim", text: label }), ...content];
  const link = h("a", { href: visitorHref(visitor), text: label, title: visitor });
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    change({ visitor });
  });
  return [link, ...content];
}

/** @param {any} one */
function source({ referrer, campaign }) {
  const hasCampaign = campaign !== NONE;
  return h(
    "span",
    { class: "cut", title: hasCampaign ? `${referrer} · ${campaign}` : referrer },
    isolated(referrer),
    ...(hasCampaign ? [" · ", isolated(campaign)] : []),
  );
}
