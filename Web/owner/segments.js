// Saved segments: named sets of filters. The owner changes them, guests can only use them.

import { h, setText } from "../kit/dom.js";
import { ask } from "./api.js";
import { chipText, encodeFilters, parseFilters } from "./filters.js";
import { failure, filterLink } from "./parts.js";
import { current, filters } from "./state.js";

/** @typedef {{id: string, name: string, filters: string}} Segment */

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const dialog = () => /** @type {HTMLDialogElement} */ (byId("segments"));
const nameField = () => /** @type {HTMLInputElement} */ (byId("segment-name"));
const isOwner = () => document.body.dataset.access === "owner";

/** @param {string} text */
const say = (text) => setText(byId("segment-message"), text);

/** The same filters have the same text. @param {string} text */
const canonical = (text) => encodeFilters(parseFilters(text));

/** @param {string} text of filters */
const summary = (text) =>
  parseFilters(text).map((filter) => {
    const { label, values } = chipText(filter);
    return `${label} ${values}`;
  }).join(", ");

async function draw() {
  const list = byId("segment-list");
  byId("segment-form").hidden = !isOwner() || !filters().length;
  try {
    const { segments } = await ask("segments");
    list.replaceChildren(
      ...(segments.length ? segments.map(row) : [h("li", {
        class: "note",
        text: isOwner()
          ? "A segment is a named set of filters. Add filters, then save them here."
          : "The owner has not saved any segments.",
      })]),
    );
  } catch (error) {
    list.replaceChildren(h("li", {}, failure(error, draw)));
  }
}

/** @param {Segment} segment */
function row(segment) {
  const isApplied = canonical(segment.filters) === (current().filters ?? "");
  const link = filterLink(
    parseFilters(segment.filters),
    { class: "value", "aria-current": isApplied ? "true" : undefined },
    h("b", { text: segment.name }),
    h("span", { class: "note", text: summary(segment.filters) }),
  );
  link.addEventListener("click", (event) => event.defaultPrevented && dialog().close());
  return h("li", {}, link, ...(isOwner() ? actions(segment, isApplied) : []));
}

/** @param {Segment} segment @param {boolean} isApplied */
const actions = (segment, isApplied) => [
  filters().length && !isApplied
    ? h("button", {
      type: "button",
      class: "button",
      text: "Update",
      title: "Replace its filters with the current ones",
      "aria-label": `Update ${segment.name} with the current filters`,
      onclick: () => run("PUT", `segments/${segment.id}`, { name: segment.name, filters: current().filters }),
    })
    : null,
  deletion(segment),
];

/** A button that deletes at the second click. @param {Segment} segment */
function deletion(segment) {
  const button = h("button", {
    type: "button",
    class: "button",
    text: "Delete",
    "aria-label": `Delete ${segment.name}`,
    onclick: () => {
      if (button.dataset.asked) {
        run("DELETE", `segments/${segment.id}`);
        return;
      }
      button.dataset.asked = "true";
      setText(button, "Confirm");
      button.setAttribute("aria-label", `Confirm: delete ${segment.name}`);
    },
    onblur: () => {
      delete button.dataset.asked;
      setText(button, "Delete");
      button.setAttribute("aria-label", `Delete ${segment.name}`);
    },
  });
  return button;
}

/** @param {string} method @param {string} path @param {any} [body] */
async function run(method, path, body) {
  say("");
  try {
    await ask(path, {}, { method, body });
  } catch (error) {
    return say(/** @type {Error} */ (error).message);
  }
  nameField().value = "";
  await draw();
}

export function startSegments() {
  byId("segments-open").addEventListener("click", () => {
    say("");
    dialog().showModal();
    draw();
  });
  byId("segment-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = nameField().value.trim();
    if (!name) return say("Name the segment.");
    run("POST", "segments", { name, filters: current().filters });
  });
}
