/** Settings, in milliseconds and bytes. */
export const CONFIG = Object.freeze({
  /** Time from the load to the submission. */
  COLLECTION_DELAY: 3000,
  /** Default timeout of a collector. */
  COLLECTOR_TIME_LIMIT: 5000,
  /** Longest time for which the fingerprint, which keeps the processor busy, waits for measurements that it would disturb. */
  FINGERPRINT_WAIT: 1100,
  /** Slightly less than the limit of /collect. */
  COLLECT_BYTES_MAX: 1_000_000,
  /** Slightly less than the limit of /event. */
  EVENT_BYTES_MAX: 250_000,
  /** Beacons and requests that outlive the page share 64 KiB. */
  OUTLIVING_BYTES_MAX: 60_000,
  /** Part of those for the submission; the rest is for events. */
  BEACON_BYTES_MAX: 48_000,
  /** Error events of one page view. */
  ERROR_EVENTS_MAX: 20,
  /** Backoff before each retry of an event. */
  RETRY_DELAYS: [1000, 5000, 15000],
});
