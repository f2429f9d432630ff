// The range: a menu of named ranges, each with a key, and buttons to the previous and the next period.

import { h, setText } from "../kit/dom.js";
import { stepped } from "../kit/ranges.js";
import { chosenPeriod } from "../kit/times.js";
import { allowsRange, narrowedBounds } from "./limits.js";
import { openRange } from "./range-dialog.js";
import { change, current, rangeBounds, rangeLabel, rangeName, RANGES, rangeSeconds, zone } from "./state.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const CUSTOM = { label: "Custom range…", key: "c" };
/** First ranges of the groups of the menu. */
const GROUPS = new Set(["24h", "month", "all"]);

/** @param {string} range */
const chooseRange = (range) => change({ range, from: null, to: null, interval: null });

/** The next period, or the previous one; null if there is none that can be seen. @param {-1 | 1} direction */
function neighbor(direction) {
  const now = Date.now() / 1000;
  const bounds = stepped(rangeBounds(), rangeSeconds(), direction, zone(), now);
  if (bounds === null) return null;
  const isSeen = bounds.range ? allowsRange(bounds.range, zone(), now) : narrowedBounds(bounds, zone(), now) !== null;
  return isSeen ? bounds : null;
}

/** Moves the range by its length. @param {-1 | 1} direction @returns {boolean} whether there is such a period */
function step(direction) {
  const bounds = neighbor(direction);
  if (bounds) change({ ...bounds });
  return bounds !== null;
}

export function drawRange() {
  const { from, to } = current();
  const name = rangeName();
  setText(byId("range-name"), name === null ? chosenPeriod(from, to, zone()) : rangeLabel(name));
  for (const [id, direction] of /** @type {[string, -1 | 1][]} */ ([["range-back", -1], ["range-next", 1]])) {
    /** @type {HTMLButtonElement} */ (byId(id)).disabled = neighbor(direction) === null;
  }
  markChosen();
}

function markChosen() {
  const chosen = rangeName() ?? "custom";
  for (const item of items()) item.setAttribute("aria-checked", String(item.dataset.range === chosen));
}

const menu = () => byId("range-menu");
const items = () => /** @type {HTMLElement[]} */ ([...menu().querySelectorAll("[role=menuitemradio]")]);

/** @param {string} value @param {{label: string, key: string}} range @param {() => void} choose */
const itemOf = (value, { label, key }, choose) =>
  h(
    "button",
    {
      type: "button",
      role: "menuitemradio",
      tabindex: "-1",
      "aria-checked": "false",
      "aria-keyshortcuts": key,
      "data-range": value,
      onclick() {
        close();
        byId("range-open").focus();
        choose();
      },
    },
    h("span", { text: label }),
    h("kbd", { "aria-hidden": "true", text: key.toUpperCase() }),
  );

function fill() {
  menu().replaceChildren(
    ...Object.entries(RANGES).filter(([name]) => allowsRange(name, zone())).flatMap(([name, { key }], index) => [
      ...(GROUPS.has(name) && index ? [h("div", { role: "separator" })] : []),
      itemOf(name, { key, label: rangeLabel(name) }, () => chooseRange(name)),
    ]),
    itemOf("custom", CUSTOM, openRange),
  );
  markChosen();
}

function open() {
  fill();
  menu().hidden = false;
  byId("range-open").setAttribute("aria-expanded", "true");
  (items().find((item) => item.getAttribute("aria-checked") === "true") ?? items()[0]).focus();
}

function close() {
  menu().hidden = true;
  byId("range-open").setAttribute("aria-expanded", "false");
}

/** @param {KeyboardEvent} event */
function moveInMenu(event) {
  const all = items();
  const index = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = /** @type {Record<string, number>} */ ({
    ArrowDown: (index + 1) % all.length,
    ArrowUp: (index - 1 + all.length) % all.length,
    Home: 0,
    End: all.length - 1,
  })[event.key];
  if (event.key === "Escape") {
    close();
    byId("range-open").focus();
  } else if (event.key === "Tab") return close();
  else if (next !== undefined) all[next].focus();
  else if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  event.preventDefault();
  event.stopPropagation();
}

/**
 * Handles a key of the page: the letter of a range, or an arrow to another period.
 *
 * @param {KeyboardEvent} event outside of fields @returns {boolean} whether it is one
 */
export function rangeKey(event) {
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    const own = "[role=tablist], [role=application], [role=menu], [role=radiogroup], .scroll, .stream, pre, summary";
    if (event.shiftKey || event.target instanceof Element && event.target.closest(own)) return false;
    return step(event.key === "ArrowLeft" ? -1 : 1);
  }
  if (event.key === CUSTOM.key) openRange();
  else {
    const name = Object.keys(RANGES).find((name) => RANGES[name].key === event.key);
    if (!name || !allowsRange(name, zone())) return false;
    chooseRange(name);
  }
  close();
  return true;
}

export function startRangeMenu() {
  byId("range-open").addEventListener("click", () => menu().hidden ? open() : close());
  byId("range-open").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    open();
  });
  menu().addEventListener("keydown", moveInMenu);
  byId("range-back").addEventListener("click", () => step(-1));
  byId("range-next").addEventListener("click", () => step(1));
  document.addEventListener("pointerdown", (event) => {
    if (event.target instanceof Node && !byId("ranges").contains(event.target)) close();
  });
}
