// FNV-1a with 64 bits (RFC 9923): to tell things apart, not to keep secrets.
//
// Fingerprints have to come to the same hash with and without a secure context, where crypto.subtle is absent; so there is one way for both.
// SHA-256 would take 500 bytes more of a script that strangers' pages load. This one is published with test vectors and can be computed
// again wherever the rows are read; among ten million browsers two share a hash by chance in three cases of a million. Whoever forges a
// fingerprint need not break a hash: they send another one.

/**
 * @param {string | Uint8ClampedArray} input text is taken as UTF-8
 * @returns {string} 16 hexadecimal digits
 */
export function fnv(input) {
  // Two words of 32 bits: big integers would be shorter, and many times slower.
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of typeof input === "string" ? new TextEncoder().encode(input) : input) {
    low = (low ^ byte) >>> 0;
    // The prime is 2^40 + 435.
    const product = low * 435;
    high = (high * 435 + Math.floor(product / 2 ** 32) + low * 256) >>> 0;
    low = product >>> 0;
  }
  return [high, low].map((word) => word.toString(16).padStart(8, "0")).join("");
}
