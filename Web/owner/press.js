// Whether a pointer is pressed. A browser sends no click when the pressed element is replaced before the release, so what
// replaces elements without being asked to waits for the release.

/** Timeout of a press in milliseconds, for one whose end is not reported, and so that a drag shows new figures. */
const PRESS_MS_MAX = 5_000;
/** Milliseconds between the release of a finger or pen and its click, at most. */
const TAP_MS_MAX = 50;
/** Elements whose own lists and menus take the release, so that the page does not see it. */
const FIELDS = "select, input, textarea";

/** A press, until its end. */
class Press {
  constructor() {
    /** @type {Promise<void>} */
    this.ended = new Promise((resolve) => this.resolve = resolve);
    this.timer = setTimeout(() => this.end(), PRESS_MS_MAX);
  }

  end() {
    clearTimeout(this.timer);
    if (press === this) press = null;
    this.resolve?.();
  }
}

/** The present press. @type {Press | null} */
let press = null;

/** Watches the pointer. @param {EventTarget} [target] */
export function startPresses(target = globalThis) {
  const listen = (/** @type {string} */ type, /** @type {(event: PointerEvent) => void} */ listener) =>
    target.addEventListener(type, /** @type {EventListener} */ (listener), { capture: true, passive: true });
  listen("pointerdown", ({ button, target }) => {
    press?.end();
    const isField = /** @type {Partial<Element> | null} */ (target)?.closest?.(FIELDS);
    if (button === 0 && !isField) press = new Press();
  });
  listen("pointercancel", () => press?.end());
  // The release of a scroll bar is not reported either.
  listen("pointermove", ({ buttons }) => {
    if (buttons === 0) press?.end();
  });
  // The click follows the release.
  listen("pointerup", ({ pointerType }) => {
    const own = press;
    setTimeout(() => own?.end(), pointerType === "mouse" ? 0 : TAP_MS_MAX);
  });
}

/** Ends when the present press ends, at once without one. */
export const released = () => press?.ended ?? Promise.resolve();
