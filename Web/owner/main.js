// The owner's page: sign-in, and the view that the address selects.

import { loadCharts, recolorCharts } from "../kit/charts.js";
import { onTab, openTab, showTab, showTabAt, showTabs, startTabs } from "../kit/tabs.js";
import { nextTheme, onTheme, startTheme } from "../kit/theme.js";
import { setText } from "../kit/dom.js";
import { within } from "../kit/time.js";
import { readNow, startAhead, stopAhead, watchUse } from "./ahead.js";
import { ask, onSignedOut, onUnknownZone, RequestError } from "./api.js";
import { drawBar, fillZones, startBar } from "./bar.js";
import { allowsPresent, allowsView, onlySite } from "./limits.js";
import { showBanners } from "./banners.js";
import { allCommands } from "./commands.js";
import { openFilter, startFilter } from "./filter-dialog.js";
import { failure } from "./parts.js";
import { startAddSite } from "./add-site.js";
import { startAnnotations } from "./annotations.js";
import { openPalette, startPalette } from "./palette.js";
import { startRange } from "./range-dialog.js";
import { rangeKey } from "./range-menu.js";
import { areFiguresOld, figuresTime, forgetReports } from "./reports.js";
import { forgetSettings, loadSettings, recallSettings } from "./settings.js";
import { startSegments } from "./segments.js";
import { startPresses } from "./press.js";
import { startShares } from "./shares.js";
import { startChanges } from "./changes.js";
import { startSessions } from "./sessions.js";
import { startTokens } from "./tokens.js";
import { drawSites, startSites } from "./sites.js";
import { change, current, includesBots, isRangeOver, limitState, onState, rejectZone, zone } from "./state.js";
import { areFiguresIncomplete, latestStatus, onStatus, startStatus, stopStatus } from "./status.js";
import { clearStrip, refreshStrip, setLastEvent, showStrip, startStrip } from "./tracking-strip.js";
import { VIEWS } from "./views.js";
import { close, isWelcoming, startWelcome, welcome } from "./welcome.js";
import { count } from "../kit/format.js";

/** Milliseconds between updates of the live number. */
const LIVE_MS = 10_000;
/** Timeout in milliseconds for the first status before figures are shown. */
const STATUS_MS_MAX = 2000;

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {AbortController | undefined} */
let showing;
let access = "none";
/** The time of the figures of the open view, in milliseconds since 1970; null before the first. @type {number | null} */
let shownTime = null;
/** The time zone of these figures. @type {string | null} */
let shownZone = null;

/** Shows the open view. @param {boolean} [isBeingRead] whether it is that for which reports are on their way */
async function show(isBeingRead) {
  for (const other of document.querySelectorAll("[aria-busy]")) other.removeAttribute("aria-busy");
  if (access === "none" || isWelcoming()) return;
  const name = openTab();
  showing?.abort();
  stopAhead(isBeingRead ? name : undefined);
  const controller = showing = new AbortController();
  const panel = byId(`panel-${name}`);
  shownTime = figuresTime();
  shownZone = zone();
  panel.setAttribute("aria-busy", "true");
  byId("content").toggleAttribute("data-loads", true);
  try {
    await VIEWS[name].show(panel, controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) panel.replaceChildren(failure(error, () => show()));
  }
  if (showing !== controller) return;
  fillZones();
  panel.removeAttribute("aria-busy");
  byId("content").toggleAttribute("data-loads", false);
  await showStrip(controller.signal);
  if (showing === controller) startAhead(name);
}

const areShownOld = () => shownTime !== null && areFiguresOld(shownTime);

/** Shows the open view with new figures. */
function refresh() {
  forgetReports();
  show();
}

let isRenewing = false;

/** The same, but the former figures stay until the new ones have been received. */
async function renew() {
  if (isRenewing) return;
  isRenewing = true;
  forgetReports();
  if (await readNow(openTab())) show();
  isRenewing = false;
}

// Live number

/** @type {ReturnType<typeof setTimeout> | undefined} */
let liveTimer;
/** @type {AbortController | undefined} */
let readingLive;

