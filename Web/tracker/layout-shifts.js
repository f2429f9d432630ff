// Cumulative Layout Shift: the session window with the largest sum of shifts, and the largest shift of that window.

/** A window ends after this many milliseconds without a shift, and at the latest this many after its first shift. */
const WINDOW_GAP_MS = 1000;
const WINDOW_MS_MAX = 5000;

/** @typedef {{_nodes: any[], value: number, startTime: number}} Shift */

/** The shifts of one page view. */
export const openShifts = () => {
  let sum = 0;
  let first = 0;
  let last = 0;
  /** The largest shift of the open window. @type {Shift | undefined} */
  let largest;
  const worstWindow = { value: 0, _largestShift: /** @type {Shift | undefined} */ (undefined) };
  return {
    _worstWindow: worstWindow,
    /** @param {any} entry a layout-shift entry */
    _add: ({ startTime, value, hadRecentInput, sources }) => {
      if (hadRecentInput) return;
      if (!sum || startTime - last >= WINDOW_GAP_MS || startTime - first >= WINDOW_MS_MAX) {
        sum = 0;
        first = startTime;
        largest = undefined;
      }
      last = startTime;
      sum += value;
      // A removed node is no longer known to its entry when the shift is reported.
      if (!largest || value >= largest.value) {
        largest = { _nodes: sources?.map((/** @type {any} */ { node }) => node) ?? [], value, startTime };
      }
      if (sum > worstWindow.value) {
        worstWindow.value = sum;
        worstWindow._largestShift = largest;
      }
    },
  };
};
