import { breathe } from "../kit/time.js";

/** Browsers allow only a few contexts at a time, so each is given back. @param {any} context */
export const release = (context) => context.getExtension("WEBGL_lose_context")?.loseContext();

/** Who draws, and each limit that the context itself has a name for. */
const REPORTED = /^(VENDOR|RENDERER|VERSION)$|^(MAX|ALIASED|UNMASKED|SHADING)_/;

/**
 * @param {"webgl" | "webgl2"} kind
 * @param {(context: any) => Record<string, any>} [ask] for more than the parameters and the extensions
 */
export async function describeContext(kind, ask) {
  const context = /** @type {any} */ (document.createElement("canvas").getContext(kind));
  if (!context) return null;
  try {
    // To open it may have taken long already.
    await breathe();
    // Some browsers say it plainly, and warn who asks by the extension; others hide it behind the extension.
    const isMasked = /^(WebKit WebGL|Mozilla)$/.test(context.getParameter(context.RENDERER));
    /** @type {Record<string, any>} */
    const parameters = {};
    for (const named of [context, isMasked && context.getExtension("WEBGL_debug_renderer_info")]) {
      for (const name in named) {
        if (!REPORTED.test(name)) continue;
        const value = context.getParameter(named[name]);
        parameters[name] = ArrayBuffer.isView(value) ? Array.from(/** @type {any} */ (value)) : value;
      }
    }
    /** @type {string[]} */
    const extensions = context.getSupportedExtensions() ?? [];
    return { parameters, extensions, ...ask?.(context) };
  } finally {
    release(context);
  }
}
