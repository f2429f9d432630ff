// The dialog of share links: creates, lists and revokes them.

import { setText } from "../kit/dom.js";
import { listRow, showList } from "./access-list.js";
import { ask } from "./api.js";
import { zone } from "./state.js";
import { moment } from "../kit/times.js";
import { ago } from "../kit/format.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} text @param {{isLink?: boolean}} [options] */
function say(text, { isLink = false } = {}) {
  const output = byId("share-link");
  setText(output, text);
  output.classList.toggle("link", isLink);
}

export function startShares() {
  byId("share-open").addEventListener("click", () => {
    say("");
    /** @type {HTMLDialogElement} */ (byId("share")).showModal();
    list();
  });
  byId("share-form").addEventListener("submit", (event) => {
    event.preventDefault();
    create();
  });
}

async function create() {
  const label = /** @type {HTMLInputElement} */ (byId("share-label"));
  const days = Number(/** @type {HTMLInputElement} */ (byId("share-days")).value);
  try {
    const { share } = await ask("shares", {}, { method: "POST", body: { days, label: label.value.trim() } });
    // A guest elsewhere sees the same days.
    const query = new URLSearchParams(location.search);
    query.set("zone", zone());
    say(`${location.origin}${location.pathname}?${query}#share=${share}`, { isLink: true });
    label.value = "";
  } catch (error) {
    say(/** @type {Error} */ (error).message);
  }
  await list();
}

const list = () =>
  showList(
    byId("share-list"),
    { name: "Share links", none: "No share links yet." },
    async () => (await ask("shares")).shares.map(row),
  );

/** @param {{id: string, label: string, created: number, expires: number, last_used: number | null}} link */
function row(link) {
  const isOver = link.expires * 1000 <= Date.now();
  const name = link.label || "(no label)";
  const times = [
    `Created ${moment(link.created * 1000, zone())}`,
    isOver ? "expired" : `expires ${moment(link.expires * 1000, zone())}`,
    link.last_used === null ? "never used" : `last used ${ago(link.last_used)}`,
  ];
  const text = isOver ? "Remove" : "Revoke";
  return listRow(name, times, { text, label: `${text} the link ${name}`, run: () => revoke(link.id, name) });
}

/** @param {string} id @param {string} name */
async function revoke(id, name) {
  try {
    await ask(`shares/${encodeURIComponent(id)}`, {}, { method: "DELETE" });
    say(`The link ${name} no longer works, and its guests are signed out.`);
  } catch (error) {
    say(/** @type {Error} */ (error).message);
  }
  await list();
  // The button that had the focus is gone.
  byId("share-label").focus();
}
