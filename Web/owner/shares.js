// The dialog of share links: creates, lists and revokes them.

import { h, setText } from "../kit/dom.js";
import { emptyList, listRow, showList } from "./access-list.js";
import { ask } from "./api.js";
import { VIEW_LABELS } from "../kit/contract.js";
import { datesOf, limitTexts } from "./limits.js";
import { siteNames } from "./sites.js";
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
    fillLimits();
    emptyList(byId("share-list"));
    /** @type {HTMLDialogElement} */ (byId("share")).showModal();
    list();
  });
  byId("share-range").addEventListener("change", drawRangeFields);
  byId("share-form").addEventListener("submit", (event) => {
    event.preventDefault();
    create();
  });
}

const field = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));
const viewBoxes = () => /** @type {HTMLInputElement[]} */ ([...byId("share-view-list").querySelectorAll("input")]);

/** Offers all data to choose from. */
function fillLimits() {
  byId("share-site").replaceChildren(
    h("option", { value: "", text: "All sites" }),
    ...siteNames().map((value) => h("option", { value, text: value })),
  );
  byId("share-view-list").replaceChildren(
    ...Object.entries(VIEW_LABELS).map(([value, text]) =>
      h("label", {}, h("input", { type: "checkbox", value, checked: true }), text)
    ),
  );
  field("share-range").value = "";
  drawRangeFields();
}

function drawRangeFields() {
  byId("share-range-days-line").hidden = field("share-range").value !== "days";
  byId("share-dates").hidden = field("share-range").value !== "dates";
}

/** The chosen limits as the server takes them. @throws {Error} with a sentence if they are incomplete */
function chosenLimits() {
  const kind = field("share-range").value;
  const boxes = viewBoxes();
  const views = boxes.filter(({ checked }) => checked).map(({ value }) => value);
  if (!views.length) throw new Error("Choose at least one view.");
  const dates = kind === "dates" ? datesOf(field("share-from").value, field("share-to").value, zone()) : {};
  if (kind === "dates" && !Object.values(dates).some((bound) => bound !== null)) throw new Error("Choose a date.");
  const limits = {
    site: field("share-site").value || null,
    ...dates,
    range_days: kind === "days" ? Number(field("share-range-days").value) : null,
    views: views.length < boxes.length ? views : null,
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== null));
}

/** The query of a link: what the owner sees, as far as guests can see it. @param {Record<string, any>} limits */
function queryOf(limits) {
  const query = new URLSearchParams(location.search);
  // A guest elsewhere sees the same days.
  query.set("zone", zone());
  if ("site" in limits) query.set("site", limits.site);
  // The page chooses a range within the limit.
  if ("from" in limits || "to" in limits) { for (const name of ["range", "from", "to"]) query.delete(name); }
  return query;
}

async function create() {
  const label = field("share-label");
  const days = Number(field("share-days").value);
  try {
    const limits = chosenLimits();
    const { share } = await ask("shares", {}, { method: "POST", body: { days, label: label.value.trim(), ...limits } });
    const query = queryOf(limits);
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

/** @param {{id: string, label: string, created: number, expires: number, last_used: number | null, limits: import("./limits.js").Limits | null}} link */
function row(link) {
  const isOver = link.expires * 1000 <= Date.now();
  const name = link.label || "(no label)";
  const times = [
    `Created ${moment(link.created * 1000, zone())}`,
    isOver ? "expired" : `expires ${moment(link.expires * 1000, zone())}`,
    ...limitTexts(link.limits, zone()),
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
