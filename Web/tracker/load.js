// How the page and its resources were loaded. Names are those of Navigation Timing and Resource Timing; times are milliseconds
// since the start of the navigation.

import { entriesOf, largest, navigationEntry, tenth } from "./guard.js";
import { pick } from "./pick.js";
import { cleanText } from "./texts.js";

const RESOURCE =
  "name initiatorType startTime requestStart responseStart duration transferSize nextHopProtocol renderBlockingStatus responseStatus";

/** Everything that the browser knows of the page's own load; null for what it does not. */
export const readNavigation = () => {
  const values = navigationEntry().toJSON?.() ?? {};
  // Objects hold addresses of frames and of pages before. Of a load that goes on, times are 0.
  const known = Object.keys(values).filter((name) => {
    const value = values[name];
    return name === "serverTiming" || Object(value) !== value && (value || !/^(load|domComplete|duration)/.test(name));
  });
  return pick(values, known.join(" "), cleanText);
};

/** The ten slowest resources, the sums of other hosts, and the totals. @param {(url: string) => boolean} isOwn our own requests */
export const summarizeResources = (isOwn) => {
  const all = entriesOf("resource").filter(({ name }) => !isOwn(name));
  /** @type {any} */
  const hosts = Object.create(null);
  let [bytes, cached] = [0, 0];
  for (const { name, transferSize = 0, decodedBodySize, duration } of all) {
    bytes += transferSize;
    if (!transferSize && decodedBodySize) cached++;
    const [, , host] = name.split("/");
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
    slowest: largest(all, "duration").map((entry) => pick(entry, RESOURCE, cleanText)),
    thirdParties: largest(Object.values(hosts), "duration"),
  };
};
