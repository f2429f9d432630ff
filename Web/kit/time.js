// Pauses, timeouts and polling.

/** Lets the browser paint and respond between two tasks. Timers are slow in hidden pages, so they are the second choice. */
export const breathe = () => /** @type {any} */ (globalThis).scheduler?.yield?.() ?? pause(0);

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds after which a page counts as drawn that the browser does not draw, because it is hidden, for instance. */
const FRAME_MS_MAX = 100;

/** Resolves when what is in the page now has been drawn. @returns {Promise<void>} */
export const drawn = () =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, FRAME_MS_MAX);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      setTimeout(resolve);
    });
  });

/**
 * @template Value
 * @param {Promise<Value>} promise
 * @param {number} limit milliseconds
 * @returns {Promise<Value>}
 */
export function within(promise, limit) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("took too long")), limit);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Runs a task again and again, with a pause after each run, until the signal is aborted.
 *
 * @param {() => Promise<void>} task never rejects
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {() => Promise<void>} ends the pause; while the task runs, it does nothing
 */
export function poll(task, ms, signal) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isRunning = false;
  const run = async () => {
    if (isRunning || signal.aborted) return;
    isRunning = true;
    clearTimeout(timer);
    await task();
    isRunning = false;
    if (!signal.aborted) timer = setTimeout(run, ms);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  run();
  return run;
}
