import { facts } from "../../kit/dom.js";
import { plain } from "../../signals/plain.js";
import { traits } from "../../signals/queries.js";

const GAMUTS = /** @type {Record<string, string>} */ ({ rec2020: "Rec. 2020", p3: "P3", srgb: "sRGB" });

/** @type {import("./types.js").Collector} */
export default {
  name: "device",
  tab: "overview",
  title: "Device",
  isFingerprint: true,
  collect() {
    const agent = plain(navigator) ?? {};
    const { width, height, availWidth, availHeight, colorDepth } = plain(screen) ?? {};
    const asked = traits();
    return {
      screenResolution: `${width}x${height}`,
      availableScreen: `${availWidth}x${availHeight}`,
      viewport: `${innerWidth}x${innerHeight}`,
      devicePixelRatio,
      colorDepth,
      colorGamut: asked["color-gamut"],
      dynamicRange: asked["dynamic-range"] ?? "standard",
      orientation: screen.orientation?.type ?? null,
      hardwareConcurrency: agent.hardwareConcurrency ?? null,
      deviceMemory: agent.deviceMemory ?? null,
      maxTouchPoints: agent.maxTouchPoints ?? null,
      pointer: asked.pointer ?? "none",
    };
  },
  // Turning, moving or zooming a window changes these; they do not identify the device.
  identity: ({ viewport: _viewport, devicePixelRatio: _ratio, orientation: _orientation, ...fixed }) => fixed,
  summary: (value) => `${value.screenResolution.replace("x", " × ")}, ${value.hardwareConcurrency ?? "?"} cores`,
  contribute(value, payload) {
    Object.assign(payload.browser, value);
  },
  render(value, element) {
    element.replaceChildren(facts([
      ["Screen", value.screenResolution.replace("x", " × ")],
      ["Viewport", value.viewport.replace("x", " × ")],
      ["Pixel ratio", value.devicePixelRatio],
      [
        "Colors",
        `${value.colorDepth} bit${
          value.colorGamut ? `, ${GAMUTS[value.colorGamut]}` : ""
        }, ${value.dynamicRange} range`,
      ],
      ["Orientation", value.orientation],
      ["Cores", value.hardwareConcurrency],
      ["Memory", value.deviceMemory && `${value.deviceMemory} GB`],
      [
        "Touch",
        value.maxTouchPoints === null
          ? null
          : `${value.maxTouchPoints} points, ${value.pointer === "none" ? "no" : value.pointer} pointer`,
      ],
    ]));
  },
  watch(update) {
    addEventListener("resize", () => update({ viewport: `${innerWidth}x${innerHeight}`, devicePixelRatio }));
    screen.orientation?.addEventListener?.("change", () => update({ orientation: screen.orientation.type }));
  },
};
