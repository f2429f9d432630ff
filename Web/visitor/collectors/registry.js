// All collectors, in the order of their cards. A new metric is a file in this folder and a line here.

import audio from "./audio.js";
import battery from "./battery.js";
import browser from "./browser.js";
import bytes from "./bytes.js";
import canvas from "./canvas.js";
import device from "./device.js";
import features from "./features.js";
import fonts from "./fonts.js";
import fps from "./fps.js";
import frames from "./frames.js";
import gpu from "./gpu.js";
import heap from "./heap.js";
import largest from "./largest.js";
import load from "./load.js";
import media from "./media.js";
import navigation from "./navigation.js";
import network from "./network.js";
import permissions from "./permissions.js";
import preferences from "./preferences.js";
import slowest from "./slowest.js";
import status from "./status.js";
import storage from "./storage.js";
import vitals from "./vitals.js";
import waterfall from "./waterfall.js";
import webgl from "./webgl.js";
import webgl2 from "./webgl2.js";
import webgpu from "./webgpu.js";

/** @type {import("./types.js").Collector[]} */
export const collectors = [
  // Overview
  ...[status, vitals, browser, device, network, battery, preferences],
  // Performance
  ...[load, navigation, slowest, largest, waterfall, bytes, heap, fps, frames, gpu],
  // Fingerprint
  ...[canvas, fonts, webgl, webgl2, webgpu, audio, media, storage, permissions, features],
];