/** Clears the number, and loads that of the chosen site. */
function redrawLive() {
  const element = byId("live");
  element.dataset.state = "collecting";
  setText(/** @type {HTMLElement} */ (element.lastElementChild), "…");
  clearStrip();
  drawLive();
}

async function drawLive() {
  clearTimeout(liveTimer);
  readingLive?.abort();
  const { signal } = readingLive = new AbortController();
  if (access !== "none" && allowsPresent() && document.visibilityState === "visible") {
    const element = byId("live");
    try {
      const { visitors, last_event: last } = await ask("live", { site: current().site }, { signal });
      // Another request has begun.
      if (signal.aborted) return;
      element.dataset.state = "stored";
      if (last !== null) setLastEvent(last);
      setText(/** @type {HTMLElement} */ (element.lastElementChild), `${count(visitors)} here now`);
      const isOver = isRangeOver() || !VIEWS[openTab()].isRefreshed || document.querySelector("dialog[open]");
      if (!isOver && !(current().issue && openTab() === "issues") && areShownOld()) renew();
      else if (showing) refreshStrip(showing.signal);
    } catch (error) {
      if (signal.aborted) return;
      element.dataset.state = "failed";
      const isReached = error instanceof RequestError && error.status > 0;
      setText(/** @type {HTMLElement} */ (element.lastElementChild), isReached ? "Not available" : "Offline");
    }
  }
  liveTimer = setTimeout(drawLive, LIVE_MS);
}

/** Shows the visitors of the last half hour. */
function showRealtime() {
  showTab("overview");
  change({ range: "realtime", from: null, to: null, interval: null });
}

// Dialogs and keys

const openDialog = (/** @type {string} */ id) => /** @type {HTMLDialogElement} */ (byId(id)).showModal();

function startDialogs() {
  startFilter();
  startRange();
  startAnnotations();
  startShares();
  startTokens();
  startSessions();
  startChanges();
  startPalette(allCommands);
  byId("help-open").addEventListener("click", () => openDialog("help"));
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.querySelector("[data-close]")?.addEventListener("click", () => dialog.close());
  }
}

function startKeys() {
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      if (access === "none" || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      return openPalette();
    }
    const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select");
    if (
      isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") ||
      access === "none"
    ) return;
    if (isWelcoming() && !/^[t?]$/.test(event.key)) return;
    if (/^[1-9]$/.test(event.key)) showTabAt(Number(event.key) - 1);
    else if (event.key === "/") {
      event.preventDefault();
      if (!(/** @type {HTMLButtonElement} */ (byId("filter-open")).disabled)) openFilter();
    } else if (event.key === "t") nextTheme();
    else if (event.key === "?") openDialog("help");
    else if (rangeKey(event)) event.preventDefault();
  });
}

// Access

/** Hides what a guest of a limited link cannot see. @param {import("./limits.js").Limits | null} limits null for the owner */
function applyLimits(limits) {
  limitState(limits);
  showTabs(allowsView);
  byId("tracking-strip").hidden = !allowsView("tracking");
  byId("live").hidden = !allowsPresent();
  const site = onlySite();
  byId("site").hidden = site !== null;
  byId("only-site").hidden = site === null;
  setText(byId("only-site"), site ?? "");
}

/**
 * Requests the figures together with the status and the settings, and shows them when these are known. If the settings
 * have another time zone than the one of the last time, the figures are requested once more.
 *
 * @param {string} kind @param {import("./limits.js").Limits | null} limits
 */
async function signedIn(kind, limits) {
  access = kind;
  applyLimits(limits);
  document.body.dataset.access = kind;
  byId("content").setAttribute("aria-busy", "true");
  const isReady = Promise.all([startStatus(), loadSettings().then(settingsLoaded)]);
  const zoneRead = zone();
  readNow(openTab());
  loadCharts();
  await within(isReady, STATUS_MS_MAX).catch(() => {});
  if (access === "none") return;
  byId("sign-in").hidden = true;
  byId("content").hidden = false;
  drawBar(openTab());
  show(zoneRead === zone());
  document.body.removeAttribute("data-waits");
  drawSites();
  drawLive();
}

