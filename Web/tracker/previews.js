// Describes any value in a few words, without calling page code where that can be avoided: no toString, no toJSON.

import { cut } from "./guard.js";

/** Levels, members of one object, and characters of one text that a preview has. */
const DEPTH_MAX = 3;
const MEMBERS_MAX = 10;
const TEXT_MAX = 100;

/**
 * @template Value
 * @param {() => Value} body
 * @returns {Value | undefined}
 */
export const attempt = (body) => {
  try {
    return body();
  } catch {
    // A getter or a trap of the page has thrown, or a proxy is revoked.
    return undefined;
  }
};

/** @param {any} value @param {string} name */
export const get = (value, name) => attempt(() => value[name]);

/** @param {any} value @param {string} name @returns {string | undefined} */
export const textOf = (value, name) => {
  const text = get(value, name);
  return typeof text === "string" ? text : undefined;
};

export const isObject = (/** @type {any} */ value) => Object(value) === value;

/** The class as the browser names it: "Response", "CustomEvent". @param {any} value */
export const tagOf = (value) => attempt(() => Object.prototype.toString.call(value).slice(8, -1)) ?? "";

/** @param {any} value @param {any[]} above the objects that it is in @returns {string} */
const member = (value, above) => {
  if (typeof value === "string") return JSON.stringify(cut(value, TEXT_MAX));
  return preview(value, above);
};

/** @param {any} value @param {any[]} above */
const members = (value, above) => {
  const isList = Array.isArray(value);
  const names = isList ? [...value.slice(0, MEMBERS_MAX + 1).keys()] : Object.keys(value).slice(0, MEMBERS_MAX + 1);
  const texts = names.slice(0, MEMBERS_MAX).map((name) => {
    const read = attempt(() => [value[name]]);
    const text = read ? member(read[0], [...above, value]) : "[unreadable]";
    return isList ? text : `${JSON.stringify(cut(name, TEXT_MAX))}:${text}`;
  });
  if (names.length > MEMBERS_MAX) texts.push("…");
  if (isList) return `[${texts}]`;
  const name = cut(textOf(get(value, "constructor"), "name"), TEXT_MAX);
  return (name && name !== "Object" ? name + " " : "") + `{${texts}}`;
};

/**
 * @param {any} value
 * @param {any[]} [above]
 * @returns {string}
 */
export const preview = (value, above = []) => {
  if (typeof value === "function") return `[function ${cut(textOf(value, "name"), TEXT_MAX)}]`;
  if (typeof value === "bigint") return value + "n";
  if (!isObject(value)) return cut(value === undefined || value === null ? value + "" : value, 1000);
  if (above.includes(value)) return "[circular]";
  if (typeof get(value, "stack") === "string") return cut(`${textOf(value, "name")}: ${textOf(value, "message")}`);
  const tag = tagOf(value);
  // Keys of these are their bytes, and keys of nodes are those of frameworks.
  if (attempt(() => ArrayBuffer.isView(value)) || textOf(value, "localName")) return `[${tag}]`;
  if (above.length >= DEPTH_MAX) return "…";
  return attempt(() => members(value, above)) ?? "[unreadable object]";
};
