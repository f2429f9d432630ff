/** What may be tuned; milliseconds and bytes. */
export const CONFIG = Object.freeze({
  /** From load to the post of what was collected. */
  COLLECTION_DELAY: 3000,
  /** What a collector may take unless it says otherwise. */
  COLLECTOR_TIME_LIMIT: 5000,
  /** The longest that fingerprinting, which keeps the processor busy, waits for the measurements that it would disturb. */
  FINGERPRINT_WAIT: 1100,
  /** What the server takes at /collect, less a little. */
  COLLECT_BYTES_MAX: 1_000_000,
  /** What the server takes at /event, less a little. */
  EVENT_BYTES_MAX: 250_000,
  /** Beacons and requests that outlive the page share 64 KiB. */
  OUTLIVING_BYTES_MAX: 60_000,
  /** Of those, what the submission takes; the rest is for events. */
  BEACON_BYTES_MAX: 48_000,
  /** Error events of one view. */
  ERROR_EVENTS_MAX: 20,
  /** Waits before an event that was not taken is tried again. */
  RETRY_DELAYS: [1000, 5000, 15000],
});
