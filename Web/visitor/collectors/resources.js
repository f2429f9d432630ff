import { round } from "../../kit/format.js";
import { entriesOf, observe } from "../../tracker/guard.js";

// Shared by the collectors of resources.

/** Resources kept for the payload, slowest first. */
export const RESOURCES_MAX = 60;
const NAME_MAX = 300;

/** Whether a resource is a submission, an event or a measurement of this page. @param {any} entry */
const isOwn = ({ name, initiatorType }) =>
  /\/(events?|collect|ping|bw)(\?|$)/.test(name) && /fetch|beacon/.test(initiatorType);

const readEntries = () => entriesOf("resource").filter((entry) => !isOwn(entry));

/**
 * Whether the browser itself has repeated a request, as some do for the icon when the address changes.
 *
 * @param {any} entry
 * @param {number} index
 * @param {any[]} all
 */
const isRepeated = (entry, index, all) =>
  entry.initiatorType === "other" && all.findIndex((other) => other.name === entry.name) < index;

/** Every resource of the page so far, in order of start. Query strings are left out: they may hold anything. */
export function readResources() {
  return readEntries().filter((entry, index, all) => !isRepeated(entry, index, all)).map((
    /** @type {any} */ entry,
  ) => ({
    name: entry.name.split("?")[0].slice(0, NAME_MAX),
    type: entry.initiatorType,
    kind: kindOf(entry.name.split("?")[0], entry.contentType ?? "", entry.initiatorType),
    start: round(entry.startTime),
    duration: round(entry.duration),
    wait: round(Math.max(0, entry.responseStart - entry.requestStart)),
    download: round(Math.max(0, entry.responseEnd - entry.responseStart)),
    size: entry.transferSize ?? 0,
    encodedBodySize: entry.encodedBodySize ?? null,
    decodedBodySize: entry.decodedBodySize ?? null,
    protocol: entry.nextHopProtocol || null,
    renderBlocking: entry.renderBlockingStatus ?? null,
    status: entry.responseStatus || null,
    fromCache: entry.transferSize === 0 && entry.decodedBodySize > 0,
  })).sort((left, right) => left.start - right.start);
}

/** The kind of a resource: by its type where the browser reports it, else by its name. The initiator does not determine it. */
const KINDS = /** @type {[string, RegExp, RegExp][]} */ ([
  ["script", /javascript|ecmascript/, /\.m?js$/],
  ["style", /css/, /\.css$/],
  ["image", /^image\//, /\.(?:avif|gif|ico|jpe?g|png|svg|webp)$/],
  ["font", /font/, /\.(?:otf|ttf|woff2?)$/],
  ["media", /^(?:audio|video)\//, /\.(?:mp3|mp4|ogg|webm)$/],
  ["document", /html/, /\.html?$|\/$/],
]);

/**
 * @param {string} name
 * @param {string} contentType
 * @param {string} initiator
 */
export function kindOf(name, contentType, initiator) {
  const byType = contentType && KINDS.find(([, pattern]) => pattern.test(contentType));
  const found = byType || KINDS.find(([, , pattern]) => pattern.test(name));
  return found ? found[0] : initiator === "fetch" || initiator === "xmlhttprequest" ? "fetch" : "other";
}

/** Milliseconds for which further resources are waited for before telling of all. */
const SETTLE_MS = 400;

/**
 * Reports further resources once no more arrive.
 *
 * @param {() => void} changed
 */
export function watchResources(changed) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  observe("resource", (entry) => {
    if (isOwn(entry)) return;
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE_MS);
  }, { buffered: false });
}
