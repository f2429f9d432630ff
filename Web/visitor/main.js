// The visitor's page: collects, shows, and submits once.

import { collectors } from "./collectors/registry.js";
import { restartVitals, vitals } from "./collectors/vitals.js";
import { setText } from "../kit/dom.js";
import { pause } from "../kit/time.js";
import { activeIds, pageviewId } from "../tracker/ids.js";
import { watchReports } from "../tracker/reports.js";
import { finish } from "../tracker/vitals.js";
import { fillCard, makeCard } from "./cards.js";
import { loadCharts, recolorCharts } from "../kit/charts.js";
import { CONFIG } from "./config.js";
import { showOwnerLink, startClock, startControls } from "./controls.js";
import { addError, captureErrors, errors, onError } from "./errors.js";
import { showPrivacyNotice, startPrivacy } from "./privacy-notice.js";
import { createIdentity } from "./identity.js";
import { emptyPayload } from "./payload.js";
import { createRaw } from "./raw.js";
import { createRunner } from "./runner.js";
import { onTheme, startTheme } from "../kit/theme.js";
import { onTab, openTab, startTabs } from "../kit/tabs.js";
import { openTransport } from "./transport.js";

const isPrivate = startPrivacy();
captureErrors();
watchReports(addError, new URL("static/", document.baseURI).href);

const sendsEvents = document.documentElement.dataset.events !== "off";
const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @type {Map<string, HTMLElement>} */
const cards = new Map();
let updatedAt = Date.now();
/** @type {{hash: string, parts: import("./runner.js").Part[]} | null} */
let fingerprint = null;
/** @type {Partial<import("../tracker/vitals.js").Vitals>} */
let vitalsSent = {};
let errorEvents = 0;
let isActive = false;

const runner = createRunner(collectors, (run) => {
  const card = cards.get(run.collector.name);
  if (card) fillCard(card, run);
  updatedAt = Date.now();
  refreshRaw("payload");
});

let view = openView();

/** A page view: its ids and its transport. */
function openView() {
  const ids = { ...activeIds(), pageview_id: pageviewId() };
  setText(byId("view-ids"), ids.pageview_id);
  vitalsSent = {};
  errorEvents = 0;
  const startedAt = new Date().toISOString();
  const transport = openTransport(ids, { sendsEvents, isHeld: isPrivate, changed: delivered });
  if (isPrivate) showPrivacyNotice(release);
  return { ids, startedAt, transport };
}

/** Sends this page view, at the visitor's request. */
function release() {
  showDelivery("collecting", "Collecting");
  view.transport.release();
  refreshRaw("payload");
}

function assemble() {
  const payload = emptyPayload(view.ids, new Date().toISOString());
  runner.contribute(payload);
  payload.errors = errors.filter((error) => error.timestamp >= view.startedAt).map((error) => ({ ...error }));
  if (fingerprint) {
    const parts = fingerprint.parts.map(({ name, hash, isStable }) => [name, { hash, isStable }]);
    Object.assign(payload.fingerprints, { hash: fingerprint.hash, parts: Object.fromEntries(parts) });
  }
  return payload;
}

const collection = () => view.transport.deliveries.find((delivery) => delivery.kind === "collect");

// Display

const raw = createRaw(byId("panel-raw"), () => collection()?.text ?? JSON.stringify(assemble()));
const identity = createIdentity(byId("panel-fingerprint"));
for (const collector of collectors) {
  const card = makeCard(collector);
  cards.set(collector.name, card);
  byId(`panel-${collector.tab}`).append(card);
}

/** @type {HTMLElement} */ (document.querySelector(".foot")).removeAttribute("data-waits");

/** @type {Set<"payload" | "response" | "events" | "errors">} */
const stale = new Set(["payload", "response", "events", "errors"]);
/** @type {string | undefined} */
let shownText;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let rawTimer;

/**
 * The tab is expensive and rarely open: it is updated only while it is visible, and only where something has changed.
 *
 * @param {...("payload" | "response" | "events" | "errors")} parts
 */
function refreshRaw(...parts) {
  for (const part of parts) stale.add(part);
  if (openTab() === "raw" && stale.size > 0 && !rawTimer) rawTimer = setTimeout(showRaw, 250);
}

function showRaw() {
  rawTimer = undefined;
  const sent = collection();
  // A submission that was sent does not change: its text is not drawn again.
  if (stale.has("payload") && (!sent || sent.text !== shownText)) raw.showSubmission(sent, view.transport.isHeld);
  shownText = sent?.text;
  if (stale.has("response")) raw.showResponse(sent);
  if (stale.has("events")) raw.showEvents(view.transport.deliveries, sendsEvents);
  if (stale.has("errors")) raw.showErrors();
  stale.clear();
}

const WORDS = {
  unsent: "Not sent",
  sending: "Sending",
  stored: "Stored",
  queued: "Sent",
  refused: "Not stored",
  failed: "Not stored",
};

/** @param {string} state @param {string} words */
function showDelivery(state, words) {
  const element = byId("delivery");
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  setText(/** @type {HTMLElement} */ (element.lastElementChild), words);
}

