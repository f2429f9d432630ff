// How identifiable the browsers of this population are, and which of them behave like programs.

import { facts, h, isolatedList, table } from "../shared/dom.js";
import { ask } from "./api.js";
import { body, card, failure, noFigures, skeleton } from "./parts.js";
import { change, plainQuestion } from "./state.js";
import { count, exact, percent } from "./words.js";

/** @param {HTMLElement} panel @param {AbortSignal} signal */
export async function showFingerprint(panel, signal) {
  const all = card("All signals together", "third", "what tells one browser from the others");
  const sets = card("Who hides among how many", "wide", "visitors by the number of others with the same fingerprint");
  const signals = card("Signals", "full", "most telling first");
  const robots = card("Programs", "full", "visitors that behave like one, with the reasons");
  panel.replaceChildren(all, sets, signals, robots);
  for (const one of [all, sets, signals, robots]) body(one).append(skeleton());
  try {
    draw(await ask("fingerprints", plainQuestion(), { signal }), all, sets, signals, robots);
  } catch (error) {
    if (signal.aborted) return;
    for (const one of [all, sets, signals, robots]) {
      body(one).replaceChildren(failure(error, () => change({}, { isStep: false })));
    }
  }
}

/** @param {any} told @param {HTMLElement} all @param {HTMLElement} sets @param {HTMLElement} signals @param {HTMLElement} robots */
function draw(told, all, sets, signals, robots) {
  const nothing = () =>
    noFigures(
      "No fingerprints yet",
      "Pages tell them when their script tag has data-fingerprint, and so does the page at /.",
    );
  const whole = told.signals.all;
  body(all).replaceChildren(
    ...(whole
      ? [
        h(
          "p",
          { class: "figure" },
          `${whole.bits} bits `,
          h("small", { text: `of ${Math.log2(Math.max(1, whole.visitors)).toFixed(1)} that so many can tell` }),
        ),
        facts([
          ["Browsers seen", exact(whole.visitors)],
          ["Different", exact(whole.values)],
          ["Unique", percent(whole.unique_share)],
          ["Told again", exact(whole.returns)],
          ["Changed since", percent(whole.changed_share)],
        ]),
      ]
      : [nothing()]),
  );
  body(sets).replaceChildren(whole ? setBars(whole) : nothing());
  const rows = Object.entries(told.signals).filter(([name]) => name !== "all");
  body(signals).replaceChildren(
    rows.length
      ? table(
        ["Signal", "Bits", "Values", "Unique", "Most shared by", "Told again", "Changed"],
        rows.map((
          [name, one],
        ) => [
          name,
          bits(one),
          exact(one.values),
          percent(one.unique_share),
          one.shared[0] ? `${percent(one.shared[0].visitors / one.visitors)} (${exact(one.shared[0].visitors)})` : "–",
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
    told.robots.length
      ? table(
        ["Reasons", "Score", "Visitors", "Events"],
        told.robots.map((
          /** @type {any} */ row,
        ) => [
          h("span", {}, ...isolatedList(row.reasons)),
          `${row.score} of 100`,
          exact(row.visitors),
          exact(row.events),
        ]),
        "Programs",
      )
      : noFigures(
        "None in this range",
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
        h("span", { class: "value", text: size === "1" ? "unique" : `one of ${size}` }),
        h("b", { text: count(visitors) }),
        h("span", { class: "dim", text: percent(visitors / Math.max(1, whole.visitors)) }),
      ),
    );
  }
  return list;
}
