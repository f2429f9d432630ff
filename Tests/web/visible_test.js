import assert from "node:assert/strict";
import { asText, pieces, shortened, visible } from "../../Web/kit/visible.js";
import { cpuMilliseconds } from "./cpu_time.js";

/** @param {number[]} codes */
const text = (...codes) => String.fromCodePoint(...codes);
/** @param {number} code */
const escapeOf = (code) => {
  const digits = code.toString(16).toUpperCase();
  return code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`;
};
/** @param {number} first @param {number} last */
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

const CLASSES = {
  "control characters": [...range(0, 8), 0x0b, 0x0c, 0x0d, ...range(0x0e, 0x1f), ...range(0x7f, 0x9f)],
  "bidirectional formatting": [0x61c, 0x200e, 0x200f, ...range(0x202a, 0x202e), ...range(0x2066, 0x2069)],
  "zero-width characters": [...range(0x200b, 0x200d), 0x2060, ...range(0x2061, 0x2064), 0xfeff, 0xad, 0x34f],
  "fillers": [0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xffa0],
  "separators of lines and paragraphs": [0x2028, 0x2029],
  "tag characters": [0xe0001, ...range(0xe0020, 0xe007f)],
  "variation selectors without a base": [0xfe00, 0xfe0f, 0xe0100, 0x180b],
  "annotations, deprecated formatting and noncharacters": [
    ...range(0x206a, 0x206f),
    0xfff9,
    0xfffb,
    0xfdd0,
    0xffff,
    0x1ffff,
  ],
  "lone surrogates": [0xd800, 0xdfff],
};

for (const [name, codes] of Object.entries(CLASSES)) {
  Deno.test(`${name} are escapes within a text and by themselves`, () => {
    for (const code of codes) {
      const hidden = text(code);
      assert.deepEqual(pieces(`a${hidden}b`), [["a", false], [escapeOf(code), true], ["b", false]]);
      assert.equal(visible(hidden), escapeOf(code));
      assert.equal(visible(`${hidden}${hidden}x`), `${escapeOf(code).repeat(2)}x`);
    }
  });
}

Deno.test("escaped text has no hidden characters", () => {
  const everything = Object.values(CLASSES).flat().map((code) => `a${text(code)}`).join("");
  const shown = visible(everything);
  assert.match(shown, /^[ -~]*$/);
  assert.equal(visible(shown), shown);
});

Deno.test("values made of blanks alone are escapes, whatever the blank", () => {
  for (const code of [0x20, 9, 0x0a, 0xa0, 0x1680, ...range(0x2000, 0x200a), 0x202f, 0x205f, 0x3000, 0x2800, 0x1d159]) {
    assert.equal(visible(text(code)), escapeOf(code));
    assert.equal(visible(`${text(code)}${text(0x200b)}`), `${escapeOf(code)}\\u200B`);
  }
  assert.equal(visible(""), "");
  assert.deepEqual(pieces(" · ", { isPart: true }), [[" · ", false]]);
  assert.deepEqual(pieces(" ", { isPart: true }), [[" ", false]]);
});

Deno.test("blanks within a text, line feeds and tabs stay", () => {
  for (const kept of ["a b", "at f\n\tg", "at f\r\ng", "1\u00a0000", "10\u202f:\u202f00", "  indented"]) {
    assert.equal(visible(kept), kept);
  }
});

Deno.test("legitimate spelling stays", () => {
  const kept = {
    "a family": "👨‍👩‍👧‍👦",
    "skin tones": "🧑🏻‍🤝‍🧑🏿",
    "a heart on fire": "❤️‍🔥",
    "a rainbow flag": "🏳️‍🌈",
    "a keycap": "1️⃣",
    "the flag of Scotland": text(0x1f3f4, 0xe0067, 0xe0062, 0xe0073, 0xe0063, 0xe0074, 0xe007f),
    "Persian": "می‌خواهم",
    "Persian with a vowel mark": "مِ\u200cخ",
    "Hindi": "क्‍ष, क्‌ष",
    "Sinhala": "ශ්‍රී",
    "a Japanese name": "葛󠄀城",
    "Arabic, Hebrew and accents": "سلام שלום à",
  };
  for (const [name, spelling] of Object.entries(kept)) assert.equal(visible(spelling), spelling, name);
});

Deno.test("joiners, selectors and tags elsewhere are escapes", () => {
  assert.equal(visible("pay\u200cpal"), "pay\\u200Cpal");
  assert.equal(visible("می\u200c\u200cخ"), "می\\u200C\\u200Cخ");
  assert.equal(visible("می\u200c"), "می\\u200C");
  assert.equal(visible("👩\u200d"), "👩\\u200D");
  assert.equal(visible("a\ufe0f"), "a\\uFE0F");
  assert.equal(visible("1\ufe0f"), "1\\uFE0F");
  assert.equal(visible(text(0x1f3f4, 0xe0068, 0xe0069, 0xe007f)), "🏴\\u{E0068}\\u{E0069}\\u{E007F}");
});

Deno.test("a long hostile text is no long work", () => {
  const start = cpuMilliseconds();
  for (const part of ["\u202e", "a\u202e", "می\u200c", "👩\u200d", "م", " "]) pieces(part.repeat(200_000));
  assert.ok(cpuMilliseconds(start) < 3000);
});

Deno.test("values of any type have a text", () => {
  assert.deepEqual([null, undefined, 0, false, "a", [1], { toString: 1 }].map(asText), [
    "",
    "",
    "0",
    "false",
    "a",
    "[1]",
    '{"toString":1}',
  ]);
});

Deno.test("texts are shortened between characters", () => {
  assert.equal(shortened("abcdef", 4), "abc…");
  assert.equal(shortened("👩👩👩👩", 4), "👩👩👩👩");
  assert.equal(shortened("👩👩👩👩👩", 4), "👩👩👩…");
  assert.equal(shortened("", 4), "");
});
