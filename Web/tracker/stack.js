// Parses stacks of the three engines: "    at name (url:1:2)" of V8, "name@url:1:2" of SpiderMonkey and JavaScriptCore.

import { clean } from "./addresses.js";
import { cut } from "./guard.js";

/** A stack is any text at all: bounds on its lines and their length keep the time bounded. */
const LINES_MAX = 30;
const LINE_MAX = 400;
const NAME_MAX = 100;

/** @typedef {{function: string, file: string, line: number, column: number}} Frame */

/**
 * @param {any} stack
 * @param {string} [message] V8 puts it before the frames; it may be long, and may have lines that look like frames
 * @returns {Frame[]}
 */
export const parseStack = (stack, message) => {
  if (typeof stack !== "string") return [];
  // "TypeError: message", with a name of bounded length.
  const head = `: ${message}\n`;
  const start = stack.indexOf(head);
  const rest = start < 0 || start > NAME_MAX ? stack : stack.slice(start + head.length);
  return cut(rest, LINES_MAX * LINE_MAX).split("\n", LINES_MAX).flatMap((text) => {
    const [, address, line, column] = /^(.+):(\d{1,9}):(\d{1,9})\)?$/.exec(cut(text.trim(), LINE_MAX)) ?? [];
    if (!address) return [];
    // The name comes before the first separator: a name has none in it, but an address may.
    const [separator, head] = address.startsWith("at ") ? [" (", address.slice(3)] : ["@", address];
    const [file, ...others] = head.split(separator);
    const isNamed = !!others[0];
    return [{
      function: isNamed ? cut(file.replace(/^async[ *]/, ""), NAME_MAX) : "",
      file: clean(isNamed ? others.join(separator) : file),
      line: +line,
      column: +column,
    }];
  });
};
