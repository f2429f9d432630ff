// The commands of the palette.

import { showTab } from "../kit/tabs.js";
import { nextTheme } from "../kit/theme.js";
import { openAddSite } from "./add-site.js";
import { openChanges } from "./changes.js";
import { openFilter } from "./filter-dialog.js";
import { allowsRange, onlySite } from "./limits.js";
import { openSessions } from "./sessions.js";
import { siteNames } from "./sites.js";
import {
  change,
  changeFilters,
  current,
  filters,
  includesBots,
  isComparing,
  rangeLabel,
  RANGES,
  zone,
} from "./state.js";
import { openTokens } from "./tokens.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const isUsable = (/** @type {string} */ id) => !(/** @type {HTMLButtonElement} */ (byId(id)).disabled);

/** @returns {import("./palette.js").Command[]} */
function views() {
  const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[role=tab]")]);
  return tabs.map((tab, index) => ({
    group: "Go to",
    label: tab.firstChild?.textContent?.trim() ?? "",
    keys: String(index + 1),
    run: () => showTab(tab.dataset.tab ?? "", { isFocused: true }),
  })).filter((_, index) => !tabs[index].hidden);
}

/** @returns {import("./palette.js").Command[]} */
const ranges = () =>
  Object.entries(RANGES).filter(([range]) => allowsRange(range, zone())).map(([range, { key }]) => ({
    group: "Range",
    label: rangeLabel(range),
    keys: key.toUpperCase(),
    run: () => change({ range, from: null, to: null, interval: null }),
  }));

/** @returns {import("./palette.js").Command[]} */
const sites = () =>
  onlySite() === null
    ? ["", ...siteNames()].map((site) => ({ group: "Site", label: site || "All sites", run: () => change({ site }) }))
    : [];

/** @returns {import("./palette.js").Command[]} */
const actions = () => [
  ...(isUsable("filter-open") ? [{ group: "Filters", label: "Add filter", keys: "/", run: () => openFilter() }] : []),
  ...(filters().length ? [{ group: "Filters", label: "Clear all filters", run: () => changeFilters([]) }] : []),
  ...(isUsable("compare")
    ? [{
      group: "Figures",
      label: isComparing() ? "Do not compare with the previous period" : "Compare with the previous period",
      run: () => change({ compare: isComparing() ? "0" : null }),
    }]
    : []),
  ...(isUsable("bots")
    ? [{
      group: "Figures",
      label: includesBots() ? "Exclude bots" : "Include bots",
      run: () => change({ bots: includesBots() ? null : "include" }),
    }]
    : []),
  { group: "Page", label: "Next theme", keys: "T", run: nextTheme },
  { group: "Page", label: "Keyboard shortcuts", keys: "?", run: () => byId("help-open").click() },
  { group: "Page", label: "Copy link to this report", run: () => void navigator.clipboard?.writeText(location.href) },
  ...(document.body.dataset.access === "owner"
    ? [
      { group: "Page", label: "Share", run: () => byId("share-open").click() },
      { group: "Page", label: "API tokens", run: openTokens },
      { group: "Page", label: "Sessions", run: openSessions },
      { group: "Page", label: "Changes", run: openChanges },
      { group: "Page", label: "Add a site", run: openAddSite },
    ]
    : []),
  { group: "Page", label: "Print", run: () => print() },
  { group: "Page", label: "Sign out", run: () => byId("sign-out").click() },
];

/** All commands that are possible now. */
export const allCommands = () => [
  ...views(),
  ...ranges(),
  ...actions(),
  ...(sites().length > 1 || current().site ? sites() : []),
];
