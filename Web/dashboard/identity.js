// The first card of the Fingerprint tab: one hash of all that stays the same, and how each part fared when computed twice.

import { badge, h, table } from "../shared/dom.js";
import { milliseconds } from "../shared/format.js";

const HASH_SHOWN = 12;

/** @param {HTMLElement} panel */
export function createIdentity(panel) {
  const body = h(
    "div",
    { class: "body" },
    ...["long", "short", "middle"].map((width) => h("div", { class: `skeleton ${width}` })),
  );
  const card = h(
    "section",
    { class: "card full", id: "card-identity", "data-state": "pending", "aria-busy": "true" },
    h(
      "div",
      { class: "head" },
      h("h2", { text: "Combined fingerprint" }),
      h("span", { class: "note", text: "every part computed twice" }),
    ),
    body,
  );
  panel.prepend(card);
  return {
    /** @param {{hash: string, parts: import("./runner.js").Part[]}} result */
    show({ hash, parts }) {
      const stable = parts.filter((part) => part.isStable).length;
      const rows = parts.map((part) => [
        part.title,
        h("span", { class: "summary", text: part.summary, title: part.summary }),
        h("code", { text: part.hash.slice(0, HASH_SHOWN) || "–" }),
        milliseconds(part.took),
        badge(part.isStable ? "stable" : "changes", part.isStable ? "good" : "fair"),
      ]);
      body.replaceChildren(
        h(
          "div",
          { class: "hash" },
          h("code", { id: "fingerprint-hash", text: hash }),
          badge(`${stable} of ${parts.length} parts stable`, stable === parts.length ? "good" : "fair"),
        ),
        h("p", { class: "caption", text: "SHA-256 of the parts that came out the same both times." }),
        table(["Part", "This browser", "Hash", "Took", "Twice"], rows, "Parts of the fingerprint"),
      );
      card.dataset.state = "ready";
      card.removeAttribute("aria-busy");
    },
  };
}
