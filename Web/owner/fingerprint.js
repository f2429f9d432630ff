// Fingerprints: entropy, anonymity sets, signals, and bots.

import { facts, h, isolatedList, table } from "../kit/dom.js";
import { body, card, skeleton } from "../kit/cards.js";
import { noFigures, showFailure } from "./parts.js";
import { report } from "./reports.js";
import { current, reportQuery } from "./state.js";
import { count, exact, percent, shareOf } from "../kit/format.js";
import { reasonLabel } from "./words.js";

/**
 * The reports of the view: of the range, and of all time. How often visitors came back, and what had changed, is kept for
 * all time alone.
 *
 * @returns {import("./reports.js").Request[]}
 */
export const fingerprintRequests = () => [
  ["fingerprints", reportQuery()],
  ["fingerprints", { site: current().site }],
];

/** @param {HTMLElement} panel @param {AbortSignal} signal */
export async function showFingerprint(panel, signal) {
  const all = card("Combined fingerprint", "third", "all signals together");
  const sets = card("Anonymity sets", "wide", "visitors by the number of others with the same fingerprint");
  const signals = card("Signals", "full", "by entropy");
  const bots = card("Bots and automation", "full", "by reason");
  panel.replaceChildren(all, sets, signals, bots);
  for (const [one, height] of /** @type {const} */ ([[all, 140], [sets, 140], [signals, 300], [bots, 61]])) {
    body(one).append(skeleton(Math.min(4, Math.floor(height / 23)), height));
  }
  try {
    const [found, ever] = await Promise.all(fingerprintRequests().map((request) => report(request, signal)));
    for (const [name, one] of Object.entries(found.signals)) {
      one.returns = ever.signals[name]?.returns ?? null;
      one.changed_share = ever.signals[name]?.changed_share ?? null;
    }
    draw(found, all, sets, signals, bots);
  } catch (error) {
    showFailure(signal, all, sets, signals, bots)(error);
  }
}

const nothing = () =>
  noFigures(
    "No fingerprints for this period",
    "Pages report them when their script tag has data-fingerprint, and so does the page at /.",
  );

/**
 * @param {any} report @param {HTMLElement} all @param {HTMLElement} sets @param {HTMLElement} signals
 * @param {HTMLElement} bots
 */
function draw(report, all, sets, signals, bots) {
  const { all: combined, ...others } = report.signals;
  body(all).replaceChildren(...(combined ? combinedFigures(combined) : [nothing()]));
  body(sets).replaceChildren(combined ? setBars(combined) : nothing());
  const rows = Object.entries(others);
  body(signals).replaceChildren(...(rows.length ? signalRows(rows) : [nothing()]));
  body(bots).replaceChildren(
    report.bots.length
      ? table(
        ["Reasons", "Visitors", "Sessions", "Events"],
        report.bots.map((/** @type {any} */ row) => [
          h("span", {}, ...isolatedList(row.reasons.map(reasonLabel))),
          exact(row.visitors),
          exact(row.sessions),
          exact(row.events),
        ]),
        "Bots and automation",
      )
      : noFigures("No bots", "Known crawlers, headless browsers and automation are listed here, never deleted."),
  );
}

/** @param {any} combined */
const combinedFigures = (combined) => [
  h(
    "p",
    { class: "figure" },
    `${combined.bits} bits `,
    h("small", { text: `of max. ${Math.log2(Math.max(1, combined.visitors)).toFixed(1)} bits` }),
  ),
  facts([
    ["Browsers seen", exact(combined.visitors)],
    ["Distinct", exact(combined.values)],
    ["Unique", percent(combined.unique_share)],
    ["Repeat readings", exact(combined.returns)],
    ["Changed on return", percent(combined.changed_share)],
  ]),
];

/** @param {any} signal */
const largestGroup = ({ shared: [first], visitors }) =>
  first ? `${percent(shareOf(first.visitors, visitors))} (${exact(first.visitors)})` : "–";

/** @param {[string, any][]} rows */
const signalRows = (rows) => [
  table(
    ["Signal", "Entropy (bits)", "Values", "Unique", "Largest group", "Repeat readings", "Changed on return"],
    rows.map(([name, one]) => [
      name,
      bits(one),
      exact(one.values),
      percent(one.unique_share),
      largestGroup(one),
      exact(one.returns),
      percent(one.changed_share),
    ]),
    "Signals",
  ),
  h("p", {
    class: "caption",
    text: "Each visitor of the period counts once, by its last fingerprint. " +
      "Repeat readings and their changes cover all time. " +
      "Entropy has the Miller–Madow correction. All values of a randomized signal count as one.",
  }),
];

/** @param {any} one */
function bits(one) {
  const most = Math.log2(Math.max(2, one.visitors));
  const bar = h("i");
  bar.style.inlineSize = `${Math.min(100, 100 * one.bits / most)}%`;
  return h(
    "span",
    { class: "bits", title: `${one.bits_seen} bits before the correction` },
    h("b", { text: one.bits.toFixed(2) }),
    h("span", { class: "meter", "aria-hidden": "true" }, bar),
  );
}

/** @param {any} whole */
function setBars(whole) {
  const list = h("ol", { class: "bars" });
  for (const { size, visitors } of whole.anonymity_sets) {
    const bar = h("i", { "aria-hidden": "true" });
    bar.style.inlineSize = `${Math.max(0.3, 100 * visitors / Math.max(1, whole.visitors))}%`;
    list.append(
      h(
        "li",
        {},
        bar,
        h("span", { class: "value", text: size === "1" ? "Unique" : `Shared by ${size}` }),
        h("b", { text: count(visitors) }),
        h("span", { class: "dim", text: percent(shareOf(visitors, whole.visitors)) }),
      ),
    );
  }
  return list;
}
