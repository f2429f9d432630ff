// The card "Retention" of the view "Tracking": how long the data of the chosen site is kept, and how old its oldest data is.

import { body, card } from "../kit/cards.js";
import { h, isolated, setText, table } from "../kit/dom.js";
import { moment } from "../kit/times.js";
import { ask } from "./api.js";
import { report } from "./reports.js";
import { ageChoices, agesOf, effects, isShorter, keptText, oldestText } from "./retention-words.js";
import { current, zone } from "./state.js";

/** The card; nothing for guests, and without a chosen site. @param {AbortSignal} signal */
export async function retentionCard(signal) {
  const { site } = current();
  if (!site || document.body.dataset.access !== "owner") return null;
  try {
    const element = card("Retention", "full site-retention", site);
    draw(element, await report(["storage/site", { site }], signal));
    return element;
  } catch {
    return null;
  }
}

/** @param {HTMLElement} element @param {any} found */
function draw(element, found, saved = "") {
  const note = h("p", { class: "caption", role: "status", text: saved });
  const choices = {
    events: choice("Age of events", found.retention_events, found.server_events_seconds),
    pageviews: choice("Age of page views", found.retention_pageviews, found.server_pageviews_seconds),
  };
  const [events, pageviews] = [found.events_seconds, found.pageviews_seconds];
  const reset = () => {
    choices.events.value = found.retention_events ?? "";
    choices.pageviews.value = found.retention_pageviews ?? "";
  };
  const save = async () => {
    const wanted = { retention_events: choices.events.value, retention_pageviews: choices.pageviews.value };
    try {
      await ask("settings", { site: found.site }, { method: "PUT", body: wanted });
      draw(
        element,
        await ask("storage/site", { site: found.site }),
        "Saved. The server removes older data within minutes.",
      );
    } catch (error) {
      reset();
      setText(note, /** @type {Error} */ (error).message);
    }
  };
  const changed = () => {
    const server = { events: found.server_events_seconds, pageviews: found.server_pageviews_seconds };
    const ages = agesOf(choices.events.value, choices.pageviews.value, server);
    if (isShorter({ events, pageviews }, ages)) confirmRemoval(found.site, ages, save, reset);
    else save();
  };
  for (const one of Object.values(choices)) one.addEventListener("change", changed);
  body(element).replaceChildren(
    table(
      ["Data", "Setting", "Now", "Oldest"],
      [
        ["Events", choices.events, keptText(events), oldest(found.oldest_event)],
        ["Page views and sessions", choices.pageviews, keptText(pageviews), oldest(found.oldest_pageview)],
      ],
      "Retention of the site",
    ),
    h("p", { class: "caption", text: removedText(found) }),
    note,
  );
}

/** @param {string} label @param {string | null} own @param {number | null} server in seconds */
function choice(label, own, server) {
  const options = ageChoices(own, server).map(([value, text]) => h("option", { value, text }));
  const element = /** @type {HTMLSelectElement} */ (h("select", { class: "choice", "aria-label": label }, ...options));
  element.value = own ?? "";
  return element;
}

/** @param {number | null} time in seconds since 1970 */
function oldest(time) {
  const text = oldestText(time, Date.now() / 1000);
  return time === null ? text : `${text}, ${moment(time * 1000, zone())}`;
}

/** @param {any} found */
function removedText({ events_removed_before: events, pageviews_removed_before: pageviews }) {
  const parts = ["Figures stay when events are removed, and go when page views are."];
  if (events !== null) parts.push(`Events from before ${moment(events * 1000, zone())} have been removed.`);
  if (pageviews !== null) {
    parts.push(`Page views from before ${moment(pageviews * 1000, zone())} have been removed.`);
  }
  return parts.join(" ");
}

/**
 * Asks before ages are shortened.
 *
 * @param {string} site @param {import("./retention-words.js").Ages} ages
 * @param {() => void} save @param {() => void} reset called when the owner keeps the data
 */
function confirmRemoval(site, ages, save, reset) {
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "erase", "aria-labelledby": "removal-title" }));
  let isConfirmed = false;
  const cancel = h("button", { type: "button", class: "button", text: "Cancel", onclick: () => dialog.close() });
  const remove = h("button", {
    type: "button",
    class: "button danger",
    text: "Remove old data",
    onclick: () => {
      isConfirmed = true;
      dialog.close();
    },
  });
  dialog.append(
    h("h2", { id: "removal-title", text: "Remove old data" }),
    h(
      "div",
      { class: "erase-content" },
      h("p", {}, "The server removes data of ", isolated(site), ", now and from now on:"),
      h("ul", {}, ...effects(ages).map((text) => h("li", { text }))),
      h("p", {}, h("b", { text: "This cannot be undone." })),
    ),
    h("p", { class: "actions" }, cancel, remove),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (isConfirmed) save();
    else reset();
  });
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus();
}
