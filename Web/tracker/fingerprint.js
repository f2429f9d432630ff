// The fingerprint of a browser. Loaded only where a site asks for it.

import { fnv } from "../kit/fnv.js";
import { audio } from "../signals/audio.js";
import { automation } from "../signals/automation.js";
import { openBattery } from "../signals/battery.js";
import { draw, pixelHash } from "../signals/canvas.js";
import { mediaDevices } from "../signals/devices.js";
import { fonts } from "../signals/fonts.js";
import { describeContext } from "../signals/gl.js";
import { clientHints } from "../signals/hints.js";
import { locale, localeCounts } from "../signals/locale.js";
import { permissions } from "../signals/permissions.js";
import { names, plain } from "../signals/plain.js";
import { preferences, traits } from "../signals/queries.js";
import { estimate } from "../signals/storage.js";
import { webgpu } from "../signals/webgpu.js";
import { survey } from "./survey.js";

/** @type {any} */
const agent = navigator;

/** The length and the hash of a long list. @param {any} list */
const digest = (list) => `${list.length} ${fnv(list.join())}`;

/** @param {"webgl" | "webgl2"} kind */
const gl = async (kind) => {
  const value = await describeContext(kind);
  return value && { ...value.parameters, extensions: digest(value.extensions) };
};

const STABLE = {
  navigator: () => plain(agent),
  // A rotated screen is the same screen.
  display: () => [screen.width, screen.height, screen.colorDepth].sort(),
  hints: clientHints,
  traits,
  locale,
  localeCounts,
  names: () => [agent, document.documentElement.style].map((object) => digest(names(object))),
  canvas: async () => {
    const context = await draw();
    return context && pixelHash(context);
  },
  fonts: () => fonts(),
  webgl: () => gl("webgl"),
  webgl2: () => gl("webgl2"),
  webgpu: async () => {
    const value = await webgpu();
    return value &&
      { ...value.info, limits: digest(Object.entries(value.limits ?? {})), features: digest(value.features) };
  },
  audio,
};

const VOLATILE = {
  screen: () => plain(screen),
  preferences,
  permissions: () => permissions(["geolocation", "notifications", "camera", "microphone"]),
  devices: mediaDevices,
  storage: estimate,
  connection: () => plain(agent.connection),
  battery: async () => {
    const manager = await openBattery();
    // In steps of ten: an exact level would identify a visitor across sites.
    return manager && { level: Math.round(manager.level * 10) * 10, charging: manager.charging };
  },
};

/** Milliseconds for one signal; enough for an old phone. */
const TIME_LIMIT = 3000;

/**
 * Never fails: signals that the browser does not have, or that exceed their time limit, are null. Only stable parts are in the combined hash.
 */
export async function fingerprint() {
  const start = performance.now();
  const result = await survey(STABLE, VOLATILE, ["canvas", "audio"], TIME_LIMIT);
  /** @type {string[] | null} */
  let reasons = null;
  try {
    reasons = automation(globalThis, JSON.stringify(result.signals.webgl));
  } catch {
    // The page has replaced the navigator.
  }
  return { ...result, automation: reasons, took: Math.round(performance.now() - start) };
}

/** Emits the fingerprint once. @param {(type: string, payload: any) => void} track */
export const report = (track) =>
  fingerprint().then((fingerprints) => track("fingerprint_ready", { fingerprints })).catch(() => {});
