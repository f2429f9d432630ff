// SHA-256 as hexadecimal text. Pages that are not served securely have no crypto.subtle, and must come to the same hash.

/** @param {string} text */
export async function sha256(text) {
  const data = new TextEncoder().encode(text);
  if (globalThis.crypto?.subtle) {
    const digest = await crypto.subtle.digest("SHA-256", data);
    return hex(new Uint8Array(digest));
  }
  return hex(digest(data));
}

/** @param {Uint8Array} bytes */
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4 §4.2.2), and of the square roots. */
const [ROUND, START] = (() => {
  /** @type {number[]} */
  const primes = [];
  for (let candidate = 2; primes.length < 64; candidate++) {
    if (primes.every((prime) => candidate % prime)) primes.push(candidate);
  }
  const fraction = (/** @type {number} */ value) => Math.floor((value - Math.floor(value)) * 2 ** 32) | 0;
  return [
    primes.map((prime) => fraction(Math.cbrt(prime))),
    primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))),
  ];
})();

const rotate = (/** @type {number} */ word, /** @type {number} */ by) => (word >>> by) | (word << (32 - by));

/**
 * @param {Uint8Array} data
 * @returns {Uint8Array}
 */
export function digest(data) {
  const length = ((data.length + 8) >> 6 << 6) + 64;
  const padded = new Uint8Array(length);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(length - 8, Math.floor(data.length / 2 ** 29));
  view.setUint32(length - 4, data.length << 3);
  const state = START.slice();
  const words = new Int32Array(64);
  for (let block = 0; block < length; block += 64) {
    for (let index = 0; index < 16; index++) words[index] = view.getInt32(block + index * 4);
    for (let index = 16; index < 64; index++) {
      const early = words[index - 15];
      const late = words[index - 2];
      const first = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
      const second = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
      words[index] = (words[index - 16] + first + words[index - 7] + second) | 0;
    }
    compress(state, words);
  }
  const result = new Uint8Array(32);
  const out = new DataView(result.buffer);
  state.forEach((word, index) => out.setInt32(index * 4, word));
  return result;
}

/**
 * @param {number[]} state
 * @param {Int32Array} words
 */
function compress(state, words) {
  let [a, b, c, d, e, f, g, last] = state;
  for (let index = 0; index < 64; index++) {
    const mixed = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (last + mixed + ((e & f) ^ (~e & g)) + ROUND[index] + words[index]) | 0;
    const blended = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (blended + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [last, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, last].forEach((word, index) => state[index] = (state[index] + word) | 0);
}
