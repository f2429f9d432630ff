// Cumulative Layout Shift: the session window with the largest sum of shifts, and the largest shift of that window.

/** A window ends after this many milliseconds without a shift, and at the latest this many after its first shift. */
const WINDOW_GAP_MS = 1000;
const WINDOW_MS_MAX = 5000;

/** @typedef {{target: string | undefined, value: number, startTime: number}} Shift */

/**
 * The shifts of one page view.
 *
 * @param {(sources: any[]) => string | undefined} describe names what moved; called only for the largest shift of a window so far
 */
export const openShifts = (describe) => {
  let sum = 0;
  let first = 0;
  let last = 0;
  /** The largest shift of the open window. @type {Shift | undefined} */
  let largest;
  const worst = { value: 0, largestShift: /** @type {Shift | undefined} */ (undefined) };
  return {
    worst,
    /** @param {any} entry a layout-shift entry */
    add: ({ startTime, value, hadRecentInput, sources }) => {
      if (hadRecentInput) return;
      if (!sum || startTime - last >= WINDOW_GAP_MS || startTime - first >= WINDOW_MS_MAX) {
        sum = 0;
        first = startTime;
        largest = undefined;
      }
      last = startTime;
      sum += value;
      if (!largest || value >= largest.value) largest = { target: describe(sources), value, startTime };
      if (sum > worst.value) {
        worst.value = sum;
        worst.largestShift = largest;
      }
    },
  };
};
