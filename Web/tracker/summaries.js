// Short descriptions of errors, for a page that is left before collector-errors.js has arrived.

import { clean } from "./addresses.js";
import { kindOf } from "./error-kinds.js";
import { cut, guard } from "./guard.js";
import { cleanText } from "./texts.js";

/** Errors that are summarized at once. */
const SUMMARIES_MAX = 50;

/**
 * @type {(captured: import("./errors.js").Captured, index: number) => any}
 * @returns the payload of an `error` event; null when no error is meant, undefined when it cannot be built
 */
export const summarize = guard(({ kind, thrown, source, _breadcrumbs: breadcrumbs }, index) => {
  if (index >= SUMMARIES_MAX) return;
  const known = kindOf(kind, thrown);
  if (!known) return null;
  const { error, reason, filename, message: text } = Object(thrown);
  const { name = "Error", message = text ?? String(error ?? reason ?? thrown), stack } = Object(
    error ?? reason ?? thrown,
  );
  const [cleanName, cleanMessage] = [cleanText(name), cleanText(message, 1000)];
  return {
    kind: known,
    name: cleanName,
    message: cleanMessage,
    source: clean(source || filename),
    stack: stack && cleanText(stack, 8000),
    key: cut([known, cleanName, cleanMessage]),
    frames: [],
    count: 1,
    breadcrumbs,
  };
});
