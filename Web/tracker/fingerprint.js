// What a browser is, by what it says and how it draws: loaded apart from the tracker's core, and only where a site has asked for it.

import { fnv } from "../shared/fnv.js";
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

/** A long list is told by its length and its hash. @param {any} list */
const digest = (list) => `${list.length} ${fnv(list.join())}`;

/** @param {"webgl" | "webgl2"} kind */
const gl = async (kind) => {
  const value = await describeContext(kind);
  return value && { ...value.parameters, extensions: digest(value.extensions) };
};

const LASTING = {
  navigator: () => plain(agent),
  // Turned on its side it is the same screen.
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

const FLEETING = {
  screen: () => plain(screen),
  preferences,
  permissions: () => permissions(["geolocation", "notifications", "camera", "microphone"]),
  devices: mediaDevices,
  storage: estimate,
  connection: () => plain(agent.connection),
  battery: async () => {
    const manager = await openBattery();
    // In steps of ten: an exact level would follow somebody from site to site.
    return manager && { level: Math.round(manager.level * 10) * 10, charging: manager.charging };
  },
};

/** What hangs is given up; long enough for an old telephone, milliseconds. */
const TIME_LIMIT = 3000;

/**
 * Never fails; what a browser does not say, or says too late, is null. Only parts that are stable are in the combined hash.
 */
export async function fingerprint() {
  const start = performance.now();
  const result = await survey(LASTING, FLEETING, ["canvas", "audio"], TIME_LIMIT);
  /** @type {string[] | null} */
  let reasons = null;
  try {
    reasons = automation(globalThis, JSON.stringify(result.signals.webgl));
  } catch {
    // A navigator that refuses to be asked.
  }
  return { ...result, automation: reasons, took: Math.round(performance.now() - start) };
}
