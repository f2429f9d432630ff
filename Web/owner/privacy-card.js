// The card "Privacy" of the view "Tracking": the mode of the chosen site, its tag, and the page for its visitors.

import { body, card } from "../kit/cards.js";
import { h, setText } from "../kit/dom.js";
import { PRIVACY_MODES } from "../kit/contract.js";
import { ask } from "./api.js";
import { report } from "./reports.js";
import { current } from "./state.js";
import { copyButton, tagOf } from "./tag.js";

/** The card; nothing for guests. @param {AbortSignal} signal */
export async function privacyCard(signal) {
  if (document.body.dataset.access !== "owner") return null;
  const site = current().site ?? "";
  try {
    return draw(site, await report(["privacy", { site }], signal));
  } catch {
    return null;
  }
}

/** @param {string} site @param {{mode: string}} found */
function draw(site, found) {
  const element = card("Privacy", "full privacy", site || "Sites without a mode of their own");
  const code = h("code");
  const copy = h("button", { type: "button", class: "button", text: "Copy" });
  const about = h("p");
  const note = h("p", { class: "caption", role: "status" });
  const choice = /** @type {HTMLSelectElement} */ (h(
    "select",
    { class: "choice", "aria-label": "Privacy mode" },
    ...Object.entries(PRIVACY_MODES).map(([mode, { label }]) => h("option", { value: mode, text: label })),
  ));
  const show = (/** @type {string} */ mode) => {
    choice.value = mode;
    setText(about, PRIVACY_MODES[mode].description);
    setText(code, tagOf(mode));
  };
  choice.addEventListener("change", async () => {
    try {
      const { mode } = await ask("privacy", { site }, { method: "PUT", body: { mode: choice.value } });
      show(mode);
      setText(
        note,
        "The server applies the mode to events from now on. Paste the tag so that browsers apply it as well.",
      );
    } catch (error) {
      show(found.mode);
      setText(note, /** @type {Error} */ (error).message);
    }
  });
  copyButton(/** @type {HTMLButtonElement} */ (copy), code, () => code.textContent ?? "");
  show(found.mode);
  const page = `privacy${site ? `?site=${encodeURIComponent(site)}` : ""}`;
  body(element).append(
    h("p", {}, choice),
    about,
    h(
      "div",
      { class: "snippet" },
      h("pre", { class: "json", tabindex: "0", "aria-label": "Tag of the mode" }, code),
      copy,
    ),
    h(
      "p",
      { class: "note" },
      h("a", { href: page, text: "Page for visitors" }),
      ": what is stored, why, and for how long.",
    ),
    note,
  );
  return element;
}
