// The dialog of a goal: adds, changes and removes it.

import { h, setText } from "../kit/dom.js";
import { ask } from "./api.js";
import { change, current, reportQuery } from "./state.js";

/** Pages and events that a field suggests. */
const SUGGESTIONS_MAX = 50;

/** @type {HTMLDialogElement | undefined} */
let dialog;

/**
 * Opens the dialog of a goal, or of a new one.
 *
 * @param {import("./goal-names.js").Goal | null} [goal] @param {string} [type] @param {string} [match]
 */
export function openGoal(goal = null, type = goal?.type ?? "page", match = goal?.match ?? "") {
  dialog?.remove();
  dialog = /** @type {HTMLDialogElement} */ (h("dialog", { id: "goal", "aria-labelledby": "goal-title" }));
  const own = dialog;
  const fields = fieldsOf(goal, type, match);
  const message = h("p", { class: "problem", role: "alert" });
  const form = h(
    "form",
    {},
    h("h2", { id: "goal-title", text: goal ? "Edit goal" : "Add goal" }),
    ...fields.nodes,
    message,
    h(
      "p",
      { class: "actions" },
      h("button", { class: "button strong", text: goal ? "Save" : "Add goal" }),
      h("button", { type: "button", class: "button", text: "Cancel", onclick: () => own.close() }),
      ...(goal
        ? [
          h("span", { class: "space" }),
          h("button", {
            type: "button",
            class: "button",
            text: "Remove",
            onclick: () => send(`goals/${encodeURIComponent(goal.id)}`, "DELETE", undefined),
          }),
        ]
        : []),
    ),
  );
  /** @param {string} path @param {string} method @param {any} body */
  async function send(path, method, body) {
    try {
      await ask(path, {}, { method, body });
      own.close();
      change({}, { isStep: false });
    } catch (error) {
      setText(message, /** @type {Error} */ (error).message);
    }
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(goal ? `goals/${encodeURIComponent(goal.id)}` : "goals", goal ? "PUT" : "POST", fields.value());
  });
  own.append(form);
  own.addEventListener("close", () => own.remove());
  document.body.append(own);
  own.showModal();
  fields.focus();
}

/** @param {string} label @param {HTMLElement} field */
export const labelled = (label, field) => h("p", {}, h("label", { for: field.id, text: label }), field);

/** @param {string} id @param {string} value @param {Record<string, any>} [more] */
export const input = (
  id,
  value,
  more = {},
) => /** @type {HTMLInputElement} */ (h("input", {
  id,
  class: "field",
  autocomplete: "off",
  maxlength: "200",
  value,
  ...more,
}));

/** @param {import("./goal-names.js").Goal | null} goal @param {string} type @param {string} match */
function fieldsOf(goal, type, match) {
  const kind = /** @type {HTMLSelectElement} */ (h(
    "select",
    { id: "goal-type", class: "choice" },
    h("option", { value: "page", text: "Page view", selected: type === "page" }),
    h("option", { value: "event", text: "Custom event", selected: type === "event" }),
  ));
  const list = h("datalist", { id: "goal-suggestions" });
  const what = input("goal-match", match, { required: true, list: list.id, "aria-describedby": "goal-hint" });
  const name = input("goal-name", goal?.name ?? "", { maxlength: "100", placeholder: "Optional" });
  const property = input("goal-property", goal?.property ?? "", { placeholder: "plan" });
  const value = input("goal-value", goal?.property_value ?? "", { placeholder: "pro" });
  const site = goal ? goal.site : current().site ?? null;
  const ofSite = site
    ? /** @type {HTMLInputElement} */ (h("input", {
      type: "checkbox",
      id: "goal-site",
      checked: !goal || goal.site !== null,
    }))
    : null;
  const label = h("label", { for: "goal-match" });
  const hint = h("p", { class: "note", id: "goal-hint" });
  const properties = h(
    "div",
    { class: "columns" },
    labelled("Payload property", property),
    labelled("Its value", value),
  );
  const draw = () => drawKind(kind.value === "page", { label, what, hint, properties, list });
  kind.addEventListener("change", draw);
  draw();
  return {
    nodes: [
      h("div", { class: "columns" }, labelled("Type", kind), labelled("Name", name)),
      h("div", {}, label, what, list),
      hint,
      properties,
      ...(ofSite ? [h("label", { class: "check" }, ofSite, h("span", { text: `Only on ${site}` }))] : []),
    ],
    focus: () => what.focus(),
    value: () => ({
      type: kind.value,
      match: what.value.trim(),
      name: name.value.trim(),
      ...(kind.value === "event" && property.value.trim()
        ? { property: property.value.trim(), property_value: value.value.trim() }
        : {}),
      ...(ofSite?.checked ? { site } : {}),
    }),
  };
}

/**
 * Shows the words of pages or of events.
 *
 * @param {boolean} isPage
 * @param {{label: HTMLElement, what: HTMLInputElement, hint: HTMLElement, properties: HTMLElement, list: HTMLElement}} parts
 */
function drawKind(isPage, { label, what, hint, properties, list }) {
  setText(label, isPage ? "Page" : "Event name");
  what.placeholder = isPage ? "/thanks" : "signup";
  setText(
    hint,
    isPage
      ? "A path. * stands for any characters but /, ** for any."
      : "The name in collector.track(name, payload). Collector sums the payload's value by its currency.",
  );
  properties.hidden = isPage;
  suggest(list, isPage ? "path" : "event");
}

/** Fills a list of suggestions. @param {HTMLElement} list @param {string} dimension */
export async function suggest(list, dimension) {
  try {
    const asked = { ...reportQuery(), dimensions: dimension, limit: SUGGESTIONS_MAX, only: "counts" };
    const { dimensions } = await ask("breakdowns", { ...asked, filters: undefined });
    list.replaceChildren(
      ...dimensions[dimension].rows.map((/** @type {any} */ row) => h("option", { value: row.value })),
    );
  } catch {
    // A value can be typed without suggestions.
  }
}
