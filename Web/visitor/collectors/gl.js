// Shared by the collectors of WebGL.

import { badge, facts, h } from "../../kit/dom.js";
import { describeContext } from "../../signals/gl.js";

/** @param {any} context */
function askFurther(context) {
  const format = context.getShaderPrecisionFormat(context.FRAGMENT_SHADER, context.HIGH_FLOAT);
  return {
    antialias: context.getContextAttributes()?.antialias ?? null,
    fragmentPrecision: format ? [format.rangeMin, format.rangeMax, format.precision] : null,
  };
}

/** @param {"webgl" | "webgl2"} kind */
export async function collectContext(kind) {
  const value = await describeContext(kind, askFurther);
  if (!value) return null;
  const { parameters, extensions, ...further } = value;
  const { VENDOR, RENDERER, VERSION, SHADING_LANGUAGE_VERSION, ...others } = parameters;
  const { UNMASKED_VENDOR_WEBGL, UNMASKED_RENDERER_WEBGL, ...limits } = others;
  return {
    vendor: String(VENDOR ?? ""),
    renderer: String(RENDERER ?? ""),
    webglVersion: String(VERSION ?? ""),
    shadingLanguageVersion: String(SHADING_LANGUAGE_VERSION ?? ""),
    unmaskedVendor: UNMASKED_VENDOR_WEBGL ?? null,
    unmaskedRenderer: UNMASKED_RENDERER_WEBGL ?? null,
    ...further,
    limits,
    extensions,
  };
}

/** @param {string} name MAX_TEXTURE_SIZE as "Texture size" */
const words = (name) => {
  const text = name.replace(/^MAX_|^ALIASED_/, "").replaceAll("_", " ").toLowerCase();
  return text[0].toUpperCase() + text.slice(1);
};

/**
 * @param {any} value
 * @param {HTMLElement} element
 */
export function renderContext(value, element) {
  const limits = Object.entries(value.limits).map((
    [name, limit],
  ) => /** @type {[string, any]} */ ([words(name), Array.isArray(limit) ? limit.join(" – ") : limit]));
  const isSoftware = /swiftshader|llvmpipe|software/i.test(`${value.unmaskedRenderer} ${value.renderer}`);
  element.replaceChildren(
    facts([
      ["Vendor", value.unmaskedVendor ?? value.vendor],
      ["Renderer", value.unmaskedRenderer ?? value.renderer],
      ["Rendering", badge(isSoftware ? "software" : "hardware", isSoftware ? "fair" : "plain")],
      ["Masked as", value.unmaskedRenderer ? `${value.vendor}, ${value.renderer}` : "not masked"],
      ["Version", value.webglVersion],
      ["Shading language", value.shadingLanguageVersion],
    ]),
    h("details", {}, h("summary", { text: `${limits.length} limits` }), facts(limits)),
    h(
      "details",
      {},
      h("summary", { text: `${value.extensions.length} extensions` }),
      h("ul", { class: "chips" }, ...value.extensions.map((/** @type {string} */ name) => h("li", { text: name }))),
    ),
  );
}
