/**
 * The state of each permission, null where the browser does not know it. Nothing is requested.
 *
 * @param {string[]} names
 * @returns {Promise<Record<string, string | null> | null>}
 */
export async function permissions(names) {
  if (!navigator.permissions?.query) return null;
  /** @type {Record<string, string | null>} */
  const states = {};
  await Promise.all(names.map(async (name) => {
    states[name] = null;
    try {
      states[name] = (await navigator.permissions.query(/** @type {any} */ ({ name, userVisibleOnly: true }))).state;
    } catch {
      // It does not know this one.
    }
  }));
  return states;
}