/** @param {import("./transport.js").Delivery} delivery */
function delivered(delivery) {
  if (delivery.kind === "collect") {
    showDelivery(delivery.state, WORDS[delivery.state]);
    if (delivery.state !== "sending") collected(delivery);
    refreshRaw("payload", "response");
  } else refreshRaw("events");
}

// Delivery

/** A property of the navigator; null if the browser throws. @param {string} name */
function propertyOf(name) {
  try {
    return /** @type {any} */ (navigator)[name] ?? null;
  } catch {
    return null;
  }
}

function sendPageview() {
  const names = ["userAgent", "language", "platform", "hardwareConcurrency", "deviceMemory"];
  const values = Object.fromEntries(names.map((name) => [name, propertyOf(name)]));
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  view.transport.event("pageview", { ...values, timeZone, screenResolution: `${screen.width}x${screen.height}` });
}

/** Sends the vitals that have changed since they were last sent. @param {boolean} isLeaving */
function sendVitals(isLeaving) {
  finish();
  const { _values: values } = vitals._current();
  const entries = Object.entries(values).filter(([name, value]) =>
    value !== undefined && /** @type {any} */ (vitalsSent)[name] !== value
  );
  if (entries.length === 0) return;
  vitalsSent = { ...values };
  view.transport.event("webvitals", Object.fromEntries(entries), isLeaving);
}

/** @param {boolean} isLeaving */
function sendCollection(isLeaving) {
  if (view.transport.hasCollected) return;
  const payload = assemble();
  view.transport.collect(payload, isLeaving);
  const { performance, network, battery, benchmarks } = payload;
  if (!isLeaving) view.transport.event("performance_snapshot", { performance, network, battery, benchmarks });
}

onError((error, isNew) => {
  refreshRaw("payload", "errors");
  if (!isNew || errorEvents >= CONFIG.ERROR_EVENTS_MAX) return;
  errorEvents += 1;
  const { kind, message, source, lineno, colno, stack } = error;
  view.transport.event("error", { message, source, lineno, colno, stack, kind });
});

/** Both events that end a page view may occur; the second finds nothing left to send. */
function leave() {
  if (!isActive || view.transport.isHeld) return;
  activeIds();
  sendVitals(true);
  sendCollection(true);
  view.transport.leave();
}

addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave(), true);
addEventListener("pagehide", leave, true);
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  // A return from the back/forward cache is a page view of its own.
  view = openView();
  restartVitals(event.timeStamp, "restored");
  showStart();
  sendPageview();
  sendLater();
});

function showStart() {
  if (view.transport.isHeld) showDelivery("unsent", WORDS.unsent);
  else showDelivery("collecting", "Collecting");
}

async function sendLater() {
  const { transport } = view;
  await Promise.all([pause(CONFIG.COLLECTION_DELAY), transport.released]);
  // The page view may have changed meanwhile.
  if (transport !== view.transport || transport.hasCollected) return;
  sendVitals(false);
  sendCollection(false);
}

// Start

/** @type {Promise<void>} */
const loaded = new Promise((resolve) => {
  // The load entry is complete in the next task.
  const done = () => setTimeout(resolve, 0);
  if (document.readyState === "complete") done();
  else addEventListener("load", done, { once: true });
});

/** A prerendered page is not visible before its activation. @type {Promise<void>} */
const activated = new Promise((resolve) => {
  if (/** @type {any} */ (document).prerendering) {
    document.addEventListener("prerenderingchange", () => resolve(), { once: true });
  } else resolve();
});

async function run() {
  await activated;
  isActive = true;
  sendPageview();
  await loaded;
  sendLater();
  const measured = runner.measure();
  await Promise.race([runner.ended("fps"), pause(CONFIG.FINGERPRINT_WAIT)]);
  fingerprint = await runner.fingerprint();
  identity.show(fingerprint, view.transport.released);
  refreshRaw("payload");
  const { fingerprints } = assemble();
  view.transport.event("fingerprint_ready", { fingerprints });
  await runner.runBenchmarks();
  await measured;
}

/** @type {(delivery: import("./transport.js").Delivery) => void} */
let collected = () => {};
/** @type {Promise<import("./transport.js").Delivery>} */
const collectedOnce = new Promise((resolve) => collected = resolve);

startTheme();
onTheme(recolorCharts);
onTab((name) => {
  if (name === "performance") loadCharts();
  if (name === "raw") showRaw();
});
startTabs();

startControls({ copy: raw.copyNow });
showStart();
loaded.then(showOwnerLink);
startClock(() => updatedAt);

/** For tests, and for the console. */
Object.defineProperty(globalThis, "collectorDashboard", {
  value: Object.freeze({
    ready: run(),
    delivered: collectedOnce,
    payload: assemble,
    sent: () => view.transport.deliveries.map((delivery) => ({ ...delivery })),
    ids: () => ({ ...view.ids }),
    errors: () => errors.map((error) => ({ ...error })),
  }),
});
