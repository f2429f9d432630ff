// How the page and what it needs was fetched and built. Names are those of Navigation and Resource Timing, times milliseconds since the navigation.

import { entriesOf, largest, navigationEntry, pick, tenth } from "./guard.js";

const RESOURCE =
  "name initiatorType startTime requestStart responseStart duration transferSize nextHopProtocol renderBlockingStatus responseStatus";

/** Everything that the browser tells of the page itself; null for what it does not. */
export const readNavigation = () => {
  const entry = navigationEntry();
  return pick(entry, Object.keys(entry.toJSON()).join(" "));
};

/** What the page has fetched; our own posts and measurements are not part of it. @returns {any[]} */
export const readResources = () => entriesOf("resource").filter((entry) => !isOwn(entry));

/** @param {any} entry */
export const isOwn = ({ name, initiatorType }) =>
  /\/(events?|collect|ping|bw)(\?|$)/.test(name) && /fetch|beacon/.test(initiatorType);

/** The slowest resources one by one, other hosts summed, and all of them in three numbers. */
export const summariseResources = () => {
  const all = readResources();
  /** @type {Record<string, any>} */
  const hosts = {};
  let [bytes, cached] = [0, 0];
  for (const { name, transferSize = 0, decodedBodySize, duration } of all) {
    bytes += transferSize;
    if (!transferSize && decodedBodySize) cached++;
    const { host } = new URL(name);
    const sum = hosts[host] ??= { host, count: 0, bytes: 0, duration: 0 };
    sum.count++;
    sum.bytes += transferSize;
    sum.duration = tenth(sum.duration + duration);
  }
  delete hosts[location.host];
  return {
    count: all.length,
    bytes,
    cached,
    slowest: largest(all, "duration").map((entry) => pick(entry, RESOURCE)),
    thirdParties: largest(Object.values(hosts), "duration"),
  };
};
