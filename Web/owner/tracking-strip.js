// The strip above the views: conclusion, last event, delivery, version, clocks and blocked requests of the site.

import { setText } from "../kit/dom.js";
import { duration, exact, percent, shareOf } from "../kit/format.js";
import { isTrackingCurrent, readTracking } from "./tracking-report.js";
import { CONCLUSIONS, versionsText } from "./tracking-model.js";
import { allowsView } from "./limits.js";
import { rangeQuery } from "./state.js";

const TICK_MS = 1000;

const part = (
  /** @type {string} */ name,
) => /** @type {HTMLElement} */ (document.querySelector(`#tracking-strip [data-part="${name}"]`));

/** Seconds since 1970 of the latest event that is known, whatever the range. @type {number | null} */
let lastEvent = null;
/** The site and range of the figures. */
let shown = "";

function tick() {
  if (document.visibilityState !== "visible") return;
  const text = lastEvent === null ? "–" : `${duration(Math.max(0, Math.floor(Date.now() / 1000 - lastEvent)))} ago`;
  const element = part("last");
  if (element.textContent !== text) setText(element, text);
}

/** @param {number | null} seconds since 1970, of the chosen site */
export function setLastEvent(seconds) {
  lastEvent = seconds;
  tick();
}

/** Another site: nothing is known of it. */
export function clearStrip() {
  shown = "";
  lastEvent = null;
  for (const name of ["state", "delivery", "version", "clock", "csp"]) setText(part(name), "–");
  part("state").dataset.tone = "plain";
  tick();
}

/** @param {any} report */
function draw(report) {
  const { conclusion, figures, blocked } = report;
  const { label, tone } = CONCLUSIONS[conclusion];
  setText(part("state"), label);
  part("state").dataset.tone = tone;
  setText(part("delivery"), figures ? percent(figures.delivery_rate) : "–");
  setText(part("version"), figures ? versionsText(figures) : "–");
  setText(part("clock"), figures ? percent(shareOf(figures.wrong_clocks, figures.clocks)) : "–");
  setText(part("csp"), exact(blocked.own));
}

/**
 * Updates the strip, after the figures of the view: they come first.
 *
 * @param {AbortSignal} signal
 */
export async function showStrip(signal) {
  if (!allowsView("tracking")) return;
  const key = JSON.stringify(rangeQuery());
  if (shown && shown !== key) {
    for (const name of ["state", "delivery", "version", "clock", "csp"]) setText(part(name), "–");
  }
  try {
    const report = await readTracking(signal);
    shown = key;
    // The live count knows only the latest events of all sites; the report those of the range.
    if ((report.last_event ?? 0) > (lastEvent ?? 0)) setLastEvent(report.last_event);
    draw(report);
  } catch {
    // The view shows what is wrong. Figures of another range would be wrong, too.
    if (signal.aborted) return;
    setText(part("state"), "Not available");
    part("state").dataset.tone = "plain";
  }
}

/** Updates the strip if its figures are no longer current. @param {AbortSignal} signal */
export const refreshStrip = (signal) => shown && !isTrackingCurrent() && showStrip(signal);

export function startStrip() {
  setInterval(tick, TICK_MS);
}
