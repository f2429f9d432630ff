// The dialog of a goal: adds, changes and removes it.

import { h, setText } from "../kit/dom.js";
import { ask } from "./api.js";
import { checkbox, choice, input, labelled, openForm } from "./form-dialog.js";
import { current, reportQuery } from "./state.js";

/** Pages and events that a field suggests. */
const SUGGESTIONS_MAX = 50;

/**
 * Opens the dialog of a goal, or of a new one.
 *
 * @param {import("./goal-names.js").Goal | null} [goal] @param {string} [type] @param {string} [match]
 */
export function openGoal(goal = null, type = goal?.type ?? "page", match = goal?.match ?? "") {
  const { nodes, value, focus } = fieldsOf(goal, type, match);
  openForm({ id: "goal", noun: "goal", path: "goals", item: goal?.id ?? null, nodes, value });
  focus();
}

/** @param {import("./goal-names.js").Goal | null} goal @param {string} type @param {string} match */
function fieldsOf(goal, type, match) {
  const kind = choice("goal-type", { page: "Page view", event: "Custom event" }, type);
  const list = h("datalist", { id: "goal-suggestions" });
  const what = input("goal-match", match, { required: true, list: list.id, "aria-describedby": "goal-hint" });
  const name = input("goal-name", goal?.name ?? "", { maxlength: "100", placeholder: "Optional" });
  const property = input("goal-property", goal?.property ?? "", { placeholder: "plan" });
  const value = input("goal-value", goal?.property_value ?? "", { placeholder: "pro" });
  const site = goal ? goal.site : current().site ?? null;
  const [ofSite, siteCheck] = checkbox("goal-site", !goal || goal.site !== null, `Only on ${site}`);
  const label = h("label", { for: "goal-match" });
  const hint = h("p", { class: "note", id: "goal-hint" });
  const properties = h(
    "div",
    { class: "columns" },
    labelled("Payload property", property),
    labelled("Its value", value),
  );
  const draw = () => drawKind(kind.value === "page", { label, what, hint, properties, list });
  kind.addEventListener("change", draw);
  draw();
  return {
    nodes: [
      h("div", { class: "columns" }, labelled("Type", kind), labelled("Name", name)),
      h("div", {}, label, what, list),
      hint,
      properties,
      ...(site ? [siteCheck] : []),
    ],
    focus: () => what.focus(),
    value: () => ({
      type: kind.value,
      match: what.value.trim(),
      name: name.value.trim(),
      ...(kind.value === "event" && property.value.trim()
        ? { property: property.value.trim(), property_value: value.value.trim() }
        : {}),
      ...(site && ofSite.checked ? { site } : {}),
    }),
  };
}

/**
 * Shows the words of pages or of events.
 *
 * @param {boolean} isPage
 * @param {{label: HTMLElement, what: HTMLInputElement, hint: HTMLElement, properties: HTMLElement, list: HTMLElement}} parts
 */
function drawKind(isPage, { label, what, hint, properties, list }) {
  setText(label, isPage ? "Page" : "Event name");
  what.placeholder = isPage ? "/thanks" : "signup";
  setText(
    hint,
    isPage
      ? "A path. * stands for any characters but /, ** for any."
      : "The name in collector.track(name, payload). Collector sums the payload's value by its currency.",
  );
  properties.hidden = isPage;
  suggest(list, isPage ? "path" : "event");
}

/** Fills a list of suggestions. @param {HTMLElement} list @param {string} dimension */
export async function suggest(list, dimension) {
  try {
    const asked = { ...reportQuery(), dimensions: dimension, limit: SUGGESTIONS_MAX, only: "counts" };
    const { dimensions } = await ask("breakdowns", { ...asked, filters: undefined });
    list.replaceChildren(
      ...dimensions[dimension].rows.map((/** @type {any} */ row) => h("option", { value: row.value })),
    );
  } catch {
    // A value can be typed without suggestions.
  }
}
