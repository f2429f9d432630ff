// Text from senders, made safe to display: characters that have no shape of their own, or that reorder their neighbors, become escapes.
//
// An escape is `\u202E`, or `\u{E0041}` above U+FFFF. It is shown for control characters, bidirectional formatting, zero-width and other
// ignorable characters, line and paragraph separators, tag characters, noncharacters and lone surrogates; and for every character of a value
// that would look like nothing at all. Line feeds and tabs stay: HTML displays them as white space, and stacks and JSON need them.
//
// Some ignorable characters are legitimate spelling. They stay where they change how their neighbors look, and only there:
// - ZWJ and variation selectors within emoji sequences, and the three flags that are spelled with tag characters;
// - ZWNJ or ZWJ, one at a time, between two letters of scripts that join or stack letters (Persian, Hindi …);
// - variation selectors after Han and Mongolian letters.
// LRM, RLM and soft hyphens are escaped even in the languages that use them: `unicode-bidi: isolate` has the same effect.

/** Scripts whose spelling needs joiners (UAX #31, section 2.3). Marks such as Arabic vowels are "inherited". */
const JOINING = "Arab Syrc Nkoo Adlm Mong Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr Zinh".split(" ")
  .map((script) => `\\p{sc=${script}}`).join("");
const LETTER = `(?!\\p{DI})(?=[\\p{L}\\p{M}])[${JOINING}]`;
const EMOJI = "\\p{ExtPict}(?:[\\uFE0E\\uFE0F]|\\p{EMod})?";
const LEGITIMATE = [
  "\\r\\n",
  // England, Scotland and Wales; any other sequence of tags could carry hidden text.
  "\\u{1F3F4}\\u{E0067}\\u{E0062}(?:\\u{E0065}\\u{E006E}\\u{E0067}|\\u{E0073}\\u{E0063}\\u{E0074}|\\u{E0077}\\u{E006C}\\u{E0073})\\u{E007F}",
  `${EMOJI}(?:\\u200D${EMOJI})*`,
  "[0-9#*]\\uFE0F\\u20E3",
  `${LETTER}[\\u200C\\u200D](?=${LETTER})`,
  "(?!\\p{DI})\\p{sc=Mong}[\\u180B-\\u180F]",
  "\\p{sc=Han}[\\uFE00-\\uFE02\\u{E0100}-\\u{E01EF}]",
];
const HIDDEN = "(?:(?![\\t\\n])[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{DI}\\p{NChar}\\uFFF9-\\uFFFB\\u{13430}-\\u{1343F}])+";
const PATTERN = new RegExp(`(${LEGITIMATE.join("|")})|${HIDDEN}`, "gu");
/** White space, what is hidden, and two characters that are drawn empty: the Braille blank and the null notehead. */
const BLANK = /^[\s\p{Cc}\p{DI}\u2800\u{1D159}]+$/u;
/** Most texts are of these characters alone, and need no closer look. */
const PLAIN = /^[\t\n -~]*$/;

/** @param {string} text */
const escape = (text) =>
  Array.from(text, (character) => {
    const code = /** @type {number} */ (character.codePointAt(0)).toString(16).toUpperCase();
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
  }).join("");

/**
 * The text in pieces, each with whether it is an escape.
 *
 * @param {string} text
 * @param {{isPart?: boolean}} [options] `isPart`: a part of a longer text, which may be blank
 * @returns {[string, boolean][]}
 */
export function pieces(text, { isPart = false } = {}) {
  if (!isPart && BLANK.test(text)) return [[escape(text), true]];
  if (PLAIN.test(text)) return text ? [[text, false]] : [];
  /** @type {[string, boolean][]} */
  const found = [];
  let last = 0;
  for (const match of text.matchAll(PATTERN)) {
    const [whole, legitimate] = match;
    if (legitimate) continue;
    if (match.index > last) found.push([text.slice(last, match.index), false]);
    found.push([escape(whole), true]);
    last = match.index + whole.length;
  }
  if (last < text.length) found.push([text.slice(last), false]);
  return found;
}

/**
 * The text with its escapes, where no elements can be: attributes, charts, options.
 *
 * @param {string} text
 */
export const visible = (text) => pieces(text).map(([piece]) => piece).join("");

/**
 * Any JSON value as text. Senders choose the types of payload members; `String()` throws for `{"toString": 1}`.
 *
 * @param {any} value
 * @returns {string} empty for null and undefined
 */
export const asText = (value) =>
  value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);

/**
 * The first characters of a text, with an ellipsis for the rest. No character is cut in two.
 *
 * @param {string} text
 * @param {number} charactersMax
 */
export function shortened(text, charactersMax) {
  if (text.length <= charactersMax) return text;
  const characters = Array.from(text.slice(0, 2 * charactersMax + 2));
  return characters.length <= charactersMax ? text : `${characters.slice(0, charactersMax - 1).join("")}…`;
}
