// The dialog for a custom range.

import { setText } from "../kit/dom.js";
import { change, current, zone } from "./state.js";
import { boundSeconds, dateValue, localOf, timeText } from "../kit/times.js";

const input = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
const dialog = () => /** @type {HTMLDialogElement} */ (document.getElementById("custom"));
const say = (/** @type {string} */ text) =>
  setText(/** @type {HTMLElement} */ (document.getElementById("custom-message")), text);

/**
 * A bound of the address as the inputs have it.
 *
 * @param {string | undefined} bound @returns {[string, string]} date and time
 */
function fieldsOf(bound) {
  if (!bound) return ["", ""];
  const parts = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::\d\d)?)?$/.exec(bound);
  if (parts) return [parts[1], parts[2] ?? ""];
  const seconds = boundSeconds(bound, zone());
  if (seconds === null) return ["", ""];
  return [dateValue(zone(), seconds), timeText(localOf(seconds, zone()))];
}

export function openRange() {
  const { from, to } = current();
  const today = dateValue(zone());
  const [start, end] = from || to ? [fieldsOf(from), fieldsOf(to)] : [[today, ""], [today, ""]];
  [input("custom-from").value, input("custom-from-time").value] = start;
  [input("custom-to").value, input("custom-to-time").value] = end;
  setText(/** @type {HTMLElement} */ (document.getElementById("custom-zone")), zone());
  say("");
  dialog().showModal();
}

/** A bound for the address. @param {string} date @param {string} time */
export const boundOf = (date, time) => date && time ? `${date}T${time.slice(0, 5)}` : date;

/**
 * Why a range is invalid; null if it is valid.
 *
 * @param {string} from @param {string} to @param {string} zone
 */
export function rangeProblem(from, to, zone) {
  const start = boundSeconds(from, zone);
  if (start === null) return "Choose a start date.";
  if (to && Number(boundSeconds(to, zone, { isEnd: true })) <= start) return "The end must be after the start.";
  return null;
}

export function startRange() {
  input("custom-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (input("custom-to-time").value && !input("custom-to").value) return say("An end time needs an end date.");
    const from = boundOf(input("custom-from").value, input("custom-from-time").value);
    const to = boundOf(input("custom-to").value, input("custom-to-time").value);
    const problem = rangeProblem(from, to, zone());
    if (problem !== null) return say(problem);
    dialog().close();
    change({ from, to, range: null });
  });
}
