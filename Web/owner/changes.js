// The dialog of changes: the audit log.

import { h, isolated } from "../kit/dom.js";
import { ask } from "./api.js";
import { actionWords, actorWords } from "./change-words.js";
import { zone } from "./state.js";
import { moment } from "../kit/times.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** The id before which the next entries are; null when there are no more. @type {number | null} */
let next = null;

export function openChanges() {
  /** @type {HTMLDialogElement} */ (byId("share")).close();
  byId("change-list").replaceChildren();
  /** @type {HTMLDialogElement} */ (byId("changes")).showModal();
  next = null;
  more();
}

export function startChanges() {
  byId("changes-open").addEventListener("click", openChanges);
  byId("changes-more").addEventListener("click", more);
}

async function more() {
  const panel = byId("change-list");
  try {
    const page = await ask("audit-log", next === null ? {} : { before: next });
    const list = panel.querySelector("ul") ?? h("ul", { class: "links", "aria-label": "Changes", tabindex: "0" });
    list.append(...page.entries.map(row));
    panel.replaceChildren(list.childElementCount ? list : h("p", { class: "note", text: "No changes yet." }));
    next = page.next;
  } catch (error) {
    panel.append(h("p", { class: "note", role: "alert", text: /** @type {Error} */ (error).message }));
  }
  byId("changes-more").hidden = next === null;
}

/** @param {{t: number, actor: string, actor_name: string | null, action: string, object: string | null, name: string | null}} entry */
function row(entry) {
  const subject = entry.name ?? entry.object;
  return h(
    "li",
    {},
    h("b", {}, actionWords(entry.action), ...(subject === null ? [] : [": ", isolated(subject)])),
    h("span", { class: "note", text: `${moment(entry.t * 1000, zone())} · ${actorWords(entry)}` }),
  );
}
