// The dialog of API tokens: creates, lists and revokes them.

import { setText } from "../kit/dom.js";
import { emptyList, listRow, showList } from "./access-list.js";
import { ask } from "./api.js";
import { zone } from "./state.js";
import { moment } from "../kit/times.js";
import { ago } from "../kit/format.js";
import { copyButton } from "./tag.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const field = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));

/** @type {Record<string, string>} */
const SCOPES = { read: "reads", write: "reads and changes", ingest: "sends events" };

/** @param {string} text @param {{isSecret?: boolean}} [options] */
function say(text, { isSecret = false } = {}) {
  const output = byId("token-secret");
  setText(output, text);
  output.classList.toggle("link", isSecret);
  byId("token-copy").hidden = !isSecret;
}

export function openTokens() {
  /** @type {HTMLDialogElement} */ (byId("share")).close();
  say("");
  emptyList(byId("token-list"));
  /** @type {HTMLDialogElement} */ (byId("tokens")).showModal();
  list();
}

export function startTokens() {
  copyButton(byId("token-copy"), byId("token-secret"), () => byId("token-secret").textContent ?? "");
  byId("tokens-open").addEventListener("click", openTokens);
  // A secret does not stay on a page that shows something else.
  byId("tokens").addEventListener("close", () => say(""));
  byId("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    create();
  });
}

async function create() {
  const days = field("token-days").value;
  /** @type {Record<string, any>} */
  const body = { name: field("token-name").value.trim(), scope: field("token-scope").value };
  if (days !== "") body.days = Number(days);
  try {
    const { token } = await ask("tokens", {}, { method: "POST", body });
    say(token, { isSecret: true });
    field("token-name").value = "";
  } catch (error) {
    say(/** @type {Error} */ (error).message);
  }
  await list();
}

const list = () =>
  showList(
    byId("token-list"),
    { name: "API tokens", none: "No API tokens yet." },
    async () => (await ask("tokens")).tokens.map(row),
  );

/** @param {{id: string, name: string, scope: string, created: number, expires: number | null, last_used: number | null}} token */
function row(token) {
  const isOver = token.expires !== null && token.expires * 1000 <= Date.now();
  const expiry = token.expires === null ? "does not expire" : `expires ${moment(token.expires * 1000, zone())}`;
  const notes = [
    SCOPES[token.scope],
    `created ${moment(token.created * 1000, zone())}`,
    isOver ? "expired" : expiry,
    token.last_used === null ? "never used" : `last used ${ago(token.last_used)}`,
  ];
  const text = isOver ? "Remove" : "Revoke";
  const label = `${text} the API token ${token.name}`;
  return listRow(token.name, notes, { text, label, run: () => revoke(token.id, token.name) });
}

/** @param {string} id @param {string} name */
async function revoke(id, name) {
  try {
    await ask(`tokens/${encodeURIComponent(id)}`, {}, { method: "DELETE" });
    say(`The API token ${name} no longer works.`);
  } catch (error) {
    say(/** @type {Error} */ (error).message);
  }
  await list();
  // The button that had the focus is gone.
  byId("token-name").focus();
}
