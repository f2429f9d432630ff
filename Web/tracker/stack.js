// Stacks of the three engines as frames: "    at name (url:1:2)" of V8, "name@url:1:2" of SpiderMonkey and JavaScriptCore.

import { bare, cut } from "./guard.js";

/** A stack is any text at all: so many lines and characters of each are looked at, by a pattern that cannot run long. */
const LINES_MAX = 30;
const LINE_MAX = 400;

/** @param {any} stack @returns {{function: string, file: string, line: number, column: number}[]} */
export const parseStack = (stack) =>
  cut(stack, LINES_MAX * LINE_MAX).split("\n", LINES_MAX).flatMap((text) => {
    const [, place, line, column] = /^(.+):(\d{1,9}):(\d{1,9})\)?$/.exec(cut(text.trim(), LINE_MAX)) ?? [];
    if (!place) return [];
    // What stands before the first of the two is a name: no name has one in it, an address may well.
    const [sign, head] = place.startsWith("at ") ? [" (", place.slice(3)] : ["@", place];
    const [file, ...rest] = head.split(sign);
    const isNamed = !!rest[0];
    return [{
      function: isNamed ? cut(file.replace(/^async[ *]/, ""), 100) : "",
      file: bare(isNamed ? rest.join(sign) : file),
      line: +line,
      column: +column,
    }];
  });
