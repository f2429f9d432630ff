// The dialog of a filter: property, operator and values, with suggestions from the figures.

import { h, isolated, setText } from "../kit/dom.js";
import { ask } from "./api.js";
import { DIMENSIONS, FILTER_VALUES_MAX, FILTERS_MAX, OPERATORS, PROPERTY } from "../kit/contract.js";
import {
  CODES_MAX,
  encodeFilters,
  folded,
  hasCodes,
  isDimension,
  operatorsOf,
  valueLabel,
  withFilter,
} from "./filters.js";
import { goalName, readGoals } from "./goal-names.js";
import { changeFilters, filters, reportQuery } from "./state.js";
import { count } from "../kit/format.js";

/** @typedef {{value: string, label: string, figure: number | null}} Suggestion */

const SUGGESTIONS_MAX = 50;
/** Characters of a searched text. */
const SEARCH_LENGTH_MAX = 60;
/** Operators that compare with whole values: those are suggested. */
const WHOLE = new Set(["is", "is_not"]);
const HINTS = /** @type {Record<string, string>} */ ({
  contains: "Any part of the value, as it is written.",
  contains_not: "Any part of the value, as it is written.",
  matches: "* stands for any characters but /, ** for any.",
  matches_not: "* stands for any characters but /, ** for any.",
});

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const field = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));
const dialog = () => /** @type {HTMLDialogElement} */ (byId("filter"));

/** Index of the filter that is edited; -1 for a new one. */
let edited = -1;
/** @type {string[]} */
let values = [];
/** @type {Suggestion[]} */
let suggestions = [];
/** @type {AbortController | undefined} */
let suggesting;
let isSuggesting = false;

const say = (/** @type {string} */ text) => setText(byId("filter-message"), text);

/** @param {number} [index] of the filter to edit */
export function openFilter(index = -1) {
  const list = filters();
  const filter = list[index];
  if (!filter && list.length >= FILTERS_MAX) return;
  edited = filter ? index : -1;
  const { operator, dimension } = filter ?? { operator: "is", dimension: "path" };
  const isProperty = dimension.startsWith(PROPERTY);
  values = [...filter?.values ?? []];
  setText(byId("filter-title"), filter ? "Edit filter" : "Add filter");
  field("filter-dimension").value = isProperty ? PROPERTY : dimension;
  field("filter-key").value = isProperty ? dimension.slice(PROPERTY.length) : "";
  field("filter-value").value = "";
  suggestions = [];
  say("");
  drawOperators(operator);
  drawValues();
  dialog().showModal();
  suggest();
}

const chosenDimension = () => {
  const name = field("filter-dimension").value;
  return name === PROPERTY ? PROPERTY + field("filter-key").value.trim() : name;
};

/** @param {string} chosen */
function drawOperators(chosen) {
  const names = operatorsOf(chosenDimension());
  byId("filter-operator").replaceChildren(
    ...names.map((value) => h("option", { value, text: OPERATORS[/** @type {keyof typeof OPERATORS} */ (value)] })),
  );
  field("filter-operator").value = names.includes(chosen) ? chosen : names[0];
  byId("filter-key-line").hidden = field("filter-dimension").value !== PROPERTY;
}

/** @param {string} value */
const labelOf = (value) => chosenDimension() === "goal" ? goalName(value) : valueLabel(chosenDimension(), value);

function drawValues() {
  setText(byId("filter-hint"), HINTS[field("filter-operator").value] ?? "");
  byId("filter-values").replaceChildren(...values.map((value) =>
    h(
      "li",
      {},
      h("span", {}, isolated(labelOf(value))),
      h("button", {
        type: "button",
        class: "remove",
        "aria-label": `Remove ${labelOf(value)}`,
        text: "×",
        onclick: () => {
          values = values.filter((one) => one !== value);
          drawValues();
          field("filter-value").focus();
        },
      }),
    )
  ));
  drawSuggestions();
}

/** Milliseconds after the last key before the server is searched. */
const SEARCH_MS = 200;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let searching;

/** Suggests values with the typed text: those that are known at once, then those of the server. */
function search() {
  drawSuggestions();
  clearTimeout(searching);
  if (suggestsFromFigures(chosenDimension())) searching = setTimeout(suggest, SEARCH_MS);
}

function drawSuggestions() {
  const typed = folded(field("filter-value").value.trim());
  const shown = suggestions.filter(({ label }) => !typed || folded(label).includes(typed));
  // The list has a fixed height, so that nothing moves below the pointer when suggestions arrive.
  byId("filter-suggestions").hidden = !WHOLE.has(field("filter-operator").value) || !hasSuggestions(chosenDimension());
  if (!shown.length) {
    byId("filter-list").replaceChildren(h("li", { class: "note", text: isSuggesting ? "Loading" : "No suggestions" }));
    return;
  }
  byId("filter-list").replaceChildren(...shown.map(({ value, label, figure }) =>
    h(
      "li",
      {},
      h(
        "label",
        {},
        h("input", { type: "checkbox", checked: values.includes(value), onchange: () => toggle(value) }),
        h("span", {}, isolated(label)),
        h("span", { class: "dim", text: figure === null ? "" : count(figure) }),
      ),
    )
  ));
}

