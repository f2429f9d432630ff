// The dialog that erases a visitor: what is erased, the confirmation, the steps on the server, and what was found afterwards.

import { h, isolated, setChildren, setText } from "../kit/dom.js";
import { ask, RequestError } from "./api.js";
import { counted, findings } from "./erase-words.js";
import { change, current } from "./state.js";

/** Milliseconds between two looks at the erasure. */
const LOOK_MS = 1000;

/** What is erased, in the order of the dialog. */
const ERASED = [
  "Page views and events, with their payloads, vitals and errors",
  "Submissions of the dashboard, with addresses and fingerprints",
  "Delivery reports and fingerprints",
  "Records that the journal has not moved to the database, and dead letters",
];

/** @type {Record<string, string>} */
const STEPS = {
  rows: "Removing rows…",
  figures: "Computing the figures without the visitor…",
  space: "Rewriting the files…",
};

/** @param {string} visitor */
export function openErase(visitor) {
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "erase", "aria-labelledby": "erase-title" }));
  const message = h("p", { class: "problem", role: "alert" });
  const content = h("div", { class: "erase-content" });
  const { site } = current();
  const isOfSite = site ? /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", id: "erase-site" })) : null;
  const cancel = h("button", { type: "button", class: "button", text: "Cancel", onclick: () => dialog.close() });
  const erase = h("button", { type: "button", class: "button danger", text: "Erase visitor" });
  const actions = h("p", { class: "actions" }, cancel, erase);
  content.append(
    h("p", {}, "All data of the visitor ", isolated(visitor), " is erased:"),
    h("ul", {}, ...ERASED.map((text) => h("li", { text }))),
    h("p", {
      text:
        "The figures are then computed as if it had never been received. Reports are incomplete until that is done.",
    }),
    h("p", { class: "note", text: "Backups and files that you have exported do not change." }),
    ...(isOfSite
      ? [h("p", { class: "check" }, isOfSite, h("label", { for: "erase-site" }, "Only data of ", isolated(site)))]
      : []),
    h("p", {}, h("b", { text: "This cannot be undone." })),
  );
  erase.addEventListener("click", async () => {
    erase.setAttribute("disabled", "");
    setText(message, "");
    try {
      const parameters = { site: isOfSite?.checked ? site : undefined };
      const erasure = await ask(`visitors/${encodeURIComponent(visitor)}`, parameters, { method: "DELETE" });
      await follow(dialog, content, actions, message, erasure);
    } catch (error) {
      erase.removeAttribute("disabled");
      setText(message, /** @type {Error} */ (error).message);
    }
  });
  dialog.append(h("h2", { id: "erase-title", text: "Erase visitor" }), content, message, actions);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus();
}

/**
 * Shows the steps of an erasure until it is done or the dialog is closed; the server continues in any case.
 *
 * @param {HTMLDialogElement} dialog @param {HTMLElement} content @param {HTMLElement} actions @param {HTMLElement} message
 * @param {any} first
 */
async function follow(dialog, content, actions, message, first) {
  const step = h("p", { role: "status" });
  const close = h("button", { type: "button", class: "button", text: "Close", onclick: () => dialog.close() });
  setChildren(content, step, h("p", { class: "note", text: "You can close this dialog: the server continues." }));
  setChildren(actions, close);
  close.focus();
  let erasure = first;
  while (dialog.isConnected && erasure.finished_at === null) {
    setText(step, STEPS[erasure.step] ?? "");
    setText(message, erasure.failure ? `The server retries: ${erasure.failure}` : "");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    try {
      erasure = await ask(`erasures/${encodeURIComponent(first.id)}`);
    } catch (error) {
      setText(message, /** @type {Error} */ (error).message);
      // Nothing was found, so there is no entry of the log.
      if (error instanceof RequestError && error.status === 404) {
        return setText(step, "No data of this visitor is stored.");
      }
    }
  }
  if (!dialog.isConnected) return;
  setText(message, "");
  setChildren(
    content,
    h("p", { role: "status", text: `Erased: ${counted(erasure.rows)}.` }),
    h("ul", {}, ...findings(erasure).map((text) => h("li", { text }))),
  );
  dialog.addEventListener("close", () => change({ visitor: null }));
}
