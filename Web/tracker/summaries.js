// Short descriptions of errors, for a page that is left before collector-errors.js has arrived.

import { clean } from "./addresses.js";
import { kindOf } from "./error-kinds.js";
import { cut, guard } from "./guard.js";
import { ERRORS_MAX, MESSAGE_LENGTH_MAX, STACK_LENGTH_MAX } from "./limits.js";
import { cleanText } from "./texts.js";

/**
 * @type {(captured: import("./errors.js").Captured, index: number) => any}
 * @returns the payload of an `error` event; null when no error is meant, undefined when it cannot be built
 */
export const summarize = guard(({ kind, thrown, source, _breadcrumbs: breadcrumbs }, index) => {
  if (index >= ERRORS_MAX) return;
  const known = kindOf(kind, thrown);
  if (!known) return null;
  const { error, reason = thrown, filename, message: text } = Object(thrown);
  const subject = error ?? reason;
  const { name = "Error", message = text ?? String(subject), stack } = Object(subject);
  const payload = {
    kind: known,
    name: cleanText(name),
    message: cleanText(message, MESSAGE_LENGTH_MAX),
  };
  return {
    ...payload,
    source: clean(source || filename),
    stack: stack && cleanText(stack, STACK_LENGTH_MAX),
    key: cut(Object.values(payload)),
    frames: [],
    count: 1,
    breadcrumbs,
  };
});
