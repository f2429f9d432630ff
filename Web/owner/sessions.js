// The dialog of the owner's sessions: lists and ends them.

import { setText } from "../kit/dom.js";
import { emptyList, listRow, showList } from "./access-list.js";
import { ask } from "./api.js";
import { zone } from "./state.js";
import { moment } from "../kit/times.js";
import { ago } from "../kit/format.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

export function openSessions() {
  /** @type {HTMLDialogElement} */ (byId("share")).close();
  setText(byId("session-result"), "");
  emptyList(byId("session-list"));
  /** @type {HTMLDialogElement} */ (byId("sessions")).showModal();
  list();
}

export function startSessions() {
  byId("sessions-open").addEventListener("click", openSessions);
  byId("sessions-end").addEventListener("click", () => end("sessions"));
}

const list = () =>
  showList(
    byId("session-list"),
    { name: "Sessions", none: "No sessions.", attributes: { tabindex: "0" } },
    async () => (await ask("sessions")).sessions.map(row),
  );

/** @param {{id: string, created: number, last_seen: number, browser: string | null, current: boolean}} session */
function row(session) {
  const name = session.browser ?? "Unknown browser";
  const notes = [`signed in ${moment(session.created * 1000, zone())}`, `last seen ${ago(session.last_seen)}`];
  if (session.current) return listRow(name, notes, null, " (this browser)");
  const run = () => end(`sessions/${encodeURIComponent(session.id)}`);
  return listRow(name, notes, { text: "End", label: `End the session ${name}`, run });
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
