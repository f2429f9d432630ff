import { facts, h } from "../../kit/dom.js";
import { milliseconds, round, yesNo } from "../../kit/format.js";
import { plain } from "../../signals/plain.js";

/** Number of round trips, and bytes of the download. */
const PINGS = 5;
const BANDWIDTH_BYTES = 500_000;

/**
 * Fetches once. The browser's own record of it is not disturbed by what else the page is doing; the clock is the second best.
 *
 * @param {string} address
 * @returns {Promise<{first: number, whole: number, bytes: number}>} milliseconds to the first and to the last byte
 */
async function time(address) {
  const start = performance.now();
  const response = await fetch(address, { cache: "no-store" });
  const first = performance.now() - start;
  const body = await response.arrayBuffer();
  if (!response.ok) throw new Error(`status ${response.status}`);
  const whole = performance.now() - start;
  const entry = /** @type {any} */ (performance.getEntriesByName(response.url, "resource").pop());
  const isUsable = entry && entry.requestStart > 0 && entry.responseEnd > entry.requestStart;
  if (!isUsable) return { first, whole, bytes: body.byteLength };
  const { requestStart, responseStart, responseEnd } = entry;
  return { first: responseStart - requestStart, whole: responseEnd - requestStart, bytes: body.byteLength };
}

async function roundTrips() {
  /** @type {number[]} */
  const times = [];
  for (let index = 0; index < PINGS; index++) times.push((await time(`ping?${index}`)).first);
  const mean = times.reduce((sum, each) => sum + each, 0) / times.length;
  const jitter = Math.sqrt(times.reduce((sum, each) => sum + (each - mean) ** 2, 0) / times.length);
  return {
    meanMs: round(mean),
    jitterMs: round(jitter),
    minMs: round(Math.min(...times)),
    maxMs: round(Math.max(...times)),
    samples: times.length,
    timesMs: times.map((each) => round(each)),
  };
}

async function bandwidth() {
  const { whole, bytes } = await time(`bw?bytes=${BANDWIDTH_BYTES}`);
  return round(bytes * 8 / (Math.max(whole, 0.1) / 1000) / 1e6, 1);
}

/** @type {import("./types.js").Collector} */
export default {
  name: "network",
  tab: "overview",
  title: "Network",
  width: "third",
  timeLimit: 10000,
  note: "measured against this server",
  async collect() {
    const rttStats = await roundTrips();
    const bandwidthMbps = await bandwidth();
    const connection = plain(/** @type {any} */ (navigator).connection);
    return {
      effectiveType: connection?.effectiveType ?? null,
      downlink: connection?.downlink ?? null,
      rtt: connection?.rtt ?? null,
      saveData: connection?.saveData ?? null,
      rttStats,
      measured: { latencyMs: rttStats.minMs, bandwidthMbps },
    };
  },
  contribute(value, payload) {
    payload.network = value;
  },
  render(value, element) {
    const { rttStats, measured } = value;
    const most = Math.max(...rttStats.timesMs);
    const trips = h("div", {
      class: "trips",
      role: "img",
      "aria-label": `Round trips: ${rttStats.timesMs.map(milliseconds).join(", ")}`,
    });
    for (const each of rttStats.timesMs) {
      const bar = h("i", { title: milliseconds(each) });
      bar.style.blockSize = `${Math.max(8, each / most * 100)}%`;
      trips.append(bar);
    }
    element.replaceChildren(
      trips,
      facts([
        [
          "Latency",
          h(
            "span",
            {},
            milliseconds(rttStats.meanMs),
            h("span", { class: "dim", text: ` mean of ${rttStats.samples}` }),
          ),
        ],
        ["Range", `${milliseconds(rttStats.minMs)} to ${milliseconds(rttStats.maxMs)}`],
        ["Jitter", milliseconds(rttStats.jitterMs)],
        ["Bandwidth", `${measured.bandwidthMbps} Mbit/s`],
        [
          "Browser's estimate",
          value.effectiveType && `${value.effectiveType}, ${value.downlink} Mbit/s, ${value.rtt} ms`,
        ],
        ["Data saver", yesNo(value.saveData)],
      ]),
    );
  },
};
