// FNV-1a with 64 bits (RFC 9923), the only hash function of the pages and the tracker: it distinguishes values and keeps no secrets.
//
// A fingerprint must have the same hash with and without a secure context, but crypto.subtle exists only in secure contexts. SHA-256 of
// our own would add 500 bytes to the tracker. FNV-1a is published with test vectors, so any reader of the rows can compute it. Among ten
// million browsers, the probability that any two share a hash by chance is three in a million. A forged fingerprint needs no collision:
// its sender can send any hash.

import { hex } from "./hex.js";

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
  return [high, low].map((word) => hex(word, 8)).join("");
}
