import { plain } from "./plain.js";

/** What the graphics adapter says of itself; null where there is no interface, all of it empty where there is no adapter. */
export async function webgpu() {
  const gpu = /** @type {any} */ (navigator).gpu;
  if (!gpu) return null;
  const adapter = await gpu.requestAdapter();
  return { info: plain(adapter?.info), limits: plain(adapter?.limits), features: [...adapter?.features ?? []].sort() };
}
