// The lists of the dialogs about access: share links, API tokens and sessions, each with a button that ends it.

import { h, isolated } from "../kit/dom.js";

/** Empties a list before it is read: a row that moves under the pointer gets a click that was meant for another. @param {HTMLElement} panel */
export const emptyList = (panel) => panel.replaceChildren(h("p", { class: "note", text: "Loading" }));

/**
 * Shows a list, a sentence when it is empty, or the reason why it is missing.
 *
 * @param {HTMLElement} panel
 * @param {{name: string, none: string, attributes?: Record<string, string>}} list its name, the sentence, and more attributes
 * @param {() => Promise<HTMLElement[]>} read the rows
 */
export async function showList(panel, { name, none, attributes }, read) {
  try {
    const rows = await read();
    panel.replaceChildren(
      rows.length
        ? h("ul", { class: "links", "aria-label": name, ...attributes }, ...rows)
        : h("p", { class: "note", text: none }),
    );
  } catch (error) {
    panel.replaceChildren(h("p", { class: "note", role: "alert", text: /** @type {Error} */ (error).message }));
  }
}

/**
 * A row of such a list.
 *
 * @param {string} name @param {string[]} notes
 * @param {{text: string, label: string, run: () => void} | null} action the button @param {string} [mark] after the name
 */
export const listRow = (name, notes, action, mark = "") =>
  h(
    "li",
    {},
    h("b", {}, isolated(name), ...(mark ? [mark] : [])),
    h("span", { class: "note", text: notes.join(" · ") }),
    action &&
      h("button", {
        type: "button",
        class: "button",
        text: action.text,
        "aria-label": action.label,
        onclick: action.run,
      }),
  );
