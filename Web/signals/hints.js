const HINTS = ["architecture", "bitness", "formFactors", "fullVersionList", "model", "platformVersion", "wow64"];

/** GREASE brands are noise on purpose. @param {any[]} [brands] */
const real = (brands = []) => brands.filter(({ brand }) => !/not.?a.?brand/i.test(brand));

/**
 * What the browser says in place of its frozen user agent string; null where it has no such interface.
 *
 * @returns {Promise<Record<string, any> | null>}
 */
export async function clientHints() {
  const values = await /** @type {any} */ (navigator).userAgentData?.getHighEntropyValues?.(HINTS);
  return values ? { ...values, brands: real(values.brands), fullVersionList: real(values.fullVersionList) } : null;
}
