import process from "node:process";

/**
 * Milliseconds of processor time since a moment of the same clock: unlike the time of day, no other program lengthens it.
 * @param {number} [since]
 */
export function cpuMilliseconds(since = 0) {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 - since;
}
