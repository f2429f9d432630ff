// Interaction to Next Paint: the longest interactions of a page view, and the animation frames in which their events were handled.

import { largest } from "./guard.js";

/** Interactions kept to find the one at the 98th percentile: it is the nth longest after n times 50 interactions. */
const INTERACTIONS_MAX = 10;
const INTERACTIONS_PER_OUTLIER = 50;
/** Durations are rounded to 8 ms, so the paint times of events of one frame differ by up to that much. */
const ROUNDING_MS = 8;
/** The duration of an interaction that was too short for the browser to report. */
const UNREPORTED_MS = 8;
/** Frames kept for events that arrive late. An interaction holds on to its own frame. */
const FRAMES_MAX = 10;

/** @typedef {{processingStart: number, processingEnd: number}} Frame from the first handler of a frame to the end of its last */
/** @typedef {{id: number, name: string, startTime: number, duration: number, target: string | undefined, frame: Frame}} Interaction */

/** Groups events by the animation frame that presented them. */
export const openFrames = () => {
  /** The newest first. @type {(Frame & {paint: number})[]} */
  let frames = [];
  /** @param {any} entry an event or first-input entry @returns {Frame} */
  return ({ startTime, duration, processingStart, processingEnd }) => {
    const paint = startTime + duration;
    let frame = frames.find((one) => Math.abs(one.paint - paint) <= ROUNDING_MS);
    if (!frame) {
      frame = { paint, processingStart, processingEnd };
      frames = [frame, ...frames].slice(0, FRAMES_MAX);
    }
    // Handlers of events without an interaction hold up the frame, too.
    frame.processingStart = Math.min(frame.processingStart, processingStart);
    frame.processingEnd = Math.max(frame.processingEnd, processingEnd);
    return frame;
  };
};

/**
 * Merges an event into its interaction.
 *
 * @param {Interaction[]} longest
 * @param {any} entry
 * @param {Frame} frame
 * @param {(target: any) => string | undefined} describe names the target
 * @returns {Interaction[]} the longest first
 */
export const addInteraction = (longest, { interactionId: id, name, startTime, duration, target }, frame, describe) => {
  const known = longest.find((one) => one.id === id);
  // Of the events of one frame, only some have a target.
  if (known?.frame === frame) known.target ||= describe(target);
  if (known && known.duration >= duration) return longest;
  const found = { id, name, startTime, duration, frame, target: known?.target || describe(target) };
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
