// The values of the payload's members in the errors of an issue.

import { h, isolated } from "../kit/dom.js";
import { body, skeleton } from "../kit/cards.js";
import { ask } from "./api.js";
import { issuePath } from "./issues.js";
import { bars, failure, noFigures } from "./parts.js";
import { reportQuery } from "./state.js";

/** @param {HTMLElement} element a card @param {any} issue @param {AbortSignal} signal */
export async function showProperties(element, issue, signal) {
  body(element).replaceChildren(skeleton());
  try {
    const { properties } = await ask(`${issuePath(issue.issue)}/properties`, reportQuery(), { signal });
    if (!properties.length) {
      return body(element).replaceChildren(
        noFigures("No data for this period", "The errors of this period have no further properties."),
      );
    }
    body(element).replaceChildren(h("div", { class: "properties" }, ...properties.map(property)));
  } catch (error) {
    if (!signal.aborted) body(element).replaceChildren(failure(error, () => showProperties(element, issue, signal)));
  }
}

/** @param {any} found */
const property = ({ name, rows, count, rest }) =>
  h("div", {}, h("h3", {}, isolated(name)), bars("", { rows, count, rest, by: "count" }));
