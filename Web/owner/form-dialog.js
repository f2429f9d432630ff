// A dialog with a form that saves and removes something of the API, and its fields.

import { h, setText } from "../kit/dom.js";
import { ask } from "./api.js";
import { change } from "./state.js";

/** @type {HTMLDialogElement | undefined} */
let dialog;

/**
 * Opens the dialog.
 *
 * @param {object} form
 * @param {string} form.id of the dialog @param {string} form.noun such as "goal" @param {string} form.path of the list
 * @param {string | null} form.item the id of what is edited; null for a new one
 * @param {(Node | string)[]} form.nodes the fields @param {() => any} form.value the body of the request
 */
export function openForm({ id, noun, path, item, nodes, value }) {
  dialog?.remove();
  dialog = /** @type {HTMLDialogElement} */ (h("dialog", { id, "aria-labelledby": `${id}-title` }));
  const own = dialog;
  const message = h("p", { class: "problem", role: "alert" });
  const target = item === null ? path : `${path}/${encodeURIComponent(item)}`;
  /** @param {string} method @param {any} body */
  async function send(method, body) {
    try {
      await ask(target, {}, { method, body });
      own.close();
      change({}, { isStep: false });
    } catch (error) {
      setText(message, /** @type {Error} */ (error).message);
    }
  }
  const remove = item === null ? [] : [
    h("span", { class: "space" }),
    h("button", { type: "button", class: "button", text: "Remove", onclick: () => send("DELETE", undefined) }),
  ];
  const form = h(
    "form",
    {},
    h("h2", { id: `${id}-title`, text: `${item === null ? "Add" : "Edit"} ${noun}` }),
    ...nodes,
    message,
    h(
      "p",
      { class: "actions" },
      h("button", { class: "button strong", text: item === null ? `Add ${noun}` : "Save" }),
      h("button", { type: "button", class: "button", text: "Cancel", onclick: () => own.close() }),
      ...remove,
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(item === null ? "POST" : "PUT", value());
  });
  own.append(form);
  own.addEventListener("close", () => own.remove());
  document.body.append(own);
  own.showModal();
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

/** @param {string} id @param {Record<string, string>} choices @param {string} chosen @param {Record<string, any>} [more] */
export const choice = (id, choices, chosen, more = {}) => /** @type {HTMLSelectElement} */ (h(
  "select",
  { id, class: "choice", ...more },
  ...Object.entries(choices).map(([value, text]) => h("option", { value, text, selected: value === chosen })),
));

/** @param {string} id @param {boolean} checked @param {string} text @returns {[HTMLInputElement, HTMLElement]} */
export function checkbox(id, checked, text) {
  const box = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", id, checked }));
  return [box, h("label", { class: "check" }, box, h("span", { text }))];
}
