// Not a collector: what the collectors of WebGL share.

import { badge, facts, h } from "../shared/dom.js";

/** Limits that both versions have; further ones are given by who asks. */
const LIMITS = [
  ...[
    "MAX_TEXTURE_SIZE",
    "MAX_CUBE_MAP_TEXTURE_SIZE",
    "MAX_RENDERBUFFER_SIZE",
    "MAX_VIEWPORT_DIMS",
    "MAX_TEXTURE_IMAGE_UNITS",
  ],
  ...[
    "MAX_COMBINED_TEXTURE_IMAGE_UNITS",
    "MAX_VERTEX_TEXTURE_IMAGE_UNITS",
    "MAX_VERTEX_ATTRIBS",
    "MAX_VERTEX_UNIFORM_VECTORS",
  ],
  ...["MAX_FRAGMENT_UNIFORM_VECTORS", "MAX_VARYING_VECTORS", "ALIASED_LINE_WIDTH_RANGE", "ALIASED_POINT_SIZE_RANGE"],
];

/**
 * Opens a context for as long as it takes to ask; browsers allow only a few at a time, so it is given back.
 *
 * @template Value
 * @param {"webgl" | "webgl2"} kind
 * @param {(context: any) => Value} use
 * @returns {Value | null}
 */
export function withContext(kind, use) {
  const context = document.createElement("canvas").getContext(kind);
  if (!context) return null;
  try {
    return use(context);
  } finally {
    release(context);
  }
}

/** @param {any} context */
export const release = (context) => context.getExtension("WEBGL_lose_context")?.loseContext();

/** @param {any} value */
const plain = (value) => ArrayBuffer.isView(value) ? Array.from(/** @type {any} */ (value)) : value;

/**
 * @param {"webgl" | "webgl2"} kind
 * @param {string[]} [furtherLimits]
 */
export const describeContext = (kind, furtherLimits = []) =>
  withContext(kind, (context) => {
    const text = (/** @type {number} */ name) => String(context.getParameter(name) ?? "");
    const renderer = text(context.RENDERER);
    // Some browsers say it plainly, and warn who asks by the extension; others hide it behind the extension.
    const isMasked = renderer === "WebKit WebGL" || renderer === "Mozilla";
    const debug = isMasked ? context.getExtension("WEBGL_debug_renderer_info") : null;
    /** @type {Record<string, any>} */
    const limits = {};
    for (const name of [...LIMITS, ...furtherLimits]) limits[name] = plain(context.getParameter(context[name]));
    const format = context.getShaderPrecisionFormat(context.FRAGMENT_SHADER, context.HIGH_FLOAT);
    return {
      vendor: text(context.VENDOR),
      renderer,
      webglVersion: text(context.VERSION),
      shadingLanguageVersion: text(context.SHADING_LANGUAGE_VERSION),
      unmaskedVendor: debug ? text(debug.UNMASKED_VENDOR_WEBGL) : null,
      unmaskedRenderer: debug ? text(debug.UNMASKED_RENDERER_WEBGL) : null,
      antialias: context.getContextAttributes()?.antialias ?? null,
      fragmentPrecision: format ? [format.rangeMin, format.rangeMax, format.precision] : null,
      limits,
      extensions: [...(context.getSupportedExtensions() ?? [])],
    };
  });

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
      ["Drawn by", badge(isSoftware ? "software" : "graphics hardware", isSoftware ? "fair" : "plain")],
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
