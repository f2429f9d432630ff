// Canonical JSON.

/**
 * The same text for equal values, regardless of the order of their members. Values that JSON does not have are null.
 *
 * @param {any} value
 * @param {RegExp} [without] names of fields that are left out, at any depth
 * @returns {string}
 */
export const canonical = (value, without) =>
  JSON.stringify(value, (_, each) => {
    if (!each || typeof each !== "object" || Array.isArray(each)) return each ?? null;
    const names = Object.keys(each).sort().filter((name) => !without?.test(name));
    return Object.fromEntries(names.map((name) => [name, each[name]]));
  });
