// Media queries; of several that match, the first is the value.

/** What screen, pointers and browser are made for. */
const TRAITS = "color-gamut=rec2020,p3,srgb dynamic-range=high,standard pointer=fine,coarse,none " +
  "any-pointer=fine,coarse,none hover=hover,none";

/** Preferences of the visitor, or of the system by the time of day or its battery. */
const PREFERENCES = "prefers-color-scheme=dark,light prefers-reduced-motion=reduce,no-preference " +
  "prefers-reduced-transparency=reduce,no-preference " +
  "prefers-contrast=more,less,custom,no-preference forced-colors=active,none inverted-colors=inverted,none " +
  "display-mode=fullscreen,standalone,minimal-ui,browser";

/** @param {string} table */
const ask = (table) =>
  Object.fromEntries(
    table.split(" ").map((row) => {
      const [feature, values] = row.split("=");
      return [feature, values.split(",").find((value) => matchMedia(`(${feature}:${value})`).matches) ?? null];
    }),
  );

/** @returns {Record<string, string | null>} null where the browser does not know the question */
export const traits = () => ask(TRAITS);

/** @returns {Record<string, string | null>} null where the browser does not know the question */
export const preferences = () => ask(PREFERENCES);
