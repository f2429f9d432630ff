// The dialog of the owner's sessions: lists and ends them.

import { h, isolated, setText } from "../kit/dom.js";
import { ask } from "./api.js";
import { zone } from "./state.js";
import { moment } from "../kit/times.js";
import { ago } from "../kit/format.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

export function openSessions() {
  /** @type {HTMLDialogElement} */ (byId("share")).close();
  setText(byId("session-result"), "");
  /** @type {HTMLDialogElement} */ (byId("sessions")).showModal();
  list();
}

export function startSessions() {
  byId("sessions-open").addEventListener("click", openSessions);
  byId("sessions-end").addEventListener("click", () => end("sessions"));
}

async function list() {
  const panel = byId("session-list");
  try {
    const { sessions } = await ask("sessions");
    panel.replaceChildren(h("ul", { class: "links", "aria-label": "Sessions", tabindex: "0" }, ...sessions.map(row)));
  } catch (error) {
    panel.replaceChildren(h("p", { class: "note", role: "alert", text: /** @type {Error} */ (error).message }));
  }
}

/** @param {{id: string, created: number, last_seen: number, browser: string | null, current: boolean}} session */
function row(session) {
  const name = session.browser ?? "Unknown browser";
  const notes = [`signed in ${moment(session.created * 1000, zone())}`, `last seen ${ago(session.last_seen)}`];
  return h(
    "li",
    {},
    h("b", {}, isolated(name), ...(session.current ? [" (this browser)"] : [])),
    h("span", { class: "note", text: notes.join(" · ") }),
    session.current ? null : h("button", {
      type: "button",
      class: "button",
      text: "End",
      "aria-label": `End the session ${name}`,
      onclick: () => end(`sessions/${encodeURIComponent(session.id)}`),
    }),
  );
}

/** @param {string} path */
async function end(path) {
  try {
    const { ended } = await ask(path, {}, { method: "DELETE" });
    setText(byId("session-result"), ended.length === 1 ? "1 session ended." : `${ended.length} sessions ended.`);
  } catch (error) {
    setText(byId("session-result"), /** @type {Error} */ (error).message);
  }
  await list();
  // The button that had the focus is gone.
  byId("sessions-end").focus();
}
