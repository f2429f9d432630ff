// The bar above the views: range, comparison, bots, time zone and filters.

import { h, isolated, setText } from "../kit/dom.js";
import { learnGoals } from "./goal-names.js";
import { chipText } from "./filters.js";
import { openAddSite } from "./add-site.js";
import { openFilter } from "./filter-dialog.js";
import { drawRange, startRangeMenu } from "./range-menu.js";
import { drawZoneDefault, startSettings } from "./settings.js";
import { change, changeFilters, current, filters, includesBots, isComparing, rejectedZone, zone } from "./state.js";
import { VIEWS } from "./views.js";
import { browserZone, zones } from "../kit/times.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} view that is open */
export function drawBar(view) {
  const { controls, reason: text } = VIEWS[view].unused ?? { controls: [], reason: "" };
  drawRange();
  byId("compare").setAttribute("aria-pressed", String(isComparing()));
  byId("bots").setAttribute("aria-pressed", String(includesBots()));
  for (const id of ["compare", "bots", "filter-open"]) {
    /** @type {HTMLButtonElement} */ (byId(id)).disabled = controls.includes(id);
  }
  /** @type {HTMLButtonElement} */ (byId("segments-open")).disabled = controls.includes("filter-open");
  const reason = byId("asked-reason");
  reason.hidden = !text;
  setText(reason, text);
  drawZone();
  drawChips(controls.includes("filter-open") ? text : null);
}

const zoneSelect = () => /** @type {HTMLSelectElement} */ (byId("zone"));

/** @param {string} value */
const zoneOption = (value) => h("option", { value, text: value.replaceAll("_", " ") });

/** Offers all time zones to choose from: hundreds of them, for which the first figures do not wait. */
export function fillZones() {
  if (zoneSelect().dataset.isFilled !== undefined) return;
  zoneSelect().dataset.isFilled = "";
  zoneSelect().replaceChildren(...zones(browserZone(), zone()).map(zoneOption));
  zoneSelect().value = zone();
}

function drawZone() {
  const select = zoneSelect();
  const name = zone();
  if (![...select.options].some(({ value }) => value === name)) select.append(zoneOption(name));
  select.value = name;
  setText(byId("zone-name"), name);
  drawZoneDefault();
  const rejected = rejectedZone();
  const note = byId("zone-note");
  note.hidden = rejected === null;
  setText(note, rejected === null ? "" : `The server does not know the time zone ${rejected}. Times are in UTC.`);
}

/** @param {string | null} unused why the view does not use filters */
function drawChips(unused) {
  const isDisabled = unused !== null;
  const list = filters();
  // Chips have names, the address has ids.
  const ids = list.filter(({ dimension }) => dimension === "goal").flatMap(({ values }) => values);
  if (ids.length) learnGoals(ids).then((isNew) => isNew && drawChips(unused));
  byId("filters").replaceChildren(
    ...list.map((filter, index) => {
      const { label, values } = chipText(filter);
      return h(
        "li",
        { title: unused, class: isDisabled ? "unused" : "" },
        h(
          "button",
          {
            type: "button",
            class: "edit",
            disabled: isDisabled,
            title: unused ?? `Edit: ${label} ${filter.values.join(", ")}`,
            onclick: () => openFilter(index),
          },
          `${label} `,
          h("b", {}, isolated(values)),
        ),
        h("button", {
          type: "button",
          class: "remove",
          disabled: isDisabled,
          "aria-label": `Remove the filter ${label} ${values}`,
          text: "×",
          onclick: () => changeFilters(list.filter((one) => one !== filter)),
        }),
      );
    }),
    ...(list.length > 1
      ? [h(
        "li",
        { class: "clear" },
        h("button", {
          type: "button",
          class: "edit",
          disabled: isDisabled,
          text: "Clear all",
          onclick: () => changeFilters([]),
        }),
      )]
      : []),
  );
}

export function startBar() {
  startRangeMenu();
  startSettings(() => change({ zone: null }, { isStep: false }));
  byId("filter-open").addEventListener("click", () => openFilter());
  byId("compare").addEventListener("click", () => change({ compare: isComparing() ? "0" : null }));
  byId("bots").addEventListener("click", () => change({ bots: includesBots() ? null : "include" }));
  zoneSelect().addEventListener("focus", fillZones);
  zoneSelect().addEventListener("change", () => change({ zone: zoneSelect().value }));
  byId("site").addEventListener("change", () => {
    const select = /** @type {HTMLSelectElement} */ (byId("site"));
    if (select.selectedOptions[0].dataset.action !== "add") return change({ site: select.value });
    select.value = current().site ?? "";
    openAddSite();
  });
}
