// How identifiable the browsers of this population are, and which of them behave like programs.

import { facts, h, isolatedList, table } from "../shared/dom.js";
import { ask } from "./api.js";
import { body, card, failure, noFigures, skeleton } from "./parts.js";
import { change, current } from "./state.js";
import { count, exact, percent, shareOf } from "./words.js";

/** @param {HTMLElement} panel @param {AbortSignal} signal */
export async function showFingerprint(panel, signal) {
  const all = card("Combined fingerprint", "third", "all signals together");
  const sets = card("Anonymity sets", "wide", "visitors by the number of others with the same fingerprint");
  const signals = card("Signals", "full", "by entropy");
  const robots = card("Bots and automation", "full", "of all time, by the reasons");
  panel.replaceChildren(all, sets, signals, robots);
  for (const one of [all, sets, signals, robots]) body(one).append(skeleton());
  try {
    draw(await ask("fingerprints", { site: current().site }, { signal }), all, sets, signals, robots);
  } catch (error) {
    if (signal.aborted) return;
    for (const one of [all, sets, signals, robots]) {
      body(one).replaceChildren(failure(error, () => change({}, { isStep: false })));
    }
  }
}

/** @param {any} report @param {HTMLElement} all @param {HTMLElement} sets @param {HTMLElement} signals @param {HTMLElement} robots */
function draw(report, all, sets, signals, robots) {
  const nothing = () =>
    noFigures(
      "No fingerprints yet",
      "Pages report them when their script tag has data-fingerprint, and so does the page at /.",
    );
  const whole = report.signals.all;
  body(all).replaceChildren(
    ...(whole
      ? [
        h(
          "p",
          { class: "figure" },
          `${whole.bits} bits `,
          h("small", { text: `of max. ${Math.log2(Math.max(1, whole.visitors)).toFixed(1)} bits` }),
        ),
        facts([
          ["Browsers seen", exact(whole.visitors)],
          ["Distinct", exact(whole.values)],
          ["Unique", percent(whole.unique_share)],
          ["Repeat readings", exact(whole.returns)],
          ["Changed on return", percent(whole.changed_share)],
        ]),
      ]
      : [nothing()]),
  );
  body(sets).replaceChildren(whole ? setBars(whole) : nothing());
  const rows = Object.entries(report.signals).filter(([name]) => name !== "all");
  body(signals).replaceChildren(
    rows.length
      ? table(
        ["Signal", "Entropy (bits)", "Values", "Unique", "Largest group", "Repeat readings", "Changed on return"],
        rows.map((
          [name, one],
        ) => [
          name,
          bits(one),
          exact(one.values),
          percent(one.unique_share),
          one.shared[0]
            ? `${percent(shareOf(one.shared[0].visitors, one.visitors))} (${exact(one.shared[0].visitors)})`
            : "–",
          exact(one.returns),
          percent(one.changed_share),
        ]),
        "Signals",
      )
      : nothing(),
    rows.length
      ? h("p", {
        class: "caption",
        text:
          "Bits are the entropy among the browsers seen here, corrected for values that were seen too seldom (Miller and Madow). A value of a signal that answers at random on purpose counts as one.",
      })
      : "",
  );
  body(robots).replaceChildren(
    report.robots.length
      ? table(
        ["Reasons", "Visitors", "Sessions", "Events"],
        report.robots.map((
          /** @type {any} */ row,
        ) => [
          h("span", {}, ...isolatedList(row.reasons)),
          exact(row.visitors),
          exact(row.sessions),
          exact(row.events),
        ]),
        "Bots and automation",
      )
      : noFigures(
        "No bots",
        "Known crawlers, headless browsers and automation are listed here, never deleted.",
      ),
  );
}

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
  for (const { size, visitors } of whole.sets) {
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
