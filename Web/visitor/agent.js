// The names of this browser and its system: the server parses the user agent by the rules of its reports.

/**
 * @typedef {{name: string, version: number | string | null}} Named
 * @typedef {{browser: Named, system: Named, device: string, bot_reasons: string[]}} Agent
 */

/** @type {Promise<Agent | null> | undefined} */
let asked;

/** Null when the server cannot be reached, or is older than the page. @returns {Promise<Agent | null>} */
export const ownAgent = () => asked ??= ask();

async function ask() {
  try {
    const response = await fetch(new URL("agent", document.baseURI));
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** A name and its version, without what is not known. @param {Named | undefined} part */
export const named = (part) => part && part.name !== "Other" ? [part.name, part.version].filter(Boolean).join(" ") : "";
