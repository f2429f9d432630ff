// One text for one value.

/**
 * The same value always as the same text, whatever the order in which its fields were set; what JSON cannot say is null.
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
