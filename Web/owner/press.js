// Whether a pointer is pressed. A browser sends no click when the pressed element is replaced before the release, so what
// replaces elements without being asked to waits for the release.

/** Timeout of a press in milliseconds, for one whose end is not reported, and so that a drag shows new figures. */
const PRESS_MS_MAX = 5_000;
/** Milliseconds between the release of a finger or pen and its click, at most. */
const TAP_MS_MAX = 50;

/** Ends when the press ends; null when no pointer is pressed. @type {Promise<void> | null} */
let press = null;
let end = () => {};

/** Elements whose own lists and menus take the release, so that the page does not see it. */
const FIELDS = "select, input, textarea";

/** Watches the pointer. @param {EventTarget} [target] */
export function startPresses(target = globalThis) {
  const options = { capture: true, passive: true };
  target.addEventListener("pointerdown", (event) => {
    const { button, target: pressed } = /** @type {PointerEvent} */ (event);
    if (button === 0 && !(/** @type {Partial<Element>} */ (pressed ?? {}).closest?.(FIELDS))) begin();
  }, options);
  target.addEventListener("pointercancel", () => end(), options);
  // The release of a scroll bar is not reported either.
  target.addEventListener("pointermove", (event) => {
    if (/** @type {PointerEvent} */ (event).buttons === 0) end();
  }, options);
  // The click follows the release.
  target.addEventListener("pointerup", (event) => {
    const isMouse = /** @type {PointerEvent} */ (event).pointerType === "mouse";
    setTimeout(end, isMouse ? 0 : TAP_MS_MAX);
  }, options);
}

function begin() {
  end();
  press = new Promise((resolve) => {
    const timer = setTimeout(() => end(), PRESS_MS_MAX);
    end = () => {
      clearTimeout(timer);
      press = null;
      end = () => {};
      resolve();
    };
  });
}

/** Ends when no pointer is pressed. */
export const released = () => press ?? Promise.resolve();
