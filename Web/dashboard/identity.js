// The first card of the Fingerprint tab: one hash of all that stays the same, and how each part fared when computed twice.

import { badge, h, setText, table } from "../shared/dom.js";
import { milliseconds, round } from "../shared/format.js";

const HASH_SHOWN = 12;

/**
 * Says of how many browsers seen here one has the same values; only counts are asked for.
 *
 * @param {Map<string, HTMLElement>} shares
 * @param {string[][]} signals names and hashes
 */
async function tellShares(shares, signals) {
  for (const element of shares.values()) setText(element, "…");
  /** @type {Record<string, {same: number, of: number}>} */
  let told = {};
  try {
    const query = signals.map(([name, hash]) => `${name}:${hash}`).join(",");
    const answer = await fetch(new URL(`api/fingerprint-frequency?signals=${query}`, document.baseURI));
    if (answer.ok) told = (await answer.json()).signals;
  } catch {
    // Without a network it is not known.
  }
  for (const [name, element] of shares) {
    const { same, of } = told[name] ?? { same: 0, of: 0 };
    const share = same ? `1 in ${round(of / same, of / same < 10 ? 1 : 0)} of ${of}` : `none of ${of}`;
    setText(element, of ? share : "not known yet");
  }
}

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
    /**
     * @param {{hash: string, parts: import("./runner.js").Part[]}} result
     * @param {Promise<void>} released when hashes may be sent, to ask how many browsers share them
     */
    show({ hash, parts }, released) {
      const stable = parts.filter((part) => part.isStable).length;
      const shares = new Map(["all", ...parts.map(({ name }) => name)].map((name) => [name, h("span", { text: "–" })]));
      const rows = parts.map((part) => [
        part.title,
        h("span", { class: "summary", text: part.summary, title: part.summary }),
        h("code", { text: part.hash.slice(0, HASH_SHOWN) || "–" }),
        milliseconds(part.took),
        badge(part.isStable ? "stable" : "changes", part.isStable ? "good" : "fair"),
        shares.get(part.name),
      ]);
      body.replaceChildren(
        h(
          "div",
          { class: "hash" },
          h("code", { id: "fingerprint-hash", text: hash }),
          badge(`${stable} of ${parts.length} parts stable`, stable === parts.length ? "good" : "fair"),
        ),
        h(
          "p",
          { class: "caption", id: "fingerprint-shared" },
          "SHA-256 of the parts that came out the same both times. All together: ",
          shares.get("all"),
          ".",
        ),
        table(["Part", "This browser", "Hash", "Took", "Twice", "Shared here"], rows, "Parts of the fingerprint"),
      );
      const known = parts.filter((part) => part.isStable).map(({ name, hash }) => [name, hash]);
      released.then(() => tellShares(shares, [["all", hash], ...known]));
      card.dataset.state = "ready";
      card.removeAttribute("aria-busy");
    },
  };
}
