/** @type {any} */
const global = globalThis;
/** @type {any} */
const agent = navigator;

const css = (/** @type {string} */ property, /** @type {string} */ value) =>
  global.CSS?.supports?.(property, value) ?? false;
const selector = (/** @type {string} */ text) => global.CSS?.supports?.(`selector(${text})`) ?? false;
const element = (/** @type {string} */ tag, /** @type {string} */ property) => property in document.createElement(tag);
const video = (/** @type {string} */ type) => document.createElement("video").canPlayType(type) !== "";

/** @type {[string, () => unknown][]} */
const FEATURES = [
  ["WebAssembly", () => global.WebAssembly],
  ["Service worker", () => agent.serviceWorker],
  ["Shared worker", () => global.SharedWorker],
  ["SharedArrayBuffer", () => global.SharedArrayBuffer],
  ["WebRTC", () => global.RTCPeerConnection],
  ["WebSocket", () => global.WebSocket],
  ["WebTransport", () => global.WebTransport],
  ["WebCodecs", () => global.VideoDecoder],
  ["WebXR", () => agent.xr],
  ["WebGPU", () => agent.gpu],
  ["OffscreenCanvas", () => global.OffscreenCanvas],
  ["Web Bluetooth", () => agent.bluetooth],
  ["Web USB", () => agent.usb],
  ["Web Serial", () => agent.serial],
  ["Web HID", () => agent.hid],
  ["Web MIDI", () => agent.requestMIDIAccess],
  ["Gamepad", () => agent.getGamepads],
  ["Geolocation", () => agent.geolocation],
  ["Vibration", () => agent.vibrate],
  ["Wake lock", () => agent.wakeLock],
  ["Web share", () => agent.share],
  ["Clipboard", () => agent.clipboard],
  ["Notifications", () => global.Notification],
  ["Push", () => global.PushManager],
  ["Speech synthesis", () => global.speechSynthesis],
  ["Speech recognition", () => global.SpeechRecognition ?? global.webkitSpeechRecognition],
  ["Credentials", () => agent.credentials],
  ["WebAuthn", () => global.PublicKeyCredential],
  ["Payment request", () => global.PaymentRequest],
  ["File system access", () => global.showOpenFilePicker],
  ["Trusted Types", () => global.trustedTypes],
  ["View transitions", () => "startViewTransition" in document],
  ["Navigation API", () => global.navigation],
  ["Speculation rules", () => global.HTMLScriptElement?.supports?.("speculationrules")],
  ["Popover", () => element("div", "popover")],
  ["Dialog", () => element("dialog", "showModal")],
  ["Container queries", () => css("container-type", "inline-size")],
  ["CSS :has()", () => selector(":has(a)")],
  ["CSS subgrid", () => css("grid-template-rows", "subgrid")],
  ["CSS anchors", () => css("anchor-name", "--a")],
  ["Scroll timelines", () => css("animation-timeline", "scroll()")],
  ["AV1 video", () => video('video/mp4; codecs="av01.0.05M.08"')],
  ["HEVC video", () => video('video/mp4; codecs="hvc1.1.6.L93.B0"')],
  ["H.264 video", () => video('video/mp4; codecs="avc1.42E01E"')],
];

const isThere = (/** @type {() => unknown} */ look) => {
  try {
    return Boolean(look());
  } catch {
    return false;
  }
};

/** @returns {Record<string, boolean>} whether the browser can do it, by words for it */
export const features = () => Object.fromEntries(FEATURES.map(([name, look]) => [name, isThere(look)]));