/** @param {string} value */
function toggle(value) {
  if (values.includes(value)) values = values.filter((one) => one !== value);
  else if (!add(value)) return drawSuggestions();
  const focused = document.activeElement instanceof HTMLInputElement && document.activeElement.type === "checkbox"
    ? [...byId("filter-list").querySelectorAll("input")].indexOf(document.activeElement)
    : -1;
  drawValues();
  // The box that had the focus has been replaced.
  byId("filter-list").querySelectorAll("input")[focused]?.focus();
}

/** @param {string} value */
function add(value) {
  if (values.includes(value)) return true;
  if (values.length >= FILTER_VALUES_MAX) {
    say(`A filter has at most ${FILTER_VALUES_MAX} values.`);
    return false;
  }
  values = [...values, value];
  say("");
  return true;
}

/** The code of a typed name, or a typed code; null if there is none. @param {string} typed */
function codeOf(typed) {
  const named = suggestions.find(({ value, label }) =>
    folded(label) === folded(typed) || value === typed.toUpperCase()
  );
  return named ? named.value : /^[A-Za-z]{2}$/.test(typed) ? typed.toUpperCase() : null;
}

/** Adds the typed value. @returns {boolean} false if it cannot be added */
function addTyped() {
  const typed = field("filter-value").value.trim();
  if (!typed) return true;
  const value = hasCodes(chosenDimension()) ? codeOf(typed) : typed;
  if (value === null) {
    say(`No value is called ${typed}.`);
    return false;
  }
  if (!add(value)) return false;
  field("filter-value").value = "";
  drawValues();
  return true;
}

async function suggest() {
  suggesting?.abort();
  const { signal } = suggesting = new AbortController();
  isSuggesting = true;
  drawSuggestions();
  const dimension = chosenDimension();
  const others = encodeFilters(filters().filter((_, index) => index !== edited));
  try {
    suggestions = await suggestionsOf(dimension, others, signal);
  } catch {
    // A value can be typed without suggestions.
  }
  if (signal.aborted) return;
  isSuggesting = false;
  drawSuggestions();
}

/** Those of members of payloads and of visitors would be too many. @param {string} dimension */
const hasSuggestions = (dimension) => !dimension.startsWith(PROPERTY) && dimension !== "visitor";

/** Whether the server can search its values. @param {string} dimension */
const suggestsFromFigures = (dimension) => hasSuggestions(dimension) && dimension !== "site" && dimension !== "issue";

/**
 * @param {string} dimension @param {string} others filters @param {AbortSignal} signal
 * @returns {Promise<Suggestion[]>}
 */
async function suggestionsOf(dimension, others, signal) {
  if (!hasSuggestions(dimension)) return [];
  if (dimension === "site") {
    const { sites } = await ask("sites", {}, { signal });
    return sites.filter((/** @type {any} */ one) => one.site).map((/** @type {any} */ one) => ({
      ...{ value: one.site, label: one.site, figure: one.pageviews },
    }));
  }
  if (dimension === "goal") {
    return (await readGoals(signal)).map(({ id, title }) => ({ value: id, label: title, figure: null }));
  }
  const asked = { ...reportQuery(), filters: others };
  if (dimension === "issue") {
    const { issues } = await ask("issues", asked, { signal });
    return issues.slice(0, SUGGESTIONS_MAX).map((/** @type {any} */ one) => ({
      ...{ value: one.issue, label: `${one.name}: ${one.message}`, figure: one.errors },
    }));
  }
  const { dimensions } = await ask("breakdowns", {
    ...asked,
    dimensions: dimension,
    limit: hasCodes(dimension) ? CODES_MAX : SUGGESTIONS_MAX,
    only: "counts",
    contains: hasCodes(dimension) ? undefined : field("filter-value").value.trim().slice(0, SEARCH_LENGTH_MAX),
  }, { signal });
  const { by, rows = [] } = dimensions[dimension];
  return rows.map((/** @type {any} */ row) => ({
    value: row.value,
    label: valueLabel(dimension, row.value),
    figure: row[by] ?? null,
  }));
}

function apply() {
  if (!addTyped()) return;
  const dimension = chosenDimension();
  if (!isDimension(dimension)) return say("Name the member of the payload.");
  if (!values.length) return say("Add at least one value.");
  dialog().close();
  changeFilters(withFilter(filters(), { operator: field("filter-operator").value, dimension, values }, edited));
}

export function startFilter() {
  byId("filter-dimension").append(
    ...Object.entries(DIMENSIONS).map(([value, text]) => h("option", { value, text })),
    h("option", { value: PROPERTY, text: "Payload property" }),
  );
  byId("filter-dimension").addEventListener("change", () => {
    values = [];
    suggestions = [];
    say("");
    drawOperators(field("filter-operator").value);
    drawValues();
    suggest();
  });
  byId("filter-operator").addEventListener("change", drawValues);
  byId("filter-value").addEventListener("input", search);
  byId("filter-value").addEventListener("keydown", (event) => {
    // Enter adds a value; once nothing is typed, it applies the filter.
    if (event.key !== "Enter" || event.isComposing || !field("filter-value").value.trim()) return;
    event.preventDefault();
    addTyped();
  });
  byId("filter-add").addEventListener("click", () => {
    addTyped();
    field("filter-value").focus();
  });
  byId("filter-form").addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
}
