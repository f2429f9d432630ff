// Numbers as people read them.

/** @param {number | null | undefined} ms */
export function milliseconds(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  if (ms >= 10000) return `${round(ms / 1000, 1)} s`;
  if (ms >= 1000) return `${round(ms / 1000, 2)} s`;
  return ms >= 10 ? `${Math.round(ms)} ms` : `${round(ms, 1)} ms`;
}

/** @param {number | null | undefined} bytes */
export function bytes(bytes) {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return "–";
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = "B";
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value >= 100 ? Math.round(value) : round(value, 1)} ${unit}`;
}

/** @param {boolean | null | undefined} value */
export const yesNo = (value) => value === true ? "yes" : value === false ? "no" : null;

/**
 * The last part of an address, which is enough to recognise a resource by.
 *
 * @param {string} url
 */
export function shortName(url) {
  try {
    const parsed = new URL(url, location.href);
    const name = parsed.pathname.split("/").filter(Boolean).pop() ?? parsed.pathname;
    const own = parsed.origin === location.origin;
    return own ? name || "/" : `${parsed.host}/${name}`;
  } catch {
    return url.slice(0, 80);
  }
}

/** @param {number} value */
export const round = (value, digits = 1) => Math.round(value * 10 ** digits) / 10 ** digits;