/** After a wait that was too long, the figures may be those of another time zone. */
function settingsLoaded() {
  if (shownZone === null || shownZone === zone()) return;
  drawBar(openTab());
  show();
}

onStatus((status, failures) => {
  showBanners(status, failures);
  const wasIncomplete = document.body.hasAttribute("data-incomplete");
  document.body.toggleAttribute("data-incomplete", areFiguresIncomplete());
  // Zero becomes a dash, or the dash a figure.
  if (shownTime !== null && wasIncomplete !== areFiguresIncomplete()) refresh();
  checkWelcome();
});

/** Shows the welcome while there are no events. */
function checkWelcome() {
  const status = latestStatus();
  if (!status || access === "none") return;
  welcome(status, {
    opened: clear,
    done() {
      drawSites();
      refresh();
    },
  });
}

function clear() {
  showing?.abort();
  stopAhead();
  byId("content").toggleAttribute("data-loads", false);
  for (const name of Object.keys(VIEWS)) byId(`panel-${name}`).replaceChildren();
}

function signedOut() {
  access = "none";
  shownZone = null;
  stopStatus();
  close();
  applyLimits(null);
  document.body.dataset.access = "none";
  byId("content").hidden = true;
  clear();
  byId("sign-in").hidden = false;
  byId("token").focus();
}

/** @param {any} body @returns {Promise<boolean>} */
async function signIn(body) {
  const message = byId("sign-in-message");
  try {
    const { access: kind, limits } = await ask("session", {}, { method: "POST", body });
    setText(message, "");
    await signedIn(kind, limits);
    return true;
  } catch (error) {
    setText(message, /** @type {Error} */ (error).message);
    return false;
  }
}

async function start() {
  startTheme();
  onTheme(recolorCharts);
  const link = new URLSearchParams(location.hash.slice(1));
  const [token, share] = [link.get("token"), link.get("share")];
  // Secrets are removed from the address.
  if (token || share) history.replaceState(null, "", location.pathname + location.search);
  recallSettings();
  startTabs();
  // Links of earlier versions to an issue.
  if (current().issue && !location.hash) showTab("issues");
  startPresses();
  startDialogs();
  startKeys();
  startBar();
  startSites();
  startAddSite();
  startSegments();
  byId("live").addEventListener("click", showRealtime);
  startStrip();
  byId("sign-out").addEventListener("click", async () => {
    await ask("session", {}, { method: "DELETE" }).catch(() => {});
    forgetSettings();
    signedOut();
  });
  startWelcome();
  watchUse(() => access !== "none" && !isWelcoming());
  byId("sign-in-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (byId("token"));
    signIn({ token: input.value.trim() }).then((isIn) => isIn && (input.value = ""));
  });
  onSignedOut(signedOut);
  onUnknownZone(rejectZone);
  onState((before) => {
    if (before.site !== current().site) redrawLive();
    // All events may be from bots.
    if (includesBots() && latestStatus()?.events.any) close();
    else checkWelcome();
    /** @type {HTMLSelectElement} */ (byId("site")).value = current().site ?? "";
    drawBar(openTab());
    show();
  });
  onTab((view) => {
    drawBar(view);
    show(true);
  });
  await signInAtStart(token, share);
  document.body.removeAttribute("data-waits");
}

/** Signs in with the link of the address, or goes on with the session of before. @param {string | null} token @param {string | null} share */
async function signInAtStart(token, share) {
  if (token && await signIn({ token })) return;
  if (share && await signIn({ share })) return;
  const { access: kind, limits } = await ask("session").catch(() => ({ access: "none", limits: null }));
  if (kind === "none") signedOut();
  else await signedIn(kind, limits);
}

/** For tests. */
Object.defineProperty(globalThis, "collectorInsight", {
  value: Object.freeze({
    access: () => access,
    isBusy: () =>
      document.querySelector("[aria-busy]") !== null ||
      document.querySelector(".grid:not([hidden]) .skeleton") !== null,
  }),
});

start();
