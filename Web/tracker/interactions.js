// Interaction to Next Paint: the longest interactions of a page view, and the animation frames in which their events were handled.

import { largest } from "./guard.js";

/** Interactions kept to find the one at the 98th percentile: it is the nth longest after n times 50 interactions. */
const INTERACTIONS_MAX = 10;
const INTERACTIONS_PER_OUTLIER = 50;
/** The duration of an interaction that was too short for the browser to report. */
const UNREPORTED_MS = 8;
/** Durations are rounded to 8 ms, so the paint times of events of one frame differ by up to that much. */
const ROUNDING_MS = 8;
/** Animation frames to which events that arrive late are added, and events of each. */
const FRAMES_MAX = 10;
const FRAME_EVENTS_MAX = 50;

/** @param {any} event */
const paintOf = ({ startTime, duration }) => startTime + duration;

/** Groups events by the animation frame that presented them. */
export const openFrames = () => {
  /** The newest first. @type {any[][]} */
  let frames = [];
  /** @param {any} event @returns {any[]} the events of its frame so far; later ones are added */
  return (event) => {
    let frame = frames.find(([first]) => Math.abs(paintOf(first) - paintOf(event)) <= ROUNDING_MS);
    if (!frame) frames = [frame = [], ...frames].slice(0, FRAMES_MAX);
    if (frame.length < FRAME_EVENTS_MAX) frame.push(event);
    return frame;
  };
};

/**
 * An interaction: its longest event, the events of its animation frame, and the first target among them.
 *
 * @typedef {{id: number, duration: number, _entry: any, _frame: any[], node: any}} Interaction
 */

/**
 * Merges an event into its interaction.
 *
 * @param {Interaction[]} longest
 * @param {any} entry
 * @param {any[]} frame the events of its animation frame
 * @returns {Interaction[]} the longest first
 */
export const addInteraction = (longest, entry, frame) => {
  const { interactionId: id, duration, target } = entry;
  const known = longest.find((one) => one.id === id);
  // A removed element is no longer known to its entry when the interaction is reported.
  const node = known?.node || target;
  if (known && known.duration >= duration) {
    known.node = node;
    return longest;
  }
  const found = { id, duration, _entry: entry, _frame: frame, node };
  return largest([...longest.filter((one) => one !== known), found], "duration", INTERACTIONS_MAX);
};

/**
 * The interaction at the 98th percentile.
 *
 * @param {Interaction[]} longest
 * @param {number} count of all interactions of the page view, unreported ones included
 * @param {boolean} [countsUnreported] whether interactions of which none was reported have a value
 * @returns {{duration: number} | undefined}
 */
export const atPercentile = (longest, count, countsUnreported) =>
  longest[Math.min(longest.length - 1, Math.floor(count / INTERACTIONS_PER_OUTLIER))] ??
    (countsUnreported && count > 0 ? { duration: UNREPORTED_MS } : undefined);
