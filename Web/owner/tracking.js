// The view "Tracking": a conclusion, the checks behind it, and the figures of each site.

import { body, card, skeleton } from "../kit/cards.js";
import { badge, h, isolated, table } from "../kit/dom.js";
import { duration, exact, percent, shareOf } from "../kit/format.js";
import { moment } from "../kit/times.js";
import { alertsCard } from "./alerts-card.js";
import { failure } from "./parts.js";
import { privacyCard } from "./privacy-card.js";
import { retentionCard } from "./retention-card.js";
import { change, rangeQuery, zone } from "./state.js";
import { storageCard } from "./storage-card.js";
import { checksOf, conclusionOf, STATES, versionsText } from "./tracking-model.js";
import { readTracking } from "./tracking-report.js";
import { named } from "./words.js";

/** Gaps that are listed. */
const GAPS_MAX = 10;

/** @param {HTMLElement} panel @param {AbortSignal} signal */
export async function showTracking(panel, signal) {
  const key = JSON.stringify(rangeQuery());
  // Figures of another site or range do not stay while these are loaded.
  if (!panel.querySelector(".tracking") || panel.dataset.key !== key) {
    const cards = [card("Is my tracking complete?", "full tracking"), card("Checks", "full")];
    panel.replaceChildren(...cards);
    body(cards[0]).append(skeleton(3));
    body(cards[1]).append(skeleton(14));
  }
  try {
    const [report, storage, alerts, privacy, retention] = await Promise.all([
      readTracking(signal),
      storageCard(signal),
      alertsCard(signal),
      privacyCard(signal),
      retentionCard(signal),
    ]);
    const lists = [sites(report), versions(report), gaps(report), blocked(report)];
    const parts = [conclusion(report), checks(report), ...lists, privacy, retention, alerts, storage];
    panel.replaceChildren(...parts.filter((one) => one !== null));
    panel.dataset.key = key;
  } catch (error) {
    if (!signal.aborted) panel.replaceChildren(failure(error));
  }
}

/** @param {any} report */
function conclusion(report) {
  const { label, tone, text } = conclusionOf(report);
  const element = card("Is my tracking complete?", "full tracking");
  const all = checksOf(report);
  const reasons = report.reasons.map((/** @type {string} */ name) => all.find(({ check }) => check === name))
    .filter((/** @type {any} */ check) => check?.advice);
  body(element).append(
    h("p", { class: "conclusion" }, h("b", { class: tone, text: label }), " ", h("span", { text })),
    reasons.length
      ? h(
        "ul",
        { class: "reasons" },
        ...reasons.map((/** @type {any} */ { title, figure, advice }) =>
          h("li", {}, h("b", { text: `${title}: ${figure}` }), h("span", { text: advice }))
        ),
      )
      : "",
    h(
      "p",
      { class: "caption" },
      `${figuresNote(report)} To check one page from outside, run `,
      h("code", { text: "collector doctor https://your.site" }),
      ".",
    ),
  );
  return element;
}

/** @param {any} report */
function figuresNote({ figures_from: from, figures_to: to, now, range }) {
  const since = from > range.from ? `, since ${moment(from * 1000, zone())}` : "";
  const until = to && to < Math.min(now, range.to) ? `, until ${moment(to * 1000, zone())}` : "";
  return since || until
    ? `Bots are included. Delivery figures are those of the latest page views${since}${until}.`
    : "Bots are included.";
}

/** @param {any} report */
function checks(report) {
  const element = card("Checks", "full");
  body(element).append(h(
    "ul",
    { class: "checks" },
    ...checksOf(report).map(({ check, title, state, figure, note, advice }) =>
      h(
        "li",
        { "data-check": check, "data-state": state },
        badge(STATES[state].label, STATES[state].tone),
        h("b", { text: title }),
        h("span", { class: "amount", text: figure }),
        h("span", { class: "note" }, note, advice ? h("strong", { text: ` ${advice}` }) : null),
      )
    ),
  ));
  return element;
}

/** @param {any} report */
function sites({ sites: rows, site_count: count, now }) {
  if (!rows.length) return null;
  const element = card("Sites", "full", count > rows.length ? `${rows.length} of ${exact(count)}` : null);
  const cells = rows.map((/** @type {any} */ { site, pageviews, last_event: last, figures, blocked: own }) => [
    siteButton(site),
    last === null ? "–" : `${duration(Math.max(0, now - last))} ago`,
    exact(pageviews),
    figures ? percent(figures.delivery_rate) : "–",
    figures ? exact(figures.lost) : "–",
    figures ? versionsText(figures) : "–",
    figures ? percent(shareOf(figures.wrong_clocks, figures.clocks)) : "–",
    exact(own),
  ]);
  body(element).append(table(
    ["Site", "Last event", "Page views", "Delivery rate", "Lost", "Tag", "Wrong clocks", "Blocked"],
    cells,
    "Tracking by site",
  ));
  return element;
}

/** @param {string} site */
const siteButton = (site) =>
  site && site !== "(other)"
    ? h("button", {
      type: "button",
      class: "value",
      text: site,
      title: `Show only ${site}`,
      onclick: () => change({ site }),
    })
    : h("span", { text: named(site) });

/** @param {any} report */
function versions({ figures, version: current, gaps: { rows } }) {
  const hasGaps = rows.length > 0;
  if (!figures?.versions.length) return null;
  const element = card("Versions of the tag", hasGaps ? "half" : "full");
  body(element).append(table(
    ["Version", "Page views", "Share", "Last seen"],
    figures.versions.map((/** @type {any} */ { version, pageviews, last_seen: seen }) => [
      h(
        "span",
        {},
        version ? isolated(version) : "No version",
        version === current ? h("span", { class: "note", text: " current" }) : null,
      ),
      exact(pageviews),
      percent(shareOf(pageviews, figures.pageviews)),
      moment(seen * 1000, zone()),
    ]),
    "Versions of the tag",
  ));
  return element;
}

/** @param {any} report */
function gaps({ gaps: { rows }, figures }) {
  if (!rows.length) return null;
  const width = figures?.versions.length ? "half" : "full";
  const shown = rows.slice(-GAPS_MAX).reverse();
  const element = card("Hours without page views", width, rows.length > shown.length ? `latest ${GAPS_MAX}` : null);
  body(element).append(table(
    ["From", "Length", "Page views expected"],
    shown.map((/** @type {any} */ { from, to, expected }) => [
      moment(from * 1000, zone()),
      duration(to - from),
      `about ${exact(expected)}`,
    ]),
    "Hours without page views",
  ));
  return element;
}

/** @param {any} report */
function blocked({ blocked: { rows } }) {
  if (!rows.length) return null;
  const element = card("Blocked by Content Security Policy", "full");
  body(element).append(table(
    ["Blocked", "Directive", "Site", "Count", "By"],
    rows.map((/** @type {any} */ row) => [
      isolated(row.blocked),
      row.directive,
      isolated(named(row.site)),
      exact(row.count),
      row.own ? "Tracker" : "Site",
    ]),
    "Requests blocked by Content Security Policy",
  ));
  return element;
}
