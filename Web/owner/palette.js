// The command palette: views, ranges, sites and actions, found by typing parts of their names.

import { h, setText } from "../kit/dom.js";
import { matching } from "./palette-match.js";

/**
 * @typedef {object} Command
 * @property {string} group
 * @property {string} label
 * @property {string} [keys] shown at the end of the line
 * @property {() => void} run
 */

/** Lines that the list shows at most. */
const SHOWN_MAX = 60;

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const dialog = () => /** @type {HTMLDialogElement} */ (byId("palette"));
const input = () => /** @type {HTMLInputElement} */ (byId("palette-input"));
const options = () => /** @type {HTMLElement[]} */ ([...byId("palette-list").querySelectorAll("[role=option]")]);

/** @type {() => Command[]} */
let commands = () => [];
/** Index of the option that Enter runs. */
let active = 0;

/** @param {Command} command @param {number} index */
const optionOf = (command, index) =>
  h(
    "li",
    {
      role: "option",
      id: `palette-${index}`,
      "aria-selected": "false",
      onclick() {
        dialog().close();
        command.run();
      },
      onpointermove: () => activate(index),
    },
    h("span", { class: "note", text: command.group }),
    h("span", { text: command.label }),
    command.keys ? h("kbd", { "aria-hidden": "true", text: command.keys }) : null,
  );

/** @param {number} index */
function activate(index) {
  const all = options();
  active = Math.max(0, Math.min(index, all.length - 1));
  for (const [at, option] of all.entries()) option.setAttribute("aria-selected", String(at === active));
  if (all.length) input().setAttribute("aria-activedescendant", all[active].id);
  else input().removeAttribute("aria-activedescendant");
}

function draw() {
  const found = matching(commands(), input().value).slice(0, SHOWN_MAX);
  byId("palette-list").replaceChildren(...found.map(optionOf));
  byId("palette-none").hidden = found.length > 0;
  setText(byId("palette-none"), `No command matches "${input().value.trim()}".`);
  activate(0);
}

export function openPalette() {
  input().value = "";
  draw();
  dialog().showModal();
  input().focus();
}

/** @param {KeyboardEvent} event */
function press(event) {
  const last = options().length - 1;
  const index = /** @type {Record<string, number>} */ ({
    ArrowDown: active < last ? active + 1 : 0,
    ArrowUp: active > 0 ? active - 1 : last,
    PageDown: Math.min(active + 8, last),
    PageUp: Math.max(active - 8, 0),
  })[event.key];
  if (index !== undefined) {
    event.preventDefault();
    activate(index);
    options()[active]?.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    options()[active]?.click();
  }
}

/** @param {() => Command[]} list gives the commands each time that the palette opens or its text changes */
export function startPalette(list) {
  commands = list;
  input().addEventListener("input", draw);
  input().addEventListener("keydown", press);
}
