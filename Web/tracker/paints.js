// Paints: which of them count, and for which page view.

/** The type of soft navigations, and the kind of those that are no page view. */
export const SOFT = "soft-navigation";

/** What attribution needs of a large paint: the element, too, since a removed one is no longer known to its entry. @param {any} entry */
export const largePaint = (entry) => ({
  element: entry.element,
  url: entry.url,
  id: entry.id,
  _paint: entry.startTime,
  size: entry.size,
});

/**
 * When the page was first hidden since it was opened or activated.
 *
 * @param {any[]} entries of type visibility-state, which not every browser has
 * @param {boolean} isHidden whether the page is hidden now
 * @param {number} [activationStart] when a prerendered page was activated
 */
export const firstHiddenTime = (entries, isHidden, activationStart = 0) =>
  entries.find(({ name, startTime }) => name === "hidden" && startTime >= activationStart)?.startTime ??
    (isHidden ? 0 : Infinity);

/**
 * The value of a paint; undefined when the page was hidden before it, or when input may have caused it.
 *
 * @param {number} time
 * @param {number} until when paints of the page view stopped to count
 * @param {number} [start] when a visitor asked for the page view
 */
export const paintValue = (time, until, start = 0) => time < until ? Math.max(0, time - start) : undefined;

/**
 * Whether a largest paint replaces the one before it. Entries of one frame may be delivered in any order: the larger one counts.
 *
 * @param {{startTime: number, size: number}} entry
 * @param {{_paint: number, size: number} | undefined} before
 */
export const isLarger = ({ startTime, size }, before) => startTime !== before?._paint || size > before.size;

/**
 * The route that a soft navigation has painted: the first one after the interaction that has not been painted by another.
 *
 * @template {{_from: number, _interaction: number}} State
 * @param {State[]} states the newest first
 * @param {any} entry
 */
export const paintedRoute = (states, { startTime }) =>
  states.filter(({ _from: from, _interaction: interaction }) => !interaction && from >= startTime).pop();
