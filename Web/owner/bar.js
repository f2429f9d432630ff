// The bar above the views: range, comparison, bots, time zone and filters.

import { h, isolated, setText } from "../kit/dom.js";
import { chipText } from "./filters.js";
import { openFilter } from "./filter-dialog.js";
import { openRange } from "./range-dialog.js";
import {
  change,
  changeFilters,
  current,
  filters,
  includesBots,
  isComparing,
  isCustomRange,
  rangeName,
  RANGES,
  rejectedZone,
  zone,
} from "./state.js";
import { VIEWS } from "./views.js";
import { browserZone, chosenPeriod, zones } from "../kit/times.js";

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} view that is open */
export function drawBar(view) {
  const { controls, reason: text } = VIEWS[view].unused ?? { controls: [], reason: "" };
  drawRanges();
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

function drawRanges() {
  const { from, to } = current();
  const name = rangeName();
  byId("ranges").replaceChildren(
    ...Object.entries(RANGES).map(([value, text]) =>
      h("button", {
        type: "button",
        text,
        "aria-pressed": String(name === value),
        onclick: () => change({ range: value, from: null, to: null }),
      })
    ),
    h("button", {
      type: "button",
      id: "range-custom",
      text: isCustomRange() ? chosenPeriod(from, to, zone()) : "Custom",
      "aria-pressed": String(isCustomRange()),
      onclick: openRange,
    }),
  );
}

function drawZone() {
  const select = /** @type {HTMLSelectElement} */ (byId("zone"));
  const name = zone();
  if (![...select.options].some(({ value }) => value === name)) {
    select.replaceChildren(
      ...zones(browserZone(), name).map((value) => h("option", { value, text: value.replaceAll("_", " ") })),
    );
  }
  select.value = name;
  setText(byId("zone-name"), name);
  const rejected = rejectedZone();
  const note = byId("zone-note");
  note.hidden = rejected === null;
  setText(note, rejected === null ? "" : `The server does not know the time zone ${rejected}. Times are in UTC.`);
}

/** @param {string | null} unused why the view does not use filters */
function drawChips(unused) {
  const isDisabled = unused !== null;
  const list = filters();
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
  byId("filter-open").addEventListener("click", () => openFilter());
  byId("compare").addEventListener("click", () => change({ compare: isComparing() ? "0" : null }));
  byId("bots").addEventListener("click", () => change({ bots: includesBots() ? null : "include" }));
  byId("zone").addEventListener(
    "change",
    () => change({ zone: /** @type {HTMLSelectElement} */ (byId("zone")).value }),
  );
  byId("site").addEventListener(
    "change",
    () => change({ site: /** @type {HTMLSelectElement} */ (byId("site")).value }),
  );
}
