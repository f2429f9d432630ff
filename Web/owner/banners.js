// Banners above the figures: they are incomplete, or a part of the server has stopped.

import { h, setText } from "../kit/dom.js";
import { includesBots } from "./state.js";
import { duration } from "../kit/format.js";

/** @typedef {import("./status.js").Status} Status */
/** @typedef {{key: string, text: string, note?: string, share?: number, tone?: "poor", action?: HTMLElement}} Banner */

/** Milliseconds after which a hidden banner is shown again if its reason persists. */
const HIDDEN_MS = 600_000;
/** Lag in seconds from which a banner is shown: an aggregation takes a few seconds anyway. */
const LAG_SECONDS_MIN = 30;
/** Consecutive requests without a response from which a banner is shown. */
const FAILURES_MIN = 2;

/** When each was hidden. @type {Map<string, number>} */
const hiddenAt = new Map();
/** @type {Map<string, HTMLElement>} */
const shown = new Map();

/**
 * @param {Status | null} status
 * @param {number} failures
 * @returns {Banner[]}
 */
export function bannersOf(status, failures) {
  if (failures >= FAILURES_MIN) {
    return [{ key: "offline", tone: "poor", text: "The server cannot be reached. Figures may be out of date." }];
  }
  if (!status) return [];
  const { processing, problems, events, rollup_lag_seconds: lag } = status;
  /** @type {Banner[]} */
  const banners = problems.map(({ code, message, age_seconds }) => ({
    ...{ key: code, tone: "poor", text: message, note: `For ${duration(age_seconds)}` },
  }));
  if (processing) {
    const { share, seconds_left: left } = processing;
    banners.push({
      key: "processing",
      text: `Processing events: ${Math.floor(share * 100 + 1e-6)} %${
        left === null ? "" : `, about ${duration(left)} left`
      }`,
      note: "Figures are incomplete until this is done.",
      share,
    });
  } else if (!problems.length && lag !== null && lag >= LAG_SECONDS_MIN) {
    banners.push({ key: "lag", text: `Figures are ${duration(lag)} behind the events.` });
  }
  if (events.any && events.only_bots && includesBots()) {
    banners.push({ key: "bots", text: "All events so far are from bots." });
  }
  return banners;
}

/**
 * Updates the banners, and announces new ones to screen readers; not every percent of progress.
 *
 * @param {Status | null} status
 * @param {number} failures
 */
export function showBanners(status, failures) {
  const all = bannersOf(status, failures);
  for (const key of hiddenAt.keys()) if (!all.some((one) => one.key === key)) hiddenAt.delete(key);
  const banners = all.filter(({ key }) => Date.now() - (hiddenAt.get(key) ?? -Infinity) > HIDDEN_MS);
  const fresh = banners.filter(({ key }) => !shown.has(key));
  for (const [key, element] of shown) {
    if (banners.some((one) => one.key === key)) continue;
    element.remove();
    shown.delete(key);
  }
  for (const banner of banners) update(banner);
  const announced = /** @type {HTMLElement} */ (document.getElementById("announced"));
  if (fresh.length) setText(announced, fresh.map(({ text }) => text).join(" "));
}

/** @param {Banner} banner */
function update({ key, text, note = "", share, tone }) {
  let element = shown.get(key);
  if (!element) {
    const hide = () => {
      hiddenAt.set(key, Date.now());
      shown.get(key)?.remove();
      shown.delete(key);
    };
    element = h(
      "div",
      { class: `notice ${tone ?? ""}`, "data-banner": key },
      h("span", {}, h("b"), " ", h("span", { class: "note" })),
      share === undefined ? null : h("progress", { max: 1, "aria-label": "Processing events" }),
      h("button", {
        type: "button",
        class: "button",
        text: "Hide",
        title: "Shown again if the problem persists",
        onclick: hide,
      }),
    );
    shown.set(key, element);
    document.getElementById("banners")?.append(element);
  }
  const [bold, quiet] = [element.querySelector("b"), element.querySelector(".note")];
  if (bold && bold.textContent !== text) setText(bold, text);
  if (quiet && quiet.textContent !== note) setText(quiet, note);
  const bar = element.querySelector("progress");
  if (bar && share !== undefined) bar.value = share;
}
