// The first card of the Fingerprint tab: the combined hash of the stable parts, and each part.

import { skeleton } from "../kit/cards.js";
import { badge, h, setText, table } from "../kit/dom.js";
import { milliseconds, round } from "../kit/format.js";

const HASH_SHOWN = 12;

/**
 * Shows how many browsers seen here have the same values. Only hashes are sent, and only counts come back.
 *
 * @param {Map<string, HTMLElement>} frequencies elements by the name of the signal
 * @param {string[][]} signals names and hashes
 */
async function showFrequencies(frequencies, signals) {
  for (const element of frequencies.values()) setText(element, "…");
  /** @type {Record<string, {same: number, of: number}>} */
  let found = {};
  try {
    const query = signals.map(([name, hash]) => `${name}:${hash}`).join(",");
    const response = await fetch(new URL(`api/fingerprint-frequency?signals=${query}`, document.baseURI));
    if (response.ok) found = (await response.json()).signals;
  } catch {
    // Without a network it is not known.
  }
  for (const [name, element] of frequencies) {
    const { same, of } = found[name] ?? { same: 0, of: 0 };
    const share = same ? `1 in ${round(of / same, of / same < 10 ? 1 : 0)} of ${of}` : `none of ${of}`;
    setText(element, of ? share : "not known yet");
  }
}

/** @param {import("./runner.js").Part} part @param {HTMLElement | undefined} frequency */
const partRow = (part, frequency) => [
  part.title,
  h("span", { class: "summary", text: part.summary, title: part.summary }),
  h("code", { text: part.hash.slice(0, HASH_SHOWN) || "–" }),
  milliseconds(part.took),
  badge(part.isStable ? "stable" : "changes", part.isStable ? "good" : "fair"),
  frequency,
];

/** @param {string} hash @param {import("./runner.js").Part[]} parts @param {Map<string, HTMLElement>} frequencies */
function content(hash, parts, frequencies) {
  const stable = parts.filter((part) => part.isStable).length;
  return [
    h(
      "div",
      { class: "hash" },
      h("code", { id: "fingerprint-hash", text: hash }),
      badge(`${stable} of ${parts.length} parts stable`, stable === parts.length ? "good" : "fair"),
    ),
    h(
      "p",
      { class: "caption", id: "fingerprint-shared" },
      "Hash of the stable parts. Also seen on: ",
      frequencies.get("all"),
      ".",
    ),
    table(
      ["Part", "This browser", "Hash", "Duration", "Stable", "Also seen on"],
      parts.map((part) => partRow(part, frequencies.get(part.name))),
      "Parts of the fingerprint",
    ),
  ];
}

/** @param {HTMLElement} panel */
export function createIdentity(panel) {
  const body = h("div", { class: "body" }, skeleton(3));
  const card = h(
    "section",
    { class: "card full", id: "card-identity", "data-state": "pending", "aria-busy": "true" },
    h(
      "div",
      { class: "head" },
      h("h2", { text: "Combined fingerprint" }),
      h("span", { class: "note", text: "each part is computed twice" }),
    ),
    body,
  );
  panel.prepend(card);
  return {
    /**
     * @param {{hash: string, parts: import("./runner.js").Part[]}} result
     * @param {Promise<void>} released when hashes may be sent, to ask how many browsers share them
     */
    show({ hash, parts }, released) {
      const names = ["all", ...parts.map(({ name }) => name)];
      const frequencies = new Map(names.map((name) => [name, h("span", { text: "–" })]));
      body.replaceChildren(...content(hash, parts, frequencies));
      const stable = parts.filter((part) => part.isStable).map(({ name, hash }) => [name, hash]);
      released.then(() => showFrequencies(frequencies, [["all", hash], ...stable]));
      card.dataset.state = "ready";
      card.removeAttribute("aria-busy");
    },
  };
}
