/**
 * What one of the browser's own objects says of itself: its texts, numbers, truths and lists, whatever names a version has for them.
 * Objects are left out, and what is empty, and what a browser refuses to say.
 *
 * @param {any} object
 * @returns {Record<string, any> | null}
 */
export function plain(object) {
  if (!object) return null;
  /** @type {Record<string, any>} */
  const said = {};
  for (const name in object) {
    try {
      const value = object[name];
      if (/^[nsb]/.test(typeof value) || Array.isArray(value)) said[name] = value;
    } catch {
      // In a sandbox some of them throw.
    }
  }
  return said;
}

/** The names that an object has: they come and go with the versions of a browser. @param {any} object */
export function names(object) {
  const found = [];
  for (const name in object) found.push(name);
  return found;
}
