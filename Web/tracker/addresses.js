// Addresses and texts without what identifies a person: user info, queries, fragments, and path segments that look like
// tokens, e-mail addresses or long numbers.

import { cut, guard } from "./guard.js";
import { TEXT_LENGTH_MAX } from "./limits.js";

/** Characters of an address that are read. */
const ADDRESS_READ_MAX = 2000;
/**
 * A path segment that may be a token: it is one with so many changes between letters and digits, unless it is a file with an
 * extension.
 */
const TOKEN = /^[\w=+.~-]{16,}$/;
const TOKEN_CHANGES_MIN = 3;
/** Scheme, host without user info, path. Without the flag `i`, which takes browsers longer to compile than all else here. */
const PARTS = /^([a-zA-Z][\w+.-]*:)?(?:(\/\/)(?:[^/?#]*@)?([^/?#]*))?([^?#]*)/;
/** E-mail addresses, as such or encoded. */
export const EMAIL = /[^\s/@:;,<>()"'=&]{1,64}(?:@|%40)[\w-]+\.[\w.-]+/g;

/** Names of parameters that hold secrets. */
const SECRET = /token|secret|passw|pwd|auth|signature|session|sid$|code$|key$|mail|phone/i;

/** The owner's own rule: `collector.configure({ scrub })`. @type {((url: string) => any) | undefined} */
let scrub;

/** @param {any} rule a function from an address to the one that is sent */
export const setScrub = (rule) => scrub = rule;

/** Replaces what looks like an identifier of one person or thing by a name of its kind. @param {string} segment */
export const template = (segment) => {
  const text = segment.replace(/;.*/, "").replace(EMAIL, ":address");
  // In a path, spaces, plus and equals signs are encoded.
  const plain = text.replace(/%../g, "+");
  const isNumber = /^[+\d][\d\s().+-]*$/.test(plain) && plain.replace(/\D/g, "")[8];
  const isToken = TOKEN.test(plain) && !/\.[a-zA-Z]\w{0,4}$/.test(plain) &&
    plain.split(/\d[a-zA-Z]|[a-zA-Z]\d/).length > TOKEN_CHANGES_MIN;
  return isNumber || isToken ? ":id" : text;
};

/**
 * An address as it may be sent. Of `data:` and other addresses without a host, only the scheme is.
 *
 * @param {any} url
 */
export const clean = (url) => {
  const text = cut(url, ADDRESS_READ_MAX);
  const [all, scheme = "", slashes = "", host = "", path] = /** @type {any} */ (PARTS.exec(text));
  const origin = scheme + slashes + host;
  if (!text || scheme && !slashes) return origin;
  // A rule that fails, or returns no text, leaves the address to the defaults.
  const own = guard(() => scrub?.(origin + path + text.slice(all.length)))();
  return cut(own?.trim ? own : origin + path.split("/").map(template).join("/"), TEXT_LENGTH_MAX);
};

/**
 * A query or fragment that is a part of a route: values of secrets are replaced, whatever they look like.
 *
 * @param {string} text with its `?` or `#`
 */
export const cleanParameters = (text) =>
  text.replace(/[^?#&/]+/g, (part) => {
    const [name, ...values] = part.split("=");
    return values[0] === undefined
      ? template(part)
      : name + "=" + (SECRET.test(name) || part.includes("%2F") ? ":hidden" : template(values.join("=")));
  });
