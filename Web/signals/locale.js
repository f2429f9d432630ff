/** Where and how dates and numbers are written. */
export const locale = () => Intl.DateTimeFormat().resolvedOptions();

/** How much of each kind the browser's tables of languages know: they come with its version. */
export const localeCounts = () =>
  ["calendar", "collation", "currency", "numberingSystem", "timeZone", "unit"].map((kind) =>
    Intl.supportedValuesOf?.(/** @type {any} */ (kind)).length ?? null
  );
