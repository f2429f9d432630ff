// The shape of a collector. Adding a metric is one file that exports one of these, and a line in registry.js.

/**
 * @typedef {object} Collector
 * @property {string} name unique; its card has the id `card-` and this
 * @property {"overview" | "performance" | "fingerprint"} tab where its card stands
 * @property {string} title of its card
 * @property {string} [note] a few words beside the title
 * @property {"full" | "wide" | "half" | "third"} [width] of its card; half unless said
 * @property {boolean} [isBare] whether it draws its own frames
 * @property {boolean} [isFingerprint] whether it is computed twice and is part of the combined fingerprint
 * @property {boolean} [isHeavy] whether it would disturb the measurements that are made first
 * @property {number} [timeLimit] milliseconds for collect; 5000 unless said
 * @property {string[]} [uses] names of collectors whose values are put into this one's, under their names, as they come
 * @property {() => any} collect the value, or a promise of it; null or undefined if unavailable
 * @property {(value: any, element: HTMLElement) => void} render shows the value in its card; called again when it changes
 * @property {(value: any, payload: any) => void} [contribute] puts the value into what is posted to /collect
 * @property {(value: any) => any} [identity] the part of the value that identifies the browser; the default is all of it
 * @property {(value: any) => string} [summary] the value in a few words, for the table of the fingerprint's parts
 * @property {(update: (change: any) => void) => void} [watch] calls `update` with later values, or with only the changed members of an object
 */

export {};
