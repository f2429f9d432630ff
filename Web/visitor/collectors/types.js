// The type of a collector. A new metric is a file that exports one, and a line in registry.js.

/**
 * @typedef {object} Collector
 * @property {string} name unique; its card has the id `card-` and this
 * @property {"overview" | "performance" | "fingerprint"} tab of its card
 * @property {string} title of its card
 * @property {string} [note] a note next to the title
 * @property {"full" | "wide" | "half" | "third"} [width] of its card; the default is half
 * @property {boolean} [isBare] whether it draws its own frames
 * @property {boolean} [isFingerprint] whether it is computed twice and is part of the combined fingerprint
 * @property {boolean} [isHeavy] whether it runs last, since it would disturb other measurements
 * @property {number} [timeLimit] timeout of `collect` in milliseconds; the default is 5000
 * @property {string[]} [uses] names of collectors whose values are added to this one's, under their names
 * @property {() => any} collect the value, or a promise of it; null or undefined if unavailable
 * @property {(value: any, element: HTMLElement) => void} render shows the value in its card; called again when it changes
 * @property {(value: any, payload: any) => void} [contribute] adds the value to the payload of /collect
 * @property {(value: any) => any} [identity] the part of the value that identifies the browser; the default is all of it
 * @property {(value: any) => string} [summary] a short text for the table of signals
 * @property {(update: (change: any) => void) => void} [watch] calls `update` with later values, or with only the changed members of an object
 */

export {};
