// The welcome while there are no events: the script tag to paste, and a light that turns green with the first event.

import { setText } from "../kit/dom.js";
import { asksNotToBeTracked } from "../kit/privacy.js";
import { ask } from "./api.js";
import { change, current, includesBots } from "./state.js";
import { watchClosely } from "./status.js";
import { copyButton, tagOf, trackerAddress } from "./tag.js";

/** @typedef {import("./status.js").Status} Status */

/** Milliseconds for which the green light is shown at least, and timeout until the figures contain the event. */
const RECEIVED_MS_MIN = 2000;
const COUNTED_MS_MAX = 20_000;

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const isOpen = () => !byId("welcome").hidden;
export const isWelcoming = isOpen;

const WORDS = {
  waiting: "Waiting for your first event",
  received: "First event received",
  bots: "All events so far are from bots, which the figures leave out.",
};

let receivedAt = 0;

/** Whether there are no events to show; false while that is unknown, as during a build. @param {Status} status */
const isEmpty = ({ events, processing, rollup_lag_seconds: lag }) =>
  events.any ? events.only_bots && !includesBots() && !processing : lag !== null;

/** @param {"waiting" | "received" | "bots"} state */
function light(state) {
  const element = byId("light");
  byId("show-bots").hidden = state !== "bots";
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  setText(/** @type {HTMLElement} */ (element.lastElementChild), WORDS[state]);
}

/**
 * Opens, updates or closes the welcome.
 *
 * @param {Status} status
 * @param {{opened: () => void, done: () => void}} actions `opened`: there are no figures; `done`: there are now
 */
export async function welcome(status, { opened, done }) {
  const { any, only_bots: isBots } = status.events;
  if (!isOpen()) {
    if (!isEmpty(status)) return;
    open();
    opened();
  }
  if (!any) return light("waiting");
  if (isBots && !includesBots()) {
    receivedAt = 0;
    return light("bots");
  }
  light("received");
  receivedAt ||= Date.now();
  const waited = Date.now() - receivedAt;
  if (waited < RECEIVED_MS_MIN || waited < COUNTED_MS_MAX && !await isCounted()) return;
  close();
  done();
}

/** Whether the figures contain the event. */
async function isCounted() {
  try {
    return (await ask("overview", { range: "24h", bots: current().bots })).totals.events > 0;
  } catch {
    return false;
  }
}

function open() {
  receivedAt = 0;
  document.body.dataset.empty = "";
  byId("welcome").hidden = false;
  watchClosely(true);
}

export function close() {
  delete document.body.dataset.empty;
  byId("welcome").hidden = true;
  watchClosely(false);
}

/** Shows the tag, and hints about causes that keep browsers from it. */
export function startWelcome() {
  const script = trackerAddress();
  setText(byId("tag"), tagOf());
  copyButton(byId("tag-copy"), byId("tag"));
  const isLoopback = /^(localhost|127\.|\[::1\])/.test(script.hostname);
  byId("hint-loopback").hidden = !isLoopback;
  byId("hint-plain").hidden = isLoopback || script.protocol === "https:";
  byId("hint-privacy").hidden = !asksNotToBeTracked();
  byId("show-bots").addEventListener("click", () => change({ bots: "include" }));
}
