/**
 * How many devices of each kind there are; a browser may say one of each until it is permitted to say more.
 *
 * @returns {Promise<Record<string, number> | null>}
 */
export async function mediaDevices() {
  const devices = await navigator.mediaDevices?.enumerateDevices?.();
  if (!devices) return null;
  /** @type {Record<string, number>} */
  const counts = {};
  for (const { kind } of devices) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
