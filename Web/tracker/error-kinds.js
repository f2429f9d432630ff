// Kinds of errors.

/** By the type of their event. @type {Record<string, string>} */
const KINDS = { unhandledrejection: "rejection", securitypolicyviolation: "csp" };

/**
 * The kind of a captured error; undefined when none is meant.
 *
 * @param {string} type a kind, or the type of an event
 * @param {any} event
 */
export const kindOf = (type, event) => {
  if (type !== "error") return KINDS[type] ?? type;
  const { target, message, isTrusted } = event;
  if (target?.localName) return isTrusted ? "resource" : undefined;
  // A plain event of that name has no message: nothing was thrown.
  return message === undefined ? undefined : type;
};
