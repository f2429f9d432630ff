// Light, dark, or the theme of the system. The choice is stored where the browser allows it.

const KEY = "collector.theme";
const CHOICES = ["auto", "light", "dark"];
const buttons = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-theme-choice]")]);
let choice = "auto";

/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {() => void} listener called when colors have changed */
export const onTheme = (listener) => listeners.add(listener);

/** @param {string} name */
function apply(name) {
  choice = CHOICES.includes(name) ? name : "auto";
  // Pico reads data-theme too; without one both follow the system.
  if (choice === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  for (const listener of listeners) listener();
}

/** @param {string} name */
function choose(name) {
  apply(name);
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // It lasts as long as the page.
  }
}

export const nextTheme = () => choose(CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length]);

export function startTheme() {
  let kept = "auto";
  try {
    kept = localStorage.getItem(KEY) ?? "auto";
  } catch {
    // Storage is blocked: the theme of the system.
  }
  apply(kept);
  for (const button of buttons) button.addEventListener("click", () => choose(button.dataset.themeChoice ?? "auto"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener?.(
    "change",
    () => listeners.forEach((listener) => listener()),
  );
}
