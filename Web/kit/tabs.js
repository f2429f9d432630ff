// Tabs by the ARIA pattern: one is in the tab order, arrow keys move between them, and the address contains the name of the open one.

const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[role=tab]")]);
const names = tabs.map((tab) => tab.dataset.tab ?? "");
const isShown = (/** @type {HTMLElement} */ tab) => !tab.hidden;

/** @type {Set<(name: string) => void>} */
const listeners = new Set();

/** @param {(name: string) => void} listener called for every tab that is opened, beginning with the first */
export const onTab = (listener) => listeners.add(listener);

export const openTab = () => tabs.find((tab) => tab.getAttribute("aria-selected") === "true")?.dataset.tab ?? names[0];

/**
 * @param {string} name
 * @param {{isFocused?: boolean, isRemembered?: boolean}} [options]
 */
export function showTab(name, { isFocused = false, isRemembered = true } = {}) {
  if (!tabs.some((tab) => tab.dataset.tab === name && isShown(tab))) return;
  for (const tab of tabs) {
    const isOpen = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(isOpen));
    tab.tabIndex = isOpen ? 0 : -1;
    const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
    if (panel) panel.hidden = !isOpen;
    if (isOpen && isFocused) tab.focus();
    if (isOpen) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  // Another tab is no further step in the history.
  if (isRemembered) history.replaceState(null, "", `#${name}`);
  for (const listener of listeners) listener(name);
}

/**
 * Shows some of the tabs, and opens the first of them instead of one that is hidden.
 *
 * @param {(name: string) => boolean} isWanted
 */
export function showTabs(isWanted) {
  for (const tab of tabs) tab.hidden = !isWanted(tab.dataset.tab ?? "");
  const first = tabs.find(isShown);
  if (first && !isWanted(openTab())) showTab(first.dataset.tab ?? "");
}

/** @param {number} index from 0, hidden ones included */
export const showTabAt = (index) => showTab(names[index], { isFocused: true });

export function startTabs() {
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => showTab(names[index]));
    tab.addEventListener("keydown", (event) => {
      const shown = tabs.filter(isShown);
      const at = shown.indexOf(tab);
      const step = /** @type {Record<string, number>} */ ({
        ArrowRight: at + 1,
        ArrowLeft: at - 1 + shown.length,
        Home: 0,
        End: shown.length - 1,
      })[event.key];
      if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      showTab(shown[step % shown.length].dataset.tab ?? "", { isFocused: true });
    });
  }
  // An address without a name is that of the first tab.
  const named = () => location.hash.slice(1) || names[0];
  addEventListener("hashchange", () => showTab(named(), { isRemembered: false }));
  showTab(names.includes(named()) ? named() : names[0], { isRemembered: false });
}
