// A card for each collector: a placeholder until it has a value, and a sentence if it has none.

import { skeleton } from "../kit/cards.js";
import { h, unavailable } from "../kit/dom.js";

/** @typedef {import("./runner.js").Run} Run */

/**
 * @param {import("./collectors/types.js").Collector} collector
 */
export function makeCard({ name, title, note, width, isBare }) {
  const body = h("div", { class: "body" }, skeleton(3));
  const heading = isBare
    ? h("h2", { class: "unseen", text: title })
    : h("div", { class: "head" }, h("h2", { text: title }), note ? h("span", { class: "note", text: note }) : null);
  return h(
    "section",
    {
      class: `${isBare ? "bare" : "card"} ${width ?? "half"}`,
      id: `card-${name}`,
      "data-state": "pending",
      "aria-busy": "true",
    },
    heading,
    body,
  );
}

/**
 * @param {HTMLElement} card
 * @param {Run} run
 */
export function fillCard(card, run) {
  const body = /** @type {HTMLElement} */ (card.querySelector(".body"));
  let { state } = run;
  if (state === "ready") {
    try {
      run.collector.render(run.value, body);
    } catch {
      state = "unavailable";
    }
  }
  if (state === "unavailable") body.replaceChildren(unavailable(run.reason));
  card.dataset.state = state;
  card.removeAttribute("aria-busy");
}
